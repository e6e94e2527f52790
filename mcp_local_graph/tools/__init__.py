"""The tools: one module per workload. Each is a plain async function and the facts about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.tools.account import ACCOUNT
from mcp_local_graph.tools.graph import GRAPH
from mcp_local_graph.tools.profile import PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.tools.needs import Toolset

TOOLSETS = (ACCOUNT, PROFILE, GRAPH)


def needed(toolsets: Iterable[Toolset]) -> frozenset[str]:
    """All scopes that the tools of these sets ask for."""
    return frozenset[str]().union(*(tool.scopes for toolset in toolsets for tool in toolset.tools))
