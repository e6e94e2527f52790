"""What can go wrong on the wire: prepared answers that stand in for the service's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from mcp_local_graph.sandbox.entra.errors import KINDS

_CAPTIVE_PORTAL = b"<!doctype html><html><title>Guest Wi-Fi</title><body>Please accept our terms.</body></html>"
_HTML_503 = b"<!doctype html><html><title>503</title><body>Service Unavailable</body></html>"
_HTML = {"content-type": "text/html; charset=utf-8"}
_JSON = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One wrong answer.

    `entra_code` asks for Entra's error of that number, `graph_code` for Graph's error of that word; otherwise `body` is
    sent as it is. `reset` ends the connection before any answer, `cut` in the middle of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: dict(_JSON))
    entra_code: int | None = None
    graph_code: str | None = None
    reset: bool = False
    cut: bool = False


NAMED: dict[str, Fault] = {
    "500": Fault(status=500, body=b'{"error":"server_error","error_description":"Something failed."}'),
    "503": Fault(status=503, body=b'{"error":"temporarily_unavailable","error_description":"Come again later."}'),
    "503-html": Fault(status=503, body=_HTML_503, headers=_HTML),
    "html": Fault(body=_CAPTIVE_PORTAL, headers=_HTML),
    "truncated": Fault(body=b'{"access_token":"ey'),
    "empty": Fault(),
    "list": Fault(body=b"[]"),
    "reset": Fault(reset=True),
    "cut": Fault(body=json.dumps({"value": ["x" * 4096]}).encode(), cut=True),
}

# Entra says this status by an error of its own.
_ENTRA_CODES: dict[int | str, int] = {429: 90055, "429": 90055}

# Graph's own words for the statuses that it gives without looking at the request.
_GRAPH_CODES = {
    429: "TooManyRequests",
    500: "generalException",
    502: "badGateway",
    503: "serviceNotAvailable",
    504: "gatewayTimeout",
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
