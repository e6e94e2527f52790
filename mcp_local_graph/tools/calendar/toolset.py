"""What the tools of the calendar share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import people
from mcp_local_graph.tools.needs import Graph, Toolset

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
