"""Bodies of answers: whole, bounded, and of the kind that was expected."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import GraphRefused, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

# Bytes of an answer after decompression. More is no answer a model could read.
BODY_LIMIT = 32 * 1024 * 1024
# Bytes that an archive may grow by between two looks at how large it has become.
_PIECE = 256 * 1024


async def whole(response: httpx.Response, limit: int = BODY_LIMIT) -> bytes:
    """The body, decoded as it comes, so that one which never ends, or grows a thousandfold, is not kept.

    Not by httpx: it decodes each part whole, however large that gets, and takes half an archive for a whole one.

    Raises:
        GraphRefused: it is larger than `limit` bytes.
        ServiceUnavailable: it is not whole.
    """
    encoding = response.headers.get("content-encoding", "identity").lower()
    unzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body, ended = bytearray(), True
    async for part in response.aiter_raw():
        for piece in _unzipped(unzip, part) if unzip else [part]:
            body += piece
            if len(body) > limit:
                raise GraphRefused(f"The answer is larger than {limit // 2**20} MB.", "Ask for less at a time.")
        ended = unzip is None or unzip.eof
    if not ended or encoding not in {"identity", "gzip"}:
        raise _broken()
    return bytes(body)


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        ServiceUnavailable: there is none.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceUnavailable(
            "Something that is not Microsoft Graph answered in its place.", "Try again in a minute."
        ) from error
    if not isinstance(answer, dict):
        raise ServiceUnavailable("Microsoft Graph's answer has no sense.", "Try again in a minute.")
    return answer


def tried(body: bytes) -> object:
    """The JSON in the body of an error, or None: whatever else it is, nobody reads it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


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


def _broken() -> ServiceUnavailable:
    return ServiceUnavailable("Microsoft Graph's answer arrived broken.", "Try again in a minute.")
