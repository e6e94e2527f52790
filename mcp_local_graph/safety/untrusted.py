"""Texts that somebody else wrote, as a model may read them. All go through here, once; nothing else makes one.

A reader's view of them: hidden characters and hidden parts are gone, and how many there were is kept; nothing in them
can be rendered as an image, a link or a tag; an address shows the host that it leads to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from mcp_local_graph.safety.characters import cleaned
from mcp_local_graph.safety.inert import inert
from mcp_local_graph.safety.lengths import CUT, LONGEST
from mcp_local_graph.safety.links import Links

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Links", "Untrusted", "answer", "from_html", "line", "prose"]

_JOINED = "\u061c\u200b\u200c\u200d\u200e\u200f\ufe00\ufe01\ufe02\ufe0e\ufe0f"
_SPACES = re.compile(r"\s{2,}|[\t\n]")
_TRAILING = re.compile(r"[^\S\n]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_WIDE_GAP = re.compile(r"[^\S\n]{9,}")
_FENCES = ("```", "~~~")


class Untrusted(str):
    """A text that somebody else wrote, sanitised. `removed` tells how many hidden characters were taken out."""

    __slots__ = ("removed",)

    removed: int

    def __new__(cls, text: str = "", removed: int = 0) -> Self:
        """Only for the functions of this room: it takes the text's word for being clean."""
        self = super().__new__(cls, text)
        self.removed = removed
        return self

    def part(self, start: int, stop: int | None = None) -> Untrusted:
        """What stands between two places; hidden characters are counted with the first part.

        A joiner or a selector that was cut off its letter stays behind.
        """
        text = self[start:stop].rstrip("\u200d")
        return Untrusted(text.lstrip(_JOINED), 0) if start else Untrusted(text, self.removed)


def line(value: object) -> Untrusted:
    """A text of one line: a subject, a name, the name of a file. None is empty; ends of lines and tabs are spaces."""
    if value is None or value == "":
        return Untrusted()
    text, removed = _safe(str(value), _on_one_line)
    return Untrusted(f"{text[0]} {text[1:]}" if text.startswith(_FENCES) else text, removed)


def _on_one_line(text: str) -> str:
    # White space in ASCII is blanks, tabs and newlines once a text is clean. Other scripts have single blanks of their
    # own, which stay.
    return " ".join(text.split()) if text.isascii() else _SPACES.sub(" ", text).strip()


def prose(value: object, links: Links | None = None) -> Untrusted:
    """A text of several lines. Its addresses become `[number host]`; at most one line in a row is blank.

    Of a megabyte and more it is the beginning, and says so.
    """
    if value is None or value == "":
        return Untrusted()
    text = str(value)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - len(CUT) - 1]}\n{CUT}"
    return Untrusted(*_safe(text, _spaced, links))


def _spaced(text: str) -> str:
    """Lines without blanks at their end; no wide gaps in them, and no high ones between them."""
    text = _TRAILING.sub("", _WIDE_GAP.sub(" " * 8, text))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def _safe(
    text: str, spaced: Callable[[str], str], links: Links | None = None, *, listed: bool = False
) -> tuple[str, int]:
    text, removed = cleaned(text)
    text = spaced(text)
    made = inert(text, links, listed=listed)
    if made == text:
        return made, removed
    again, more = cleaned(made)  # an address that is gone may have been the text that a mark belonged to
    return (inert(spaced(again), links, listed=listed) if more else made), removed + more


def from_html(html: str, links: Links | None = None) -> Untrusted:
    """What a reader would see of HTML, as text. `removed` counts the characters of hidden parts too.

    Links become `text [number]`, with the host where the text names another.
    """
    from mcp_local_graph.safety.html_text import text_of  # noqa: PLC0415 - the parser is loaded when there is HTML

    page = text_of(html, links)
    text = prose(page.text, links)
    return Untrusted(text, page.hidden + text.removed)


def answer(text: str) -> Untrusted:
    """A whole answer once more, in case one of its texts came here without passing: what passed stays as it is."""
    return Untrusted(*_safe(text, str, listed=True))
