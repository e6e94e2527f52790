"""The style sheets of a page: which rules there are, and which of them an element is under.

Selectors of tags, classes, ids and attributes, one within another. Others (states, siblings, order) do not apply: they
do not hold when a mail is opened, or hide nothing in practice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from mcp_local_graph.safety.html_looks import Declarations, declarations
from mcp_local_graph.safety.html_tokens import REPEATED

# Rules that are read, and comparisons of an element with one. A page with more is shown as if it had no more.
_MOST_RULES, _MOST_LOOKS = 3000, 200_000
_BRACE = re.compile(r"([{}])")
_OUTSIDE = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_COMPOUND = re.compile(r"(\*|[a-z][\w:\-]*)?((?:[.#][\w\-]+|\[[^\[\]]{1,200}\])*)", re.IGNORECASE)
_PIECE = re.compile(r"([.#])([\w\-]+)|\[\s*([\w\-]+)\s*(?:([~|^$*]?)=\s*[\"']?([^\"'\]]*)[\"']?\s*i?)?\]")
_STATES = re.compile(r":(?:link|root|not\(\.[\w\-]{1,60}\))")
_WIDTH = re.compile(r"(min|max)-(?:device-)?width\s*:\s*(\d{1,5})")
_SCREEN = 1000


@dataclass(frozen=True, slots=True)
class Tag:
    """An element as selectors see it."""

    name: str
    attributes: dict[str, str]
    classes: frozenset[str]

    @classmethod
    def of(cls, name: str, attributes: dict[str, str | None]) -> Tag:
        """Values are kept as they are, but for none, which is empty."""
        known = {key: value or "" for key, value in attributes.items()}
        return cls(name, known, frozenset(known["class"].split()) if "class" in known else frozenset())


@dataclass(frozen=True, slots=True)
class _Compound:
    name: str
    classes: frozenset[str]
    id: str
    attributes: tuple[tuple[str, str, str], ...]

    def fits(self, tag: Tag) -> bool:
        return (
            (not self.name or self.name == tag.name)
            and self.classes <= tag.classes
            and (not self.id or self.id == tag.attributes.get("id"))
            and all(_has(tag.attributes.get(name), sign, value) for name, sign, value in self.attributes)
        )

    @property
    def weight(self) -> tuple[int, int, int]:
        return bool(self.id), len(self.classes) + len(self.attributes), bool(self.name)


@dataclass(frozen=True, slots=True)
class _Rule:
    weight: tuple[int, ...]
    selector: tuple[_Compound, ...]  # the element itself comes last
    style: Declarations


@dataclass(slots=True)
class Sheets:
    """All rules of a page, found by what their last part asks for."""

    _rules: defaultdict[str, list[_Rule]] = field(default_factory=lambda: defaultdict(list))
    _count: int = 0
    _looks: int = 0

    @classmethod
    def of(cls, sheets: list[str]) -> Sheets:
        """Read style sheets in their order."""
        read = cls()
        for sheet in sheets:
            read._read(_OUTSIDE.sub(" ", sheet))
        return read

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
                if applies.pop() and pending and not pending.startswith("@") and self._count < _MOST_RULES:
                    self._add(pending, text)
                pending = ""

    def _add(self, selectors: str, style: str) -> None:
        said = declarations(style)
        for selector in selectors.split(",") if said else ():
            compounds = _selector(selector)
            if compounds:
                self._count += 1
                weight = (*(sum(each) for each in zip(*(one.weight for one in compounds), strict=True)), self._count)
                self._rules[_key(compounds[-1])].append(_Rule(weight, compounds, said))

    def style(self, tag: Tag, outer: list[Tag], own: Declarations) -> dict[str, str]:
        """What counts for an element: its own style over those of the sheets, and what is important over both."""
        rules = self._over(tag, outer) if self._rules else []
        if not rules and not any(important for _, _, important in own):
            return {name: value for name, value, _ in own}
        said = [each for rule in rules for each in rule.style] + list(own)
        return {name: value for name, value, _ in sorted(said, key=lambda each: each[2])}

    def _over(self, tag: Tag, outer: list[Tag]) -> list[_Rule]:
        if self._looks > _MOST_LOOKS:
            return []
        keys = ["", tag.name, *(f".{name}" for name in tag.classes), f"#{tag.attributes.get('id', '')}"]
        rules = [rule for key in keys for rule in self._rules.get(key, ())]
        self._looks += len(rules)
        return sorted((rule for rule in rules if _under(rule, tag, outer)), key=lambda rule: rule.weight)


def _under(rule: _Rule, tag: Tag, outer: list[Tag]) -> bool:
    """Whether a rule is about this element; `outer` are those around it, the nearest last."""
    if not rule.selector[-1].fits(tag):
        return False
    around = reversed(outer)
    return all(any(compound.fits(each) for each in around) for compound in reversed(rule.selector[:-1]))


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
        f"x-{name}" if name in REPEATED else name,
        frozenset(value for sign, value, *_ in pieces if sign == "."),
        next((value for sign, value, *_ in pieces if sign == "#"), ""),
        tuple((attribute.lower(), sign, value) for _, _, attribute, sign, value in pieces if attribute),
    )


def _has(value: str | None, sign: str, wanted: str) -> bool:
    """Whether an attribute is as a selector wants it; without a value wanted, whether it is there."""
    if value is None:
        return False
    tests = {"*": wanted in value, "^": value.startswith(wanted), "$": value.endswith(wanted)}
    return tests.get(sign, not wanted or value == wanted or wanted in value.split())


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
