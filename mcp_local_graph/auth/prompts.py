"""When a person may be asked: not again after a no, and never so often that they say yes to have peace."""

from __future__ import annotations

import time
from collections import deque

from mcp_local_graph.errors import TRY_AGAIN, LocalGraphError, SignInDeclined, SignInExpired, SignInFailed

# At most so many prompts within so many seconds, whoever asks.
PROMPTS, WINDOW = 3, 600.0


class Prompts:
    """The prompts of this process."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PROMPTS)
        self._refusal: SignInFailed | None = None
        self._refused_until = 0.0

    def check(self, *, asked: bool) -> None:
        """Pass, if a person may be asked now. `asked` means that they want to be, though they said no before.

        Raises:
            SignInFailed: they may not.
        """
        now = time.monotonic()
        if asked:
            self._refusal = None
        if self._refusal is not None and now < self._refused_until:
            what = f"{self._refusal.what} It is not asked again by itself."
            raise type(self._refusal)(what, TRY_AGAIN, trace=self._refusal.trace)
        if len(self._times) == PROMPTS and now - self._times[0] < WINDOW:
            raise SignInFailed(
                f"You were asked to sign in {PROMPTS} times within {WINDOW / 60:.0f} minutes.",
                "Wait a few minutes, or run `mcp-local-graph login` in a terminal.",
            )

    def asked(self) -> None:
        """A prompt was shown."""
        self._times.append(time.monotonic())

    def ended(self, error: LocalGraphError | None) -> None:
        """A no is a no, for a while; an account is a new beginning."""
        if isinstance(error, SignInDeclined | SignInExpired):
            self._refusal, self._refused_until = error, time.monotonic() + WINDOW
        elif error is None:
            self._refusal = None
            self._times.clear()
