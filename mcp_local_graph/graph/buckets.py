"""How often a tool may be called: a bucket of tokens for each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mcp_local_graph.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

# A call takes a token, and so many come back each second: in ten minutes no tool makes more calls than the 10,000 that
# Outlook allows an app for a mailbox, while a host that sends many at a time is served.
BURST, RATE = 1_000, 10.0


class Buckets:
    """One for each tool. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, tool: str) -> None:
        """Count a call.

        Raises:
            Throttled: there were too many.
        """
        now = self._clock()
        level, at = self._levels.get(tool, (float(BURST), now))
        level = min(level + (now - at) * RATE, float(BURST))
        if level < 1:
            wait = (1 - level) / RATE
            raise Throttled(
                "This tool was called too often in a short time.", "Make fewer calls; try again.", retry_after=wait
            )
        self._levels[tool] = level - 1, now
