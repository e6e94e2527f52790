"""What was found a moment ago, for as long as nothing has changed since: most calls need no thread and no lock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_local_graph.auth.accounts import Who


@dataclass(slots=True)
class _Found:
    """All that was found under one stamp of the cache: tokens by scopes, with the moment they are good until."""

    stamp: object
    who: Who | None = None
    tokens: dict[frozenset[str], tuple[str, float]] = field(default_factory=dict)


class AtHand:
    """Filled by threads, asked on the event loop. `stamp` is the cache's: another one means that something changed."""

    def __init__(self) -> None:
        self._found = _Found(object())

    def token(self, stamp: object, scopes: frozenset[str]) -> str | None:
        """A token that is still good, in seconds since 1970."""
        token, good_until = self._under(stamp).tokens.get(scopes, ("", 0.0))
        return token if time.time() < good_until else None

    def who(self, stamp: object) -> Who | None:
        """As whom calls are made."""
        return self._under(stamp).who

    def keep_token(self, stamp: object, scopes: frozenset[str], token: str, good_until: float) -> None:
        """Remember a token."""
        self._under(stamp).tokens[scopes] = token, good_until

    def keep_who(self, stamp: object, who: Who) -> None:
        """Remember as whom calls are made."""
        self._under(stamp).who = who

    def _under(self, stamp: object) -> _Found:
        found = self._found
        if found.stamp != stamp:
            found = self._found = _Found(stamp)
        return found
