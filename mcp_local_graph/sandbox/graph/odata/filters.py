"""A filter's tree made into a test over items, after a look at the types, as the service would."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph.odata import syntax
from mcp_local_graph.sandbox.graph.odata.dialects import bad_filter
from mcp_local_graph.sandbox.graph.odata.syntax import (
    Call,
    Compare,
    Lambda,
    Literal,
    Logic,
    Malformed,
    Not,
    OneOf,
    Path,
)
from mcp_local_graph.sandbox.graph.types import COMPLEX, SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Rules, Test
    from mcp_local_graph.sandbox.graph.odata.syntax import Node
    from mcp_local_graph.sandbox.graph.router import Query

    Value = Callable[[Mapping[str, Any]], Any]

_OPERATIONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_NAMES = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_EDM = {
    "text": "Edm.String",
    "bool": "Edm.Boolean",
    "int": "Edm.Int32",
    "number": "Edm.Double",
    "time": "Edm.DateTimeOffset",
    "guid": "Edm.Guid",
    "binary": "Edm.Binary",
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}


def filtered(query: Query, rules: Rules, items: Sequence[Item]) -> tuple[list[Item], list[str]]:
    """What $filter leaves, and the paths that it names, in its order.

    Raises:
        GraphRefused: the filter cannot be read, or is none that this part of Graph takes.
    """
    if "$filter" not in query.options:
        return list(items), []
    maker = _Maker(rules)
    test = maker.test(_tree(query.options["$filter"]))
    rules.dialect.check_filter(query, frozenset(maker.used))
    for path in maker.paths:
        rules.guard(query, path)
    return [one for one in items if test(one)], list(dict.fromkeys(maker.paths))


def value_at(item: Mapping[str, Any], names: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    """The value at the end of a path, None where the way ends earlier."""
    for name in names:
        if not isinstance(item, dict):
            return None
        item = item.get(name)  # type: ignore[assignment]  # at the end of the path it is a value
    return item


def comparable(value: object, kind: str) -> Any:  # noqa: ANN401 - a text, a number, a moment
    """A value as it is compared: texts without case, times as moments, ids as they are."""
    if value is None or kind == "id":
        return value
    if kind in {"time", "date"}:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value.casefold() if isinstance(value, str) else value


def _tree(text: str) -> Node:
    try:
        return syntax.parse(text)
    except Malformed as malformed:
        raise bad_filter(str(malformed)) from malformed


@dataclass(slots=True)
class _Maker:
    """Makes tests; notes the paths and the operators it meets. `variables` are those of the lambdas around."""

    rules: Rules
    paths: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)

    def test(self, node: Node) -> Test:
        """A condition."""
        match node:
            case Logic():
                made = self._logic(node)
            case Not():
                made = self._not(node)
            case Compare():
                made = self._compare(node.operator, node.left, node.right)
            case OneOf():
                made = self._one_of(node)
            case Call():
                made = self._call(node)
            case Lambda():
                made = self._lambda(node)
            case _:
                made = self._bare(node)
        return made

    def _logic(self, node: Logic) -> Test:
        left, right = self.test(node.left), self.test(node.right)
        if node.operator == "and":
            return lambda item: left(item) and right(item)
        return lambda item: left(item) or right(item)

    def _not(self, node: Not) -> Test:
        self.used.add("not")
        inner = self.test(node.inner)
        return lambda item: not inner(item)

    def _one_of(self, node: OneOf) -> Test:
        self.used.add("in")
        tests = [self._compare("eq", node.left, value) for value in node.values]
        return lambda item: any(test(item) for test in tests)

    def _compare(self, name: str, left: Node, right: Node) -> Test:
        self.used.add(name)
        left_kind, left_value = self._operand(left)
        right_kind, right_value = self._operand(right)
        self._comparable(name, left_kind, left, right_kind, right)
        operation = _OPERATIONS[name]
        if "id" in {left_kind, right_kind}:
            left_value, right_value = _exact(left, left_value), _exact(right, right_value)

        def test(item: Item) -> bool:
            one, other = left_value(item), right_value(item)
            if one is None or other is None:
                # Nothing is neither less nor more than anything.
                return name in {"eq", "ne"} and bool(operation(one, other))
            return bool(operation(one, other))

        return test

    def _comparable(self, name: str, left_kind: str, left: Node, right_kind: str, right: Node) -> None:
        """Types must fit each other, members must be of their enumeration."""
        for kind, other in ((left_kind, right), (right_kind, left)):
            if "|" in kind and isinstance(other, Literal) and other.kind == "text":
                _member(kind, str(other.value))
        simple = [_simple(kind) for kind in (left_kind, right_kind)]
        numbers = set(simple) <= {"int", "number"}
        if simple[0] != simple[1] and "null" not in simple and not numbers:
            names = [_EDM.get(kind, kind) for kind in simple]
            raise bad_filter(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{names[0]}' and '{names[1]}' for operator kind '{_NAMES[name]}'."
            )

    def _call(self, node: Call) -> Test:
        if node.name not in self.rules.dialect.functions:
            raise self.rules.dialect.no_function(node.name)
        self.used.add(node.name)
        operands = [self._operand(argument) for argument in node.arguments]
        if [_simple(kind) for kind, _ in operands] != ["text", "text"]:
            raise bad_filter(f"No function signature for the function with name '{node.name}' matches the arguments.")
        (_, where), (_, what) = operands
        function = _FUNCTIONS[node.name]
        return lambda item: (text := where(item)) is not None and function(text, what(item))

    def _lambda(self, node: Lambda) -> Test:
        path = "/".join(node.path.names)
        kind = self._kind(node.path)
        if not kind.startswith("*"):
            raise bad_filter(f"Any/All may only be used following a collection. '{path}' is none.")
        if path not in self.rules.lambdas:
            raise self.rules.dialect.unsupported(path)
        self.paths.append(path)
        self.used.add(node.quantifier)
        if node.inner is None:
            return lambda item: bool(value_at(item, node.path.names))
        inner = _Maker(self.rules, self.paths, self.used, {**self.variables, node.variable: kind[1:]})
        test = inner.test(node.inner)
        together = any if node.quantifier == "any" else all
        return lambda item: together(
            test({**item, node.variable: one}) for one in value_at(item, node.path.names) or ()
        )

    def _bare(self, node: Path | Literal) -> Test:
        kind, value = self._operand(node)
        if kind != "bool":
            raise bad_filter("The $filter expression must evaluate to a single boolean value.")
        return lambda item: bool(value(item))

    def _operand(self, node: Node) -> tuple[str, Value]:
        if isinstance(node, Literal):
            constant = node.value.casefold() if isinstance(node.value, str) else node.value
            return node.kind, lambda _item: constant
        if not isinstance(node, Path):
            return "bool", self.test(node)
        kind = self._kind(node)
        names = node.names
        if names[0] not in self.variables:
            self._filterable("/".join(names))
        return kind, lambda item: comparable(value_at(item, names), kind)

    def _kind(self, node: Path) -> str:
        """The kind of a path, from the type or from a lambda's variable."""
        first, *rest = node.names
        if first not in self.variables:
            kind = self.rules.type.kind(node.names)
        elif rest:
            inner = COMPLEX.get(self.variables[first])
            kind = inner.kind(rest) if inner else None
        else:
            kind = self.variables[first]
        if kind is None:
            raise self.rules.dialect.no_property(node.names[-1], self.rules.type.name, "Invalid filter clause")
        return kind

    def _filterable(self, path: str) -> None:
        self.paths.append(path)
        if path not in self.rules.filterable:
            raise self.rules.dialect.unsupported(path)


def _exact(node: Node, value: Value) -> Value:
    """A literal as it was written."""
    return (lambda _item: node.value) if isinstance(node, Literal) else value


def _member(kind: str, text: str) -> None:
    if text.casefold() not in {member.casefold() for member in kind.split("|")}:
        raise bad_filter(f"The string '{text}' is not a valid enumeration type constant.")


def _simple(kind: str) -> str:
    """An enumeration compares as text, a date as its midnight; a complex type compares with nothing but null."""
    if kind in {"date", "id"} or "|" in kind:
        return "time" if kind == "date" else "text"
    return kind if kind in SCALARS | {"null", "guid"} else f"microsoft.graph.{kind}"
