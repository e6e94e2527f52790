"""The composition root: from settings to services. Nobody below reads the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_local_graph.auth.registration import Registration
from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.catalogue import scopes as known_scopes
from mcp_local_graph.clouds import is_personal
from mcp_local_graph.documents.service import Documents
from mcp_local_graph.graph.client import Caller, Connection
from mcp_local_graph.safety.policy import Policy, offered
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools import TOOLSETS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.credentials import CredentialTokens
    from mcp_local_graph.config import Settings
    from mcp_local_graph.graph.client import Graph
    from mcp_local_graph.graph.retry import Pace
    from mcp_local_graph.graph.store import Store
    from mcp_local_graph.tools.needs import Tool


@dataclass(frozen=True, slots=True)
class Services:
    """What a server or a command works with. `limit` are the only permissions to use, None for all."""

    auth: AuthenticationService | CredentialTokens
    connection: Connection
    stores: Stores
    documents: Documents
    limit: frozenset[str] | None = None

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
            remedy=partial(self._remedy, personal=who.personal),
            limit=self.limit,
            store=await self.stores.of(who.account.key if who.account else ""),
        )
        return await self.connection.graph(caller)

    def _remedy(self, missing: frozenset[str], *, personal: bool) -> str:
        if not isinstance(self.auth, AuthenticationService):
            return self.auth.mend
        return known_scopes.advice(missing, personal=personal)

    async def sign_out(self, *, everyone: bool = False) -> tuple[Account, ...]:
        """Forget the account in use, or all of them, and what they were shown. Returns whom. Needs no network."""
        leaving = await self.auth.sign_out(everyone=everyone)
        await in_thread(self.stores.wipe, [account.key for account in leaving], everyone=everyone)
        return leaving


class Stores:
    """What each account was shown, in one file of the state directory for each."""

    def __init__(self, state_dir: Path, app: str) -> None:
        self._state_dir = state_dir
        self._app = app
        self._open: dict[str, Store] = {}

    async def of(self, account: str) -> Store:
        """The store of an account, ready for use; in memory while nobody knows whose it would be."""
        if account not in self._open:
            made = await in_thread(self._opened, account)
            self._open.setdefault(account, made)
        return self._open[account]

    def _opened(self, account: str) -> Store:
        from mcp_local_graph.graph import store  # noqa: PLC0415 - brings SQLite, which a start must not pay for

        made = store.Store(store.place(self._state_dir, self._app, account) if account else None)
        made.open()
        return made

    def wipe(self, accounts: Iterable[str], *, everyone: bool) -> None:
        """Forget what these accounts were shown; of everyone, those too who signed out long ago."""
        from mcp_local_graph.graph import store  # noqa: PLC0415 - as above

        paths = [store.place(self._state_dir, self._app, account) for account in accounts]
        for path in store.places(self._state_dir, self._app) if everyone else paths:
            store.Store(path).wipe()


def tools(settings: Settings) -> list[Tool]:
    """The tools that the settings offer, each with the permissions that it may ask for under them.

    Raises:
        SettingsError: a setting names a tool or a permission that there is not, or nothing is left.
    """
    known_scopes.check_limit(settings.scopes)
    policy = Policy(
        toolsets=settings.toolsets, tools=settings.tools, exclude=settings.exclude, scopes=settings.scopes or None
    )
    everything = [tool for toolset in TOOLSETS for tool in toolset.tools]
    if is_personal(settings.tenant):
        everything = [_for_personal(tool) for tool in everything]
    return [
        tool._replace(when_asked=policy.allows(tool.when_asked), optional=policy.allows(tool.optional))
        for tool in offered(everything, policy)
    ]


def _for_personal(tool: Tool) -> Tool:
    """A tool with the permissions that a personal account can give it: Entra refuses to be asked for others."""
    kept = known_scopes.works_for_personal
    return tool._replace(scopes=kept(tool.scopes), when_asked=kept(tool.when_asked), optional=kept(tool.optional))


def services(settings: Settings, needed: frozenset[str] = frozenset(), pace: Pace | None = None) -> Services:
    """Join the rooms. Touches neither network nor disk.

    `needed` are the scopes that the offered tools may ask for; `pace` is how patient they are with Graph.
    """
    auth = _tokens(settings, needed)
    cloud = settings.cloud
    # A cloud of somebody's own has its files where its Graph is.
    content_hosts = cloud.content_hosts or (urlsplit(cloud.graph_url).netloc,)
    connection = Connection(cloud.graph_url, auth.token, settings.ca_file, content_hosts, pace)
    app = f"{cloud.login_url}|{settings.client_id or settings.credential}"
    return Services(auth, connection, Stores(settings.state_dir, app), Documents(), settings.scopes or None)


def _tokens(settings: Settings, needed: frozenset[str]) -> AuthenticationService | CredentialTokens:
    if settings.credential is not None:
        from mcp_local_graph.auth.credentials import CredentialTokens, Source  # noqa: PLC0415 - few starts need it

        return CredentialTokens(
            Source(kind=settings.credential, cloud=settings.cloud, ca_file=settings.ca_file, tenant=settings.tenant)
        )
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
