"""One sign-in under way: what to show the person, and how it ends. Knows nothing of MSAL."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.errors import TRY_AGAIN, LocalGraphError, SignInDeclined, SignInExpired

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.errors import Need


class Rung(StrEnum):
    """A way to ask. ELSEWHERE: another program on this machine is asking already; NONE: nobody has to be asked."""

    BROKER = "broker"
    BROWSER = "browser"
    DEVICE = "device"
    ELSEWHERE = "elsewhere"
    NONE = "none"


class Shown(NamedTuple):
    """What the person has to be shown: an address to open and, on another device, the code to type there."""

    rung: Rung
    address: str
    code: str | None = None


class Attempt:
    """One sign-in under way. It ends once: with an account, or with the error that says why not."""

    def __init__(
        self, need: Need, lifetime: float, judge: Callable[[LocalGraphError], LocalGraphError] | None = None
    ) -> None:
        self.need = need
        self._judge = judge
        self._deciding = threading.Lock()
        self._claimed = False
        # Set once nothing more is to be shown: the last page, where there is one, has been fetched.
        self.closed = threading.Event()
        self.outcome: Future[Account] = Future()
        self.shown: Shown
        self._timer = threading.Timer(lifetime, self.end, [_expired()])
        self._timer.daemon = True
        self._timer.start()
        self.outcome.add_done_callback(lambda _: self._timer.cancel())

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.outcome.done()

    def claim(self) -> bool:
        """Be the one who settles it; False where it is settled, or somebody else is about to.

        Between the claim and the end the account is stored, and neither a cancel nor the clock can come in between.
        """
        with self._deciding:
            first = not self._claimed and not self.over
            self._claimed = True
            return first

    def end(self, result: Account | LocalGraphError, *, claimed: bool = False) -> None:
        """Settle it. Only the first word counts; `claimed` is for the one who has claimed it."""
        if not claimed and not self.claim():
            return
        if isinstance(result, Account):
            self.outcome.set_result(result)
        else:
            self.outcome.set_exception(self._judge(result) if self._judge else result)

    def cancel(self) -> None:
        """The person said no."""
        self.end(SignInDeclined("The sign-in was cancelled.", TRY_AGAIN))

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, at most so long where a time is given; True if it is."""
        if not self.over:
            watching = asyncio.wrap_future(self._watched())
            try:
                await asyncio.wait([watching], timeout=seconds)
            finally:
                watching.cancel()
        return self.over

    def _watched(self) -> Future[None]:
        """A future that ends with the attempt, and that one waiter may cancel without ending it for all."""
        watched: Future[None] = Future()

        def wake(_: object) -> None:
            if watched.set_running_or_notify_cancel():
                watched.set_result(None)

        self.outcome.add_done_callback(wake)
        return watched


def _expired() -> SignInExpired:
    return SignInExpired("Nobody finished the sign-in in time.", TRY_AGAIN)
