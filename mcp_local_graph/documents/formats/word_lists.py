"""Numbers and bullets of a docx's lists: they are in no paragraph, but counted by whoever shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_local_graph.documents.formats.word_text import named, value

if TYPE_CHECKING:
    from lxml.etree import _Element

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
# Numbers that are written out are small; a hostile file may begin anywhere.
_MOST = 3999


class Lists:
    """Counts the paragraphs of each list. `numbering` and `styles` are the roots of those parts."""

    def __init__(self, numbering: _Element | None, styles: _Element | None) -> None:
        self._abstract: dict[str, dict[str, _Element]] = {}
        self._lists: dict[str, str] = {}
        for node in numbering if numbering is not None else ():
            self._add(node)
        self._styles = {style.get(_WORD + "styleId") or "": style for style in (styles if styles is not None else ())}
        self._counts: dict[str, list[int]] = {}

    def _add(self, node: _Element) -> None:
        if named(node) == "abstractNum":
            levels = {each.get(_WORD + "ilvl") or "": each for each in node if named(each) == "lvl"}
            self._abstract[node.get(_WORD + "abstractNumId") or ""] = levels
        elif named(node) == "num":
            self._lists[node.get(_WORD + "numId") or ""] = value(node, "abstractNumId")

    def mark(self, paragraph: _Element) -> str:
        """What stands before this paragraph: two spaces per level, then `- ` or its number; nothing outside a list."""
        number, level = self._place(paragraph)
        levels = self._abstract.get(self._lists.get(number, ""), {})
        if not levels or not 0 <= level < _LEVELS:
            return ""
        count = self._count(self._lists[number], level, levels)
        facts = levels.get(str(level))
        if facts is None or value(facts, "numFmt") in {"bullet", "none", ""}:
            return "  " * level + ("- " if facts is None or value(facts, "numFmt") == "bullet" else "")
        return "  " * level + _written(value(facts, "lvlText"), count, levels) + " "

    def _place(self, paragraph: _Element) -> tuple[str, int]:
        """The list and level that a paragraph names, itself or by its style."""
        node: _Element | None = paragraph
        if not value(paragraph, "pPr", "numPr", "numId"):
            node = self._styles.get(value(paragraph, "pPr", "pStyle"))
        if node is None:
            return "", 0
        level = value(node, "pPr", "numPr", "ilvl") or "0"
        return value(node, "pPr", "numPr", "numId"), int(level) if level.isdecimal() else 0

    def _count(self, abstract: str, level: int, levels: dict[str, _Element]) -> list[int]:
        """The numbers of all levels at this paragraph; deeper ones begin anew at the next."""
        counts = self._counts.setdefault(abstract, [_start(levels, each) - 1 for each in range(_LEVELS)])
        counts[level] += 1
        for deeper in range(level + 1, _LEVELS):
            counts[deeper] = _start(levels, deeper) - 1
        return counts


def _start(levels: dict[str, _Element], level: int) -> int:
    facts = levels.get(str(level))
    text = value(facts, "start") if facts is not None else ""
    return min(int(text), _MOST) if text.isdecimal() else 1


def _written(pattern: str, counts: list[int], levels: dict[str, _Element]) -> str:
    """A pattern such as `%1.%2` with the numbers in it."""

    def number(match: re.Match[str]) -> str:
        level = int(match[1]) - 1
        facts = levels.get(str(level))
        return _spelled(max(counts[level], 1), value(facts, "numFmt") if facts is not None else "decimal")

    return re.sub("%([1-9])", number, pattern)


def _spelled(number: int, how: str) -> str:
    if how in {"lowerLetter", "upperLetter"}:
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 % 26 + 1)
        return text if how == "lowerLetter" else text.upper()
    if how in {"lowerRoman", "upperRoman"} and number <= _MOST:
        text = _roman(number)
        return text if how == "lowerRoman" else text.upper()
    return str(number)


def _roman(number: int) -> str:
    text = ""
    for worth, letters in _ROMAN:
        times, number = divmod(number, worth)
        text += letters * times
    return text
