"""`calendar_free`: when several people have time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.jobs import days as day_words
from mcp_local_graph.jobs import schedules
from mcp_local_graph.jobs.slots import Span
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools.calendar.toolset import CALENDAR, Start, checked
from mcp_local_graph.tools.clock import SETTINGS, Clock, timed, whole
from mcp_local_graph.tools.needs import Effect, Graph, Reading

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Ask

# Graph takes twenty schedules at a time; one of them is one's own.
_MOST_PEOPLE = 19
# Stretches of free time that one answer shows.
_MOST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeTime(Reading):
    """Stretches of time in which all are free. `unseen` are those whose time cannot be seen."""

    slots: tuple[tuple[datetime, datetime], ...]
    unseen: tuple[Untrusted, ...]
    minutes: int
    span: str
    how: str
    now: datetime
    zone: str

    def lines(self) -> list[str]:
        """A line for each day."""
        return [
            f"{day_words.named(day, self.now.date())}: "
            + ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in group)
            for day, group in groupby(self.slots[:_MOST], lambda slot: slot[0].date())
        ] + [f"Not counted, since this calendar cannot be seen: {address}" for address in self.unseen]

    def notes(self) -> list[str]:
        """What was counted, and what else could be tried."""
        said = (
            f"Free for {self.minutes} minutes or more {self.span}, {self.how}; tentative counts as busy; "
            f"times: {self.zone}."
        )
        if not self.slots:
            return [f"No common time. {said} Try more days, fewer minutes, or any_time=true."]
        more = [f"{len(self.slots) - _MOST} later ones not shown."] if len(self.slots) > _MOST else []
        return [said, *more]


@CALENDAR.tool("Find free time", effect=Effect.READ, scopes={"Calendars.Read"}, optional={SETTINGS})
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
    addresses = [graph.user_name, *dict.fromkeys(checked(one) for one in people)]
    time, (ask,), (answer,) = await timed(
        graph, lambda time: [_ask(graph, addresses, _within(start, days, time), time.slack)]
    )
    within = _within(start, days, time)
    found = schedules.read(_whole(answer), ask.body or {})
    return FreeTime(
        slots=tuple(
            (slot.start.astimezone(time.zone), slot.end.astimezone(time.zone))
            for slot in schedules.common_time(found, within, minutes, by_hours=not any_time)
        ),
        unseen=tuple(line(one.address) for one in found if not one.known),
        minutes=minutes,
        span=_named(within, time),
        how="at any time of day" if any_time else "within everybody's working hours",
        now=time.now,
        zone=time.name,
    )


def _named(within: Span, time: Clock) -> str:
    """The days that were looked at."""
    first, last = within.start.astimezone(time.zone), within.end.astimezone(time.zone) - timedelta(microseconds=1)
    begin, end = (day_words.named(day.date(), time.now.date()) for day in (first, last))
    return f"on {begin}" if begin == end else f"from {begin} to {end}"


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


def _ask(graph: Graph, addresses: list[str], within: Span, slack: timedelta) -> Ask:
    body = schedules.question(addresses, Span(within.start - slack, within.end + slack))
    return graph.ask(("me", "calendar", "getSchedule"), body=body)
