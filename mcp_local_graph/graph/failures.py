"""What Graph's error answers mean. Branches on status and code, never on text; Graph's text goes to nobody.

Of its text, the names that it quotes are kept, to be compared with those of the request.

Source: learn.microsoft.com, "Microsoft Graph error responses and resource types", "Resolve Microsoft Graph
authorization errors", and the error pages of the workloads.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import (
    ChangedMeanwhile,
    FormatRefused,
    GraphRefused,
    GroupMailbox,
    LicenceMissing,
    ListExpired,
    LocalGraphError,
    Locked,
    MailboxMissing,
    NotFound,
    PermissionMissing,
    QueryRefused,
    RefusedByPolicy,
    ServiceUnavailable,
    StorageFull,
    Throttled,
    TokenRejected,
    Trace,
)
from mcp_local_graph.graph.caller import ask_administrator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.graph.caller import Caller

Meaning = tuple[type[LocalGraphError], str, str]

_CHALLENGE = re.compile(r'claims="([^"]+)"')
_STEP_UP = re.compile(r'error="insufficient_claims"')
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# A name, or a path of them, in quotes; and how much of a message is looked at.
_QUOTED = re.compile(r"""(?:'|")([\w.$/-]{1,100})(?:'|")""")
_MESSAGE = 2_000
_SECONDS = re.compile(r"[0-9]+", re.ASCII)
# Seconds: the longest pause that is told, and the one where Graph asks for one and does not say how long.
_LONGEST, _UNSAID = 3600.0, 30.0
_AGAIN = "Try again in a minute."
_NO_MAILBOX: Meaning = (
    MailboxMissing,
    "This account has no mailbox in Microsoft 365: no licence, or it is on the organisation's own server.",
    (
        "Ask your administrator for a mailbox, or sign in with another account. A guest's is at their own "
        "organisation: sign in there, with --tenant."
    ),
)
_NO_LICENCE: Meaning = (
    LicenceMissing,
    "The account or the organisation has no licence for this part of Microsoft 365.",
    "Ask your administrator.",
)
_POLICY: Meaning = (
    RefusedByPolicy,
    "A policy of your organisation forbids this, here or in this way.",
    "Ask your administrator, and send these lines.",
)
_QUERY: Meaning = (
    QueryRefused,
    "Microsoft Graph does not take this combination of filter, search and order.",
    "That is a mistake of mcp-local-graph: please report it with the next line.",
)
_NOT_SHARED: Meaning = (
    NotFound,
    "There is no such mailbox or calendar, or you have no access to it.",
    "Check the address. Its owner or your administrator gives access, in Exchange.",
)
# By Graph's own words, however it capitalises them. Of several, the innermost that stands here counts.
CODES: dict[str, Meaning] = {
    "MailboxNotEnabledForRESTAPI": _NO_MAILBOX,
    "MailboxNotSupportedForRESTAPI": _NO_MAILBOX,
    "MailboxNotHostedInExchangeOnline": _NO_MAILBOX,
    "ErrorNonExistentMailbox": (NotFound, "Nobody has a mailbox at this address.", "Check the address."),
    "ErrorInvalidUser": (NotFound, "There is nobody of this name or address.", "Check the address."),
    "ErrorItemNotFound": (NotFound, "It is not there any more: moved or deleted.", "Look for it again."),
    "ErrorGroupIsUsedInNonGroupURI": (
        GroupMailbox,
        "This address belongs to a Microsoft 365 group, not to a person or a shared mailbox.",
        "Read the group's conversations instead: /groups/{id}/threads.",
    ),
    "InefficientFilter": _QUERY,
    "ErrorInefficientFilter": _QUERY,
    "SearchWithFilter": _QUERY,
    "SearchWithOrderBy": _QUERY,
    "malwareDetected": (
        GraphRefused,
        "Microsoft 365 found malware in it.",
        "Leave it alone, and tell your administrator.",
    ),
    "virusSuspicious": (
        GraphRefused,
        "Microsoft 365 suspects a virus in it.",
        "Leave it alone; tell your administrator.",
    ),
    "quotaLimitReached": (StorageFull, "No room is left in this storage.", "Make room first."),
    "ErrorQuotaExceeded": (StorageFull, "No room is left in this mailbox.", "Make room first."),
    "syncStateNotFound": (ListExpired, "Microsoft Graph has forgotten where this list goes on.", "Begin it again."),
    "syncStateInvalid": (ListExpired, "Microsoft Graph has forgotten where this list goes on.", "Begin it again."),
    "resyncRequired": (ListExpired, "Microsoft Graph has forgotten where this list goes on.", "Begin it again."),
}
_BY_WORD = {word.lower(): meaning for word, meaning in CODES.items()}
STATUSES: dict[int, Meaning] = {
    404: (NotFound, "Microsoft Graph has no such thing for this account.", ""),
    406: (FormatRefused, "Microsoft Graph does not give this in the format asked for.", "Read the original instead."),
    409: (ChangedMeanwhile, "It is there already, or somebody changed it meanwhile.", "Read it again first."),
    410: (ListExpired, "Microsoft Graph has forgotten where this list goes on.", "Begin it again."),
    412: (ChangedMeanwhile, "Somebody changed it meanwhile.", "Read it again first."),
    415: (FormatRefused, "Microsoft Graph cannot turn this into the format asked for.", "Read the original instead."),
    424: (GraphRefused, "Microsoft Graph left this out, because another part failed.", "Try again."),
    423: (Locked, "Somebody else is working on it, and has locked it.", "Try again later."),
    501: (GraphRefused, "Microsoft Graph does not do this, or not here (HTTP 501).", ""),
    507: (StorageFull, "No room is left in this storage.", "Make room first."),
}
# What a code may be called that is not in the table.
_LICENCE_WORD = re.compile(r"licen[cs]e|nonpremium", re.IGNORECASE)
_POLICY_WORD = re.compile(r"policy|conditionalaccess", re.IGNORECASE)
# Refusals that a personal account may get because Graph has less for it.
_PERSONAL = frozenset({400, 403, 404, 405, 501})


def error_for(
    status: int, headers: Mapping[str, str], body: object, scopes: frozenset[str], caller: Caller | None = None
) -> LocalGraphError:
    """The typed error for an answer of Graph with a status that is no success.

    The names in `headers` are in small letters; `body` is JSON, as parsed; `scopes` are what the request needs.
    """
    codes = _codes(body)
    trace = Trace(
        code=codes[0] if codes else f"HTTP {status}",
        request_id=_word(headers.get("request-id")),
        correlation_id=_word(headers.get("client-request-id")),
    )
    claims = challenge(headers)
    stepped = bool(_STEP_UP.search(headers.get("www-authenticate", "")))
    if status == 401 or (status == 403 and stepped and claims):  # noqa: PLR2004 - HTTP
        return TokenRejected("Microsoft Graph refused the access token.", trace=trace, claims=claims)
    pause = pause_of(headers)
    if status in {429, 509} or (status == 503 and pause is not None):  # noqa: PLR2004 - HTTP
        return throttled(_UNSAID if pause is None else pause, trace)
    if status == 403:  # noqa: PLR2004 - HTTP
        kind, what, remedy = _POLICY if stepped else _forbidden(codes, scopes, caller)
    elif status == 404 and any(scope.endswith(".Shared") for scope in scopes):  # noqa: PLR2004 - HTTP
        kind, what, remedy = _NOT_SHARED  # Exchange does not say which of the two it is
    else:
        kind, what, remedy = _meaning(status, codes)
    if caller is not None and caller.personal and status in _PERSONAL:
        remedy = f"{remedy} Personal Microsoft accounts have only a part of Microsoft Graph.".strip()
    error = kind(what, remedy, trace=trace)
    if isinstance(error, GraphRefused):
        error.quoted = _quoted(body)
    return error


def throttled(pause: float, trace: Trace | None = None, what: str = "Microsoft Graph asks for a pause.") -> Throttled:
    """The error for a request that has to wait so many seconds, in whole ones and no more than an hour."""
    told = min(max(pause, 1.0), _LONGEST)
    return Throttled(what, f"Try again in {told:.0f} seconds.", trace=trace, retry_after=told)


def pause_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After (a number, or a date) means; None where it says nothing that can be understood."""
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value[:10]) if len(value) <= 10 else float("inf")  # noqa: PLR2004 - longer is for ever
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is in UTC, as HTTP has it.
    return max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def challenge(headers: Mapping[str, str]) -> str | None:
    """The claims challenge of a refusal as JSON text, ready for MSAL; None where there is none.

    Source: learn.microsoft.com, "Claims challenges, claims requests, and client capabilities".
    """
    found = _CHALLENGE.search(headers.get("www-authenticate", ""))
    if found is None:
        return None
    encoded = found[1]
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_").decode()
        return text if isinstance(json.loads(text), dict) else None
    except (binascii.Error, ValueError, RecursionError):
        return None


def _meaning(status: int, codes: list[str]) -> Meaning:
    if known := _known(codes) or STATUSES.get(status):
        return known
    if status >= 500:  # noqa: PLR2004 - HTTP's line between our faults and theirs
        return ServiceUnavailable, f"Microsoft Graph has a fault (HTTP {status}).", _AGAIN
    return GraphRefused, f"Microsoft Graph does not accept the request (HTTP {status}).", ""


def _known(codes: list[str]) -> Meaning | None:
    """What the codes alone say."""
    for code in codes:
        if known := _BY_WORD.get(code.lower()):
            return known
    return _NO_LICENCE if any(_LICENCE_WORD.search(code) for code in codes) else None


def _forbidden(codes: list[str], scopes: frozenset[str], caller: Caller | None) -> Meaning:
    """A 403 explained: a mailbox, a licence, a policy, a permission that is missing, or a right to this very object."""
    if known := _known(codes):
        return known
    if any(_POLICY_WORD.search(code) for code in codes):
        return _POLICY
    granted = caller.granted if caller else frozenset[str]()
    if missing := scopes - granted:
        remedy = caller.remedy(missing) if caller else ask_administrator(missing)
        return PermissionMissing, f"It needs the permission {_listed(missing)}, which was not granted.", remedy
    though = f", though {_listed(scopes)} is granted" if scopes else ""
    what = f"Microsoft Graph refuses this for your account{though}."
    return PermissionMissing, what, "The account has no right to this object: ask its owner, or your administrator."


def _codes(body: object) -> list[str]:
    """All codes that an error body names, the most exact one first: Graph nests them."""
    error: Any = body.get("error") if isinstance(body, dict) else None
    found = []
    while isinstance(error, dict):
        found.append(_word(error.get("code")))
        error = error.get("innerError") or error.get("innererror")
    return [code for code in reversed(found) if code]


def _quoted(body: object) -> frozenset[str]:
    """The names in quotes in the message of an error body, those of a path (`from/emailAddress`) each alone."""
    error: Any = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return frozenset()
    return frozenset(name.lower() for text in _QUOTED.findall(message[:_MESSAGE]) for name in re.split(r"[/$]", text))


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes))
