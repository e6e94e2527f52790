"""Links that come in answers, and whether to follow them.

A link is compared as text, not as some parser understands it: one that begins with our own origin and a slash leads
there by the rules of every parser, and one that is written in any other way is not followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mcp_local_graph.errors import GraphRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 16_384
# What a path may be written with (RFC 3986).
_PLAIN = re.compile(r"[A-Za-z0-9._~:/@!$&'()*+,;=%-]*")
# The beginning that every parser reads in the same way: a host in small ASCII letters, a port, a slash.
_HTTPS = re.compile(r"https://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)/")
_DOTS = re.compile(r"(?:^|[/\\])\.{1,2}(?:[/\\]|$)")


def pinned(link: object, base_url: str) -> str:
    """A link of Graph's below `base_url` (`https://host/v1.0`), as we write it.

    Raises:
        GraphRefused: it leads anywhere else, or might.
    """
    text = link if isinstance(link, str) and len(link) <= _LONGEST else ""
    origin, _, version = base_url.rpartition("/")
    if text.startswith(f"{origin}:443/"):
        text = text.replace(":443/", "/", 1)
    rest = text.removeprefix(f"{origin}/{version}")
    if not text.startswith(f"{base_url}/") or not _is_plain(rest) or _climbs(rest.partition("?")[0]):
        raise GraphRefused("Microsoft Graph's answer leads to another address; it was not followed.")
    return text


def _is_plain(rest: str) -> bool:
    """Whether what comes behind the host means the same to everybody, without a fragment. A query may be anything."""
    path, _, query = rest.partition("?")
    return _PLAIN.fullmatch(path) is not None and query.isprintable() and "#" not in query


def _climbs(path: str) -> bool:
    """Whether a path has an empty segment or one of dots, however often it is quoted."""
    while (plain := unquote(path)) != path:
        path = plain
    return bool(_DOTS.search(path)) or "//" in path


def content_host(link: str, hosts: Sequence[str]) -> str:
    """The host of a link that leads, over https, to one of `hosts`: `.a.example` is all below it, `a:1` one port.

    Raises:
        GraphRefused: it leads anywhere else, or might.
    """
    found = _HTTPS.match(link)
    if found is not None and len(link) <= _LONGEST and _is_plain(link[found.end() :]):
        host = found[1].removesuffix(":443")
        if any(host.endswith(suffix) if suffix.startswith(".") else host == suffix for suffix in hosts):
            return host.partition(":")[0]
    raise GraphRefused("The file lies at a host that is none of Microsoft 365's; it was not fetched.")
