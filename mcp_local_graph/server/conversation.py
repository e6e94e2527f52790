"""What one client and the SDK say to each other: which request may run now, and who is owed an answer.

Every line is judged as it comes, so a cancellation, or an answer to a question of ours, never waits behind a request;
the requests beyond what may run at once wait here, in order. Each request is answered once, or never when the client
cancelled it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import anyio
import anyio.lowlevel
from mcp.shared.dispatcher import coerce_request_id
from mcp.shared.jsonrpc_dispatcher import cancelled_request_id_from_params
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)

from mcp_local_graph.server import frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from mcp.types import RequestId

    from mcp_local_graph.server.frames import TooLong

RUNNING = 256  # requests that the SDK has at once
WAITING = 10_000  # requests that wait for one of these places
BYTES = 16 * 1024 * 1024  # of requests running, and again of requests waiting
_SUBSCRIPTION = "subscriptions/listen"  # lasts as long as the connection, so its end is not waited for

_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Request:
    message: JSONRPCRequest
    size: int
    closed: bool = False  # answered, or cancelled: nothing more may be said


class Conversation:
    """Both of the streams that the SDK serves (its `ReadStream` and `WriteStream`), and what feeds them.

    `put` queues a line for the client and says whether there is room for more. All methods but `post` and `from_thread`
    belong to the loop. An id is known as the SDK knows it: "7" and 7 are one.
    """

    def __init__(self, put: Callable[[bytes], bool]) -> None:
        self._loop = asyncio.get_running_loop()
        self._put = put
        self._lines: deque[bytes | TooLong] = deque()
        self._one_batch = threading.Semaphore()
        self._owed: dict[RequestId, _Request] = {}
        self._waiting: OrderedDict[RequestId, _Request] = OrderedDict()
        self._running_bytes = self._waiting_bytes = 0
        self._ready: deque[SessionMessage] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._leaving = self._over = False

    # What the threads of the wire report

    def post(self, lines: list[bytes | TooLong]) -> None:
        """From the reader's thread: hand over lines when those before them are judged, so that memory stays bounded."""
        if lines:
            self._one_batch.acquire()
            self.from_thread(self._arrived, lines)

    def from_thread(self, call: Callable[..., None], *args: object) -> None:
        """Call in the loop."""
        self._loop.call_soon_threadsafe(call, *args)

    def drained(self) -> None:
        """There is room to write again."""
        self._room.set()

    def leave(self, grace: float) -> None:
        """The client says no more. What is in flight may still end by itself, for so many seconds."""
        self._leaving = True
        self._loop.call_later(grace, self.hang_up)
        self._changed.set()

    def hang_up(self) -> None:
        """Answer what is still owed and end the SDK's stream, which cancels what still runs."""
        self._over = True
        for request in self._owed.values():
            if not request.closed:
                self._refuse(request.message.id, CONNECTION_CLOSED, "The connection was closed before the answer.")
        self._owed.clear()
        self._waiting.clear()
        self._changed.set()

    def _arrived(self, lines: list[bytes | TooLong]) -> None:
        self._lines.extend(lines)
        self._changed.set()

    # The SDK's ReadStream

    async def receive(self) -> SessionMessage | Exception:
        """The next message that may be dealt with now."""
        while not self._over:
            if self._ready:
                return self._ready.popleft()
            if self._lines:
                await self._judge_next()
            elif self._leaving and all(request.message.method == _SUBSCRIPTION for request in self._owed.values()):
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        raise anyio.EndOfStream

    async def _judge_next(self) -> None:
        await self._room.wait()  # who does not read answers is not read either
        line = self._lines.popleft()
        if not self._lines:
            self._one_batch.release()
        try:
            message = frames.read(line)
        except frames.Refused as refused:
            _log.info("a line of the client was refused: %s", refused)
            for answer in refused.answers():
                self._say(answer)
            await anyio.lowlevel.checkpoint()  # a flood of these must not hold the loop
            return
        if isinstance(message, JSONRPCRequest):
            self._take(message, len(line))
            return
        if isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._cancel(cancelled_request_id_from_params(message.params))
        self._ready.append(SessionMessage(message))

    def _take(self, message: JSONRPCRequest, size: int) -> None:
        key = coerce_request_id(message.id)
        if key in self._owed:
            self._refuse(message.id, INVALID_REQUEST, "A request with this id is still being answered.")
        elif self._waiting and (len(self._waiting) >= WAITING or self._waiting_bytes + size > BYTES):
            self._refuse(message.id, INTERNAL_ERROR, "Too many requests are waiting; nothing was done for this one.")
        else:
            self._owed[key] = self._waiting[key] = _Request(message, size)
            self._waiting_bytes += size
            self._admit()

    def _admit(self) -> None:
        """Let requests run, oldest first, as far as there are places; one always may."""
        while self._waiting:
            key, request = next(iter(self._waiting.items()))
            running = len(self._owed) - len(self._waiting)
            if running and (running >= RUNNING or self._running_bytes + request.size > BYTES):
                return
            self._waiting.popitem(last=False)
            self._waiting_bytes -= request.size
            self._running_bytes += request.size
            metadata = ServerMessageMetadata(on_request_unanswered=partial(self._unanswered, key))
            self._ready.append(SessionMessage(request.message, metadata))
            self._changed.set()

    def _cancel(self, request_id: RequestId | None) -> None:
        key = None if request_id is None else coerce_request_id(request_id)
        if key is None or key not in self._owed:
            return
        self._owed[key].closed = True
        if key in self._waiting:
            self._waiting_bytes -= self._waiting.pop(key).size
            del self._owed[key]

    async def _unanswered(self, key: RequestId) -> None:
        """From the SDK: a cancelled request has ended. Until now its id was taken and its place too."""
        self._settle(key)

    def _settle(self, key: RequestId) -> None:
        if request := self._owed.pop(key, None):
            self._running_bytes -= request.size
            self._admit()
            self._changed.set()

    # The SDK's WriteStream

    async def send(self, item: SessionMessage) -> None:
        """Say something to the client. An answer settles its request, once it is as good as written."""
        message = item.message
        if not isinstance(message, JSONRPCResponse | JSONRPCError) or message.id is None:
            self._say(frames.encode(message))
            await self._room.wait()
            return
        key = coerce_request_id(message.id)
        request = self._owed.get(key)
        if request and not request.closed:
            request.closed = True
            self._say(frames.encode(message))
        try:
            await self._room.wait()
        finally:
            self._settle(key)

    def _refuse(self, request_id: RequestId, code: int, text: str) -> None:
        self._say(frames.error(request_id, code, text))

    def _say(self, line: bytes) -> None:
        if not self._put(line):
            self._room.clear()

    # What both streams have: nothing to open, and the wire is closed by the end of the process

    async def aclose(self) -> None:
        """Nothing is held."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
