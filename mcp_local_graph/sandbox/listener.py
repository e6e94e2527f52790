"""Three listeners on loopback in one daemon thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from starlette.types import ASGIApp

_START_SECONDS = 10


class _Protocol(H11Protocol):
    """HTTP/1.1 that shows the app its connection, so that a fault can break it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows asyncio's own signature


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: threading.Semaphore) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.release()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A polite TLS goodbye would wait for clients that keep their connection open for later.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


def bind(port: int) -> socket.socket:
    """A socket bound to 127.0.0.1; port 0 means any free one.

    Raises:
        OSError: the port is taken.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


class Listeners:
    """Serve apps until stopped. Each comes with its bound socket and, for https, its TLS context."""

    def __init__(self, apps: Sequence[tuple[ASGIApp, socket.socket, ssl.SSLContext | None]]) -> None:
        self._ready = threading.Semaphore(0)
        self._sockets = [bound for _, bound, _ in apps]
        self._servers = [_Server(_config(app, tls), self._ready) for app, _, tls in apps]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="demo tenant", daemon=True)

    def start(self) -> None:
        """Return when all of them listen.

        Raises:
            TimeoutError: one of them does not come up.
        """
        self._thread.start()
        for _ in self._servers:
            if not self._ready.acquire(timeout=_START_SECONDS):
                raise TimeoutError("The demo tenant does not come up.")

    def stop(self) -> None:
        """Return when the thread and all sockets are gone; open connections are dropped."""
        for server in self._servers:
            server.should_exit = server.force_exit = True
        self._thread.join()

    async def _serve(self) -> None:
        serving = (server.serve([bound]) for server, bound in zip(self._servers, self._sockets, strict=True))
        await asyncio.gather(*serving)


def _config(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    # The context is made in memory; uvicorn's own way to it needs the private key in a file.
    config.ssl = tls
    return config
