"""odt and odp: paragraphs, headings, lists and tables; per slide where there are slides."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.parsed import Parsed, Unreadable, row

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from mcp_local_graph.documents.parsed import Hints

# What is no text of a paragraph. A change's deleted words are in the first; `note` is shown where it belongs.
_PASSED = {"tracked-changes", "annotation", "note-citation", "desc", "title", "sequence-decls"}


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its text; of a presentation, its slides."""
    members = archive.checked(content)
    notes = archive.left_out(members)
    body = _body(members)
    if hints.kind == "odt":
        return Parsed(lambda _part: _blocks(body), notes=notes)
    pages = [page for page in body.iter() if _named(page) == "page"]
    names = [_said(page, "name") for page in pages]

    def lines(part: int) -> Iterator[str]:
        yield f"== Slide {part + 1}: {names[part]} =="
        yield from _blocks(pages[part])

    return Parsed(lines, names, whole=False, notes=notes)


def _body(members: zipfile.ZipFile) -> Element:
    """The body of its content.

    Raises:
        Unreadable: there is none.
    """
    try:
        root = ElementTree.fromstring(members.read("content.xml"), forbid_dtd=True)
    except (KeyError, ParseError) as error:
        raise Unreadable("broken") from error
    return next(node for node in root if _named(node) == "body")


def _named(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def _said(node: Element, attribute: str) -> str:
    return next((text for name, text in node.attrib.items() if name.endswith("}" + attribute)), "")


def _blocks(parent: Element, depth: int = -1) -> Iterator[str]:
    for node in parent:
        name = _named(node)
        if name == "h":
            level = _said(node, "outline-level")
            yield from ["", f"{'#' * min(int(level) if level.isdecimal() else 1, 6)} {_text(node)}"]
        elif name == "p":
            yield _text(node)
        elif name == "list-item":
            first, *rest = list(_blocks(node, depth)) or [""]
            yield from [first if first.lstrip().startswith("- ") else f"{'  ' * depth}- {first}", *rest]
        elif name == "table":
            yield from ["", *map(row, _rows(node)), ""]
        elif name == "notes":
            yield from ["", *(f"Notes: {line}" for line in _blocks(node) if line)]
        elif name not in _PASSED:
            yield from _blocks(node, depth + (name == "list"))


def _rows(table: Element) -> Iterator[list[str]]:
    for node in table.iter():
        if _named(node) == "table-row":
            cells = [cell for cell in node if _named(cell) in {"table-cell", "covered-table-cell"}]
            yield [" / ".join(filter(None, _blocks(cell))) for cell in cells]


def _text(node: Element) -> str:
    return "".join(_pieces(node)).strip()


def _pieces(node: Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        name = _named(child)
        if name == "s":
            yield " " * min(int(_said(child, "c") or 1), 1000)
        elif name in {"tab", "line-break"}:
            yield "\t" if name == "tab" else "\n"
        elif name == "note":
            yield f" [note: {' '.join(filter(None, _blocks(child)))}]"
        elif name not in _PASSED:
            yield from _pieces(child)
        yield child.tail or ""
