"""Routes as data: a path, the delegated permissions that suffice, the query options it takes, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_local_graph.sandbox.company import Account, Profile
    from mcp_local_graph.sandbox.state import AccessToken, State

ONE = frozenset({"$select"})
# A collection of the directory's.
MANY = frozenset({"$select", "$top", "$filter", "$count", "$skiptoken"})
# A collection in a mailbox.
LIST = frozenset({"$select", "$expand", "$filter", "$orderby", "$search", "$top", "$skip", "$skiptoken", "$count"})
COUNT = frozenset({"$filter", "$search"})

_PREFERENCE = re.compile(r'\s*([\w.-]+)(?:\s*=\s*("[^"]*"|[^",;\s]*))?\s*(?:,|;|$)')
_PLACEHOLDERS = {"{id}": r"([^/]+)", "{path}": r"(.+)"}


def names(text: str) -> tuple[str, ...]:
    """Property names that are written with spaces between."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to Graph, on the wire or as a part of a batch. `path` is as it came; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content: bytes = b""


@dataclass(slots=True, kw_only=True)
class Reply:
    """An answer: JSON as a dict, a bare value as text, or bytes with their content type among the headers."""

    status: int = 200
    body: dict[str, Any] | str | bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Query:
    """A request that passed the door: its token, the ids in its path, its options, the JSON it came with.

    `scopes` are those that suffice for the route. `whose` is the id behind /users where the path begins so, "" where it
    begins with /me. `parameters` are the options
    without a `$`. `applied` takes what Preference-Applied shall say.
    """

    state: State
    asked: Asked
    token: AccessToken
    ids: tuple[str, ...]
    options: Mapping[str, str]
    scopes: frozenset[str] = frozenset()
    parameters: Mapping[str, str] = field(default_factory=dict)
    whose: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers, by their names in lower case."""
        return self.asked.headers

    @property
    def path(self) -> str:
        """The request's path as it came, version and all."""
        return self.asked.path

    @property
    def account(self) -> Account:
        """Whom the token is for."""
        return self.token.account

    @property
    def whole(self) -> bool:
        """Whether the token shows whole objects here; `.ReadBasic` permissions show a part of their properties."""
        return any(".ReadBasic" not in scope for scope in self.token.scopes & self.scopes)

    @property
    def profile(self) -> Profile:
        """The signed-in person's own profile."""
        return self.state.profiles[self.account.oid]

    @property
    def root(self) -> str:
        """The address that contexts and next links begin with."""
        return f"{self.state.graph_url}/v1.0"

    @cached_property
    def prefer(self) -> Mapping[str, str]:
        """The preferences of the Prefer header, by their names in lower case, without quotes."""
        found = _PREFERENCE.findall(self.headers.get("prefer", ""))
        return {name.lower(): value.strip('"') for name, value in found}


if TYPE_CHECKING:
    # JSON as a dict, or a bare value (of `/$count`) as text, or a whole reply.
    Handler = Callable[[Query], dict[str, Any] | str | Reply]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path.

    Any one of `scopes` suffices. In the path `{id}` stands for a segment or the part of one between quotes, `{path}`
    for several segments; all else is compared without regard to case, as the service does.
    """

    path: str
    method: str
    scopes: frozenset[str]
    options: frozenset[str]
    personal: bool
    denied: str
    handler: Handler

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as it may come."""
        parts = re.split(r"(\{id\}|\{path\})", self.path)
        return re.compile("".join(_PLACEHOLDERS.get(part) or re.escape(part) for part in parts), re.IGNORECASE)

    def match(self, path: str) -> tuple[str, ...] | None:
        """The ids in a path (as it came, below the version) that fits, else None."""
        found = self.pattern.fullmatch(path)
        return tuple(unquote(each) for each in found.groups()) if found else None


@dataclass(slots=True)
class Workload:
    """A file's routes, each declared below every one of `under`.

    `denied` is the word by which this part of Graph refuses a token without the permission.
    """

    denied: str = "Authorization_RequestDenied"
    under: tuple[str, ...] = ("",)
    routes: list[Route] = field(default_factory=list)

    def get(
        self, path: str, *, scopes: str, options: frozenset[str] = ONE, personal: bool = True
    ) -> Callable[[Handler], Handler]:
        """Declare a GET. `scopes` are names with spaces between; `personal` says whether personal accounts have it."""
        return self._declare("GET", path, scopes, options, personal=personal)

    def post(
        self, path: str, *, scopes: str, options: frozenset[str] = frozenset(), personal: bool = True
    ) -> Callable[[Handler], Handler]:
        """Declare a POST, whose body is a JSON object."""
        return self._declare("POST", path, scopes, options, personal=personal)

    def _declare(
        self, method: str, path: str, scopes: str, options: frozenset[str], *, personal: bool
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.routes.extend(
                Route(
                    path=above + path,
                    method=method,
                    scopes=frozenset(scopes.split()),
                    options=options,
                    personal=personal,
                    denied=self.denied,
                    handler=handler,
                )
                for above in self.under
            )
            return handler

        return declare
