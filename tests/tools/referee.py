"""Microsoft's own descriptions of Graph as a referee over the requests that tests make, and the answers they get."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph.odata import syntax
from tests import microsoft
from tests.microsoft import ABSENT, DATA, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcp_local_graph.sandbox.records import RequestRecord

__all__ = ["ABSENT", "DATA", "load", "permissions", "problems", "properties", "sufficient"]


def problems(requests: Iterable[RequestRecord]) -> list[str]:
    """What Microsoft's descriptions object to; nothing about requests that they do not describe.

    The parts of a batch are looked at each like a request of its own, and the demo tenant's answers like requests.
    """
    everything = [each for request in requests for each in (request, *request.parts)]
    return [problem for each in everything for problem in (*_problems(each), *_answer_problems(each))]


def _answer_problems(request: RequestRecord) -> list[str]:
    if request.answer is None or request.status != HTTPStatus.OK:
        return []
    answer = _without_expanded(dict(request.answer), request.query.get("$expand", ""))
    return microsoft.answer_objections(request.path.removeprefix("/v1.0"), request.method, answer)


def _without_expanded(answer: dict[str, Any], expand: str) -> dict[str, Any]:
    """The answer without folders in folders: the subset's schemas leave out most of what can be expanded."""
    if "childFolders" not in expand or not isinstance(answer.get("value"), list):
        return answer
    bare = [{name: value for name, value in item.items() if name != "childFolders"} for item in answer["value"]]
    return {**answer, "value": bare}


def _problems(request: RequestRecord) -> list[str]:
    path = request.path.removeprefix("/v1.0")
    found = [f"{path} has no property {name}" for name in _unknown_names(path, request.query)]
    if (operation := microsoft.operation(path, request.method)) is None:
        return found
    declared = {each["name"]: each for each in map(microsoft.resolved, operation["parameters"])}
    declared = {name: each for name, each in declared.items() if each["in"] == "query"}
    found += [f"{path} takes no {name}" for name in request.query if name not in declared and not _is_place(name)]
    found += [
        f"{path} needs {name}" for name, each in declared.items() if each.get("required") and name not in request.query
    ]
    found += [
        f"{path}: {name}={value} is not valid"
        for name, value in request.query.items()
        if name in declared and not _valid(declared[name]["schema"], value)
    ]
    return found + _body_problems(path, operation, request)


def _is_place(name: str) -> bool:
    """What a link to more has in it, which is the service's affair."""
    return name in {"$skiptoken", "$deltatoken"}


def _body_problems(path: str, operation: dict[str, Any], request: RequestRecord) -> list[str]:
    if not request.body:
        return []
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return [f"{path} takes no body"]
    errors = microsoft.validator(schema).iter_errors(json.loads(request.body))
    return [f"{path}: the body is not valid at {'/'.join(map(str, error.path)) or 'its top'}" for error in errors]


def sufficient(path: str, method: str = "GET") -> set[str]:
    """The delegated permissions any one of which suffices."""
    table = load("permissions")
    least, others = table["paths"][path.removeprefix("/v1.0").lower()][method]
    return {table["scopes"][index][0] for index in [*least, *others]}


def permissions() -> dict[str, tuple[bool, bool]]:
    """All delegated permissions: whether an administrator has to consent, and whether personal accounts have them."""
    return {name: (bool(admin), bool(personal)) for name, admin, personal, *_ in load("permissions")["scopes"]}


def properties(path: str) -> set[str]:
    """The properties of what is at a path, those of derived types among them."""
    kind = microsoft.kind_at(path)
    return set(microsoft.members(kind.lstrip("*"))) if kind else set()


def _unknown_names(path: str, query: dict[str, str]) -> Iterator[str]:
    """The names in $select, $expand, $orderby and $filter that the type does not have."""
    kind = microsoft.kind_at(path)
    if kind is None or kind.lstrip("*") not in load("types")["types"]:
        return
    kind = kind.lstrip("*")
    for name in (*_names(query.get("$select", "")), *_names(re.sub(r"\([^()]*\)", "", query.get("$expand", "")))):
        if not _has(kind, name.split("/")):
            yield name
    for clause in _names(query.get("$orderby", "")):
        if not _has(kind, clause.split()[0].split("/")):
            yield clause
    for names in _filtered_by(query.get("$filter", "")):
        if not _has(kind, list(names)):
            yield "/".join(names)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip() not in {"", "*"}]


def _has(kind: str, names: list[str]) -> bool:
    """Whether a path of names leads somewhere; derived types may be named, open types have anything."""
    for name in names:
        if name.lower().startswith("microsoft.graph."):
            by_lower = {each.lower(): each for each in load("types")["types"]}
            kind = by_lower.get(name.lower().removeprefix("microsoft.graph."), "")
            continue
        known = microsoft.members(kind) if kind in load("types")["types"] else {}
        if name not in known:
            return kind == "fieldValueSet" or name == "$count"
        kind = known[name].lstrip("*")
    return True


def _filtered_by(text: str) -> list[tuple[str, ...]]:
    if not text:
        return []
    try:
        return list(_paths(syntax.parse(text), frozenset()))
    except syntax.Malformed as malformed:
        return [(str(malformed),)]


def _paths(node: object, variables: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The properties that a filter names, but for those of a lambda's variable."""
    match node:
        case syntax.Path() if node.names[0] not in variables:
            yield node.names
        case syntax.Lambda():
            yield node.path.names
            yield from _paths(node.inner, variables | {node.variable})
        case syntax.Not():
            yield from _paths(node.inner, variables)
        case syntax.Compare() | syntax.Logic():
            yield from _paths(node.left, variables)
            yield from _paths(node.right, variables)
        case syntax.OneOf():
            yield from _paths(node.left, variables)
        case syntax.Call():
            for argument in node.arguments:
                yield from _paths(argument, variables)
        case _:
            return


def _valid(schema: dict[str, Any], value: str) -> bool:
    given: object = value
    if schema.get("type") == "array":
        # What is in parentheses belongs to the name before it; a cast is in no list of names.
        inner = re.sub(r"\([^()]*\)", "", value)
        given = [name.strip() for name in inner.split(",") if not name.strip().lower().startswith("microsoft.graph.")]
    elif schema.get("type") == "integer":
        given = int(value) if value.isdecimal() else value
    elif schema.get("type") == "boolean":
        given = {"true": True, "false": False}.get(value, value)
    return microsoft.is_valid(schema, given)
