"""How many requests are under way at once: four for each mailbox, and a general number over all.

Source of the four: learn.microsoft.com, "Microsoft Graph service-specific throttling limits", Outlook service. A
request takes its place in the queue of its mailbox or workload first, so that a flood of one leaves room for others.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from mcp_local_graph.graph import mailboxes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

# Places of a mailbox, of any other workload, and of all together.
MAILBOX, WORKLOAD, ALL = 4, 8, 16
_FILES = frozenset({"drive", "drives", "shares", "sites"})


class Line:
    """So many places, given to those who come in the order in which they come. One may take several."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: deque[tuple[int, anyio.Event]] = deque()

    @property
    def idle(self) -> bool:
        """Whether nobody has a place or waits for one."""
        return self._free == self.places

    async def take(self, places: int = 1) -> None:
        """Wait until so many places are free, and all who came before have theirs."""
        if not self._waiting and self._free >= places:
            self._free -= places
            return
        mine = places, anyio.Event()
        self._waiting.append(mine)
        try:
            await mine[1].wait()
        except BaseException:
            if mine[1].is_set():  # it came at the same moment
                self._free += places
            else:
                self._waiting.remove(mine)
            self._call()
            raise

    def give(self, places: int = 1) -> None:
        """Let go of places."""
        self._free += places
        self._call()

    def _call(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            places, turn = self._waiting.popleft()
            self._free -= places
            turn.set()


class Slots:
    """All lines of one connection to Graph."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._all = Line(ALL)

    @property
    def queues(self) -> int:
        """How many mailboxes and workloads are in use."""
        return len(self._lines)

    @contextlib.asynccontextmanager
    async def queue(self, places: Mapping[str, int]) -> AsyncIterator[None]:
        """Have a request's places, by queue. They are kept over its retries: who has to wait holds up its own kind."""
        taken: list[str] = []
        try:
            for name in sorted(places):  # always in one order, so that no two wait for each other
                await self._line(name).take(places[name])
                taken.append(name)
            yield
        finally:
            for name in taken:
                self._lines[name].give(places[name])
            for name in places:
                if (line := self._lines.get(name)) is not None and line.idle:
                    del self._lines[name]

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Have one of the places there are in all, for one attempt."""
        await self._all.take()
        try:
            yield
        finally:
            self._all.give()

    def _line(self, name: str) -> Line:
        return self._lines.setdefault(name, Line(_size(name)))


def places(urls: Iterable[str], user_name: str) -> dict[str, int]:
    """The queues of the requests that go out as one, and how many places they take in each."""
    wanted = Counter(_queue(urlsplit(url).path, user_name) for url in urls)
    return {name: min(count, _size(name)) for name, count in wanted.items()}


def _queue(path: str, user_name: str) -> str:
    """The mailbox, or `/files`, or `/` for all the rest."""
    mailbox = mailboxes.of_path(path)
    if mailbox:
        return "me" if mailbox == f"users/{user_name.lower()}" else mailbox
    return "/files" if _FILES.intersection(path.split("/")[2:5]) else "/"


def _size(name: str) -> int:
    return WORKLOAD if name.startswith("/") else MAILBOX
