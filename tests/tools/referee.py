"""Microsoft's own descriptions of Graph as a referee over the requests that tests make. They lie beside the project."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.sandbox.records import RequestRecord

DATA = Path(__file__).parents[3] / "shared" / "data"
ABSENT = "shared data absent"


@cache
def load(name: str) -> Any:  # noqa: ANN401 - JSON
    with gzip.open(DATA / f"graph-v1.0-{name}.json.gz") as file:
        return json.load(file)


def problems(requests: Iterable[RequestRecord]) -> list[str]:
    """What Microsoft's descriptions object to; nothing about requests that they do not describe."""
    return [problem for request in requests for problem in _problems(request)]


def _problems(request: RequestRecord) -> list[str]:
    path = request.path.removeprefix("/v1.0")
    names = [name for name in request.query.get("$select", "").split(",") if name]
    known = properties(path) if names else set()
    found = [f"{path} has no property {name}" for name in names if known and name not in known]
    if (operation := _operation(path, request.method.lower())) is not None:
        declared = {each["name"]: each["schema"] for each in map(_resolved, operation["parameters"])}
        found += [f"{path} takes no {name}" for name in request.query if name not in declared]
        found += [
            f"{path}: {name}={value} is not valid"
            for name, value in request.query.items()
            if name in declared and not _valid(declared[name], value)
        ]
    return found


def sufficient(path: str, method: str = "GET") -> set[str]:
    """The delegated permissions any one of which suffices."""
    table = load("permissions")
    least, others = table["paths"][path.removeprefix("/v1.0").lower()][method]
    return {table["scopes"][index][0] for index in [*least, *others]}


def permissions() -> dict[str, tuple[bool, bool]]:
    """All delegated permissions: whether an administrator has to consent, and whether personal accounts have them."""
    return {name: (bool(admin), bool(personal)) for name, admin, personal, *_ in load("permissions")["scopes"]}


def properties(path: str) -> set[str]:
    """The properties of what is at a path, those of derived types among them; nothing where it is not known."""
    types, described = load("types")["types"], load("types")
    first, *rest = path.strip("/").split("/")
    kind = described["singletons"].get(first) or f"*{described['sets'].get(first, '')}"
    for segment in rest:
        # Of a list, a segment is an id; of an object, one of its properties.
        kind = kind[1:] if kind.startswith("*") else _all(types, kind, up=True).get(segment, "*")
        if kind not in types and kind.removeprefix("*") not in types:
            return set()
    kind = kind.removeprefix("*")
    return set(_all(types, kind, up=True)) | set(_all(types, kind, up=False))


def _all(types: dict[str, Any], kind: str, *, up: bool) -> dict[str, str]:
    """Properties and navigations of a type and of those above it, or of those below it."""
    one = types[kind]
    own = {**one.get("p", {}), **one.get("n", {})}
    relatives = [one["b"]] if up and "b" in one else []
    if not up:
        relatives = [name for name, each in types.items() if each.get("b") == kind]
    for relative in relatives:
        own = {**_all(types, relative, up=up), **own}
    return own


def _operation(path: str, method: str) -> dict[str, Any] | None:
    """What is described of a path; the description that has most of its segments as they are."""
    paths = load("openapi-subset")["paths"]
    parts = path.strip("/").split("/")
    fitting = [
        (sum(map(str.__eq__, template, parts)), "/".join(["", *template]))
        for template in (each.strip("/").split("/") for each in paths)
        if len(template) == len(parts)
        and all(one == other or one.startswith("{") for one, other in zip(template, parts, strict=True))
    ]
    operation: dict[str, Any] | None = paths[max(fitting)[1]].get(method) if fitting else None
    return operation


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    shared: dict[str, Any] = load("openapi-subset")["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return shared


def _valid(schema: dict[str, Any], value: str) -> bool:
    given: object = value
    if schema.get("type") == "array":
        given = value.split(",")
    elif schema.get("type") == "integer":
        given = int(value) if value.isdecimal() else value
    elif schema.get("type") == "boolean":
        given = {"true": True, "false": False}.get(value, value)
    whole = {**schema, "components": load("openapi-subset")["components"]}
    return bool(jsonschema.Draft202012Validator(whole).is_valid(given))
