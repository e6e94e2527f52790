"""Three listeners on loopback in one daemon thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from starlette.types import ASGIApp


class _Protocol(H11Protocol):
    """HTTP/1.1 that shows the app its connection, so that a fault can break it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows asyncio's own signature


class _Server(uvicorn.Server):
    """A server that says when it listens, and ends at once: uvicorn takes a fifth of a second to look and wait."""

    def __init__(self, config: uvicorn.Config, ready: threading.Semaphore) -> None:
        super().__init__(config)
        self._ready = ready
        self._ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._ready.release()

    def end(self) -> None:
        """From another thread."""
        self.should_exit = self.force_exit = True
        self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which also brings the date of the answers up to date
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for bound in sockets or ():
            bound.close()
        # A polite TLS goodbye would wait for clients that keep their connection open for later.
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def bind(port: int) -> socket.socket:
    """A socket that listens on 127.0.0.1; port 0 means any free one.

    Raises:
        OSError: the port is taken.
    """
    bound = socket.create_server(("127.0.0.1", port))
    # Connections inherit it. asyncio would do so by itself for a socket that it made; without it an answer in two
    # pieces waits 40 ms for the client's kernel.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


class Listeners:
    """Serve apps until stopped. Each comes with its socket and, for https, its TLS context."""

    def __init__(self, apps: Sequence[tuple[ASGIApp, socket.socket, ssl.SSLContext | None]]) -> None:
        self._ready = threading.Semaphore(0)
        self._failure: OSError | None = None
        self._sockets = [bound for _, bound, _ in apps]
        self._servers = [_Server(_config(app, tls), self._ready) for app, _, tls in apps]
        self._thread = threading.Thread(target=self._run, name="demo tenant", daemon=True)

    def start(self) -> None:
        """Return when all of them listen.

        Raises:
            OSError: one of them cannot.
        """
        self._thread.start()
        for _ in self._servers:
            self._ready.acquire()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Return when the thread and all sockets are gone; open connections are dropped."""
        for server in self._servers:
            server.end()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            # Whoever still waits for the start learns that it is over.
            self._ready.release(len(self._servers))

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
