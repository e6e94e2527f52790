"""$orderby."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph.odata.dialects import OUTLOOK, bad_request, too_complex
from mcp_local_graph.sandbox.graph.odata.filters import comparable, value_at

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.odata.rules import Item, Rules
    from mcp_local_graph.sandbox.graph.router import Query

_WORDS = {("asc",): False, ("desc",): True, (): False}


def ordered(query: Query, rules: Rules, items: list[Item], filtered_by: list[str]) -> list[Item]:
    """Items in the order asked for, or in the service's own. `filtered_by` are the paths of the filter.

    Raises:
        GraphRefused: $orderby cannot be read, or not be served.
    """
    if "$orderby" not in query.options:
        return rules.order(query, items) if rules.order else items
    clauses = [_clause(text, rules) for text in query.options["$orderby"].split(",")]
    if rules.dialect is OUTLOOK and filtered_by:
        _need_leading([path for path, _ in clauses], filtered_by)
    for path, _ in clauses:
        rules.guard(query, path)
    for path, descending in reversed(clauses):
        names = path.split("/")
        kind = str(rules.type.kind(names))
        items = sorted(items, key=lambda item: _key(item, names, kind), reverse=descending)
    return items


def _clause(text: str, rules: Rules) -> tuple[str, bool]:
    path, *words = text.split() or [""]
    words = [word.lower() for word in words]
    if tuple(words) not in _WORDS or not path:
        raise bad_request(f"Invalid order by clause: Syntax error at position 0 in '{text}'.")
    kind = rules.type.kind(path.split("/"))
    if kind is None:
        raise rules.dialect.no_property(path.rsplit("/", 1)[-1], rules.type.name, "Invalid order by clause")
    if path not in rules.sortable:
        raise rules.dialect.unsupported(path)
    return path, _WORDS[tuple(words)]


def _need_leading(order: list[str], filtered_by: list[str]) -> None:
    """Exchange: what is sorted by must be filtered by, first and in the same order."""
    if filtered_by[: len(order)] != order:
        raise too_complex()


def _key(item: Item, names: list[str], kind: str) -> tuple[bool, Any]:
    value = comparable(value_at(item, names), kind)
    return (value is not None, value)
