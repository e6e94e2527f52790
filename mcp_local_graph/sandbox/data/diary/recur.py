"""When an event takes place: the occurrences of a series, by its own clocks, whatever happens to clocks meanwhile."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from mcp_local_graph.sandbox.data.seeds import Change, Event, Repeat

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event as it takes place once. `day` is its day in the series, None for an event without one.

    `planned` is when it would begin by the series, in UTC; `changed` says that it is an exception.
    """

    event: Event
    day: date | None
    planned: datetime | None = None
    changed: bool = False

    @property
    def start(self) -> datetime:
        """When it begins, in UTC; a whole day begins at midnight UTC, wherever."""
        return moment(self.event, self.event.start)

    @property
    def end(self) -> datetime:
        """When it ends."""
        return moment(self.event, self.event.end)


def moment(event: Event, local: datetime) -> datetime:
    """A wall clock of an event's as a moment in UTC."""
    zone = UTC if event.all_day else _zone(event.zone)
    return local.replace(tzinfo=zone).astimezone(UTC)


def occurrences(event: Event, after: datetime, before: datetime) -> list[Occurrence]:
    """What of an event lies between two moments, be it in part.

    A whole day that ended at the very beginning is among it, as in the service (microsoft-graph-docs-contrib #387).
    """
    each = once(event, before) if event.repeat else iter((Occurrence(event, None),))
    return [one for one in each if one.start < before and (one.end > after or (one.end == after and event.all_day))]


def once(event: Event, before: datetime) -> Iterator[Occurrence]:
    """The occurrences of a series up to a moment, the cancelled ones left out."""
    if event.repeat is None:
        return
    changes = {change.day: change for change in event.changes}
    for day in days(event.repeat, event.start.date(), before.date() + timedelta(days=1)):
        change = changes.get(day)
        if change is None or not change.cancelled:
            planned = moment(event, datetime.combine(day, event.start.time()))
            yield Occurrence(_on(event, day, change), day, planned, changed=change is not None)


def _on(event: Event, day: date, change: Change | None) -> Event:
    length = event.end - event.start
    start = datetime.combine(day, event.start.time())
    own: dict[str, Any] = {"start": start, "end": start + length, **(change.changed if change else {})}
    return replace(event, **own)


def days(repeat: Repeat, start: date, until: date) -> Iterator[date]:
    """The days of a series from its first on, up to and with `until`."""
    last = min(until, repeat.until or until)
    found = _PATTERNS[repeat.pattern["type"]](repeat.pattern, start)
    for day in islice(found, repeat.times or None):
        if day > last:
            return
        yield day


def _daily(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
    return (start + timedelta(days=number * pattern["interval"]) for number in count())


def _weekly(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
    first = _DAYS.index(pattern.get("firstDayOfWeek", "sunday"))
    offsets = sorted((_DAYS.index(name) - first) % 7 for name in pattern["daysOfWeek"])
    week = start - timedelta(days=(start.weekday() - first) % 7)
    weeks = (week + timedelta(weeks=number * pattern["interval"]) for number in count())
    return (day for monday in weeks for offset in offsets if (day := monday + timedelta(days=offset)) >= start)


def _monthly(
    day_in: Callable[[Mapping[str, Any], int, int], date],
) -> Callable[[Mapping[str, Any], date], Iterator[date]]:
    def found(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
        months = (start.year * _MONTHS + start.month - 1 + number * pattern["interval"] for number in count())
        return (day for month in months if (day := day_in(pattern, month // _MONTHS, month % _MONTHS + 1)) >= start)

    return found


def _yearly(
    day_in: Callable[[Mapping[str, Any], int, int], date],
) -> Callable[[Mapping[str, Any], date], Iterator[date]]:
    def found(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
        years = (start.year + number * pattern["interval"] for number in count())
        return (day for year in years if (day := day_in(pattern, year, pattern["month"])) >= start)

    return found


def _absolute(pattern: Mapping[str, Any], year: int, month: int) -> date:
    """The day of a month; a month that is too short has its last."""
    return date(year, month, min(pattern["dayOfMonth"], calendar.monthrange(year, month)[1]))


def _relative(pattern: Mapping[str, Any], year: int, month: int) -> date:
    wanted = {_DAYS.index(name) for name in pattern["daysOfWeek"]}
    length = calendar.monthrange(year, month)[1]
    fitting = [day for number in range(length) if (day := date(year, month, number + 1)).weekday() in wanted]
    return fitting[_PLACES[pattern["index"]]]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(win_tz[name])


_PATTERNS: dict[str, Callable[[Mapping[str, Any], date], Iterator[date]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "absoluteMonthly": _monthly(_absolute),
    "relativeMonthly": _monthly(_relative),
    "absoluteYearly": _yearly(_absolute),
    "relativeYearly": _yearly(_relative),
}
