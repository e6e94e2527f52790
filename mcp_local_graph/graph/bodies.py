"""Bodies of answers: whole, bounded, and of the kind that was expected."""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import GraphRefused, ServiceUnavailable
from mcp_local_graph.graph.retry import Setback

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_MB = 2**20
# Bytes of a JSON answer after decompression. More is nothing that a model could read.
LIMIT = 16 * _MB
# Commas and brackets of a JSON answer, those in its texts too: what its values cost in memory, and the event loop in
# time (measured: half a million are 0.1 s at most).
MARKS = 500_000
# Levels of a JSON answer. Graph has some ten.
DEPTH = 64
# Bytes of an error's body that anybody looks at.
_ERROR = 256 * 1024
# Bytes that an archive may grow by between two looks at how large it has become.
_PIECE = 256 * 1024
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALVES = re.compile("[\ud800-\udfff]+")


async def whole(response: httpx.Response, limit: int) -> bytes:
    """The body, decoded as it comes, so that one which never ends, or grows a thousandfold, is not kept.

    Not by httpx: it decodes each part whole, however large that gets, and takes half an archive for a whole one.

    Raises:
        GraphRefused: it is larger than `limit` bytes.
        Setback: it is not whole.
    """
    encoding = response.headers.get("content-encoding", "identity").lower()
    unzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body, ended = bytearray(), True
    async for part in response.aiter_raw():
        for piece in _unzipped(unzip, part) if unzip else [part]:
            body += piece
            if len(body) > limit:
                raise too_large(limit)
        ended = unzip is None or unzip.eof
    if not ended or encoding not in {"identity", "gzip"}:
        raise _broken()
    return bytes(body)


def too_large(limit: int) -> GraphRefused:
    """The error for a body of more than `limit` bytes."""
    return GraphRefused(f"The answer is larger than {limit / _MB:.3g} MB.", "Ask for less at a time.")


def parsed(body: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object in a body. Of two properties with one name the last counts.

    Raises:
        Setback: it says that it is JSON, and is not: it got damaged on the way.
        ServiceUnavailable: it is something else.
        GraphRefused: it has too many values.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MARKS:
        raise GraphRefused("The answer has too many values.", "Ask for less at a time.")
    try:
        answer = _DECODER.decode(body.decode("utf-8-sig"))
        _check_depth(answer)
    except (ValueError, RecursionError) as error:
        if "json" in content_type.lower():
            raise _broken() from error
        what = "Something that is not Microsoft Graph answered in its place."
        raise ServiceUnavailable(what, "Try again in a minute.") from error
    if not isinstance(answer, dict):
        raise ServiceUnavailable("Microsoft Graph's answer has no sense.", "Try again in a minute.")
    return _repaired(answer) if _SURROGATE.search(body) else answer


def tried(body: bytes) -> object:
    """The JSON in the body of an error, or None: whatever else it is, nobody reads it."""
    try:
        found = json.loads(body[:_ERROR])
        _check_depth(found)
    except (ValueError, RecursionError):
        return None
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no JSON, though the library reads them


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)


def _check_depth(value: object) -> None:
    """Whoever walks through an answer later may do it by recursion."""
    level = [value]
    for _ in range(DEPTH):
        level = [below for each in level for below in _below(each) if type(below) is dict or type(below) is list]
        if not level:
            return
    raise ValueError("too deep")


def _below(value: Any) -> Any:  # noqa: ANN401 - JSON
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()


def _repaired(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Without halves of characters, which JSON can write and UTF-8 cannot. Two that make one are one by now."""
    if isinstance(value, dict):
        return {_repaired(name): _repaired(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_repaired(each) for each in value]
    if isinstance(value, str) and not value.isascii():
        return _HALVES.sub("", value)
    return value


def _unzipped(unzip: zlib._Decompress, part: bytes) -> Iterator[bytes]:
    """A part of an archive, unpacked in pieces. Nothing may come after its end."""
    try:
        while (piece := unzip.decompress(part, _PIECE)) or unzip.unconsumed_tail:
            yield piece
            part = unzip.unconsumed_tail
        if unzip.unused_data:
            raise _broken()
    except zlib.error as error:
        raise _broken() from error


def _broken() -> Setback:
    return Setback(ServiceUnavailable("Microsoft Graph's answer arrived broken.", "Try again in a minute."))
