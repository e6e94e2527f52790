"""$select and $expand: which properties an item is shown with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from mcp_local_graph.sandbox.graph.odata.dialects import bad_request
from mcp_local_graph.sandbox.graph.odata.pages import whole_number
from mcp_local_graph.sandbox.graph.odata.rules import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Rules
    from mcp_local_graph.sandbox.graph.router import Query

_FAILED = "Parsing OData Select and Expand failed"
_EXPANDED = re.compile(r"(?P<name>[\w.]+(?:/\w+)?)\s*(?:\((?P<options>.*)\))?", re.DOTALL)


def shown(query: Query, rules: Rules, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Items as the answer has them.

    Raises:
        GraphRefused: $select or $expand cannot be read, or name what is not there.
    """
    names = _selected(rules, query.options.get("$select"))
    expands = list(_expands(rules, query.options.get("$expand", "")))
    whole = "$select" not in query.options
    return [{**_item(query, rules, item, names, whole=whole), **_expanded(query, item, expands)} for item in items]


def context_select(options: Mapping[str, str]) -> str:
    """What @odata.context says about $select."""
    return f"({options['$select'].replace(' ', '')})" if "$select" in options else ""


def _selected(rules: Rules, text: str | None) -> list[str]:
    if text is None:
        return list(rules.default)
    given = [name.strip() for name in text.split(",")]
    if given == ["*"]:
        return [name for name in rules.type.properties if name not in rules.named]
    casts = {cast.lower(): cast.rpartition("/")[2] for cast in rules.casts}
    for name in given:
        if name.lower() not in casts:
            _look_at(rules, name)
    return list(dict.fromkeys([*rules.always, *(casts.get(name.lower(), name) for name in given)]))


def _look_at(rules: Rules, name: str) -> None:
    if "/" in name:
        raise bad_request(f"{_FAILED}: Found a path with multiple properties in a select clause: '{name}'.")
    if name not in rules.type.properties:
        raise rules.dialect.no_property(name, rules.type.name, _FAILED)


def _item(query: Query, rules: Rules, item: Item, names: list[str], *, whole: bool) -> dict[str, Any]:
    shown = rules.annotate(query, item) if rules.annotate else {}
    values = {name: _value(query, rules, item, name) for name in names}
    shown |= {name: value for name, value in values.items() if value is not ABSENT}
    return shown | (rules.beyond(query, item) if whole and rules.beyond else {})


def _value(query: Query, rules: Rules, item: Item, name: str) -> object:
    if name in rules.compute:
        return rules.compute[name](query, item)
    if name not in rules.type.properties:
        return item.get(name, ABSENT)
    return item.get(name, [] if rules.type.properties[name].startswith("*") else None)


def _expanded(query: Query, item: Item, expands: list[tuple[str, Rules, Mapping[str, str]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, rules, options in expands:
        expand = rules.expands[name]
        target = expand.of(query, item)
        if target is None:
            continue  # nobody is there, or it is a cast to a type that this item is not of
        inner = expand.kind(target) if expand.kind and not isinstance(target, list) else expand.rules
        names, whole = _selected(inner, options.get("$select")), "$select" not in options
        short = name.rsplit("/", 1)[-1]
        if isinstance(target, list):
            top = whole_number(options["$top"], "$top") if "$top" in options else None
            found[short] = [_item(query, inner, one, names, whole=whole) for one in target[:top][: expand.page]]
            if expand.page and expand.at and len(target[:top]) > expand.page:
                place = urlencode({**options, "$skip": expand.page}, safe="$", quote_via=quote)
                found[f"{short}@odata.nextLink"] = f"{query.root}{expand.at(query, item)}?{place}"
        else:
            found[short] = _item(query, inner, target, names, whole=whole)
    return found


def _expands(rules: Rules, text: str) -> Iterator[tuple[str, Rules, Mapping[str, str]]]:
    """The navigations to follow, each with the rules it is found in and the options in its parentheses."""
    by_lower = {name.lower(): name for name in rules.expands}
    for clause in _split(text, ","):
        match = _EXPANDED.fullmatch(clause.strip())
        if match is None:
            raise bad_request(f"{_FAILED}: Syntax error in '{clause}'.")
        if match["name"].lower() not in by_lower:
            name = match["name"].rsplit("/", 1)[-1]
            raise rules.dialect.no_property(name, rules.type.name, _FAILED)
        yield by_lower[match["name"].lower()], rules, _inner_options(match["options"] or "")


def _inner_options(text: str) -> dict[str, str]:
    options = {}
    for part in _split(text, ";"):
        name, _, value = part.strip().partition("=")
        if name not in {"$select", "$top"}:
            raise bad_request(f"{_FAILED}: The query option '{name}' is not supported inside $expand.")
        options[name] = value
    return options


def _split(text: str, separator: str) -> list[str]:
    """Parts of a text, but not where parentheses are open."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
