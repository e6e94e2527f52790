"""What a tool sees of Graph: the SDK's request builders to name an endpoint, and the ways to read it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import anyio

from mcp_local_graph import threads
from mcp_local_graph.errors import CursorUnknown
from mcp_local_graph.graph import cursors, handles, paging
from mcp_local_graph.graph.ask import Ask, Options, headers, query
from mcp_local_graph.graph.buckets import Buckets
from mcp_local_graph.graph.caller import Caller
from mcp_local_graph.graph.handles import Found, Kind, Shown
from mcp_local_graph.graph.links import pinned
from mcp_local_graph.graph.paging import Page, Place
from mcp_local_graph.graph.retry import Pace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

    from mcp_local_graph.errors import LocalGraphError
    from mcp_local_graph.graph.ask import Target
    from mcp_local_graph.graph.engine import Engine
    from mcp_local_graph.graph.transport import TokenSource

__all__ = ["Ask", "Caller", "Connection", "Downloaded", "Found", "Graph", "Kind", "Page", "Shown"]

# The most that one page is asked for: Outlook takes its time over large ones, and may end them with a 504.
_TOP = 100


class Downloaded(NamedTuple):
    """A file: its bytes, and what kind of file its sender says it is."""

    content: bytes
    content_type: str


class Connection:
    """The one connection to Graph and the SDK on top of it. Made at the first call; the SDK is 160 ms of imports.

    `content_hosts` are the suffixes of the hosts that files are downloaded from.
    """

    def __init__(
        self,
        origin: str,
        token: TokenSource,
        ca_file: Path | None,
        content_hosts: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        self._origin = origin
        self._token = token
        self._ca_file = ca_file
        self._content_hosts = tuple(content_hosts)
        self._pace = pace or Pace()
        self._buckets = Buckets()
        self._making = threading.Lock()
        self._made: Engine | None = None

    async def open(self) -> Engine:
        """What sends the requests; imported off the event loop the first time."""
        return self._made if self._made is not None else await threads.in_thread(self._make)

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.close()

    def _make(self) -> Engine:
        from mcp_local_graph.graph.engine import Engine  # noqa: PLC0415 - brings httpx and the SDK; a start must not pay

        with self._making:
            if self._made is None:
                self._made = Engine(self._origin, self._token, self._ca_file, self._content_hosts, self._pace)
            return self._made

    async def graph(self, caller: Caller) -> Graph:
        """Graph for one tool call.

        Raises:
            Throttled: the tool was called too often.
        """
        self._buckets.take(caller.tool)
        return Graph(await self.open(), caller, anyio.current_time() + self._pace.deadline)


class Graph:
    """Graph for one tool call, made with the scopes that the tool declares. Nothing else is asked of the person."""

    def __init__(self, engine: Engine, caller: Caller, deadline: float) -> None:
        self._engine = engine
        self._caller = caller
        # One for all requests of the call together, on the event loop's clock.
        self._deadline = deadline

    @property
    def sdk(self) -> GraphServiceClient:
        """The root of the SDK's builders."""
        return self._engine.sdk

    @property
    def me(self) -> UserItemRequestBuilder:
        """The signed-in person, as the SDK's builder.

        Raises:
            SettingsError: nobody is signed in: the tokens are an app's.
        """
        self._caller.require_person()
        return self._engine.sdk.me

    @property
    def user_name(self) -> str:
        """The signed-in person's, which need not be a mail address. Empty where nobody knows it yet."""
        return self._caller.user_name

    @property
    def personal(self) -> bool:
        """Whether it is a personal Microsoft account, for which Graph has less."""
        return self._caller.personal

    def may(self, scope: str) -> bool:
        """Whether an optional scope of the tool was granted already, so that using it asks nobody, and may be used."""
        return scope in self._caller.granted and self._caller.leaves(scope)

    def check_settings(self, *scopes: str) -> None:
        """Nothing, where the settings leave these permissions; no name for one is none that they leave.

        Raises:
            RequestRefused: they rule one out.
        """
        self._caller.check(scopes)

    def remedy(self, scope: str) -> str:
        """What to do about a permission that was not granted, in whole sentences."""
        return self._caller.remedy(frozenset({scope}))

    def ask(self, target: Target, **options: Unpack[Options]) -> Ask:
        """A read that is not sent yet.

        Raises:
            ValueError: the endpoint does not take one of the options; a mistake of ours.
            NotFound: an id in the path is none.
            RequestRefused: it is too long, or the settings rule its scope out.
        """
        url = self._engine.address(target, query(options))
        scope = options.get("scope")
        self._caller.check([scope] if scope else ())
        scopes = self._caller.scopes | {scope} if scope else self._caller.scopes
        return Ask(url, scopes, headers(url, options), options.get("body"), raw=options.get("raw", False))

    async def get(self, target: Target | Ask, **options: Unpack[Options]) -> dict[str, Any]:
        """One object, as Graph's JSON.

        Raises:
            LocalGraphError: see graph.failures.
        """
        ask = target if isinstance(target, Ask) else self.ask(target, **options)
        return ask.read(await self._engine.answer(ask, self._caller, self._deadline))

    async def page(
        self,
        target: Target | Ask | None,
        *,
        limit: int = 0,
        cursor: str = "",
        note: str = "",
        **options: Unpack[Options],
    ) -> Page:
        """Up to `limit` items of a list, from its start or, by the cursor of an earlier answer, from there on.

        Without a limit a list goes on with as many as it began with: its pages have that length.

        `note` is whatever a tool wants to have back as `Page.note` when a cursor goes on with this list.

        Raises:
            CursorUnknown: the cursor is none of this tool's and account's, or too old.
            LocalGraphError: see graph.failures.
        """
        if cursor:
            ask, place, note, began_with = self._resumed(cursor)
            limit = limit or began_with
        else:
            ask = self._listed(target, limit, options)
            place = Place(ask.url)

        async def fetch(url: str) -> dict[str, Any]:
            return ask.read(await self._engine.answer(replace(ask, url=url), self._caller, self._deadline))

        run = await paging.walk(fetch, place, paging.Run(self._engine.base_url, limit))
        return self._page(run, ask, note)

    async def batch(self, asks: Sequence[Ask]) -> list[dict[str, Any] | LocalGraphError]:
        """The answers to several reads, in their order, in one round trip for each twenty. A part may fail alone.

        Raises:
            SignInNeeded: only the person can help.
            LocalGraphError: nothing could be asked at all.
        """
        found = await self._engine.batch(asks, self._caller, self._deadline)
        return [ask.read(one) if isinstance(one, dict) else one for ask, one in zip(asks, found, strict=True)]

    def paged(self, ask: Ask, answer: dict[str, Any], limit: int, note: str = "") -> Page:
        """The first page of a list out of `answer`, which `get` or `batch` gave for `ask`; `note` as in `page`."""
        run = paging.Run(self._engine.base_url, limit)
        run.take(Place(ask.url), answer)
        return self._page(run, ask, note)

    async def download(self, target: Target, *, limit: int, scope: str | None = None) -> Downloaded:
        """A file of at most `limit` bytes.

        Raises:
            LocalGraphError: see graph.failures; it is larger, or Graph leads to a host that we do not know.
        """
        ask = self.ask(target, scope=scope)
        return Downloaded(*await self._engine.download(ask, limit, self._caller, self._deadline))

    def show(self, kind: Kind, *path: str, note: str = "") -> str:
        """The handle of the object at this canonical path, such as `"me", "messages", id`.

        `note` is what `find` gives back with it; without one an earlier note stays.
        """
        return handles.give(self._caller.store, kind, path, note)

    def show_all(self, objects: Sequence[Shown]) -> list[str]:
        """The handles of several objects, which is quicker than one by one."""
        return handles.give_all(self._caller.store, objects)

    def find(self, handle: str, *kinds: Kind) -> Found:
        """The object that was shown under a handle, of one of these kinds.

        Raises:
            HandleUnknown: nothing of the kind was shown to this account.
        """
        return handles.find(self._caller.store, handle, kinds)

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the account, such as its mailbox's time zone."""
        self._caller.store.remember(name, value)

    def recall(self, name: str) -> str:
        """What was remembered under this name, or nothing."""
        return self._caller.store.recall(name)

    def _listed(self, target: Target | Ask | None, limit: int, options: Options) -> Ask:
        """The read of a list's first page, no longer than needed."""
        if target is None:
            raise CursorUnknown("There is no cursor.", "Leave it out to begin at the start.")
        if not isinstance(target, Ask):
            if options.get("top") is None and self._engine.takes_top(target):
                options = {**options, "top": min(limit, _TOP)}
            target = self.ask(target, **options)
        if target.body is not None:
            raise ValueError("a question that is a POST has no pages")
        return target

    def _page(self, run: paging.Run, ask: Ask, note: str) -> Page:
        cursor = self._kept(ask, run.place, note, run.limit) if run.place else ""
        return Page(run.items, cursor, run.total, run.truncated, note)

    def _kept(self, ask: Ask, place: Place, note: str, limit: int) -> str:
        """A cursor for the rest of a list, with all that it takes to ask for it."""
        return cursors.keep(
            self._caller.store,
            cursors.Cursor(
                tool=self._caller.tool,
                origin=self._engine.base_url,
                url=place.url,
                headers=ask.headers,
                query=json.dumps({"scopes": sorted(ask.scopes), "note": note, "limit": limit, "raw": ask.raw}),
                offset=place.offset,
            ),
        )

    def _resumed(self, cursor: str) -> tuple[Ask, Place, str, int]:
        kept = cursors.find(self._caller.store, cursor, tool=self._caller.tool, origin=self._engine.base_url)
        facts = json.loads(kept.query)
        url = pinned(kept.url, self._engine.base_url)  # the file is only a file
        self._caller.check(frozenset(facts["scopes"]) - self._caller.scopes)  # the settings may have changed
        return (
            Ask(url, frozenset(facts["scopes"]), kept.headers, raw=facts.get("raw", False)),
            Place(url, kept.offset),
            facts["note"],
            facts["limit"],
        )
