"""Results as data: their fields as JSON, cleaned like the text, and the schema of it."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from enum import Enum
from functools import cache
from typing import Any

from mcp_local_graph.safety.untrusted import Links, Untrusted, answer
from mcp_local_graph.tools.needs import Image, Reading

_LABEL, _NOTES = "ifc", "notes"
_STRING = {"type": "string"}
_SIMPLE: tuple[tuple[type, dict[str, Any]], ...] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (str, _STRING),
    (date, _STRING),
    (time, _STRING),
    (timedelta, {"type": "number"}),
    (Enum, _STRING),
    (types.NoneType, {"type": "null"}),
    (Links, {"type": "array", "items": _STRING}),
)
_HIDE_NOTHING = (str, int, float, date, time, types.NoneType)


def content(result: Reading, notes: list[str]) -> dict[str, Any]:
    """The fields of a result as JSON, its label and our notes."""
    return {**_told(result, type(result)), _LABEL: result.label().facts(), _NOTES: notes}


def schema(function: Callable[..., Any]) -> dict[str, Any] | None:
    """The JSON schema of what `content` makes of a tool's results; None for a tool that reads nothing.

    No field is required: an answer that asks the person to sign in has only notes.
    """
    returned = typing.get_type_hints(function)["return"]
    kinds = typing.get_args(returned) or (returned,)
    if not all(isinstance(kind, type) and issubclass(kind, Reading) for kind in kinds):
        return None
    properties = {name: described for kind in kinds for name, described in _properties(kind).items()}
    properties = {**properties, _LABEL: {"type": "object"}, _NOTES: {"type": "array", "items": _STRING}}
    return {"type": "object", "properties": properties}


def hidden(value: object) -> int:
    """How many hidden characters were taken out of all the texts in a value."""
    if isinstance(value, Untrusted):
        return value.removed
    if isinstance(value, _HIDE_NOTHING):  # most of what there is, and told quickly
        return 0
    return sum(map(hidden, _inner(value)))


def _inner(value: object) -> Iterator[object]:
    """What is in a value, one level down."""
    kind: type = type(value)
    if names := _names(kind):
        yield from (getattr(value, name) for name in names)
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes):
        yield from value


def _told(value: object, kind: type) -> dict[str, Any]:
    """A record."""
    return {name: _plain(getattr(value, name)) for name in _fields(kind)}


def _plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - JSON; one line for each kind
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return str(value) if isinstance(value, Untrusted) else str(answer(value))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Links):
        return value.lines()
    if isinstance(value, Mapping):
        return {str(answer(str(key))): _plain(inner) for key, inner in value.items()}
    kind: type = type(value)
    if _names(kind):
        return _told(value, kind)
    return [_plain(inner) for inner in _inner(value)]


@cache
def _fields(kind: type) -> dict[str, Any]:
    """The fields of a record that are told, with their types."""
    hints = typing.get_type_hints(kind)
    return {name: hints[name] for name in _names(kind) if not name.startswith("_") and not _left_out(hints[name])}


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a record, which is a dataclass or a named tuple; none of anything else."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return getattr(kind, "_fields", ())


def _left_out(kind: object) -> bool:
    """Whether a type is, or has in it, what is sent as an image or not at all."""
    return kind in (bytes, Image) or any(map(_left_out, typing.get_args(kind)))


def _properties(kind: type) -> dict[str, Any]:
    return {name: _schema(hint) for name, hint in _fields(kind).items()}


def _schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401, PLR0911 - what typing makes of a type; a line each
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(each) for each in inner]}
    if origin is typing.Literal:
        return {"enum": list(inner)}
    base = origin or kind
    if not isinstance(base, type):
        return {}
    if _names(base):
        return {"type": "object", "properties": _properties(base)}
    for simple, described in _SIMPLE:
        if issubclass(base, simple):
            return described
    if issubclass(base, Mapping):
        return {"type": "object", "additionalProperties": _schema(inner[1])} if inner else {"type": "object"}
    return {"type": "array", "items": _schema(inner[0])} if inner else {}
