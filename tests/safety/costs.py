"""How the time that work takes grows with what it is given: no clock of a busy machine says more."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

# Four times as much may take less than this many times as long: four is linear, sixteen is the square.
LINEAR = 8.0


def growth(work: Callable[[str], object], text: Callable[[int], str], size: int) -> float:
    """How many times as long four times as much takes, each the best of three, in time of this thread alone."""
    return _best(work, text(4 * size)) / _best(work, text(size))


def _best(work: Callable[[str], object], text: str) -> float:
    return min(_time(work, text) for _ in range(3))


def _time(work: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    work(text)
    return time.thread_time() - start


def seconds(work: Callable[[], object]) -> float:
    """How long work takes, in time of this thread alone."""
    return _time(lambda _: work(), "")


async def longest_turn(work: Coroutine[object, object, T]) -> tuple[T, float]:
    """What comes of work, and for how long it kept the event loop's thread at once, in seconds of that thread."""
    doing, longest = asyncio.ensure_future(work), 0.0
    while not doing.done():
        start = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - start)
    return await doing, longest
