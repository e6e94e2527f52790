"""The gate before each listener: writes down every request, holds some, and plays the queued faults."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from mcp_local_graph.sandbox.graph import wire
from mcp_local_graph.sandbox.graph.throttle import Ticket
from mcp_local_graph.sandbox.playing import play
from mcp_local_graph.sandbox.records import RequestRecord, endpoint_of, form_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mcp_local_graph.sandbox.state import State


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

        with self._state.lock:
            ticket = wire.enter(self._state, scope, body) if self._host == "graph" else Ticket()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            elif not message.get("more_body"):
                # Before the last byte, or the caller would be told off for coming again at once.
                ticket.leave()
            await send(message)

        try:
            if ticket.refused is not None:
                await wire.refusal(request, ticket.refused)(scope, receive, noting)
            elif await self._still_there(record, receive):
                scope["record"], scope["ticket"] = record, ticket
                await self._answer(record, request, _again(body, receive), noting)
        finally:
            ticket.leave()

    async def _answer(self, record: RequestRecord, request: Request, receive: Receive, send: Send) -> None:
        with self._state.lock:
            fault = self._state.take_fault(record.endpoint, record.path)
            latency = self._state.latency(record.path) if self._host == "graph" else 0
        if latency:
            await asyncio.sleep(latency)
        if fault is None:
            await self._app(request.scope, receive, send)
        else:
            await play(fault, request, send)

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
            body=body,
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
        gone: asyncio.Future[Any] = asyncio.ensure_future(receive())
        released: asyncio.Future[Any] = held.wait()
        await asyncio.wait({gone, released}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            record.status = 0
            return False
        gone.cancel()
        return True


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read already, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
