"""All events of the demo tenant, and who finds which of them in a calendar."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.seeds import Event

# Whoever declined no longer has the event; a cancelled one stays until it is removed by hand.
_GONE = "declined"


@lru_cache(maxsize=2)
def events(days: Days) -> dict[str, Event]:
    """All events by key."""
    # Nobody has asked for an event while the tenant starts.
    from mcp_local_graph.sandbox.data.diary import series, single  # noqa: PLC0415 - made when a calendar is opened

    return {one.key: one for one in (*series.events(days), *single.events(days))}


def of(days: Days, address: str) -> list[Event]:
    """The events in the calendars of an address: those it organizes, and those it was asked to and did not decline."""
    return [one for one in events(days).values() if address in _present(one)]


def _present(event: Event) -> set[str]:
    return {event.organizer.address, *(one.who.address for one in event.attendees if one.response != _GONE)}
