"""When to try again, and after how long.

A read is tried again after whatever may pass. A write is only where it is certain that nothing was done: Graph said so,
or nothing was sent.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import anyio

from mcp_local_graph.errors import WriteUncertain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp_local_graph.errors import LocalGraphError

T = TypeVar("T")
# Answers after which another attempt may do better.
PASSING = frozenset({429, 502, 503, 504, 509})


class Pace(NamedTuple):
    """How patient a call is.

    `deadline` is the seconds for everything in it; hosts drop a tool call after about sixty. Where Graph names no
    pause, the first one is around `first` seconds and each further one twice as long; `attempts` is the most there are.
    """

    deadline: float = 30.0
    first: float = 0.5
    attempts: int = 4


class Setback(Exception):
    """An attempt that failed.

    `error` is what to say of it; `pause` the seconds that Graph asks for; `again` whether another attempt may do
    better; `untouched` whether it is certain that nothing was done.
    """

    def __init__(
        self, error: LocalGraphError, *, pause: float | None = None, again: bool = True, untouched: bool = False
    ) -> None:
        super().__init__(error.what)
        self.error = error
        self.pause = pause
        self.again = again
        self.untouched = untouched


class Patience(Protocol):
    """What it depends on how long a request is tried."""

    reading: bool
    deadline: float


async def patiently(attempt: Callable[[], Awaitable[T]], patience: Patience, pace: Pace) -> T:
    """Attempt until it succeeds, or fails for good, or the next pause would not fit before the deadline.

    Raises:
        LocalGraphError: of the last attempt; WriteUncertain where it may have done its work.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            return await attempt()
        except Setback as setback:
            if not patience.reading and not setback.untouched:
                raise uncertain(setback.error) from setback
            wait = pause_after(attempts, setback.pause, patience.deadline, pace) if setback.again else None
            if wait is None:
                raise setback.error from setback
        await anyio.sleep(wait)


def pause_after(attempts: int, asked: float | None, deadline: float, pace: Pace) -> float | None:
    """Seconds to wait after so many attempts, at least what Graph asked for; None where there shall be no further."""
    grown = pace.first * 2 ** (attempts - 1)
    # By chance, so that calls which failed together do not come back together.
    wait = (asked or 0.0) + grown * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
    fits = anyio.current_time() + wait < deadline
    return wait if fits and attempts < pace.attempts else None


def uncertain(error: LocalGraphError) -> WriteUncertain:
    """What a write ends in whose answer got lost."""
    return WriteUncertain(
        "It may have been done, or not: the answer of Microsoft Graph got lost.",
        "Look whether it was done before doing it again.",
        trace=error.trace,
    )
