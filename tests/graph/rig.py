"""What the tests of `graph` share: small hand-made servers that misbehave, and a token source that writes down."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import truststore

from mcp_local_graph.graph.client import Caller, Connection, Graph
from mcp_local_graph.graph.store import Store
from mcp_local_graph.graph.transport import GraphTransport
from tests.support import QUICK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence

    import trustme

    from mcp_local_graph.graph.retry import Pace

USER_READ = frozenset({"User.Read"})


class Peer:
    """One connection to a server of ours, as its handler sees it."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server = server
        self._connection = connection
        self._rest = b""

    def head(self) -> list[str]:
        """The next request's lines without its body; empty when the client has gone."""
        while b"\r\n\r\n" not in self._rest:
            data = self._connection.recv(65536)
            if not data:
                return []
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head.decode("latin-1").split("\r\n")

    def body(self, head: list[str]) -> bytes:
        """What comes after the lines."""
        length = int(_header(head, "content-length") or 0)
        while len(self._rest) < length and (data := self._connection.recv(65536)):
            self._rest += data
        body, self._rest = self._rest[:length], self._rest[length:]
        return body

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def some(self) -> bytes:
        """Whatever comes first."""
        return self._connection.recv(4096)

    def gone(self, seconds: float) -> bool:
        """Wait so long for the client to leave."""
        ready, _, _ = select.select([self._connection], [], [], seconds)
        if not ready:
            return False
        try:
            return not self._connection.recv(1)
        except OSError:
            return True

    def reset(self) -> None:
        """Go without a goodbye."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._connection.close()

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on, as the server."""
        self._connection = context.wrap_socket(self._connection, server_side=True)

    def close(self) -> None:
        self._connection.close()


class Server:
    """Accepts on loopback and hands each connection to `handle` in a thread of its own."""

    def __init__(self, handle: Callable[[Peer], None], context: ssl.SSLContext | None = None) -> None:
        self._handle = handle
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.origin = f"https://localhost:{self.port}"
        self.heads: list[list[str]] = []
        self.bodies: list[bytes] = []
        self.ended = threading.Event()
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for each in [self._listening, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def header(self, name: str) -> list[str]:
        """The values of a header over all requests; '' where a request had none."""
        return [_header(head, name) for head in self.heads]

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.settimeout(10)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # no answer waits for an ACK
                self.connections += 1
                self._open.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # Clients that go away in the middle are what some tests are about.
        with contextlib.suppress(OSError), contextlib.closing(Peer(self, connection)) as peer:
            if self._context is not None:
                peer.wrap(self._context)
            self._handle(peer)


def _header(head: list[str], name: str) -> str:
    return next((line.partition(": ")[2] for line in head if line.lower().startswith(f"{name.lower()}: ")), "")


def answering(*answers: bytes) -> Callable[[Peer], None]:
    """Give each request the next of the answers, the last one again and again; the server notes every request."""
    left = list(answers)
    lock = threading.Lock()

    def handle(peer: Peer) -> None:
        while head := peer.head():
            with lock:
                peer.server.heads.append(head)
                peer.server.bodies.append(peer.body(head))
                answer = left.pop(0) if len(left) > 1 else left[0]
            peer.send(answer)

    return handle


def serving(answers: Mapping[str, bytes | Callable[[bytes], bytes]]) -> Callable[[Peer], None]:
    """Answer each request by its path, query and all, from its body where that is asked for; 404 for any other."""

    def handle(peer: Peer) -> None:
        while head := peer.head():
            body = peer.body(head)
            peer.server.heads.append(head)
            peer.server.bodies.append(body)
            answer = answers.get(head[0].split()[1], http(404, b"{}"))
            peer.send(answer if isinstance(answer, bytes) else answer(body))

    return handle


def of(value: object, status: int = 200, **headers: str) -> bytes:
    """JSON, as an HTTP answer."""
    return http(status, json.dumps(value).encode(), content_type="application/json", **headers)


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "content_length" not in headers:
        lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


@dataclass
class Tokens:
    """A token source that gives `token-1`, `token-2`, … and remembers how it was asked."""

    asked: list[tuple[frozenset[str], str | None, str | None]] = field(default_factory=list)
    refuses: Exception | None = None

    async def __call__(self, scopes: Iterable[str], claims: str | None = None, *, instead_of: str | None = None) -> str:
        self.asked.append((frozenset(scopes), claims, instead_of))
        if self.refuses is not None:
            raise self.refuses
        return f"token-{len(self.asked)}"


class Authority:
    """A CA of one test, and what trusts it."""

    def __init__(self, ca: trustme.CA) -> None:
        self.ca = ca

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context

    @cached_property
    def client(self) -> ssl.SSLContext:
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.ca.configure_trust(context)
        return context

    @contextlib.contextmanager
    def answering(self, *answers: bytes) -> Iterator[Server]:
        with Server(answering(*answers), self.server()) as server:
            yield server

    @contextlib.contextmanager
    def serving(self, answers: Mapping[str, bytes | Callable[[bytes], bytes]]) -> Iterator[Server]:
        with Server(serving(answers), self.server()) as server:
            yield server

    @contextlib.asynccontextmanager
    async def graph(
        self,
        server: Server,
        by: Caller | None = None,
        *,
        tokens: Tokens | None = None,
        hosts: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> AsyncIterator[Graph]:
        """What a tool is given, made as the product makes it."""
        with self.ca.cert_pem.tempfile() as ca_file:
            connection = Connection(server.origin, tokens or Tokens(), Path(ca_file), hosts, pace or QUICK)
            try:
                yield await connection.graph(by or caller())
            finally:
                await connection.close()

    @contextlib.asynccontextmanager
    async def to(
        self, origin: str, tokens: Tokens | None = None, *, pace: Pace | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of our transport to that origin, made as the product makes it."""
        transport = GraphTransport(origin, tokens or Tokens(), self.client, pace or QUICK)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=None) as client:  # noqa: S113 - as the product: the transport has the deadline
            yield client


async def get(client: httpx.AsyncClient, url: str) -> httpx.Response:
    return await client.get(url, extensions={"scopes": USER_READ})


def caller(tool: str = "mail_search", **changes: Any) -> Caller:  # noqa: ANN401 - any property of a caller
    """A tool call of a signed-in person."""
    facts: dict[str, Any] = {"scopes": USER_READ, "granted": USER_READ, "user_name": "ines@brackwater.example"}
    return Caller(tool=tool, **{**facts, "require_person": lambda: None, "store": Store(None), **changes})
