"""Microsoft's own descriptions of Graph, and samples of texts, which are not part of the project: too large, not ours.

They are looked for in the directory that GRAPH_REFERENCE names, else beside the project. Where they are not, the tests
that compare with them are left out by name. Sources: github.com/microsoftgraph/msgraph-metadata (types, operations),
github.com/microsoftgraph/microsoft-graph-devx-content (permissions).
"""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

DATA = Path(os.environ.get("GRAPH_REFERENCE") or Path(__file__).parents[2] / "shared" / "data")
ABSENT = "Microsoft's descriptions of Graph are not at hand"

Json = dict[str, Any]
# A path of OneDrive's inside a path of Graph's: what it names is an item as well.
_ITEM_PATH = re.compile(r"(/root|/items/[^/:]+):/[^:]*(:|$)")
_CALL = re.compile(r"(\w+)\(.*\)")
_FORMS = {
    "DateTimeOffset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)",
    "Date": r"\d{4}-\d\d-\d\d",
    "TimeOfDay": r"\d\d:\d\d:\d\d(\.\d{1,7})?",
    "Guid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Duration": r"-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
    "Binary": r"[A-Za-z0-9+/_-]*={0,2}",
}
# What the service shows although its types have no such property.
_ALL_THE_SAME = {"identity": {"email"}}
_NUMBERS = {"Int16": int, "Int32": int, "Int64": int, "Byte": int, "Double": float, "Single": float, "Decimal": float}


@cache
def load(name: str) -> Any:  # noqa: ANN401 - JSON
    with gzip.open(DATA / f"graph-v1.0-{name}.json.gz") as file:
        return json.load(file)


# Operations


def operation(path: str, method: str) -> Json | None:
    """What the OpenAPI subset says of a path below the version, None where it is silent."""
    found = template(path)
    described: Json | None = load("openapi-subset")["paths"][found].get(method.lower()) if found else None
    return described


def template(path: str) -> str | None:
    """The path's template in the OpenAPI subset; the one with the fewest placeholders where several fit."""
    fitting = [name for name, pattern in _templates() if pattern.fullmatch(path)]
    return min(fitting, key=lambda name: name.count("{"), default=None)


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, _pattern(name)) for name in load("openapi-subset")["paths"]]


def _pattern(name: str) -> re.Pattern[str]:
    """A function without parameters may be called without its parentheses."""
    parts = re.split(r"(\{[^}]+\}|\(\)$)", name)
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else r"(\(\))?" if part == "()" else re.escape(part) for part in parts),
        re.IGNORECASE,
    )


def resolved(described: Json) -> Json:
    """A parameter or a response behind its reference."""
    while "$ref" in described:
        found = load("openapi-subset")
        for name in described["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        described = found
    return described


def is_valid(schema: Json, value: object) -> bool:
    return bool(validator(schema).is_valid(value))


def validator(schema: Json) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": load("openapi-subset")["components"]})


# Types


def kind_at(path: str) -> str | None:
    """The type of what is at a path below the version, with `*` before it where there are many; None if not known."""
    first, *rest = _ITEM_PATH.sub(r"\1", path).strip("/").split("/")
    types = load("types")
    kind = types["singletons"].get(first) or ("*" + types["sets"][first] if first in types["sets"] else None)
    for segment in rest:
        if kind is None:
            return None
        kind = _step(kind, segment)
    return kind


def _step(kind: str, segment: str) -> str | None:
    if segment in {"$count", "$value", "$ref"}:
        return None
    if segment.startswith("microsoft.graph."):
        return ("*" if kind.startswith("*") else "") + segment.removeprefix("microsoft.graph.")
    call = _CALL.fullmatch(segment)
    known = _operations()
    for above in _ancestry(kind.lstrip("*")):
        bound = ("*" if kind.startswith("*") else "") + above
        if (found := known.get((bound, (call[1] if call else segment).lower()))) is not None:
            return found
    if kind.startswith("*"):
        return kind[1:]
    by_lower = {name.lower(): inner for name, inner in members(kind).items()}
    return by_lower.get(segment.lower())


@cache
def _operations() -> dict[tuple[str, str], str]:
    return {(one["bound"], one["n"].lower()): one["r"] for one in load("types")["ops"] if one.get("bound") and one["r"]}


def _ancestry(kind: str) -> list[str]:
    types = load("types")["types"]
    found = [kind]
    while "b" in types.get(found[-1], {}):
        found.append(types[found[-1]]["b"])
    return found


@cache
def members(kind: str) -> dict[str, str]:
    """Properties and navigations of a type, of those above it and of those below it, with their types."""
    return {**_below(kind), **own_members(kind)}


def own_members(kind: str) -> dict[str, str]:
    """Properties and navigations of a type and of those above it."""
    found: dict[str, str] = {}
    for name in _ancestry(kind):
        found |= {
            **load("types")["types"].get(name, {}).get("p", {}),
            **load("types")["types"].get(name, {}).get("n", {}),
        }
    return found


def own_properties(kind: str) -> set[str]:
    """Properties, without navigations, of a type and of those above it."""
    return {each for name in _ancestry(kind) for each in load("types")["types"].get(name, {}).get("p", {})}


def _below(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, each in load("types")["types"].items():
        if each.get("b") == kind:
            found |= {**each.get("p", {}), **each.get("n", {}), **_below(name)}
    return found


def objections(value: Any, kind: str, where: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """What is not as the types have it in a value of an answer."""
    if kind.startswith("*"):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [each for one in value for each in objections(one, kind[1:], f"{where}[]")]
    if value is None or kind in {"Untyped", "Stream", "Json"}:
        return []
    if kind in load("types")["types"]:
        return _object_objections(value, kind, where)
    return [] if _is_simple(value, kind) else [f"{where} is no {kind}: {value!r}"]


def _object_objections(value: Any, kind: str, where: str) -> list[str]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        return [f"{where} is no {kind}"]
    kind = str(value.get("@odata.type", kind)).removeprefix("#microsoft.graph.")
    known, found = own_members(kind), []
    for name, inner in value.items():
        if "@" in name or name in _ALL_THE_SAME.get(kind, ()):
            continue
        if name in known:
            found += objections(inner, known[name], f"{where}/{name}")
        elif kind != "fieldValueSet":
            found.append(f"{where} has a property {name} that {kind} has not")
    return found


def _is_simple(value: object, kind: str) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return isinstance(value, (int, _NUMBERS[kind])) and not isinstance(value, bool)
    if kind in load("types")["enums"]:
        return value in load("types")["enums"][kind]
    return isinstance(value, str) and (kind == "String" or re.fullmatch(_FORMS[kind], value) is not None)


# Answers


def answer_objections(path: str, method: str, answer: Json) -> list[str]:
    """What the OpenAPI subset and the types say against an answer to a path below the version."""
    found = []
    if (described := operation(path, method)) is not None:
        content = resolved(described["responses"].get("2XX", {})).get("content", {}).get("application/json")
        errors = validator(content["schema"]).iter_errors(answer) if content else ()
        found += [f"{path}: {error.json_path}: {error.message[:200]}" for error in errors]
    kind = kind_at(path)
    if kind is None:
        return found
    return found + objections(answer.get("value") if kind.startswith("*") else answer, kind, path)
