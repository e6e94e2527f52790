"""The demo tenant's data: what lies in its mailboxes, calendars, directories and drives. Readable, invented, lively."""

from mcp_local_graph.sandbox.data.world import World

__all__ = ["World"]
