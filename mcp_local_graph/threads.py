"""Blocking work in daemon threads: MSAL, key stores and browsers must hold up neither the event loop nor the exit."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")


def start(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work` in a daemon thread of its own and return the future of its result."""
    future: Future[T] = Future()
    # It runs from here on: whoever stops waiting must not take from the thread the place to put its result.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - the future carries it to the one who waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=getattr(work, "__name__", "work")).start()
    return future


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Await `work` done in a daemon thread. Cancelling the wait does not stop the work."""
    return await asyncio.wrap_future(start(work, *args, **kwargs))
