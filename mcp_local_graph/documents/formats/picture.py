"""png, jpeg, gif, webp: their size in pixels; nothing is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from mcp_local_graph.documents.parsed import Parsed, Unreadable

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Hints

# Frame headers of jpeg: SOF0 to SOF15 without DHT, JPG and DAC (ITU-T T.81, table B.1).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def parse(content: bytes, hints: Hints) -> Parsed:
    """A picture has no text; its size goes into the note."""
    try:
        width, height = _SIZES[hints.kind](content)
    except (struct.error, IndexError, TypeError) as error:
        raise Unreadable("broken") from error
    return Parsed(lambda _part: (), notes=[("size", width, height)])


def _png(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    """Walk from marker to marker up to the frame header."""
    place = 2
    while content[place] == 0xFF:  # noqa: PLR2004 - what each marker begins with
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += 2 + length
    raise Unreadable("broken")


def _webp(content: bytes) -> tuple[int, int]:
    """One of three kinds of first chunk (RFC 9649, 2.5 to 2.7)."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


_SIZES = {"png": _png, "gif": _gif, "jpeg": _jpeg, "webp": _webp}
