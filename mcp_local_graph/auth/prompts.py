"""When a person may be asked: not again after a no, and never so often that they say yes to have peace."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from mcp_local_graph.errors import TRY_AGAIN, LocalGraphError, SignInDeclined, SignInExpired, SignInFailed

if TYPE_CHECKING:
    from mcp_local_graph.errors import Need

# At most so many prompts within so many seconds, whoever asks.
PROMPTS, WINDOW = 3, 600.0


class Prompts:
    """The prompts of this process."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PROMPTS)
        self._refusal: SignInFailed | None = None
        self._refused_until = 0.0
        self._refused: Need | None = None

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

    def ended(self, need: Need, error: LocalGraphError | None) -> None:
        """A no to a need is a no, for a while. How often the person was asked stays counted, whatever they said."""
        if isinstance(error, SignInDeclined | SignInExpired):
            self._refusal, self._refused_until, self._refused = error, time.monotonic() + WINDOW, need
        elif error is None:
            self._refusal, self._refused = None, None

    @property
    def refused(self) -> Need | None:
        """What the person said no to last, and has not granted since."""
        return self._refused
