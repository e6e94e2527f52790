"""The style sheets of a page: which rules there are, and which of them an element is under.

Selectors of tags, classes, ids and attributes, one within another. Others (states, siblings, order) do not apply: they
do not hold when a mail is opened, or hide nothing in practice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.safety.html_looks import NOTHING, Declarations, declarations
from mcp_local_graph.safety.html_tokens import RENAMED

if TYPE_CHECKING:
    from collections.abc import Mapping

# Selectors that are read, and comparisons of one of their parts with an element, which take some 0.1 s. A page with
# more is shown as if it had no more, and says so.
_MOST_SELECTORS, MOST_COMPARISONS = 3000, 100_000
# To look for something in a value costs a comparison for so many characters of the one times those of the other, which
# count as `_SHORT` at least.
_LOOKED_THROUGH, _SHORT = 1000, 50
_BRACE = re.compile(r"([{}])")
_OUTSIDE = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_COMPOUND = re.compile(r"(\*|[a-z][\w:\-]*)?((?:[.#][\w\-]+|\[[^\[\]]{1,200}\])*)", re.IGNORECASE)
_PIECE = re.compile(r"([.#])([\w\-]+)|\[\s*([\w\-]+)\s*(?:([~|^$*]?)=\s*[\"']?([^\"'\]]*)[\"']?\s*i?)?\]")
_STATES = re.compile(r":(?:link|root|not\(\.[\w\-]{1,60}\))")
_WIDTH = re.compile(r"(min|max)-(?:device-)?width\s*:\s*(\d{1,5})")
_SCREEN = 1000


@dataclass(frozen=True, slots=True)
class Tag:
    """An element as selectors see it. `around` keeps which parts of selectors it, or one around it, fits."""

    name: str
    attributes: dict[str, str]
    classes: frozenset[str]
    around: dict[_Part, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, attributes: dict[str, str | None]) -> Tag:
        """Values are kept as they are, but for none, which is empty."""
        known = {key: value or "" for key, value in attributes.items()}
        return cls(name, known, frozenset(known["class"].split()) if "class" in known else frozenset())


class _Compound(NamedTuple):
    name: str
    classes: frozenset[str]
    id: str
    attributes: tuple[tuple[str, str, str], ...]

    @property
    def weight(self) -> tuple[int, int, int]:
        return bool(self.id), len(self.classes) + len(self.attributes), bool(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A part of a selector, and the part that an element around it has to fit. Equal ones are one object."""

    compound: _Compound
    outer: _Part | None


@dataclass(frozen=True, slots=True)
class _Rule:
    weight: tuple[int, ...]
    part: _Part
    style: Declarations


@dataclass(slots=True)
class Sheets:
    """All rules of a page, found by what their last part asks for. `comparisons` counts what was done to find them."""

    comparisons: int = 0
    _rules: defaultdict[str, list[_Rule]] = field(default_factory=lambda: defaultdict(list))
    _parts: dict[tuple[_Compound, _Part | None], _Part] = field(default_factory=dict)
    _selectors: int = 0

    @classmethod
    def of(cls, sheets: list[str]) -> Sheets:
        """Read style sheets in their order."""
        read = cls()
        for sheet in sheets:
            read._read(_OUTSIDE.sub(" ", sheet))
        return read

    @property
    def are_too_many(self) -> bool:
        """Whether some of the rules were not followed."""
        return self._selectors > _MOST_SELECTORS or self.comparisons > MOST_COMPARISONS

    def _read(self, sheet: str) -> None:
        """Rules, those of media that are this screen included."""
        applies: list[bool] = []  # for each block that is open, whether what is in it applies
        pending = ""
        pieces = _BRACE.split(sheet)
        for text, sign in zip(pieces[::2], pieces[1::2], strict=False):  # behind the last brace comes nothing
            if sign == "{":
                pending = text.rpartition(";")[2].strip()
                applies.append(all(applies[-1:]) and _applies(pending))
            elif applies:
                if applies.pop() and pending and not pending.startswith("@") and not self.are_too_many:
                    self._add(pending, text)
                pending = ""

    def _add(self, selectors: str, style: str) -> None:
        said = declarations(style)
        if said == NOTHING:
            return
        for selector in selectors.split(",", _MOST_SELECTORS):
            self._selectors += 1
            compounds = _selector(selector)
            if self.are_too_many or not compounds:
                continue
            weight = (*(sum(each) for each in zip(*(one.weight for one in compounds), strict=True)), self._selectors)
            self._rules[_key(compounds[-1])].append(_Rule(weight, self._part(compounds), said))

    def _part(self, compounds: tuple[_Compound, ...]) -> _Part:
        """The last part of a selector."""
        *outer, last = compounds
        around = self._part(tuple(outer)) if outer else None
        return self._parts.setdefault((last, around), _Part(last, around))

    def style(self, tag: Tag, outer: list[Tag], own: Declarations) -> Mapping[str, str]:
        """What counts for an element: its own style over those of the sheets, and what is important over both."""
        rules = self._over(tag, outer) if self._rules else []
        if not rules and not own.important:
            return own.usual
        style: dict[str, str] = {}
        for said in (*(rule.style.usual for rule in rules), own.usual):
            style.update(said)
        for said in (*(rule.style.important for rule in rules), own.important):
            style.update(said)
        return style

    def _over(self, tag: Tag, outer: list[Tag]) -> list[_Rule]:
        """The rules that an element is under, the weightiest last; `outer` are those around it, the nearest last."""
        keys = ["", tag.name, *(f".{name}" for name in tag.classes), f"#{tag.attributes.get('id', '')}"]
        found = []
        for key in keys:
            for rule in self._rules.get(key, ()):
                if self.comparisons > MOST_COMPARISONS:
                    return []
                if self._fits(rule.part.compound, tag) and self._stands_in(rule.part.outer, outer, len(outer)):
                    found.append(rule)
        return sorted(found, key=lambda rule: rule.weight)

    def _fits(self, compound: _Compound, tag: Tag) -> bool:
        self.comparisons += 1
        return (
            (not compound.name or compound.name == tag.name)
            and compound.classes <= tag.classes
            and (not compound.id or compound.id == tag.attributes.get("id"))
            and all(self._has(tag.attributes.get(name), sign, value) for name, sign, value in compound.attributes)
        )

    def _has(self, value: str | None, sign: str, wanted: str) -> bool:
        """Whether an attribute is as a selector wants it; without a value wanted, whether it is there."""
        if value is None:
            return False
        self.comparisons += 1
        if not sign:
            return not wanted or value == wanted
        self.comparisons += len(value) * max(len(wanted), _SHORT) // _LOOKED_THROUGH
        if sign == "*":
            return wanted in value
        if sign == "~":
            return wanted in value.split()
        if sign == "$":
            return value.endswith(wanted)
        return value.startswith(wanted)  # of `|` too, which asks for a language: nearly the same

    def _stands_in(self, part: _Part | None, outer: list[Tag], depth: int) -> bool:
        """Whether an element within the first `depth` of those around it stands in what the part asks for.

        The answer for each of them is kept with it: all that is in it asks the same.
        """
        if part is None:
            return True
        known = depth
        while known and part not in outer[known - 1].around:
            known -= 1
        stands = known > 0 and outer[known - 1].around[part]
        for at in range(known, depth):
            stands = stands or (self._fits(part.compound, outer[at]) and self._stands_in(part.outer, outer, at))
            outer[at].around[part] = stands
        return stands


def _key(last: _Compound) -> str:
    if last.id:
        return f"#{last.id}"
    return f".{min(last.classes)}" if last.classes else last.name


def _selector(text: str) -> tuple[_Compound, ...]:
    """The parts of a selector from the outside in; empty for one that does not apply. `a > b` counts as `a b`."""
    words = _STATES.sub("", text).replace(">", " ").split()
    compounds = [_compound(word) for word in words[-8:]]
    known = tuple(each for each in compounds if each is not None)
    return known if len(known) == len(words) else ()


def _compound(text: str) -> _Compound | None:
    found = _COMPOUND.fullmatch(text)
    if not found:
        return None
    name = (found[1] or "").lower().replace("*", "")
    pieces = _PIECE.findall(found[2])
    return _Compound(
        f"x-{name}" if name in RENAMED else name,
        frozenset(value for sign, value, *_ in pieces if sign == "."),
        next((value for sign, value, *_ in pieces if sign == "#"), ""),
        tuple(dict.fromkeys((attribute.lower(), sign, value) for _, _, attribute, sign, value in pieces if attribute)),
    )


def _applies(head: str) -> bool:
    """Whether the rules behind an `@media …` hold on a wide screen in daylight; what is no `@media` holds."""
    if not head.lower().startswith("@"):
        return True
    name, _, query = head.lower().partition(" ")
    return name in {"@supports", "@layer"} or (name == "@media" and any(map(_holds, query.split(","))))


def _holds(query: str) -> bool:
    if re.search(r"\b(?:print|speech|not|dark|webkit|portrait|hover|moz|ms-)\b|-ms-|-webkit-|-moz-", query):
        return False
    return all(
        int(width) <= _SCREEN if bound == "min" else int(width) >= _SCREEN for bound, width in _WIDTH.findall(query)
    )
