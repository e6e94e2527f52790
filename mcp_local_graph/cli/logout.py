"""`logout`: forget the sign-in on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import SETTINGS, with_settings

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@click.command(params=[*SETTINGS])
@click.option("--all", "everyone", is_flag=True, help="All accounts of this app, not only the one in use.")
@with_settings
def command(settings: Settings, *, everyone: bool) -> None:
    """Forget the sign-in on this machine. Needs no network.

    Tokens that were given out stay valid until they expire, an hour or so. To end them all, everywhere:
    https://mysignins.microsoft.com (Sign out everywhere).
    """
    leaving = asyncio.run(app.services(settings).sign_out(everyone=everyone))
    for account in leaving:
        output.say(f"Signed out: {account.user_name}")
    if not leaving:
        output.say("Nobody was signed in.")
