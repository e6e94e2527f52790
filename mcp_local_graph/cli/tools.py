"""`tools`: what is offered, and the permissions each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import Command, with_settings
from mcp_local_graph.tools import TOOLSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcp_local_graph.config import Settings
    from mcp_local_graph.tools.needs import Tool


@click.command(cls=Command)
@with_settings
def command(settings: Settings) -> None:
    """List the toolsets and tools that the settings offer, and the permissions each needs."""
    output.say(tables(app.tools(settings)))


def tables(tools: Iterable[Tool]) -> str:
    """The toolsets of these tools and the tools as two tables in Markdown, as they stand in the README."""
    rows = [
        (f"`{tool.name}`", tool.toolset, tool.description, *map(_listed, (tool.scopes, tool.when_asked, tool.optional)))
        for tool in tools
    ]
    offered = {toolset for _, toolset, *_ in rows}
    sets = [(f"`{toolset.name}`", toolset.description) for toolset in TOOLSETS if toolset.name in offered]
    heads = ("tool", "toolset", "what it does", "needs", "asks for, where an argument needs it", "uses, where granted")
    return "\n".join([*_table(("toolset", "what it is for"), sets), "", *_table(heads, rows)])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows)]


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(f"`{scope}`" for scope in sorted(scopes))
