"""Routes as data: a path, the delegated permissions that suffice, the query options it takes, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from mcp_local_graph.sandbox.company import Account, Profile
    from mcp_local_graph.sandbox.state import AccessToken, State

ONE = frozenset({"$select"})
MANY = frozenset({"$select", "$top", "$filter", "$count", "$skiptoken"})


def names(text: str) -> tuple[str, ...]:
    """Property names that are written with spaces between."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A request to Graph that passed the door: its token, its ids from the path, its query options."""

    state: State
    request: Request
    token: AccessToken
    ids: tuple[str, ...]
    options: Mapping[str, str]

    @property
    def account(self) -> Account:
        """Whom the token is for."""
        return self.token.account

    @property
    def profile(self) -> Profile:
        """The signed-in person's own profile."""
        return self.state.profiles[self.account.oid]

    @property
    def root(self) -> str:
        """The address that contexts and next links begin with."""
        return f"{self.state.graph_url}/v1.0"


if TYPE_CHECKING:
    # JSON as a dict, or a bare value (of `/$count`) as text.
    Handler = Callable[[Query], dict[str, Any] | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path. Any one of `scopes` suffices; `{id}` in the path stands for one segment."""

    path: str
    method: str
    scopes: frozenset[str]
    options: frozenset[str]
    personal: bool
    denied: str
    handler: Handler

    def match(self, segments: list[str]) -> tuple[str, ...] | None:
        """The ids in a path that fits, else None."""
        pattern = self.path.strip("/").split("/")
        if len(pattern) != len(segments):
            return None
        pairs = list(zip(pattern, segments, strict=True))
        if any(wanted not in {"{id}", given} for wanted, given in pairs):
            return None
        return tuple(given for wanted, given in pairs if wanted == "{id}")


@dataclass(slots=True)
class Workload:
    """A file's routes. `denied` is the word by which this part of Graph refuses a token without the permission."""

    denied: str = "Authorization_RequestDenied"
    routes: list[Route] = field(default_factory=list)

    def get(
        self, path: str, *, scopes: str, options: frozenset[str] = ONE, personal: bool = True
    ) -> Callable[[Handler], Handler]:
        """Declare a GET. `scopes` are names with spaces between; `personal` says whether personal accounts have it."""

        def declare(handler: Handler) -> Handler:
            self.routes.append(
                Route(
                    path=path,
                    method="GET",
                    scopes=frozenset(scopes.split()),
                    options=options,
                    personal=personal,
                    denied=self.denied,
                    handler=handler,
                )
            )
            return handler

        return declare
