"""`calendar_list`: what is in a calendar, by days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.jobs import days as day_words
from mcp_local_graph.jobs import events
from mcp_local_graph.tools import facts
from mcp_local_graph.tools.calendar.toolset import CALENDAR, SHARED, Start, scope_of, shown
from mcp_local_graph.tools.clock import Clock, clock, timed, whole
from mcp_local_graph.tools.mailboxes import owner
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Ask, Page

# Events that one answer shows. A week of a busy person has about as many.
_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList(Reading):
    """Events by the days that they touch, within a span of time."""

    events: tuple[events.Summary, ...]
    begin: datetime
    end: datetime
    now: datetime
    zone: str
    more: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line for each event, below one for its day."""
        return events.by_days(self.events, self.begin, self.end, self.now)

    def notes(self) -> list[str]:
        """Which days, in which zone, and how to get the rest."""
        last = self.end - timedelta(microseconds=1)
        span = day_words.named(self.begin.date(), self.now.date())
        if last.date() != self.begin.date():
            span += f" to {day_words.named(last.date(), self.now.date())}"
        return [f"{'Nothing on ' if not self.events else ''}{span}; times: {self.zone}.", *self.more]


@CALENDAR.tool("List events", effect=Effect.READ, scopes={"Calendars.Read"}, when_asked={SHARED}, optional=facts.SCOPES)
async def calendar_list(
    graph: Graph,
    start: Start = "today",
    days: Annotated[int, Field(ge=1, le=62)] = 1,
    calendar: Annotated[str, Field(description="Name or handle of another calendar of yours")] = "",
    mailbox: Annotated[str, Field(description="Address of who shares theirs")] = "",
    cursor: str = "",
) -> EventList:
    """List the events of some days, repeated ones included, by day in local time. Read one with calendar_read."""
    if cursor:
        page = await graph.page(None, limit=_MOST, cursor=cursor)
        return _listing(graph, _Asked.of(page.note), clock(graph), page)
    path = await _calendar(graph, calendar, mailbox)
    time, (ask,), (answer,) = await timed(graph, lambda time: [_view(graph, path, _span(start, days, time), time)])
    asked = _Asked(path, *_span(start, days, time))
    return _listing(graph, asked, time, graph.paged(ask, whole(answer), _MOST, note=asked.note()))


class _Asked(NamedTuple):
    """A question as it was put first; a cursor brings it back."""

    path: tuple[str, ...]
    begin: datetime
    end: datetime

    def note(self) -> str:
        return json.dumps([self.path, self.begin.isoformat(), self.end.isoformat()])

    @classmethod
    def of(cls, note: str) -> _Asked:
        path, begin, end = json.loads(note)
        return cls(tuple(path), datetime.fromisoformat(begin), datetime.fromisoformat(end))


def _view(graph: Graph, path: tuple[str, ...], span: tuple[datetime, datetime], time: Clock) -> Ask:
    begin, end = span
    view = events.view(begin - time.slack, end + time.slack)
    return graph.ask((*path, "calendarView"), top=_MOST, scope=scope_of(graph, path), **view)


def _span(start: str, days: int, time: Clock) -> tuple[datetime, datetime]:
    begin = day_words.moment(start, time.now)
    return begin, day_words.midnight(begin.date() + timedelta(days), time.now)


def _listing(graph: Graph, asked: _Asked, time: Clock, page: Page) -> EventList:
    more = [f"There is more: cursor={page.cursor}"] if page.cursor else []
    found = shown(graph, asked.path, page.items, time.zone)
    return EventList(
        events=tuple(events.within(found, asked.begin, asked.end)),
        begin=asked.begin,
        end=asked.end,
        now=time.now,
        zone=time.name,
        more=(*more, *([page.truncated] if page.truncated else [])),
    )


async def _calendar(graph: Graph, calendar: str, mailbox: str) -> tuple[str, ...]:
    """The path of the calendar that is meant.

    Raises:
        RequestRefused: there is none of that name, or `mailbox` is none of somebody else's.
    """
    whose = owner(graph, mailbox)
    if not calendar:
        return whose
    try:
        return graph.find(calendar, Kind.CALENDAR).path
    except NotFound:
        page = await graph.page((*whose, "calendars"), limit=100, select=("id", "name"), scope=scope_of(graph, whose))
    matches = [one for one in page.items if str(one.get("name")).casefold() == calendar.strip().casefold()]
    if len(matches) != 1:
        raise RequestRefused("There is no one calendar of that name.", "graph_get with path /me/calendars lists them.")
    return (*whose, "calendars", str(matches[0].get("id", "")))
