"""What a resource of Graph takes of OData, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_local_graph.sandbox.graph.odata.dialects import Dialect
    from mcp_local_graph.sandbox.graph.router import Query
    from mcp_local_graph.sandbox.graph.types import Type

    Item = Mapping[str, Any]
    Test = Callable[[Item], bool]


# What `compute` gives where an answer does not have the property at all.
ABSENT = object()


def anybody(_query: Query, _path: str) -> None:
    """Whoever reads something may ask by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expand:
    """A navigation that $expand follows: the rules of what is there, and how it is found.

    Where things of several types can be there, `kind` says the rules of each. Of a list no more than `page` are shown,
    whatever $top says; the rest is at the address `at` (below the version).
    """

    rules: Rules
    of: Callable[[Query, Item], list[Item] | Item | None]
    kind: Callable[[Item], Rules] | None = None
    page: int | None = None
    at: Callable[[Query, Item], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One resource: its type, what is shown of it, what may be asked of a collection of it.

    `default` is what an answer has without $select, `always` what it has beside $select, `named` what it has only where
    $select names it; `page` and `most` are the
    default and the largest $top. `filterable` and `sortable` hold paths (`from/emailAddress/address`). `order` is
    how the service sorts by itself; None leaves items as they come. `search` makes a test from a $search. `compute`
    gives the properties that are worked out only when they are shown, `annotate` the @odata ones, `beyond` what an item
    of a derived type has besides, where there is no $select. `casts` are the properties of derived types that $select
    may name (`microsoft.graph.fileAttachment/contentBytes`). `guard` refuses a token that may not ask by a path.
    """

    type: Type
    dialect: Dialect
    default: tuple[str, ...]
    always: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    page: int = 10
    most: int = 1000
    filterable: frozenset[str] = frozenset()
    sortable: frozenset[str] = frozenset()
    lambdas: frozenset[str] = frozenset()
    order: Callable[[Query, list[Item]], list[Item]] | None = None
    search: Callable[[Query, str], Test] | None = None
    most_found: int | None = None
    expands: Mapping[str, Expand] = field(default_factory=dict)
    compute: Mapping[str, Callable[[Query, Item], Any]] = field(default_factory=dict)
    annotate: Callable[[Query, Item], dict[str, Any]] | None = None
    beyond: Callable[[Query, Item], dict[str, Any]] | None = None
    casts: frozenset[str] = frozenset()
    guard: Callable[[Query, str], None] = anybody
