"""Where online meetings are joined."""

from __future__ import annotations

from urllib.parse import quote

from mcp_local_graph.sandbox.company import TENANT_ID
from mcp_local_graph.sandbox.data import ids


def join_url(key: str) -> str:
    """Where an online meeting is joined."""
    thread = quote(f"19:meeting_{ids.guid('meeting', key).replace('-', '')}@thread.v2", safe="")
    context = quote(f'{{"Tid":"{TENANT_ID}"}}', safe="")
    return f"https://teams.brackwater.example/l/meetup-join/{thread}/0?context={context}"
