"""The composition root: from settings to services. Nobody below reads the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_local_graph.auth.credentials import CredentialTokens, Source
from mcp_local_graph.auth.registration import Registration
from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.graph.client import Caller, Connection, Graph

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a server or a command works with."""

    auth: AuthenticationService | CredentialTokens
    connection: Connection

    async def graph(self, scopes: frozenset[str], tool: str = "") -> Graph:
        """Graph for one call of `tool`, which declares these scopes."""
        who = await self.auth.who()
        caller = Caller(
            tool=tool,
            scopes=scopes,
            granted=who.granted,
            require_person=self.auth.require_person,
            user_name=who.user_name,
            personal=who.personal,
        )
        return Graph(await self.connection.open(), caller)


def services(settings: Settings, needed: frozenset[str] = frozenset()) -> Services:
    """Join the rooms. `needed` are the scopes that the offered tools may ask for. Touches neither network nor disk."""
    auth: AuthenticationService | CredentialTokens = _signing_in(settings, needed)
    if settings.credential is not None:
        auth = CredentialTokens(
            Source(kind=settings.credential, cloud=settings.cloud, ca_file=settings.ca_file, tenant=settings.tenant)
        )
    cloud = settings.cloud
    # A cloud of somebody's own has its files where its Graph is.
    content_hosts = cloud.content_hosts or (urlsplit(cloud.graph_url).netloc,)
    return Services(auth, Connection(cloud.graph_url, auth.token, settings.ca_file, content_hosts))


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
