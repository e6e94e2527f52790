"""Graph's types as far as the demo tenant has them, in compact tables written by hand.

A kind is `text`, `id` (a text whose case matters), `bool`, `int`, `number`, `time` (with its offset), `date`, `binary`,
an enumeration's members joined by `|`, the name of a complex type, or any of these behind `*` for a collection of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCALARS = frozenset({"text", "id", "bool", "int", "number", "time", "date", "binary"})


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its short name, with the kinds of its properties."""

    name: str
    properties: Mapping[str, str]

    def kind(self, path: Sequence[str]) -> str | None:
        """The kind at the end of a path, None where there is no such property."""
        first, *rest = path
        kind = self.properties.get(first)
        if kind is None or not rest:
            return kind
        inner = COMPLEX.get(kind)
        return inner.kind(rest) if inner else None


def define(name: str, text: str, *, above: Type | None = None) -> Type:
    """A type from `name:kind name:kind …`, after the properties of the type above it."""
    own = dict(each.split(":", 1) for each in text.split())
    return Type(name, {**(above.properties if above else {}), **own})


_COMPLEX = {
    "emailAddress": "name:text address:text",
    "recipient": "emailAddress:emailAddress",
    "itemBody": "contentType:text|html content:text",
    "dateTimeTimeZone": "dateTime:text timeZone:text",
    "followupFlag": "flagStatus:notFlagged|complete|flagged startDateTime:dateTimeTimeZone "
    "dueDateTime:dateTimeTimeZone completedDateTime:dateTimeTimeZone",
    "internetMessageHeader": "name:text value:text",
}
COMPLEX: dict[str, Type] = {name: define(name, text) for name, text in _COMPLEX.items()}


def complex_type(name: str, text: str) -> None:
    """Add a complex type, so that paths may go through it."""
    COMPLEX[name] = define(name, text)
