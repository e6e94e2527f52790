"""A web page as its reader sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.parsed import Parsed

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Hints

_HEAD = 2048
_CHARSET = re.compile(
    rb"<meta[^>]*charset=[\"']?\s*([\w.-]{1,40})|<\?xml[^>]*encoding=[\"']([\w.-]{1,40})", re.IGNORECASE
)


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its text."""
    said = _CHARSET.search(content[:_HEAD])
    text, notes = decoded(content, (said[1] or said[2]).decode() if said else hints.charset)
    return Parsed(lambda _part: seen(text), notes=notes)


def seen(html: str) -> list[str]:
    """What HTML shows, line by line."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "noscript", "template", "head"])
    return (tree.body.text(separator="\n", strip=True) if tree.body else "").split("\n")
