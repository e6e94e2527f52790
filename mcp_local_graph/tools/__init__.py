"""The tools: one module per workload. Each is a plain async function and the facts about it."""

from __future__ import annotations

from mcp_local_graph.tools.account import ACCOUNT
from mcp_local_graph.tools.profile import PROFILE

TOOLSETS = (ACCOUNT, PROFILE)
