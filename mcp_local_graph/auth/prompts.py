"""When a person may be asked: not again after a no, and never so often that they say yes to have peace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.errors import (
    TRY_AGAIN,
    AdminConsentNeeded,
    LocalGraphError,
    Need,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# At most so many prompts within so many seconds, whoever asks.
PROMPTS, WINDOW = 3, 600.0


class No(NamedTuple):
    """An answer that stands until a moment of the monotonic clock. `scopes` is what it is about; None: everything."""

    error: SignInFailed
    need: Need
    scopes: frozenset[str] | None
    until: float

    def is_about(self, need: Need) -> bool:
        """Whether it answers this need too."""
        return time.monotonic() < self.until and (self.scopes is None or self.scopes <= need.scopes)


class Refusals:
    """What the people of this process said no to: the person to any question, an administrator to some permissions."""

    def __init__(self) -> None:
        self._noes: list[No] = []
        self._last: Need | None = None

    @property
    def last(self) -> Need | None:
        """What was refused last, and has not been granted since."""
        return self._last

    def check(self, need: Need, *, asked: bool) -> None:
        """Pass, if the person may be asked for this. `asked`: they want to be, whatever was said before.

        Raises:
            SignInFailed: it was refused not long ago.
        """
        if asked:
            self._noes.clear()
        for no in self._noes:
            if no.is_about(need):
                raise _again(no.error)

    def ended(self, need: Need, error: LocalGraphError | None) -> None:
        """Remember how an attempt ended: None where somebody signed in."""
        if error is None:
            self._noes.clear()
            self._last = None
        elif isinstance(error, SignInDeclined | SignInExpired | AdminConsentNeeded):
            scopes = error.scopes if isinstance(error, AdminConsentNeeded) else None
            self._noes.append(No(error, need, scopes, time.monotonic() + WINDOW))
            self._last = need


def _again(error: SignInFailed) -> SignInFailed:
    """The same error once more. What an administrator has to do stays as it is; a person may change their mind."""
    if isinstance(error, AdminConsentNeeded):
        return AdminConsentNeeded(error.what, error.remedy, trace=error.trace, scopes=error.scopes, link=error.link)
    return type(error)(f"{error.what} It is not asked again by itself.", TRY_AGAIN, trace=error.trace)


def check_times(times: Iterable[float]) -> None:
    """Pass, if one more prompt is not too many. `times` of earlier ones, of all processes, in seconds since 1970.

    Raises:
        SignInFailed: it is.
    """
    if len(recent(times)) >= PROMPTS:
        raise SignInFailed(
            f"You were asked to sign in {PROMPTS} times within {WINDOW / 60:.0f} minutes.",
            "Wait a few minutes, or run `mcp-local-graph login` in a terminal.",
        )


def recent(times: Iterable[float]) -> list[float]:
    """Those that still count. One in the future was noted before the clock was set back: it says nothing."""
    now = time.time()
    return [moment for moment in times if now - WINDOW < moment <= now]
