"""A web page as its reader sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.parsed import Parsed
from mcp_local_graph.safety import html_text  # noqa: F401 - loaded here, since later no module can be
from mcp_local_graph.safety.untrusted import from_html

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Hints, Note

_HEAD = 2048
_CHARSET = re.compile(
    rb"<meta[^>]*charset=[\"']?\s*([\w.-]{1,40})|<\?xml[^>]*encoding=[\"']([\w.-]{1,40})", re.IGNORECASE
)


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its text."""
    said = _CHARSET.search(content[:_HEAD])
    text, notes = decoded(content, (said[1] or said[2]).decode() if said else hints.charset)
    lines, unseen = seen(text)
    return Parsed(lambda _part: lines, notes=[*notes, *unseen])


def seen(html: str) -> tuple[list[str], list[Note]]:
    """What HTML shows, line by line; and how much of it is hidden from its reader."""
    text = from_html(html)
    return text.split("\n"), [("unseen", text.removed)] if text.removed else []
