"""How long an access token lives, as the token endpoint says it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.state import State

_HOUR = 3600


def of(state: State, *, handles_challenges: bool, personal: bool = False) -> dict[str, int]:
    """`expires_in` and its like for a new access token, in seconds.

    A client that handles claims challenges gets tokens of up to 28 hours, to be renewed at half of that; any other 60
    to 90 minutes. Personal accounts know no continuous access evaluation: an hour. Sources: learn.microsoft.com, "How
    to use Continuous Access Evaluation enabled APIs", "Configurable token lifetimes".
    """
    seconds, refresh_in = state.lifetimes.access_token, state.lifetimes.refresh_in
    if seconds is None and personal:
        seconds = _HOUR
    elif seconds is None and handles_challenges:
        seconds = 24 * _HOUR + secrets.randbelow(4 * _HOUR + 1)
        refresh_in = seconds // 2
    elif seconds is None:
        seconds = _HOUR + secrets.randbelow(_HOUR // 2 + 1)
    life = {"expires_in": seconds, "ext_expires_in": seconds}
    return life if refresh_in is None else life | {"refresh_in": refresh_in}
