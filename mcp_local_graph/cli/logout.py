"""`logout`: forget the sign-in on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import Command, with_settings

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


_REVOKE = "https://mysignins.microsoft.com (Sign out everywhere), or ask your administrator"
_REVOKE_PERSONAL = "https://account.microsoft.com/security (Sign me out)"


@click.command(cls=Command)
@click.option("--all", "everyone", is_flag=True, help="All accounts of this app, not only the one in use.")
@with_settings
def command(settings: Settings, *, everyone: bool) -> None:
    """Forget the sign-in on this machine, and at the system's broker. Needs no network."""
    leaving = asyncio.run(app.services(settings).sign_out(everyone=everyone))
    for account in leaving:
        output.say(f"Signed out: {account.user_name}")
    if leaving:
        output.say(
            "Tokens given out before end by themselves, after an hour or so. To end every sign-in everywhere now:"
        )
        for place in sorted({_REVOKE_PERSONAL if account.personal else _REVOKE for account in leaving}):
            output.say(f"  {place}")
    else:
        output.say("Nobody was signed in.")
