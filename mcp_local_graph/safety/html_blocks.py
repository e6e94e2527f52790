"""What elements make of the text in them: links, quotations, lists, rows of tables, headings.

Each function begins an element and returns what ends it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcp_local_graph.safety.html_flow import Flow
from mcp_local_graph.safety.links import host, is_relative, resolved, without_addresses

if TYPE_CHECKING:
    from mcp_local_graph.safety.html_sheets import Tag
    from mcp_local_graph.safety.links import Links

# The cells of a row stand on one line if they are this short together, in characters, and of so few lines each.
_LONGEST_ROW, _MOST_LINES = 400, 4
# Quotations and lists within each other that are still set in.
_DEEPEST = 8
# What names a site or a mail box, and so says where its link should lead.
_SITE = re.compile(
    r"https?:[/\\]+\S+"
    r"|(?<![\w\-])(?:[\w.+\-]{1,64}@)?(?:(?:[\w\-]{1,63}[.\u3002]){1,9}[^\W\d_]{2,24}|\d{1,3}(?:\.\d{1,3}){3})"
    r"(?::\d+)?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(r"https?:[/\\]+(?:www\.)?|(?<![^\W_])www\.(?=\w)", re.IGNORECASE)
# Links within each other whose text is looked at.
_MOST_LINKS = 2
_START = re.compile(r"\d{1,9}")


@dataclass(slots=True)
class Page:
    """A page being read: its links, its own address, where its text goes, the lists, rows and links that are open."""

    links: Links | None = None
    base: str = ""
    flows: list[Flow] = field(default_factory=lambda: [Flow()])
    rows: list[list[list[str]]] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    anchors: int = 0
    quotes: int = 0

    @property
    def flow(self) -> Flow:
        """Where text goes now."""
        return self.flows[-1]

    def inside(self, end: Callable[[list[str]], None]) -> Callable[[], None]:
        """Gather the lines of an element; `end` puts them into what is around it."""
        self.flows.append(Flow())
        return lambda: end(self.flows.pop().done())


Block = Callable[[Page, "Tag"], Callable[[], None]]


def link(page: Page, tag: Tag) -> Callable[[], None]:
    """Its text, then its number; nothing of a link in which there is nothing to see."""
    flow, href = page.flow, resolved(tag.attributes.get("href", ""), page.base)
    lines, pieces = len(flow.lines), flow.piece()
    page.anchors += 1

    def leave() -> None:
        page.anchors -= 1
        if len(flow.lines) > lines:
            flow.end_line()
            if page.anchors < _MOST_LINKS:
                flow.lines[lines:] = _linked(page.links, href, "\n".join(flow.lines[lines:])).split("\n")
            else:
                flow.lines[-1] += _mark(page.links, href, _leads(href))
        elif (inner := "".join(flow.current[pieces:])).strip():
            flow.current[pieces:] = [_linked(page.links, href, inner)]

    return leave


def _linked(links: Links | None, href: str, inner: str) -> str:
    """The text of a link with its mark; the host is told where the text names another, or is an address itself.

    An address in the text that is not the link's own is none that anybody could follow: it is only text.
    """
    text = inner.strip()
    leads = _leads(href)
    plain = unicodedata.normalize("NFKC", text)
    sites = _SITE.findall(plain)
    own = all(_same(site, leads) for site in sites)
    if leads and sites == [plain] and own and ("//" in text or "@" in text):
        marked = text if "@" in text else _mark(links, href, leads).strip()
    else:
        marked = without_addresses(_BEFORE_NAME.sub("", text)) + _mark(links, href, "" if own else leads)
    return inner.replace(text, marked, 1)


def _leads(href: str) -> str:
    """The host, or the scheme where there is none; nothing for what leads on within the page."""
    return "" if is_relative(href) else host(href)


def _mark(links: Links | None, href: str, leads: str = "") -> str:
    """` [number host]`; without a list of links, only a host that has to be told."""
    number = links.add(href) if links is not None else 0
    said = " ".join(part for part in (str(number) if number else "", leads) if part)
    return f" [{said}]" if said else ""


def _same(text: str, leads: str) -> bool:
    """Whether a text names the place that its link leads to."""
    if "@" in text or "@" in leads:
        return text.lower() == leads.lower()
    named = host(text if "//" in text else f"http://{text}").removeprefix("www.")
    return leads.removeprefix("www.") == named or leads.endswith(f".{named}")


def quote(page: Page, _tag: Tag) -> Callable[[], None]:
    """`> ` before each line."""
    page.quotes += 1

    def end(lines: list[str]) -> None:
        page.quotes -= 1
        before = "> " if page.quotes < _DEEPEST else ""
        page.flow.block([f"{before}{line}".rstrip() for line in lines])

    return page.inside(end)


def heading(page: Page, tag: Tag) -> Callable[[], None]:
    """On one line, behind as many `#` as it is deep."""

    def end(lines: list[str]) -> None:
        page.flow.block([f"{'#' * int(tag.name[1])} {' '.join(lines)}"] if lines else [])
        page.flow.gap()

    return page.inside(end)


def listing(page: Page, tag: Tag) -> Callable[[], None]:
    """Counts its items, if it is an ordered one."""
    start = _START.fullmatch(tag.attributes.get("start", ""))
    page.lists.append((int(start[0]) if start else 1) if tag.name == "ol" else None)

    def leave() -> None:
        page.lists.pop()
        if page.lists:
            page.flow.end_line()
        else:
            page.flow.gap()

    return leave


def item(page: Page, _tag: Tag) -> Callable[[], None]:
    """`- ` or its number; what is in it is set in."""
    number = page.lists[-1] if page.lists else None
    if number is not None:
        page.lists[-1] = number + 1
    marker = "- " if number is None else f"{number}. "
    before = "  " if len(page.lists) <= _DEEPEST else ""

    def end(lines: list[str]) -> None:
        if lines:
            page.flow.block([marker + lines[0], *(f"{before}{line}".rstrip() for line in lines[1:])])

    return page.inside(end)


def row(page: Page, _tag: Tag) -> Callable[[], None]:
    """The cells of a row on one line if they are short, else one below the other."""
    page.rows.append([])

    def leave() -> None:
        for lines in _arranged(page.rows.pop()):
            page.flow.block(lines)

    return leave


def _arranged(cells: list[list[str]]) -> list[list[str]]:
    filled = [lines for lines in cells if lines]
    if len(filled) < 2:  # noqa: PLR2004 - one cell is a frame around a page, not a table
        return filled
    long = sum(len(line) for lines in filled for line in lines) > _LONGEST_ROW
    if long or any(len(lines) > _MOST_LINES for lines in filled):
        return filled
    return [[" | ".join(" ".join(line for line in lines if line) for lines in cells).rstrip(" |")]]


def cell(page: Page, _tag: Tag) -> Callable[[], None]:
    """A cell of the row that is open."""
    return page.inside(lambda lines: page.rows[-1].append(lines) if page.rows else page.flow.block(lines))


BLOCKS: dict[str, Block] = {
    "blockquote": quote,
    "ul": listing,
    "ol": listing,
    "li": item,
    "tr": row,
    "td": cell,
    "th": cell,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), heading),
}
