"""Lists that come in pages: as many items as were asked for, and where the list goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import ServiceUnavailable
from mcp_local_graph.graph.links import pinned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Pages that one call may turn. Graph may send empty ones, and goes on.
PAGES = 25
CIRCLE = "The list goes in a circle; what comes after is left out."
LONG = f"Stopped after {PAGES} pages; the cursor goes on from there."


class Page(NamedTuple):
    """A part of a list, as Graph's JSON.

    `cursor` is a short id that continues it, empty at its end; `total` is the length of the whole list where that was
    asked for; `truncated` says why the list ends early, empty where it does not. `note` is the tool's own, see
    Graph.page.
    """

    items: list[dict[str, Any]]
    cursor: str = ""
    total: int | None = None
    truncated: str = ""
    note: str = ""


class Place(NamedTuple):
    """Where a list goes on: an address, and how many items of its answer were given out already."""

    url: str
    offset: int = 0


@dataclass(slots=True)
class Run:
    """A walk along a list, as far as it came."""

    base_url: str
    limit: int
    items: list[dict[str, Any]] = field(default_factory=list)
    place: Place | None = None
    total: int | None = None
    truncated: str = ""
    _seen: set[str] = field(default_factory=set)

    def take(self, place: Place, answer: dict[str, Any]) -> Place | None:
        """Take in the answer for a place; the next place to ask, None where there is enough or no more.

        Raises:
            ServiceUnavailable: the answer is no list.
            GraphRefused: it leads elsewhere.
        """
        found = _items(answer)[place.offset :]
        room = self.limit - len(self.items)
        self.items += found[:room]
        self._seen.add(place.url)
        if self.total is None and isinstance(total := answer.get("@odata.count"), int):
            self.total = total
        if len(found) > room:
            self.place = Place(place.url, place.offset + room)
            return None
        return self._next(answer.get("@odata.nextLink"))

    def _next(self, link: object) -> Place | None:
        self.place = Place(pinned(link, self.base_url)) if link else None
        if self.place is not None and self.place.url in self._seen:
            self.place, self.truncated = None, CIRCLE
        return self.place if len(self.items) < self.limit else None


async def walk(fetch: Callable[[str], Awaitable[dict[str, Any]]], start: Place, run: Run) -> Run:
    """Turn pages from `start` until there is enough. Raises LocalGraphError, as `fetch` and Run.take do.

    Where the service fails after some items have come, they are not lost: the list is cut short, and can go on.
    """
    place = start
    for _ in range(PAGES):
        try:
            onward = run.take(place, await fetch(place.url))
        except ServiceUnavailable as error:
            if not run.items:
                raise
            run.truncated = f"Cut short: {error.what} {error.remedy}".strip()
            return run
        if onward is None:
            return run
        place = onward
    run.truncated = LONG
    return run


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = answer.get("value")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ServiceUnavailable("Microsoft Graph's list has no sense.", "Try again in a minute.")
    return found
