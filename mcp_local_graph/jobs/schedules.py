"""What `getSchedule` says: who is busy when, and who works when.

Source: learn.microsoft.com, "calendar: getSchedule", "scheduleInformation resource type".
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from mcp_local_graph.jobs import days, zones
from mcp_local_graph.jobs.slots import Hours, Span, common, free

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UTC = ZoneInfo("UTC")
# What does not keep anybody from coming; tentative does, since nobody knows.
_FREE = {"free", "workingElsewhere"}
# The digits of availabilityView for the same.
_FREE_DIGITS = {"0", "4"}
# Minutes of one digit, as we ask for it.
_INTERVAL = 15
# More than a call asks for: two months.
_MOST_DIGITS = 6_000


class Schedule(NamedTuple):
    """One of those who were asked about. `known` is false where their times cannot be seen."""

    address: str
    known: bool
    busy: tuple[Span, ...]
    hours: Hours | None


def question(addresses: Sequence[str], within: Span) -> dict[str, Any]:
    """The body that asks for these people's times."""
    start, end = ({"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"} for when in within)
    return {
        "schedules": [*addresses],
        "startTime": start,
        "endTime": end,
        "availabilityViewInterval": _INTERVAL,
    }


def read(answer: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Schedule]:
    """All schedules of the answer to a question of `question`."""
    begin = datetime.fromisoformat(asked["startTime"]["dateTime"]).replace(tzinfo=UTC)
    return [_schedule(one, begin) for one in answer.get("value") or ()]


def common_time(schedules: Sequence[Schedule], within: Span, minutes: int, *, by_hours: bool) -> list[Span]:
    """When nobody of whom one knows is busy, and all work, if that matters."""
    known = [one for one in schedules if one.known]
    worked = [one.hours.spans(within) for one in known if by_hours and one.hours]
    return free(common([[within], *worked]), (span for one in known for span in one.busy), minutes)


def _schedule(one: Mapping[str, Any], begin: datetime) -> Schedule:
    items = one.get("scheduleItems") or ()
    view = str(one.get("availabilityView") or "")
    return Schedule(
        address=str(one.get("scheduleId") or ""),
        known=not one.get("error"),
        busy=tuple(_items(items) if items else _digits(view, begin)),
        hours=_hours(one.get("workingHours")),
    )


def _items(items: Iterable[Mapping[str, Any]]) -> list[Span]:
    taken = [one for one in items if str(one.get("status")) not in _FREE]
    pairs = [(zones.moment(one.get("start"), _UTC), zones.moment(one.get("end"), _UTC)) for one in taken]
    return [Span(start.astimezone(UTC), end.astimezone(UTC)) for start, end in pairs if start and end]


def _digits(view: str, begin: datetime) -> list[Span]:
    """Where somebody shows nothing but whether they are free: a digit for each interval."""
    step = timedelta(minutes=_INTERVAL)
    start = begin.astimezone(UTC)
    return [
        Span(start + step * at, start + step * (at + 1))
        for at, digit in enumerate(view[:_MOST_DIGITS])
        if digit not in _FREE_DIGITS
    ]


def _hours(value: Mapping[str, Any] | None) -> Hours | None:
    """Working hours, where they are given in a zone that we know."""
    named = (value or {}).get("timeZone")
    zone = zones.known(str(named.get("name"))) if isinstance(named, dict) else None
    try:
        start, end = (
            time.fromisoformat(str((value or {})[name])).replace(tzinfo=None) for name in ("startTime", "endTime")
        )
    except (KeyError, ValueError):
        return None
    weekdays = frozenset(
        days.WEEKDAYS.index(day) for day in (value or {}).get("daysOfWeek") or () if day in days.WEEKDAYS
    )
    return Hours(weekdays, start, end, zone) if zone and weekdays and start < end else None
