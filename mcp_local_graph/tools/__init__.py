"""The tools: one module per workload. Each is a plain async function and the facts about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.tools.account import ACCOUNT
from mcp_local_graph.tools.briefing import BRIEFING
from mcp_local_graph.tools.calendar import CALENDAR
from mcp_local_graph.tools.graph import GRAPH
from mcp_local_graph.tools.mail import MAIL
from mcp_local_graph.tools.people import PEOPLE
from mcp_local_graph.tools.profile import PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.tools.needs import Tool

TOOLSETS = (ACCOUNT, PROFILE, BRIEFING, MAIL, CALENDAR, PEOPLE, GRAPH)


def needed(tools: Iterable[Tool]) -> frozenset[str]:
    """All scopes that these tools ask for."""
    return frozenset[str]().union(*(tool.scopes for tool in tools))
