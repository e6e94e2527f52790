"""OData's query options as Graph's parts take them: the options themselves, and what each part refuses."""

from mcp_local_graph.sandbox.graph.odata.answers import collection, count, entity
from mcp_local_graph.sandbox.graph.odata.dialects import DIRECTORY, FILES, OUTLOOK, TODO, need_eventual
from mcp_local_graph.sandbox.graph.odata.rules import ABSENT, Expand, Rules

__all__ = [
    "ABSENT",
    "DIRECTORY",
    "FILES",
    "OUTLOOK",
    "TODO",
    "Expand",
    "Rules",
    "collection",
    "count",
    "entity",
    "need_eventual",
]
