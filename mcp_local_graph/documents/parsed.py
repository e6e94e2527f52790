"""What a format's module makes of a document, and how a piece of its text is cut out of it.

Text is made line by line and only as far as needed: what is kept is the window that was asked for, however long the
document is.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Characters after which nobody counts on.
COUNTED = 20_000_000
# UTF-8 bytes of text in one answer: 6,000 tokens at four bytes each, with room for what is said about it.
MOST_BYTES = 23_000
# The share of the time given after which no more text is made, and no more is counted once the window is full.
_PATIENCE, _COUNTING = 0.7, 0.05
# The share of a window at its end in which a line's end is looked for, to cut there.
_TAIL = 0.2
# Characters of lines that are taken apart together.
_LINES = 64 * 1024

Note = tuple[str | int, ...]


class Unreadable(Exception):
    """The document cannot be read: a word of `messages.ERRORS` and the numbers that go into its text."""

    def __init__(self, code: str, *numbers: int) -> None:
        super().__init__(code)
        self.code = code
        self.numbers = numbers


class Hints(NamedTuple):
    """What was said about a document: its extension and media type, lower case, and its charset. All may be wrong."""

    extension: str = ""
    media_type: str = ""
    charset: str = ""
    kind: str = ""


@dataclass(slots=True)
class Parsed:
    """A document that was opened.

    `lines(i)` makes the text of part i; `names` are the parts' names ("" where a part has none). A document without
    parts has one, and `whole` is true. `picture(i)` shows part i as a png, where that can be done; it is empty where it
    fails. `notes` are words of `messages.NOTES` with their numbers; they may grow while
    lines are made.
    """

    lines: Callable[[int], Iterable[str]]
    names: Sequence[str] = ("",)
    whole: bool = True
    notes: list[Note] = field(default_factory=list)
    picture: Callable[[int], bytes] | None = None


class Window(NamedTuple):
    """A piece of the text. `total` is in characters, as far as they were counted; `complete`: to the end."""

    text: str
    total: int
    complete: bool


def chosen(pages: str, names: Sequence[str]) -> list[int]:
    """The parts that `1-3,7`, `5-` or a name mean, counted from 0, in the document's order.

    Raises:
        Unreadable: none of them exists.
    """
    known = {name.casefold(): index for index, name in reversed(list(enumerate(names))) if name}
    if pages.strip().casefold() in known:
        return [known[pages.strip().casefold()]]
    found: set[int] = set()
    for word in pages.split(","):
        found.update(_range(word.strip(), known, len(names)))
    if not found:
        raise Unreadable("pages", len(names))
    return sorted(found)


def _range(word: str, known: dict[str, int], count: int) -> Iterable[int]:
    if word.casefold() in known:
        return (known[word.casefold()],)
    match = re.fullmatch(r"([0-9]{1,9})(\s*[-\u2013]\s*([0-9]{1,9})?)?", word)
    if match is None:
        return ()
    first = int(match[1])
    last = int(match[3] or count) if match[2] else first
    return range(max(first, 1) - 1, min(last, count))


def pieces(parsed: Parsed, parts: Sequence[int]) -> Iterator[str]:
    """The text of these parts, in pieces that only have to be joined; at most one blank line in a row."""
    blank, begun = False, False
    for part in parts:
        blank = True
        for line in _split(parsed.lines(part)):
            if not line:
                blank = True
                continue
            yield (("\n\n" if blank else "\n") if begun else "") + line
            blank, begun = False, True


def lines_of(text: str) -> Iterator[str]:
    """A text in pieces of whole lines: all its lines at once would be a list many times its size."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _LINES)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _split(lines: Iterable[str]) -> Iterator[str]:
    """Each line without what nobody sees at its end, and without halves of characters."""
    for line in lines:
        for each in line.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            yield each.rstrip().encode("utf-8", "replace").decode("utf-8")


def window(made: Iterable[str], offset: int, most: int, seconds: float) -> Window:
    """The characters from `offset` on, at most `most` of them and MOST_BYTES as UTF-8; `seconds` is the time given."""
    start = time.monotonic()
    kept: list[str] = []
    total, complete = 0, True
    for piece in made:
        kept.append(piece[max(offset - total, 0) : max(offset + most - total, 0)])
        total += len(piece)
        share = _COUNTING if total > offset + most else _PATIENCE
        if total >= COUNTED or time.monotonic() >= start + seconds * share:
            complete = False
            break
    text = "".join(kept)
    return Window(_cut(text, more=total > offset + len(text)), total, complete)


def _cut(text: str, *, more: bool) -> str:
    """As much of the text as fits, up to a line's end where one is near and there is more to come."""
    fits = text.encode()[:MOST_BYTES].decode("utf-8", "ignore")
    if not more and len(fits) == len(text):
        return text
    end = max(fits.rfind("\n"), 0) or max(fits.rfind(" "), 0)
    return fits[: end + 1] if end >= len(fits) * (1 - _TAIL) else fits


def row(cells: Iterable[str]) -> str:
    """A table's row on one line, without the empty cells at its end."""
    texts = [" ".join(cell.split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)
