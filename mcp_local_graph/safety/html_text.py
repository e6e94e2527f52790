"""HTML as the text that a reader sees of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from mcp_local_graph.safety.characters import cleaned
from mcp_local_graph.safety.html_blocks import BLOCKS, Page, link
from mcp_local_graph.safety.html_looks import (
    NOTHING,
    PLAIN,
    Declarations,
    Look,
    bounded,
    declarations,
    hides,
    length,
    look,
)
from mcp_local_graph.safety.html_sheets import Sheets, Tag
from mcp_local_graph.safety.html_tokens import names, tokens
from mcp_local_graph.safety.lengths import CUT
from mcp_local_graph.safety.links import without_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from selectolax.lexbor import LexborNode

    from mcp_local_graph.safety.links import Links

_MOST_ELEMENTS = 100_000
_NOT_ALL = "(Its styles are too many to be followed to the end: some of this text may be hidden from a reader.)"
_UNREAD = names("head template svg object embed applet audio video canvas select datalist map input script")
_PARAGRAPHS = names("p ul ol dl h1 h2 h3 h4 h5 h6 pre figure")
_LINES = names(
    "address article aside blockquote body caption center dd details dialog div dt fieldset figcaption footer form "
    "header hgroup legend li main menu nav section summary table tbody td th tr"
)
# Styles that an attribute says.
_SAID = {"bgcolor": "background-color", "color": "color", "text": "color"}
# A picture of so few pixels only tells its sender that the mail was opened.
_TINY = 2
_LONGEST_ALT = 160


class Text(NamedTuple):
    """The text of a page, and how many characters of it nobody sees."""

    text: str
    hidden: int


def text_of(html: str, links: Links | None = None) -> Text:
    """What a reader sees of HTML; its links are put on `links`. Takes time linear in its length, and never fails."""
    made = tokens(html)
    parser = LexborHTMLParser(made.html, options=LexborDocumentOptions.WO_EVENTS)
    reader = _Reader(Page(links, made.base), Sheets.of(made.sheets), hidden=made.hidden)
    whole = parser.root is None or reader.read(parser.root)
    lines = reader.page.flow.done()
    lines += [_NOT_ALL] * reader.sheets.are_too_many + [CUT] * (made.cut or not whole)
    return Text("\n".join(lines), reader.hidden)


@dataclass(slots=True)
class _Frame:
    """An element that is open: the nodes in it still to come, how they look, and what to do when there are no more."""

    nodes: Iterator[LexborNode]
    look: Look
    leave: Callable[[], None]


@dataclass(slots=True)
class _Reader:
    page: Page
    sheets: Sheets
    hidden: int
    frames: list[_Frame] = field(default_factory=list)
    outer: list[Tag] = field(default_factory=list)

    def read(self, root: LexborNode) -> bool:
        """Read an element; whether that could be done to its end."""
        self._enter(root, PLAIN)
        elements = 0
        while self.frames and elements < _MOST_ELEMENTS:
            frame = self.frames[-1]
            node = next(frame.nodes, None)
            if node is None:
                self._leave()
            elif node.is_text_node:
                self._say(node.text_content or "", frame.look)
            else:
                elements += 1
                self._enter(node, frame.look)
        whole = not self.frames
        while self.frames:
            self._leave()
        return whole

    def _leave(self) -> None:
        self.outer.pop()
        self.frames.pop().leave()

    def _say(self, text: str, seen: Look) -> None:
        if not seen.seen:
            self.hidden += _length(text)
            return
        text, removed = cleaned(text)
        self.hidden += removed
        if not self.page.anchors:
            text = without_addresses(text, self.page.links)
        self.page.flow.say(text, keeps_lines=seen.keeps_lines)

    def _enter(self, node: LexborNode, around: Look) -> None:
        name = node.tag or ""
        if name in _UNREAD:
            return
        tag = Tag.of(name, node.attributes)
        style = self.sheets.style(tag, self.outer, _said(tag))
        closed = name == "dialog" and "open" not in tag.attributes
        if closed or "hidden" in tag.attributes or (style and hides(style)):
            self.hidden += _length(node.text())
            return
        link_color = name == "a" and "href" in tag.attributes
        seen = look(around, style, link=link_color) if style or link_color else around
        if name in ("br", "hr", "img"):
            self._single(tag, style, seen)
            return
        leave = self._begin(tag, style)
        self.frames.append(_Frame(node.iter(include_text=True), seen, leave))
        self.outer.append(tag)

    def _single(self, tag: Tag, style: Mapping[str, str], seen: Look) -> None:
        if tag.name == "br":
            self.page.flow.break_line()
        elif tag.name == "hr":
            self.page.flow.block(["---"])
        elif seen.shown and (alt := _alt(tag, style)):
            self.page.flow.say(alt)

    def _begin(self, tag: Tag, style: Mapping[str, str]) -> Callable[[], None]:
        """Begin an element; returns what ends it."""
        if tag.name == "a" and "href" in tag.attributes:
            return link(self.page, tag)
        if tag.name not in _PARAGRAPHS and tag.name not in _LINES and style.get("display") != "block":
            return _nothing
        self._between(tag, style)
        if block := BLOCKS.get(tag.name):
            return block(self.page, tag)
        return lambda: self._between(tag, style)

    def _between(self, tag: Tag, style: Mapping[str, str]) -> None:
        """End the line where a block begins or ends; some leave a blank line."""
        inner = tag.name in ("ul", "ol") and self.page.lists
        if tag.name in _PARAGRAPHS and not inner and not _close_together(tag, style):
            self.page.flow.gap()
        else:
            self.page.flow.end_line()


def _nothing() -> None:
    """End an element that is only a stretch of text."""


def _said(tag: Tag) -> Declarations:
    """What an element says of its own style, by attributes first."""
    attributes = tag.attributes
    said = {_SAID[name]: bounded(attributes[name].lower()) for name in _SAID if name in attributes}
    if "background" in attributes:
        said["background-image"] = "url()"
    if tag.name == "pre":
        said["white-space"] = "pre"
    own = declarations(attributes["style"]) if attributes.get("style") else NOTHING
    return Declarations({**said, **own.usual}, own.important) if said else own


def _alt(tag: Tag, style: Mapping[str, str]) -> str:
    """What stands for a picture; nothing for one without words, or without a size."""
    sizes = [style.get(name) or tag.attributes.get(name, "") for name in ("width", "height")]
    if any((size := length(each)) is not None and size <= _TINY for each in sizes):
        return ""
    alt = " ".join(cleaned(tag.attributes.get("alt", ""))[0].split())[:_LONGEST_ALT]
    if not any(character.isalnum() for character in alt):
        return alt  # an emoji, or nothing
    return f"[image: {alt.replace('[', '(').replace(']', ')')}]"


def _close_together(tag: Tag, style: Mapping[str, str]) -> bool:
    """Whether a paragraph leaves no blank line: Word's do not, as it makes one of each line."""
    if tag.name != "p":
        return False
    margins = [style.get("margin", ""), style.get("margin-top", ""), style.get("margin-bottom", "")]
    return any(name.startswith("Mso") for name in tag.classes) or any(each.startswith("0") for each in margins)


def _length(text: str) -> int:
    """Characters of a text that is hidden; white space between words is one."""
    text, removed = cleaned(text)
    return len(" ".join(text.split())) + removed
