"""Plain text, JSON and XML, as they are written; only what stands all on one line is broken into several."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.parsed import Parsed, lines_of

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Hints

# Characters on a line above which a text was written for machines alone.
_LONG = 500
_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"']([\w.-]{1,40})")


def parse(content: bytes, hints: Hints) -> Parsed:
    """The text. XML is not parsed: its entities stay names."""
    said = _ENCODING.match(content.lstrip())
    text, notes = decoded(content, said[1].decode() if said else hints.charset)
    if len(text) > _LONG * (text.count("\n") + 1):
        text = _BROKEN.get(hints.kind, str)(text)
    return Parsed(lambda _part: lines_of(text), notes=notes)


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _xml(text: str) -> str:
    return re.sub(r">\s*<(?!/)", ">\n<", text)


_BROKEN = {"json": _json, "xml": _xml}
