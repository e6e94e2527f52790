"""The gate before each listener: writes down every request, holds some, and plays the queued faults."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mcp_local_graph.sandbox.entra import errors as entra_errors
from mcp_local_graph.sandbox.graph import errors as graph_errors

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mcp_local_graph.sandbox.faults import Fault
    from mcp_local_graph.sandbox.state import State

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

    Query, headers and form hold secrets: they are for assertions, and do not show when it is printed.
    """

    host: str
    endpoint: str
    method: str
    path: str
    status: int | None = None
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    form: dict[str, str] = field(repr=False)

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


class Gate:
    """ASGI middleware around one listener's app; `host` is entra, graph or pages."""

    def __init__(self, app: ASGIApp, state: State, host: str) -> None:
        self._app = app
        self._state = state
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: recorded, held if its endpoint is held, by a fault if one is queued."""
        request = Request(scope, receive)
        body = await request.body()
        record = self._record(request, body)
        if not await self._still_there(record, receive):
            return
        with self._state.lock:
            fault = self._state.take_fault(record.endpoint, record.path)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        if fault is None:
            await self._app(scope, _again(body, receive), noting)
        else:
            await _play(fault, request, noting)

    def _record(self, request: Request, body: bytes) -> RequestRecord:
        path = request.url.path
        record = RequestRecord(
            host=self._host,
            endpoint=endpoint_of(self._host, path),
            method=request.method,
            path=path,
            query=dict(request.query_params),
            headers=dict(request.headers),
            form=form_of(body),
        )
        # The control side is the test's own voice, not the product's: it is left out of what the product did.
        if record.endpoint != "control":
            with self._state.lock:
                self._state.records.append(record)
                self._state.arrivals.notify_all()
        return record

    async def _still_there(self, record: RequestRecord, receive: Receive) -> bool:
        """Wait while the endpoint is held; false when the caller went away in that time."""
        with self._state.lock:
            held = self._state.holds.get(record.endpoint)
        if held is None:
            return True
        # Behind the whole body the only message that can come is that the connection is gone.
        gone = asyncio.ensure_future(receive())
        released = asyncio.ensure_future(asyncio.to_thread(held.wait))
        await asyncio.wait({gone, released}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            record.status = 0
            return False
        gone.cancel()
        return True


def form_of(body: bytes) -> dict[str, str]:
    """A form's fields; nothing where the body is no form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read already, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _play(fault: Fault, request: Request, send: Send) -> None:
    """Answer with a fault."""
    if fault.reset:
        await _break(request)
    elif fault.cut:
        half = len(fault.body) // 2
        headers = {**fault.headers, "content-length": str(len(fault.body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": fault.status, "headers": raw})
        await send({"type": "http.response.body", "body": fault.body[:half], "more_body": True})
        await _break(request)
    else:
        await _response(fault, request)(request.scope, request.receive, send)


def _response(fault: Fault, request: Request) -> Response:
    correlation = request.headers.get("client-request-id")
    if fault.entra_code is not None:
        refused = entra_errors.EntraRefused(fault.entra_code)
        status = entra_errors.KINDS[fault.entra_code].status
        answer: Any = entra_errors.body(refused, entra_errors.Ids.of(correlation))
        return JSONResponse(answer, status, fault.headers)
    if fault.graph_code is not None:
        return graph_errors.response(
            graph_errors.GraphRefused(fault.status, fault.graph_code, "A queued fault of the demo tenant."),
            correlation,
            fault.headers,
        )
    return Response(fault.body, fault.status, fault.headers)


async def _break(request: Request) -> None:
    """End the connection as a broken network does: with a reset, unannounced."""
    transport = request.scope["state"]["transport"]
    # Linger 0 makes the kernel send RST in place of FIN. Windows has shorter numbers in this structure.
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        continue
