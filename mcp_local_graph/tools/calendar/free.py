"""`calendar_free`: when several people have time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.jobs import days as day_words
from mcp_local_graph.jobs import schedules
from mcp_local_graph.jobs.slots import Span
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools import facts
from mcp_local_graph.tools.calendar.toolset import CALENDAR, Start, checked
from mcp_local_graph.tools.clock import Clock, timed, whole
from mcp_local_graph.tools.mailboxes import is_own, own_address
from mcp_local_graph.tools.needs import Effect, Graph, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.tools.needs import Ask

# Graph takes twenty schedules at a time; one of them is one's own.
_MOST_PEOPLE = 19
# Stretches of free time that one answer shows.
_MOST = 24
# Days without free time that are named.
_MOST_NAMED = 5
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeTime(Reading):
    """Stretches of time in which all are free. `unseen` are those who cannot be seen, `span` the days asked for."""

    slots: tuple[tuple[datetime, datetime], ...]
    unseen: tuple[Untrusted, ...]
    minutes: int
    span: tuple[date, date]
    any_time: bool
    now: datetime
    zone: str

    def lines(self) -> list[str]:
        """A line for each day."""
        return [
            f"{day_words.named(day, self.now.date())}: "
            + ", ".join(f"{start:%H:%M}-{_end(start, end)}" for start, end in group)
            for day, group in groupby(self.slots[:_MOST], lambda slot: slot[0].date())
        ] + [f"Not counted, since this calendar cannot be seen: {address}" for address in self.unseen]

    def notes(self) -> list[str]:
        """What was counted, and what else could be tried."""
        asked = (
            f"{self.minutes} minutes or more {self._days()}, {self._hours()}; tentative counts as busy; "
            f"times: {self.zone}."
        )
        if not self.slots:
            return [f"No common time of {asked} Try more days, fewer minutes, or any_time=true."]
        later = [f"{len(self.slots) - _MOST} later ones not shown."] if len(self.slots) > _MOST else []
        return [f"Free for {asked}", *self._full(), *later]

    def _days(self) -> str:
        begin, end = (day_words.named(day, self.now.date()) for day in self.span)
        return f"on {begin}" if begin == end else f"from {begin} to {end}"

    def _hours(self) -> str:
        if self.any_time:
            return "at any time of day"
        return "within the working hours of those counted" if self.unseen else "within everybody's working hours"

    def _full(self) -> list[str]:
        """The days without any: where they are few, they would be looked for."""
        first, last = self.span
        free = {day for start, end in self.slots for day in _between(start.date(), (end - _MOMENT).date())}
        full = [day for day in _between(first, last) if day not in free]
        named = ", ".join(day_words.named(day, self.now.date()) for day in full)
        return [f"None on {named}."] if full and len(full) <= _MOST_NAMED else []


@CALENDAR.tool("Find free time", effect=Effect.READ, scopes={"Calendars.Read"}, optional=facts.SCOPES)
async def calendar_free(
    graph: Graph,
    people: Annotated[
        list[str],
        Field(description="Addresses of others and of rooms; you are counted anyway", max_length=_MOST_PEOPLE),
    ] = [],  # noqa: B006 - never changed
    minutes: Annotated[int, Field(ge=5, le=1440)] = 30,
    start: Start = "today",
    days: Annotated[int, Field(ge=1, le=31)] = 5,
    any_time: Annotated[bool, Field(description="Also outside working hours")] = False,
) -> FreeTime:
    """Find when you and others, rooms too, are all free in working hours. Work accounts, own organisation."""
    if graph.personal:
        raise RequestRefused("A personal account has no free/busy times of others.", "calendar_list shows your own.")
    others = list(dict.fromkeys(checked(one) for one in people))
    time, found = await _found(graph, others, lambda time: _within(start, days, time))
    within = _within(start, days, time)
    return FreeTime(
        slots=tuple(
            (slot.start.astimezone(time.zone), slot.end.astimezone(time.zone))
            for slot in schedules.common_time(found, within, minutes, by_hours=not any_time)
        ),
        unseen=tuple(line(one.address) for one in found if not one.known),
        minutes=minutes,
        span=_looked_at(within, time),
        any_time=any_time,
        now=time.now,
        zone=time.name,
    )


async def _found(
    graph: Graph, others: list[str], within: Callable[[Clock], Span]
) -> tuple[Clock, list[schedules.Schedule]]:
    """What time it is, and everybody's schedules.

    Raises:
        RequestRefused: one's own is not among them: others' alone would offer times in which one is busy.
    """
    assumed = own_address(graph)
    time, (ask,), (answer,) = await timed(graph, lambda time: [_ask(graph, others, within(time), time.slack)])
    found = schedules.read(_whole(answer), ask.body or {})
    if not _has(found, assumed) and own_address(graph) != assumed:  # it was learned by the way
        ask = _ask(graph, others, within(time))
        found = schedules.read(await graph.get(ask), ask.body or {})
    if not _has(found, own_address(graph)):
        raise RequestRefused(
            "Your own free/busy times cannot be read, so no time is known to be free.",
            "calendar_list shows your events.",
        )
    return time, found


def _has(found: list[schedules.Schedule], address: str) -> bool:
    return any(one.known for one in found if one.address.casefold() == address)


def _looked_at(within: Span, time: Clock) -> tuple[date, date]:
    """The first and the last day."""
    first, last = within.start.astimezone(time.zone), within.end.astimezone(time.zone) - _MOMENT
    return first.date(), last.date()


def _between(first: date, last: date) -> list[date]:
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def _end(start: datetime, end: datetime) -> str:
    """An end on the day of its start, or with its own day."""
    if (end - _MOMENT).date() == start.date():
        return f"{end:%H:%M}" if end.date() == start.date() else "24:00"
    return f"{end:%a %H:%M}"


def _whole(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer of a batch
    try:
        return whole(answer)
    except NotFound as error:
        raise RequestRefused(
            "This account has no calendar in Microsoft 365.", error.remedy, trace=error.trace
        ) from error


def _within(start: str, days: int, time: Clock) -> Span:
    """From the next quarter of an hour on, where it begins today.

    Raises:
        RequestRefused: nothing of it is left, wherever the mailbox may be.
    """
    first = day_words.moment(start, time.now)
    now = time.now + timedelta(
        minutes=-time.now.minute % 15, seconds=-time.now.second, microseconds=-time.now.microsecond
    )
    end = day_words.midnight(first.date() + timedelta(days), time.now)
    if end.astimezone(UTC) + time.slack <= now.astimezone(UTC):
        raise RequestRefused("These days are over.", "Name a later `start`, or more days.")
    return Span(max(first, now).astimezone(UTC), end.astimezone(UTC))


def _ask(graph: Graph, others: list[str], within: Span, slack: timedelta = timedelta()) -> Ask:
    addresses = [own_address(graph), *(one for one in others if not is_own(graph, one))]
    body = schedules.question(addresses, Span(within.start - slack, within.end + slack))
    return graph.ask(("me", "calendar", "getSchedule"), body=body)
