"""What is never read, whatever was granted: secrets, and what only leads out of here. And what other tools read better.

One table of names. A name is met wherever it stands in a path, in small letters, without namespace and arguments; those
of secrets also in $select, $expand, $filter and $orderby, which reach the same things.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.graph_path import name, outside_file_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.jobs.graph_path import Segments

_SIGN_IN = "it is how somebody proves who they are"
_KEYS = "it holds keys of devices or apps"
_SECRETS = {
    "authentication": _SIGN_IN,
    "authenticationmethods": _SIGN_IN,
    "authenticationmethodspolicy": _SIGN_IN,
    "credentialuserregistrationdetails": _SIGN_IN,
    "userregistrationdetails": _SIGN_IN,
    "passwordprofile": _SIGN_IN,
    "bitlocker": _KEYS,
    "recoverykeys": _KEYS,
    "devicelocalcredentials": _KEYS,
    "devicelocalcredentialinfo": _KEYS,
    "localcredentials": _KEYS,
    "getomasettingplaintextvalue": _KEYS,
    "localadminpassword": _KEYS,
    "windowslaps": _KEYS,
    "getfilevaultkey": _KEYS,
    "activationlockbypasscode": _KEYS,
    "keysets": _KEYS,
    "secrets": _KEYS,
    "secrettext": _KEYS,
    "subscriptions": "it tells where notifications go, and their secrets",
    "messagerules": "it tells where a mailbox's mail goes",
    "invitations": "it invites people from outside",
}
_BINARY = "It is a file, not data.", "attachment_read reads attachments; of a file, its properties can be read here."
_ELSEWHERE = {
    "$value": _BINARY,
    "content": _BINARY,
    "contentstream": _BINARY,
    "thumbnails": ("Its answers are links that open without a sign-in.", "Leave it out."),
    "$count": ("The number alone is not read.", "Say count=true, and top=1."),
    "$ref": ("Bare references are not read.", "Leave $ref out."),
    "$batch": ("Only single reads are made.", "Make one call for each."),
    "calendarview": ("It needs a range of days.", "Use calendar_list."),
}
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_LITERALS = re.compile(r"'(?:[^']|'')*'")


def _without_literals(option: str) -> str:
    """Words in a literal name nothing. Among the double quotes of a $search a single one may begin no literal."""
    return option if '"' in option else _LITERALS.sub("", option)


def check(path: Segments, options: Iterable[str]) -> None:
    """Let a request pass, or not; `options` are the texts of $select, $expand, $filter and $orderby.

    Raises:
        RequestRefused: it would read what is never read.
    """
    names = [name(segment) for segment in outside_file_names(path)]
    words = [name(word) for option in options for word in _WORD.findall(_without_literals(option))]
    for word in [*names, *words]:
        if word in _SECRETS:
            raise RequestRefused(f"{word} is never read here: {_SECRETS[word]}.", "Nothing here reads it.")
    for word in names:
        if word in _ELSEWHERE:
            raise RequestRefused(*_ELSEWHERE[word])
        if word.startswith("$"):
            raise RequestRefused(f"{word[:20]} is not read.", "Name what is to be read by its path.")
