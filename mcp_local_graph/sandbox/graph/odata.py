"""OData's query options, as far as the routes take them: $select, $filter, $top, $skiptoken, $count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from mcp_local_graph.sandbox.graph.errors import GraphRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcp_local_graph.sandbox.graph.router import Query

_DEFAULT_TOP, _MOST = 100, 999
_STRING = r"'((?:[^']|'')*)'"
_EQUALS = re.compile(rf"(\w+) eq (?:{_STRING}|(true|false))")
_STARTS = re.compile(rf"startswith\((\w+),\s*{_STRING}\)", re.IGNORECASE)
_SEARCHABLE = {"displayName", "givenName", "surname", "mail", "userPrincipalName", "mailNickname", "jobTitle"}
_COMPARABLE = _SEARCHABLE | {"id", "department", "city", "companyName", "country", "officeLocation", "accountEnabled"}


def selected(options: Mapping[str, str], known: Sequence[str], default: Sequence[str], type_name: str) -> list[str]:
    """The property names that an answer has.

    Raises:
        GraphRefused: $select names a property that the type does not have.
    """
    if "$select" not in options:
        return list(default)
    names = [name.strip() for name in options["$select"].split(",")]
    if names == ["*"]:
        return list(known)
    for name in names:
        if name not in known:
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type"
            raise GraphRefused(400, "BadRequest", f"{text} 'microsoft.graph.{type_name}'.")
    return list(dict.fromkeys(names))


def context_select(options: Mapping[str, str]) -> str:
    """What @odata.context says about $select."""
    return f"({options['$select'].replace(' ', '')})" if "$select" in options else ""


def page(query: Query, everything: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """One page of a collection under `value`, with a next link where there are more.

    Raises:
        GraphRefused: $top or $skiptoken cannot be.
    """
    top, start = _top(query), _start(query)
    answer: dict[str, Any] = {"value": everything[start : start + top]}
    if start + top < len(everything):
        answer["@odata.nextLink"] = _next_link(query, path, start + top)
    if start == 0 and _counted(query):
        answer["@odata.count"] = len(everything)
    return answer


def filtered(query: Query, everything: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What $filter leaves: comparisons by `eq` and `startswith`, joined by one of `or` and `and`.

    Raises:
        GraphRefused: the filter is anything else.
    """
    if "$filter" not in query.options:
        return everything
    text = query.options["$filter"].strip()
    joined = any if " or " in _without_strings(text).lower() else all
    tests = [_test(clause) for clause in _clauses(text)]
    return [one for one in everything if joined(test(one) for test in tests)]


def need_eventual(query: Query) -> None:
    """Refuse a count without the header by which the caller accepts the index's small delay.

    Raises:
        GraphRefused: ConsistencyLevel is not `eventual`.
    """
    if query.request.headers.get("consistencylevel", "").lower() != "eventual":
        text = "A count needs the header ConsistencyLevel: eventual."
        raise GraphRefused(400, "Request_UnsupportedQuery", text)


def _counted(query: Query) -> bool:
    value = query.options.get("$count", "false").lower()
    if value not in {"true", "false"}:
        raise GraphRefused(400, "BadRequest", "$count is neither true nor false.")
    if value == "true":
        need_eventual(query)
    return value == "true"


def _top(query: Query) -> int:
    text = query.options.get("$top", str(_DEFAULT_TOP))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise GraphRefused(400, "BadRequest", f"Invalid value '{text}' for $top query option.")
    if not 1 <= int(text) <= _MOST:
        text = f"Invalid page size specified: '{text}'. Must be between 1 and {_MOST} inclusive."
        raise GraphRefused(400, "Request_UnsupportedQuery", text)
    return int(text)


def _start(query: Query) -> int:
    if "$skiptoken" not in query.options:
        return 0
    found = query.state.skip_tokens.get(query.options["$skiptoken"])
    if found is None or found[0] != _owner(query):
        raise GraphRefused(400, "Directory_ExpiredPageToken", "The page token is not valid, or not any more.")
    return found[1]


def _next_link(query: Query, path: str, start: int) -> str:
    token = f"RFNwdAIAAQAAA{query.state.serial():06d}"
    query.state.skip_tokens[token] = (_owner(query), start)
    options = {name: value for name, value in query.options.items() if name not in {"$skiptoken", "$count"}}
    return f"{query.root}/{path}?{urlencode({**options, '$skiptoken': token}, safe='$', quote_via=quote)}"


def _owner(query: Query) -> str:
    """A page token is for one person and one question."""
    options = {name: value for name, value in query.options.items() if name not in {"$skiptoken", "$count"}}
    return f"{query.account.oid} {query.request.url.path} {sorted(options.items())}"


def _without_strings(text: str) -> str:
    return re.sub(_STRING, "''", text)


def _clauses(text: str) -> list[str]:
    """A filter's comparisons. A string keeps its own `or` and `and`."""
    strings = [match.group(0) for match in re.finditer(_STRING, text)]
    plain = _without_strings(text)
    words = {word.lower() for word in re.findall(r"(?i) (or|and) ", plain)}
    if len(words) > 1:
        raise _unsupported(text)
    parts = re.split(r"(?i) (?:or|and) ", plain)
    return [re.sub("''", lambda _match: strings.pop(0), part).strip() for part in parts]


def _test(clause: str) -> Callable[[dict[str, Any]], bool]:
    equals, starts = _EQUALS.fullmatch(clause), _STARTS.fullmatch(clause)
    if equals and equals[1] in _COMPARABLE:
        name, text, truth = equals.groups()
        wanted = truth == "true" if truth else _unquoted(text)
        return lambda one: _low(one.get(name)) == wanted
    if starts and starts[1] in _SEARCHABLE:
        name, text = starts.groups()
        start = _unquoted(text)
        return lambda one: str(_low(one.get(name)) or "").startswith(start)
    raise _unsupported(clause)


def _unquoted(text: str) -> str:
    return text.replace("''", "'").lower()


def _low(value: object) -> object:
    """The directory compares text without regard to case."""
    return value.lower() if isinstance(value, str) else value


def _unsupported(text: str) -> GraphRefused:
    return GraphRefused(400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {text}")
