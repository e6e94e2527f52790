"""`serve`: what a host starts."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from mcp_local_graph.cli.options import Command, with_settings

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@click.command(cls=Command)
@click.option("--demo", is_flag=True, help="Serve the demo tenant: no account, no network, invented people.")
@with_settings
def command(settings: Settings, *, demo: bool) -> None:
    """Serve MCP on stdin and stdout. Answers at once: no network, no key store before the first call."""
    # The imports make some hundred thousand objects that stay for good: looking through them for garbage while they
    # are made, and ever after, costs a tenth of the start.
    gc.disable()
    from mcp_local_graph import app  # noqa: PLC0415 - between the two
    from mcp_local_graph.server import build, wire  # noqa: PLC0415 - as above
    from mcp_local_graph.tools import needed  # noqa: PLC0415 - as above

    on_exit = _nothing
    if demo:
        from mcp_local_graph.cli.demo import start_tenant  # noqa: PLC0415 - the demo tenant is no part of a real server

        settings, on_exit = start_tenant(settings)
    tools = app.tools(settings)
    server = build.server(tools, app.services(settings, needed(tools)), structured=settings.structured)
    gc.freeze()
    gc.enable()
    wire.serve(server, on_exit=on_exit)


def _nothing() -> None:
    """A real server has nothing to clear away: what lasts is written when it changes."""
