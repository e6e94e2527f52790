"""`status`: who is signed in, the settings, and where each came from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from mcp_local_graph import app
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import NAMES, SETTINGS, with_settings
from mcp_local_graph.errors import SignInNeeded

if TYPE_CHECKING:
    from mcp_local_graph.auth.service import Status
    from mcp_local_graph.config import Settings


@click.command(params=[*SETTINGS])
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@with_settings
def command(settings: Settings, *, as_json: bool) -> int:
    """Show who is signed in, the settings, and where each came from. Needs no network.

    Exit code 4 when nobody is signed in.
    """
    status = asyncio.run(app.services(settings).auth.status())
    facts = _facts(settings, status)
    if as_json:
        output.say_json(facts)
    else:
        _say(facts)
    return 0 if status.account else SignInNeeded.exit_code


def _facts(settings: Settings, status: Status) -> dict[str, Any]:
    return {
        "account": status.account.user_name if status.account else None,
        "tenant_id": status.account.tenant_id if status.account else None,
        "accounts": [account.user_name for account in status.accounts],
        "granted": sorted(status.granted),
        "token_store": status.token_store or None,
        "settings": {name: {"value": _value(settings, name), "from": settings.origins[name]} for name in NAMES},
    }


def _say(facts: dict[str, Any]) -> None:
    output.say(f"Signed in as {facts['account']}." if facts["account"] else "Nobody is signed in.")
    if facts["account"]:
        output.say(f"Tenant:  {facts['tenant_id']}")
        output.say(f"Granted: {', '.join(facts['granted']) or 'nothing yet'}")
    output.say(f"Tokens:  {facts['token_store'] or 'no app registration is named yet (--client-id)'}")
    output.say("\nSettings:")
    for name, setting in facts["settings"].items():
        output.say(f"  {name.replace('_', '-'):<12} {setting['value'] or '-'}  ({setting['from']})")


def _value(settings: Settings, name: str) -> str | None:
    if name == "cloud":
        return settings.cloud.name
    value = getattr(settings.cloud if name in {"login_url", "graph_url"} else settings, name)
    return None if value is None else str(value)
