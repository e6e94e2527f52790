"""How the time that work takes grows with what it is given: no clock of a busy machine says more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
