"""docx: paragraphs, headings, lists, tables, notes, comments, headers and footers; changes as if accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.part import PartFactory
from docx.oxml.parser import parse_xml
from docx.package import Package
from docx.parts.document import DocumentPart

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.formats.word_lists import Lists
from mcp_local_graph.documents.formats.word_package import whole
from mcp_local_graph.documents.formats.word_text import TextMaker, named, value
from mcp_local_graph.documents.parsed import Parsed, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.opc.part import Part
    from lxml.etree import _Element

    from mcp_local_graph.documents.parsed import Hints

# With macros, or a template: what python-docx reads is the same.
_ALSO = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    CONTENT_TYPE.WML_DOCUMENT_MAIN.replace("document.main", "template.main"),
)
PartFactory.part_type_for.update(dict.fromkeys(_ALSO, DocumentPart))
# Parts that stand behind the text: their relationship, what an entry of theirs is called, and the title above them.
_BEHIND = (
    (RELATIONSHIP_TYPE.FOOTNOTES, "footnote", ""),
    (RELATIONSHIP_TYPE.ENDNOTES, "endnote", ""),
    (RELATIONSHIP_TYPE.COMMENTS, "comment", "== Comments =="),
)
_AROUND = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its text as a whole: where Word breaks pages is in no file."""
    members = archive.checked(content)
    notes = archive.left_out(members)
    part = Package.open(whole(members, content)).main_document_part
    parsed = Parsed(lambda _part: lines(), notes=notes)

    def lines() -> Iterator[str]:
        reader = _Reader(part)
        yield from reader.blocks(part.element.body)
        yield from reader.behind()
        yield from reader.around()
        notes.extend(reader.text.left_out())

    return parsed


class _Reader:
    """Makes lines of one document's blocks."""

    def __init__(self, part: Part) -> None:
        self._parts = [(each.reltype, each.target_part) for each in part.rels.values() if not each.is_external]
        self._styles = self._find(RELATIONSHIP_TYPE.STYLES)
        self._levels = _heading_levels(self._styles)
        self._lists = Lists(self._find(RELATIONSHIP_TYPE.NUMBERING), self._styles)
        self.text = TextMaker()

    def _find(self, relation: str) -> _Element | None:
        return next((_root(part) for kind, part in self._parts if kind == relation), None)

    def blocks(self, parent: _Element) -> Iterator[str]:
        """Paragraphs and tables, also those in content controls and insertions."""
        for node in parent:
            name = named(node)
            if name == "p":
                yield from self._paragraph(node)
            elif name == "tbl":
                yield ""
                yield from map(row, self._rows(node))
                yield ""
            elif name in {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}:
                yield from self.blocks(node)

    def _paragraph(self, node: _Element) -> Iterator[str]:
        text = self.text.of(node).strip()
        if text:
            level = self._levels.get(value(node, "pPr", "pStyle"), 0)
            yield from [""] if level else []
            yield ("#" * level + " " if level else "") + self._lists.mark(node) + text
        for box in self.text.boxes(node):
            yield from self.blocks(box)

    def _rows(self, table: _Element) -> Iterator[list[str]]:
        for line in _inside(table, "tr"):
            cells: list[str] = []
            for cell in _inside(line, "tc"):
                span = value(cell, "tcPr", "gridSpan")
                cells.append(" / ".join(filter(None, self.blocks(cell))))
                cells.extend([""] * (min(int(span), 64) - 1 if span.isdecimal() else 0))
            yield cells

    def behind(self) -> Iterator[str]:
        """Footnotes, endnotes and comments, each with the mark that stands where it belongs."""
        for relation, name, title in _BEHIND:
            part = self._find(relation)
            entries = [each for each in _children(part) if named(each) == name and not _kind(each)]
            yield from ["", title] if entries and title else []
            for entry in entries:
                author = f" {_said(entry, 'author')}:" if _said(entry, "author") else ""
                words = " / ".join(filter(None, self.blocks(entry)))
                yield f"[{name} {_said(entry, 'id')}]{author} {words}"

    def around(self) -> Iterator[str]:
        """Each text of a header or footer, once."""
        found: dict[str, None] = {}
        for kind, part in self._parts:
            if kind in _AROUND:
                found.update(dict.fromkeys(filter(None, self.blocks(_root(part)))))
        yield from ["", "== Headers and footers ==", *found] if found else []


def _root(part: Part) -> _Element:
    element = getattr(part, "element", None)
    return parse_xml(part.blob) if element is None else element


def _inside(parent: _Element, wanted: str) -> Iterator[_Element]:
    """Rows of a table or cells of a row, also those in content controls and insertions."""
    for node in parent:
        name = named(node)
        if name == wanted:
            yield node
        elif name in {"sdt", "sdtContent", "ins", "moveTo", "customXml"}:
            yield from _inside(node, wanted)


def _children(part: _Element | None) -> list[_Element]:
    return [] if part is None else list(part)


def _said(node: _Element, attribute: str) -> str:
    return next((text for name, text in node.attrib.items() if str(name).endswith("}" + attribute)), "")


def _kind(node: _Element) -> str:
    """Footnotes with a type are the lines that separate them (ECMA-376-1, 17.11.10)."""
    return _said(node, "type")


def _heading_levels(styles: _Element | None) -> dict[str, int]:
    """The level of each heading style by its id. The names are English in every language (ECMA-376-1, 17.7.4.9)."""
    levels = {"title": 1, **{f"heading {level}": level for level in range(1, 7)}}
    found = {}
    for style in _children(styles):
        level = levels.get(value(style, "name").lower(), 0)
        if level:
            found[_said(style, "styleId")] = level
    return found
