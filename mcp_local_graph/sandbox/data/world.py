"""All of the demo tenant's data, each part made when it is first asked for, counted from the day of the start."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.days import Days

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Mailbox


class World:
    """The data around one moment. Nothing in it changes, so that tenants which start together share it."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.days = Days.around(moment)

    def mailbox(self, owner: str) -> Mailbox | None:
        """The mailbox of an object id; None where there is none."""
        return _mailboxes(self.days).get(owner)


@lru_cache(maxsize=2)
def _mailboxes(days: Days) -> dict[str, Mailbox]:
    raise NotImplementedError
