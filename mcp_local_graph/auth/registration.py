"""As which app, where and how one signs in: what signing in takes from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.clouds import Cloud
    from mcp_local_graph.config import SignIn, TokenStore


class Registration(NamedTuple):
    """`account` pins the user name or home account id that may be used; no other is, then.

    `needed` are the scopes that the offered tools may ask for in time.
    """

    client_id: str | None
    tenant: str
    cloud: Cloud
    ca_file: Path | None
    sign_in: SignIn
    token_store: TokenStore
    state_dir: Path
    account: str | None = None
    needed: frozenset[str] = frozenset()
