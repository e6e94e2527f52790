"""Claims challenges: JSON in which Graph or Entra says what a new token has to hold."""

from __future__ import annotations

import json
from typing import Any

# Seconds. A service may write its own time into a challenge: of many calls that it refuses for one reason, each then
# has another. A call is over within a minute, so a later one is for a new reason.
_ONE_REASON = 60


def answers(given: str, asked: str) -> bool:
    """Whether a token that was got for the challenge `given` answers `asked` too: the same, but for its time."""
    (rest, since), (wanted, not_before) = _split(given), _split(asked)
    return rest == wanted and not_before - since <= _ONE_REASON


def _split(challenge: str) -> tuple[Any, float]:
    """A challenge without the time before which no token may be issued (`nbf`), and that time (0 where it has none)."""
    try:
        claims = json.loads(challenge)
        not_before = float(claims["access_token"].pop("nbf")["value"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return challenge, 0
    return claims, not_before
