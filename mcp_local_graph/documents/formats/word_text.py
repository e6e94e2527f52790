"""The text of a docx's paragraph, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from mcp_local_graph.documents.parsed import Note

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
# What is no text of the paragraph: properties, codes of fields, deletions, a second form of the same, readings of ruby.
_PASSED = {
    "pPr",
    "rPr",
    "instrText",
    "delText",
    "del",
    "moveFrom",
    "Fallback",
    "rt",
    "sdtPr",
    "sdtEndPr",
    "txbxContent",
}
_DELETED = {"del", "moveFrom"}
_REFERENCES = {"footnoteReference": "footnote", "endnoteReference": "endnote", "commentReference": "comment"}


def named(node: _Element) -> str:
    """An element's name without its namespace; nothing for what is no element."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def value(node: _Element, *path: str) -> str:
    """The w:val of the element at this path of names, or nothing."""
    for name in path:
        found = node.find(_WORD + name)
        if found is None:
            return ""
        node = found
    return node.get(_WORD + "val") or ""


def hides(run: _Element) -> bool:
    """Whether a run is formatted as hidden text (ECMA-376-1, 17.3.2.41)."""
    found = run.find(f"{_WORD}rPr/{_WORD}vanish")
    return found is not None and found.get(_WORD + "val", "1") not in {"0", "false", "off"}


class TextMaker:
    """Makes text of paragraphs, and counts what it leaves out."""

    def __init__(self) -> None:
        self._deletions = 0
        self._insertions = 0
        self._hidden = 0

    def of(self, paragraph: _Element) -> str:
        """A paragraph's text; changes as if accepted."""
        return "".join(self._pieces(paragraph))

    def _pieces(self, parent: _Element) -> Iterator[str]:
        for node in parent:
            name = named(node)
            if name in _PASSED:
                self._deletions += name in _DELETED
            elif name == "t":
                yield node.text or ""
            elif name in _CHARACTERS:
                yield _CHARACTERS[name]
            elif name in _REFERENCES:
                yield f"[{_REFERENCES[name]} {node.get(_WORD + 'id')}]"
            elif name == "r" and hides(node):
                self._hidden += 1
            elif name:
                self._insertions += name == "ins"
                yield from self._pieces(node)

    @staticmethod
    def boxes(paragraph: _Element) -> Iterator[_Element]:
        """The text boxes that hang on a paragraph. Each is written twice: the older form is passed by."""
        for box in paragraph.iter(_WORD + "txbxContent"):
            above = [named(each) for each in box.iterancestors()]
            inner = above.index("p")
            if "Fallback" not in above and "txbxContent" not in above[:inner]:
                yield box

    def left_out(self) -> list[Note]:
        """What was not shown."""
        tracked: list[Note] = [("tracked", self._deletions)] if self._deletions or self._insertions else []
        return [*tracked, *([("hidden", self._hidden)] if self._hidden else [])]
