"""The composition root: from settings to services. Nobody below reads the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.auth.credentials import CredentialTokens, Source
from mcp_local_graph.auth.registration import Registration
from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.graph.client import Connection, Graph

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a server or a command works with."""

    auth: AuthenticationService | CredentialTokens
    connection: Connection

    async def graph(self, scopes: frozenset[str]) -> Graph:
        """Graph for one tool call that declares these scopes."""
        granted = await self.auth.granted()
        return Graph(self.connection, await self.connection.open(), scopes, granted, self.auth.require_person)


def services(settings: Settings, needed: frozenset[str] = frozenset()) -> Services:
    """Join the rooms. `needed` are the scopes that the offered tools may ask for. Touches neither network nor disk."""
    auth: AuthenticationService | CredentialTokens = _signing_in(settings, needed)
    if settings.credential is not None:
        kind, cloud = settings.credential, settings.cloud
        auth = CredentialTokens(Source(kind=kind, cloud=cloud, ca_file=settings.ca_file, tenant=settings.tenant))
    return Services(auth, Connection(settings.cloud.graph_url, auth.token, settings.ca_file))


def _signing_in(settings: Settings, needed: frozenset[str]) -> AuthenticationService:
    return AuthenticationService(
        Registration(
            client_id=settings.client_id,
            tenant=settings.tenant,
            cloud=settings.cloud,
            ca_file=settings.ca_file,
            sign_in=settings.sign_in,
            token_store=settings.token_store,
            state_dir=settings.state_dir,
            account=settings.account,
            needed=needed,
        )
    )
