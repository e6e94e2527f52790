"""A collection or an item as Graph answers it, all query options applied in the service's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph.odata.filters import filtered
from mcp_local_graph.sandbox.graph.odata.orders import ordered
from mcp_local_graph.sandbox.graph.odata.pages import page
from mcp_local_graph.sandbox.graph.odata.shapes import context_select, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Rules
    from mcp_local_graph.sandbox.graph.router import Query


def collection(query: Query, rules: Rules, items: Sequence[Item], context: str) -> dict[str, Any]:
    """A page of items. `context` is what @odata.context has behind `$metadata#`.

    Raises:
        GraphRefused: an option cannot be read, or is none for this collection.
    """
    found, around = page(query, rules, _found(query, rules, items))
    values = shown(query, rules, found)
    return {"@odata.context": _context(query, context), **around, "value": values}


def entity(query: Query, rules: Rules, item: Item, context: str) -> dict[str, Any]:
    """One item.

    Raises:
        GraphRefused: $select or $expand cannot be read.
    """
    return {"@odata.context": f"{_context(query, context)}/$entity", **shown(query, rules, [item])[0]}


def count(query: Query, rules: Rules, items: Sequence[Item]) -> str:
    """How many items there are behind the filter, as a bare number.

    Raises:
        GraphRefused: the filter cannot be read, or is none for this collection.
    """
    return str(len(_found(query, rules, items)))


def _found(query: Query, rules: Rules, items: Sequence[Item]) -> list[Item]:
    rules.dialect.check(query, rules)
    found, paths = filtered(query, rules, items)
    if "$search" in query.options and rules.search:
        test = rules.search(query, query.options["$search"])
        found = [item for item in found if test(item)]
    return ordered(query, rules, found, paths)[: rules.most_found if "$search" in query.options else None]


def _context(query: Query, context: str) -> str:
    return f"{query.root}/$metadata#{context}{context_select(query.options)}"
