"""For whom the requests of one tool call are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcp_local_graph.graph.store import Store


def ask_administrator(missing: Iterable[str]) -> str:
    """The remedy for permissions that nobody here can grant."""
    return f"Ask your administrator to grant {', '.join(sorted(missing))} to this app."


class Caller(NamedTuple):
    """For whom and what the requests of one tool call are.

    `scopes` are those that the tool declares, `granted` those that the account in use granted. `require_person` raises
    where the tokens are an app's. `user_name` may be empty where nobody knows it yet. `store` keeps what this account
    was shown. `remedy` says in a sentence what to do about permissions that are missing. `limit` are the only
    permissions that the settings leave, None where they leave all.
    """

    tool: str
    scopes: frozenset[str]
    granted: frozenset[str]
    require_person: Callable[[], None]
    store: Store
    user_name: str = ""
    personal: bool = False
    remedy: Callable[[frozenset[str]], str] = ask_administrator
    limit: frozenset[str] | None = None

    def leaves(self, scope: str) -> bool:
        """Whether the settings leave a permission, or one to change the same, which covers it."""
        return self.limit is None or bool({scope, scope.replace(".Read", ".ReadWrite", 1)} & self.limit)

    def check(self, scopes: Iterable[str]) -> None:
        """Nothing, where the settings leave these permissions.

        Raises:
            RequestRefused: they rule one out.
        """
        if out := sorted(scope for scope in scopes if not self.leaves(scope)):
            names = ", ".join(filter(None, out))
            what = f"It needs the permission {names}" if names else "Nobody here knows which permission it needs"
            ruled = "which the settings rule out." if names else "and the settings leave only some."
            raise RequestRefused(f"{what}, {ruled}", "Only the person can change that, by --scopes.")
