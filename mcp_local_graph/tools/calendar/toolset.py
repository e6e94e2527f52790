"""What the tools of the calendar share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import events, people
from mcp_local_graph.tools.mailboxes import domain
from mcp_local_graph.tools.needs import Graph, Kind, Shown, Toolset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

CALENDAR = Toolset("calendar", "Your calendar, shared ones, and free time")

# Asked for when somebody names a calendar that is another's.
SHARED = "Calendars.Read.Shared"

Start = Annotated[str, Field(description="Date, weekday, today, tomorrow or `next week` (its Monday)")]


def checked(address: str) -> str:
    """An address in its one spelling.

    Raises:
        RequestRefused: it is none.
    """
    if not (plain := people.address(address)):
        raise RequestRefused("One of the people is no mail address.", "people_find gives addresses.")
    return plain


def scope_of(graph: Graph, path: tuple[str, ...]) -> str | None:
    """The permission that a calendar needs beyond one's own. One of one's list may be shared by somebody else."""
    in_list = "calendars" in path and graph.may(SHARED)
    return SHARED if path[0] == "users" or in_list else None


def shown(
    graph: Graph, path: tuple[str, ...], items: Sequence[Mapping[str, Any]], zone: ZoneInfo
) -> tuple[events.Summary, ...]:
    """The events of a mailbox or a calendar as a list has them, with their handles."""
    own = domain(graph)
    refs = graph.show_all([Shown(Kind.EVENT, (*path, "events", str(item.get("id", "")))) for item in items])
    found = (events.summary(item, ref, zone, own) for item, ref in zip(items, refs, strict=True))
    return tuple(one for one in found if one is not None)
