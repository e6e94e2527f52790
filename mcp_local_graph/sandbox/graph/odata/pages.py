"""$top, $skip, $skiptoken, $count, and the link to the next page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.odata.dialects import DIRECTORY, bad_request, counted

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.odata.rules import Item, Rules
    from mcp_local_graph.sandbox.graph.router import Query

_PLACES = {"$skiptoken", "$skip", "$count"}


def page(query: Query, rules: Rules, items: list[Item]) -> tuple[list[Item], dict[str, Any]]:
    """One page of a collection, and what stands beside its values: @odata.count, @odata.nextLink.

    Raises:
        GraphRefused: $top, $skip or $skiptoken cannot be.
    """
    top, start = _top(query, rules), _start(query)
    around: dict[str, Any] = {}
    if start == 0 and counted(query.options):
        around["@odata.count"] = len(items)
    if start + top < len(items):
        around["@odata.nextLink"] = _next_link(query, rules, start + top)
    return items[start : start + top], around


def whole_number(text: str, name: str) -> int:
    """The number of $top or $skip.

    Raises:
        GraphRefused: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise bad_request(
            f"Invalid value '{text}' for {name} query option found. "
            f"The {name} query option requires a non-negative integer value."
        )
    return int(text)


def _top(query: Query, rules: Rules) -> int:
    if "$top" not in query.options:
        return preferred_size(query, rules)
    top = whole_number(query.options["$top"], "$top")
    if 1 <= top <= rules.most:
        return top
    if rules.dialect is DIRECTORY:
        text = f"Invalid page size specified: '{top}'. Must be between 1 and {rules.most} inclusive."
        raise GraphRefused(400, "Request_UnsupportedQuery", text)
    text = (
        f"The limit of '{rules.most}' for Top query has been exceeded. The value from the incoming request is '{top}'."
    )
    raise bad_request(text)


def preferred_size(query: Query, rules: Rules) -> int:
    """The page size of `Prefer: odata.maxpagesize`, else the service's own."""
    wanted = query.prefer.get("odata.maxpagesize", "")
    if not wanted.isdecimal() or int(wanted) < 1:
        return rules.page
    query.applied.append(f"odata.maxpagesize={wanted}")
    return min(int(wanted), rules.most)


def _start(query: Query) -> int:
    if "$skip" in query.options:
        return whole_number(query.options["$skip"], "$skip")
    if "$skiptoken" not in query.options:
        return 0
    found = query.state.skip_tokens.get(query.options["$skiptoken"])
    if found is None or found[0] != _owner(query):
        raise GraphRefused(400, "Directory_ExpiredPageToken", "The page token is not valid, or not any more.")
    return found[1]


def _next_link(query: Query, rules: Rules, start: int) -> str:
    options = {name: value for name, value in query.options.items() if name not in _PLACES}
    if rules.dialect.skips and "$search" not in options:
        place = {"$skip": str(start)}
    else:
        token = f"RFNwdAIAAQAAA{query.state.serial():06d}"
        query.state.skip_tokens[token] = (_owner(query), start)
        place = {"$skiptoken": token}
    return link(query, {**options, **place})


def link(query: Query, options: dict[str, str]) -> str:
    """The address of this very path with other options; the caller's own parameters stay."""
    text = urlencode({**query.parameters, **options}, safe="$", quote_via=quote)
    return f"{query.state.graph_url}{query.path}?{text}"


def _owner(query: Query) -> str:
    """A page token is for one person and one question."""
    options = {name: value for name, value in query.options.items() if name not in _PLACES}
    return f"{query.account.oid} {query.path} {sorted(options.items())} {sorted(query.parameters.items())}"
