"""What can go wrong on the wire: prepared answers that stand in for the service's own."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.entra.errors import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

_CAPTIVE_PORTAL = b"<!doctype html><html><title>Guest Wi-Fi</title><body>Please accept our terms.</body></html>"
_HTML_503 = b"<!doctype html><html><title>503</title><body>Service Unavailable</body></html>"
_HTML = {"content-type": "text/html; charset=utf-8"}
_JSON = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One wrong answer.

    `entra_code` asks for Entra's error of that number, `graph_code` for Graph's error of that word; otherwise `body` is
    sent as it is, or what `make` gives when it is played. `reset` ends the connection before any answer, `cut` in the
    middle of the body; `short` ends it politely there, though more was promised. The body goes out in pieces of `piece`
    bytes (0: all at once) with `pause` seconds between them. `link` makes the answer a page of one item whose next link
    is `foreign` (another host), `looping` (itself) or `endless` (always one more).
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: dict(_JSON))
    entra_code: int | None = None
    graph_code: str | None = None
    reset: bool = False
    cut: bool = False
    short: bool = False
    piece: int = 0
    pause: float = 0
    link: str = ""
    make: Callable[[], bytes] | None = None

    @property
    def on_wire(self) -> bool:
        """Whether it is something that a connection does, not an answer that could stand in a batch."""
        broken = self.reset or self.cut or self.short or self.piece or self.link or self.make
        return bool(broken) or not (self.graph_code or self.body.startswith(b"{"))


@cache
def _bomb() -> bytes:
    """Two hundred megabytes of JSON in two hundred kilobytes of gzip."""
    first, spaces, last, times = b'{"value":[', b" " * 2**20, b"]}", 200
    packer = zlib.compressobj(level=9, wbits=-15)
    # Behind a full flush a block does not look back: it can be said again and again.
    head, again = (packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (first, spaces))
    check = reduce(lambda crc, _: zlib.crc32(spaces, crc), range(times), zlib.crc32(first))
    size = len(first) + times * len(spaces) + len(last)
    trailer = struct.pack("<II", zlib.crc32(last, check), size)
    return b"\x1f\x8b\x08" + bytes(7) + head + again * times + packer.compress(last) + packer.flush() + trailer


def _million() -> bytes:
    return b'{"value":[' + b",".join([b'{"id":"x"}'] * 1_000_000) + b"]}"


def _deep() -> bytes:
    return b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _challenge() -> dict[str, str]:
    """A refusal that asks for a token with more in it (a second factor, say)."""
    claims = b'{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    value = f'Bearer realm="", error="insufficient_claims", claims="{base64.b64encode(claims).decode()}"'
    return {**_JSON, "WWW-Authenticate": value}


_PAGE = json.dumps({"value": ["x" * 4096]}).encode()
_GZIP = {**_JSON, "content-encoding": "gzip"}
_ELSEWHERE = "https://elsewhere.example/v1.0/me"

NAMED: dict[str, Fault] = {
    "500": Fault(status=500, body=b'{"error":"server_error","error_description":"Something failed."}'),
    "503": Fault(status=503, body=b'{"error":"temporarily_unavailable","error_description":"Come again later."}'),
    "503-html": Fault(status=503, body=_HTML_503, headers=_HTML),
    "html": Fault(body=_CAPTIVE_PORTAL, headers=_HTML),
    "truncated": Fault(body=b'{"access_token":"ey'),
    "empty": Fault(),
    "list": Fault(body=b"[]"),
    "reset": Fault(reset=True),
    "cut": Fault(body=_PAGE, cut=True),
    "short": Fault(body=_PAGE, short=True),
    "slow": Fault(body=_PAGE, piece=len(_PAGE) // 2 + 1, pause=60),
    "drip": Fault(body=_PAGE, piece=1, pause=0.05),
    "gzip-bomb": Fault(make=_bomb, headers=_GZIP),
    "gzip-truncated": Fault(make=lambda: gzip.compress(_PAGE)[:-12], headers=_GZIP),
    "bad-json": Fault(body=b'{"value":[}'),
    "duplicate-keys": Fault(body=b'{"id":"1","id":"2","displayName":"A","displayName":"B","value":[],"value":[{}]}'),
    "deep": Fault(make=_deep),
    "million": Fault(make=_million),
    "wrong-type": Fault(body=b'{"value":[]}', headers={"content-type": "text/plain"}),
    "redirect": Fault(status=302, headers={**_JSON, "location": _ELSEWHERE}),
    "more-claims": Fault(status=403, graph_code="AccessDenied", headers=_challenge()),
    "foreign-link": Fault(link="foreign"),
    "looping-link": Fault(link="looping"),
    "endless-link": Fault(link="endless"),
}

# Entra says this status by an error of its own.
_ENTRA_CODES: dict[int | str, int] = {429: 90055, "429": 90055}

# Graph's own words for statuses that no route here gives by itself.
_GRAPH_CODES = {
    409: "nameAlreadyExists",
    410: "resyncRequired",
    412: "ErrorIrresolvableConflict",
    413: "requestEntityTooLarge",
    423: "resourceLocked",
    429: "TooManyRequests",
    500: "generalException",
    502: "badGateway",
    503: "serviceNotAvailable",
    504: "gatewayTimeout",
    507: "quotaLimitReached",
    509: "activityLimitReached",
}


def with_headers(fault: Fault, headers: dict[str, str] | None) -> Fault:
    """The fault with more headers, Retry-After above all."""
    return replace(fault, headers={**fault.headers, **headers}) if headers else fault


def entra(fault: int | str | Fault) -> Fault:
    """A fault from an AADSTS number, one of the statuses 429, 500 and 503, or a name.

    Raises:
        KeyError: there is no error of that number, no fault of that name.
    """
    if isinstance(fault, Fault):
        return fault
    if str(fault) in NAMED:
        return NAMED[str(fault)]
    code = _ENTRA_CODES.get(fault, fault)
    if code not in KINDS:
        raise KeyError(fault)
    return Fault(entra_code=int(code))


def graph(fault: int | str | Fault, code: str | None = None) -> Fault:
    """A fault from an HTTP status or a name; `code` is Graph's word for it.

    Raises:
        KeyError: there is no fault of that name.
    """
    if isinstance(fault, Fault):
        return fault
    if isinstance(fault, str):
        return NAMED[fault]
    return Fault(status=fault, graph_code=code or _GRAPH_CODES.get(fault, "UnknownError"))


@dataclass(slots=True, kw_only=True)
class QueuedFault:
    """A fault that waits for `times` requests to an endpoint whose path begins with `path`."""

    endpoint: str
    fault: Fault
    times: int = 1
    path: str = ""

    def fits(self, endpoint: str, path: str) -> bool:
        """Whether a request meets this fault."""
        return endpoint == self.endpoint and path.startswith(self.path)
