"""`tools`: what is offered, and the permissions each needs."""

from __future__ import annotations

import click

from mcp_local_graph.cli import output
from mcp_local_graph.tools import TOOLSETS


@click.command()
def command() -> None:
    """List the tools and the permissions each needs."""
    output.say(table())


def table() -> str:
    """The tools as a table in Markdown, as it stands in the README."""
    heads = ("tool", "toolset", "what it does", "needs", "asks for, where an argument needs it", "uses, where granted")
    rows = [
        (f"`{tool.name}`", tool.toolset, tool.description, *map(_listed, (tool.scopes, tool.when_asked, tool.optional)))
        for toolset in TOOLSETS
        for tool in toolset.tools
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(f"`{scope}`" for scope in sorted(scopes))
