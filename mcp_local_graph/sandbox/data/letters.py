"""What people write, before a mail program makes HTML of it: paragraphs, lists, tables, links in a few plain marks.

A blank line parts paragraphs; `- ` and `1. ` begin the items of lists; `| a | b |` is a row of a table, the first row its
head; `**bold**` and `[words](address)` stand inside.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Address

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_NUMBER = re.compile(r"\d+\. ")
Kind = Literal["p", "ul", "ol", "table"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`lines` are its lines), a list (its items), or a table (its rows, cells parted by `|`)."""

    kind: Kind
    lines: tuple[str, ...]

    @property
    def rows(self) -> list[list[str]]:
        """A table's cells."""
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in self.lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The mail that a reply or a forward quotes. `body` is what stands in its body element."""

    sender: Address
    sent: datetime
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    body: str
    message_id: str
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """HTML as a mail program wrote it: the whole document, what stands in its body, and the part that is not quoted."""

    document: str
    body: str
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What stands below somebody's mails. `logo` is the address of a picture, often a `cid:`."""

    lines: tuple[str, ...] = ()
    logo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A mail program: how it names itself, marks replies and forwards, and makes HTML."""

    name: str
    write: Callable[[str, Signature, Quote | None], Letter]
    reply: str = "RE: "
    forward: str = "FW: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """How a mail program writes each kind of block; each takes HTML and gives HTML."""

    paragraph: Callable[[str], str]
    item: Callable[[str], str] = field(default=lambda inner: f"<li>{inner}</li>")
    listed: Callable[[str, str], str] = field(default=lambda tag, items: f"<{tag}>{items}</{tag}>")
    cell: Callable[[str], str] = field(default=lambda inner: f"<td>{inner}</td>")
    table: Callable[[str], str] = field(default=lambda rows: f"<table><tbody>{rows}</tbody></table>")
    # What stands between two blocks.
    between: str = ""


def blocks(text: str) -> list[Block]:
    """The blocks of a text."""
    return [_block(part.strip("\n").split("\n")) for part in re.split(r"\n\s*\n", text.strip("\n"))]


def marked_up(text: str, tags: Tags) -> str:
    """A text as HTML by the tags of a mail program."""
    return tags.between.join(_written(block, tags) for block in blocks(text))


def inline(text: str) -> str:
    """Bold, links and nothing else, as HTML."""
    safe = _BOLD.sub(r"<b>\1</b>", html.escape(text, quote=False))
    return _LINK.sub(r'<a href="\2">\1</a>', safe)


def plain(text: str) -> str:
    """The text as a mail program without HTML would send it."""
    return _LINK.sub(r"\1 <\2>", _BOLD.sub(r"\1", text)).strip("\n")


def escaped(text: str) -> str:
    """Text inside HTML."""
    return html.escape(text, quote=False)


def _block(lines: list[str]) -> Block:
    if all(line.startswith("- ") for line in lines):
        return Block("ul", tuple(line[2:] for line in lines))
    if all(_NUMBER.match(line) for line in lines):
        return Block("ol", tuple(_NUMBER.sub("", line, count=1) for line in lines))
    return Block("table" if lines[0].startswith("|") else "p", tuple(lines))


def _written(block: Block, tags: Tags) -> str:
    if block.kind == "p":
        return tags.paragraph("<br>\r\n".join(inline(line) for line in block.lines))
    if block.kind == "table":
        rows = ("".join(tags.cell(inline(cell)) for cell in row) for row in block.rows)
        return tags.table("".join(f"<tr>{cells}</tr>" for cells in rows))
    return tags.listed(block.kind, "".join(tags.item(inline(line)) for line in block.lines))
