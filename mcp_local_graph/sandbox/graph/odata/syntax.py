"""$filter's grammar: a text becomes a tree. Which property there is, and what may be compared, is not decided here.

Names of functions and operators may be written in any case (`startsWith` is the documentation's own way); trees have
them in small letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

_MOST_NODES = 100
OPERATORS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'(?:[^']|'')*')
    |(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
    |(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d))?(?![\w:]))
    |(?P<number>-?\d+(?:\.\d+)?(?!\w))
    |(?P<word>[A-Za-z_@][\w.@]*)
    |(?P<sign>[(),/:])""",
    re.VERBOSE,
)


class Malformed(Exception):
    """The text is no filter; the message says where, in the words of Microsoft's OData library."""


@dataclass(frozen=True, slots=True)
class Path:
    """A property, through complex types where it has several names. The first may be a lambda's variable."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; its kind is text, bool, int, number, time, guid or null."""

    kind: str
    value: str | bool | float | datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of OData's."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands with eq, ne, gt, ge, lt or le between them."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class OneOf:
    """`left in (…)`."""

    left: Node
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """Two conditions joined by and, or."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    """A condition turned round."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Lambda:
    """`path/any(variable: inner)` or all; `inner` is None for the bare `any()`."""

    path: Path
    quantifier: str
    variable: str
    inner: Node | None


Node = Path | Literal | Call | Compare | OneOf | Logic | Not | Lambda


def parse(text: str) -> Node:
    """The tree of a filter.

    Raises:
        Malformed: it has none.
    """
    if text.count("(") + len(re.findall(r"\bnot\b", text)) > _MOST_NODES:
        raise Malformed(f"The node count limit of '{_MOST_NODES}' has been exceeded.")
    reader = _Reader(text, _tokens(text))
    node = reader.either()
    if reader.token.kind != "end":
        reader.fail()
    return node


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(_complaint(text, position))
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match.group(), position))
        position = match.end()
    return [*tokens, _Token("end", "", len(text))]


def _complaint(text: str, position: int) -> str:
    if text[position] == "'":
        return f"There is an unterminated string literal at position {len(text)} in '{text}'."
    return f"Syntax error: character '{text[position]}' is not valid at position {position} in '{text}'."


class _Reader:
    """Recursive descent, from what binds loosest to what binds tightest."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> _Token:
        return self._tokens[self._at]

    def fail(self) -> NoReturn:
        raise Malformed(f"Syntax error at position {self.token.position} in '{self._text}'.")

    def either(self) -> Node:
        node = self._both()
        while self._took("word", "or"):
            node = Logic("or", node, self._both())
        return node

    def _both(self) -> Node:
        node = self._one()
        while self._took("word", "and"):
            node = Logic("and", node, self._one())
        return node

    def _one(self) -> Node:
        if self._took("word", "not"):
            return Not(self._one())
        left = self._operand()
        if self.token.kind == "word" and self.token.text.lower() in OPERATORS:
            return Compare(self._take("word").lower(), left, self._operand())
        if self._took("word", "in"):
            return OneOf(left, self._list())
        return left

    def _list(self) -> tuple[Node, ...]:
        self._need("(")
        values = [self._operand()]
        while self._took("sign", ","):
            values.append(self._operand())
        self._need(")")
        return tuple(values)

    def _operand(self) -> Node:
        if self._took("sign", "("):
            inner = self.either()
            self._need(")")
            return inner
        if self.token.kind == "word":
            return self._named()
        return self._literal()

    def _named(self) -> Node:
        word = self._take("word")
        low = word.lower()
        if low in {"true", "false"}:
            return Literal("bool", low == "true")
        if low == "null":
            return Literal("null", None)
        if self.token.text == "(" and self.token.kind == "sign":
            return Call(low, self._list())
        return self._path(word)

    def _path(self, first: str) -> Path | Lambda:
        names = [first]
        while self._took("sign", "/"):
            name = self._take("word")
            if name.lower() in {"any", "all"} and self.token.text == "(":
                return self._lambda(Path(tuple(names)), name.lower())
            names.append(name)
        return Path(tuple(names))

    def _lambda(self, path: Path, quantifier: str) -> Lambda:
        self._need("(")
        if quantifier == "any" and self._took("sign", ")"):
            return Lambda(path, quantifier, "", None)
        variable = self._take("word")
        self._need(":")
        inner = self.either()
        self._need(")")
        return Lambda(path, quantifier, variable, inner)

    def _literal(self) -> Literal:
        kind, text, _ = self.token
        if kind not in {"text", "guid", "time", "number"}:
            self.fail()
        self._at += 1
        if kind == "text":
            return Literal("text", text[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal("number", float(text)) if "." in text else Literal("int", int(text))
        return Literal("time", self._time(text)) if kind == "time" else Literal("guid", text.lower())

    def _time(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise Malformed(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}' in '{self._text}'.") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _took(self, kind: str, text: str) -> bool:
        if (self.token.kind, self.token.text.lower()) != (kind, text):
            return False
        self._at += 1
        return True

    def _take(self, kind: str) -> str:
        if self.token.kind != kind:
            self.fail()
        self._at += 1
        return self._tokens[self._at - 1].text

    def _need(self, sign: str) -> None:
        if not self._took("sign", sign):
            self.fail()
