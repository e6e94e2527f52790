"""`status`: who is signed in, the settings, and where each came from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import NAMES, Command, with_settings
from mcp_local_graph.errors import SignInNeeded
from mcp_local_graph.tools import needed

if TYPE_CHECKING:
    from mcp_local_graph.auth.credentials import CredentialStatus
    from mcp_local_graph.auth.status import Status
    from mcp_local_graph.config import Settings


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@with_settings
def command(settings: Settings, *, as_json: bool) -> int:
    """Show who is signed in, the settings, and where each came from. Needs no network.

    Exit code 4 when nobody is signed in.
    """
    status = asyncio.run(_status(settings))
    if as_json:
        output.say_json({**status.facts(), "settings": _settings(settings)})
    else:
        for line in status.details():
            output.say(line)
        output.say("\nSettings:")
        for name, setting in _settings(settings).items():
            output.say(f"  {name.replace('_', '-'):<12} {setting['value'] or '-'}  ({setting['from']})")
    return 0 if status.is_ready else SignInNeeded.exit_code


async def _status(settings: Settings) -> Status | CredentialStatus:
    return await app.services(settings, needed(app.tools(settings))).auth.status()


def _settings(settings: Settings) -> dict[str, dict[str, str | None]]:
    return {name: {"value": _value(settings, name), "from": settings.origins[name]} for name in NAMES}


def _value(settings: Settings, name: str) -> str | None:
    if name == "cloud":
        return settings.cloud.name
    value = getattr(settings.cloud if name in {"login_url", "graph_url"} else settings, name)
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or None
    return None if value is None else str(value)
