"""What is written down of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

# The last segments by which a path's endpoint is known; everything on the Graph host is "graph".
_ENDPOINTS = {
    "token": "token",
    "devicecode": "devicecode",
    "authorize": "authorize",
    "device": "device",
    "logout": "logout",
    "openid-configuration": "discovery",
    "instance": "discovery",
    "keys": "discovery",
}


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """One request. Header names are in lower case; `status` is None until it is answered, 0 if it never was.

    Query, headers, form and body hold secrets: they are for assertions, and do not show when it is printed.
    """

    host: str
    endpoint: str
    method: str
    path: str
    status: int | None = None
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    form: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    # The JSON that Graph answered; None where it was none, or a fault.
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    # The requests inside a batch, in its order; each was answered as if it had come alone.
    parts: list[RequestRecord] = field(default_factory=list)

    @property
    def authorized(self) -> bool:
        """Whether it came with an Authorization header."""
        return "authorization" in self.headers


def endpoint_of(host: str, path: str) -> str:
    """The endpoint that faults and holds are named by."""
    if host == "graph":
        return "graph"
    if path.startswith("/control/"):
        return "control"
    return _ENDPOINTS.get(path.rsplit("/", 1)[-1], "other")


def form_of(body: bytes) -> dict[str, str]:
    """A form's fields; nothing where the body is no form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
