"""Something that requests wait for, in the listeners' loop, until another thread lets them go."""

from __future__ import annotations

import asyncio
import threading


class Hold:
    """Closed until it is set, then open for ever. Any thread may set it; however many may wait, no thread does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._waiting: list[asyncio.Future[None]] = []

    def set(self) -> None:
        """Let everybody go."""
        with self._lock:
            self._open = True
            for future in self._waiting:
                if not future.get_loop().is_closed():
                    future.get_loop().call_soon_threadsafe(_let_go, future)
            self._waiting.clear()

    def wait(self) -> asyncio.Future[None]:
        """What is done when it is open."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(future)
            if self._open:
                _let_go(future)
        return future


def _let_go(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
