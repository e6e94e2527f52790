"""What a client's bytes say: bytes → lines → messages or refusals, and our messages → bytes.

Nothing here does I/O. Whatever a line holds, judging it costs bounded memory and ends in a message or in `Refused`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)
from pydantic import ValidationError
from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp.types import JSONRPCMessage

LINE_CAP = 4 * 1024 * 1024
_EDGE = 256  # bytes kept of both ends of a line that is too long, to find its id
_BATCH_CAP = 100  # members of a refused batch that are answered

# Where the SDKs put a request's id: Python, Go, Rust and C# begin with it, TypeScript ends with it. An id anywhere else
# in broken text may belong to something inside the message, or to an answer: an error for it could hit another request.
_ID = rb'"id"\s*:\s*(-?\d{1,20}|"[^"\\]{0,128}")\s*'
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*,\s*'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:" + _VERSION + rb")?" + _ID + rb""",(?!\s*"(?:result|error)")""")
_METHOD_FIRST = re.compile(rb'\s*\{\s*"method"')
_ID_LAST = re.compile(rb",\s*" + _VERSION + _ID + rb"\}\s*\Z")


@dataclass(frozen=True, slots=True)
class TooLong:
    """What is kept of a line beyond the cap."""

    head: bytes
    tail: bytes

    def __len__(self) -> int:
        return len(self.head) + len(self.tail)


class Refused(Exception):
    """A line that is no message. `ids` are those of its requests, as far as they can be read."""

    def __init__(self, code: int, text: str, ids: list[Any]) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.ids = ids

    def answers(self) -> list[bytes]:
        """One error for each request that somebody may be waiting for."""
        return [error(request_id, self.code, self.text) for request_id in self.ids]


class Lines:
    """Cuts a stream of chunks into lines and never holds more than `LINE_CAP` of one."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._too_long: TooLong | None = None

    def feed(self, chunk: bytes) -> list[bytes | TooLong]:
        """The lines that this chunk completes; blank ones say nothing."""
        *complete, rest = chunk.split(b"\n")
        lines = [self._complete(part) for part in complete]
        self._hold(rest)
        return [line for line in lines if isinstance(line, TooLong) or line.strip()]

    def _complete(self, part: bytes) -> bytes | TooLong:
        self._hold(part)
        line = self._too_long or bytes(self._held)
        self._held, self._too_long = bytearray(), None
        return line

    def _hold(self, part: bytes) -> None:
        if self._too_long:
            self._too_long = TooLong(self._too_long.head, (self._too_long.tail + part)[-_EDGE:])
            return
        self._held += part
        if len(self._held) > LINE_CAP:
            self._too_long = TooLong(bytes(self._held[:_EDGE]), bytes(self._held[-_EDGE:]))
            self._held = bytearray()


def read(line: bytes | TooLong) -> JSONRPCMessage:
    """The message of a line; raises `Refused` for anything else."""
    if isinstance(line, TooLong):
        text = f"A message may have at most {LINE_CAP} bytes; this one was dropped."
        raise Refused(INVALID_REQUEST, text, _edge_id(line.head, line.tail))
    try:
        # Strict where json.loads is not: UTF-8, lone surrogates, control characters, NaN, and depth.
        value = from_json(line, allow_inf_nan=False)
    except ValueError:
        raise Refused(PARSE_ERROR, "This line is not JSON in UTF-8.", _broken_ids(line)) from None
    try:
        return _kind(value).model_validate(value, by_name=False)
    except ValidationError:
        raise Refused(INVALID_REQUEST, "This is not a JSON-RPC 2.0 message as MCP has them.", _ids(value)) from None


def _kind(value: object) -> type[JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError]:
    match value:
        case {"method": _, "id": _}:  # also with an id that cannot be one: that is no notification
            return JSONRPCRequest
        case {"result": _}:
            return JSONRPCResponse
        case {"error": _}:
            return JSONRPCError
        case _:
            return JSONRPCNotification


def _ids(value: object) -> list[Any]:
    """The ids of the requests in a value. What looks like an answer is none: it must not be answered itself."""
    members: Iterable[object] = value if isinstance(value, list) else [value]
    return [
        member["id"]
        for member in islice(members, _BATCH_CAP)
        if isinstance(member, dict) and not member.keys() & {"result", "error"} and _is_id(member.get("id"))
    ]


def _is_id(value: object) -> bool:
    """A fraction is no id in MCP, but its sender waits for an answer all the same."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int) and not isinstance(value, bool)


def _broken_ids(line: bytes) -> list[Any]:
    """The ids in a line that is not acceptable, but may still be JSON to a more lenient reader."""
    try:
        value = json.loads(line.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return _edge_id(line[:_EDGE])
    return _ids(value)


def _edge_id(head: bytes, tail: bytes = b"") -> list[Any]:
    found = _ID_FIRST.match(head) or (_METHOD_FIRST.match(head) and _ID_LAST.search(tail))
    try:
        return [json.loads(found[1])] if found else []
    except ValueError:  # not UTF-8 after all
        return []


def error(request_id: object, code: int, text: str) -> bytes:
    """The line that refuses a request."""
    body = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": text}}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def encode(message: JSONRPCMessage) -> bytes:
    """The line of a message of ours."""
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
    except ValueError:
        # A lone surrogate in a tool's text. It cannot be sent; the answer it stands in must not be lost with it.
        plain = message.model_dump(by_alias=True, exclude_unset=True)
        return json.dumps(plain, ensure_ascii=False, default=str).encode(errors="replace") + b"\n"
