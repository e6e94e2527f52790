"""The signed-in person's calendar, those shared with them, and common free time."""

from mcp_local_graph.tools.calendar import event, free, listing
from mcp_local_graph.tools.calendar.toolset import CALENDAR

__all__ = ["CALENDAR", "event", "free", "listing"]
