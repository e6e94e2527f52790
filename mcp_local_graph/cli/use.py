"""`use`: choose the account that calls are made as."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import Command, with_settings

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@click.command(cls=Command)
@click.argument("who", metavar="ACCOUNT")
@with_settings
def command(settings: Settings, *, who: str) -> None:
    """Make calls as ACCOUNT from now on, one of the signed-in accounts by user name. Running servers follow."""
    account = asyncio.run(app.services(settings).auth.use(who))
    output.say(f"In use: {account.user_name}")
