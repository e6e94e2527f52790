"""The composition root: from settings to services. Nobody below reads the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.auth.registration import Registration
from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.graph.client import Connection, Graph

if TYPE_CHECKING:
    from mcp_local_graph.config import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a server or a command works with."""

    auth: AuthenticationService
    connection: Connection

    async def graph(self, scopes: frozenset[str]) -> Graph:
        """Graph for one tool call that declares these scopes."""
        return Graph(self.connection, await self.connection.open(), scopes, await self.auth.granted())


def services(settings: Settings) -> Services:
    """Join the rooms. Touches neither the network nor the disk."""
    auth = AuthenticationService(
        Registration(
            client_id=settings.client_id,
            tenant=settings.tenant,
            cloud=settings.cloud,
            ca_file=settings.ca_file,
            sign_in=settings.sign_in,
            token_store=settings.token_store,
            state_dir=settings.state_dir,
        )
    )
    return Services(auth, Connection(settings.cloud.graph_url, auth.token, settings.ca_file))
