"""Free time of several people, out of what each is busy with."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from zoneinfo import ZoneInfo


class Span(NamedTuple):
    """A stretch of time in UTC, `end` not included: Python compares times of one zone by the clock on the wall."""

    start: datetime
    end: datetime


class Hours(NamedTuple):
    """When somebody works: weekdays (Monday is 0), from and to by the clock of their zone."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def spans(self, within: Span) -> list[Span]:
        """The working time in a stretch of time."""
        first, last = within.start.astimezone(self.zone).date(), within.end.astimezone(self.zone).date()
        all_days = (first + timedelta(number) for number in range((last - first).days + 1))
        worked = [
            Span(self._at(day, self.start), self._at(day, self.end)) for day in all_days if day.weekday() in self.days
        ]
        return common([worked, [within]])

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order. Nothing that is empty."""
    result: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def common(many: Iterable[Iterable[Span]]) -> list[Span]:
    """The time that is in every one of several lists."""
    lists = [merged(spans) for spans in many]
    result = lists[0] if lists else []
    for spans in lists[1:]:
        met = (Span(max(a.start, b.start), min(a.end, b.end)) for a in result for b in spans)
        result = [span for span in met if span.start < span.end]
    return result


def without(span: Span, busy: Iterable[Span]) -> list[Span]:
    """What is left of a stretch of time."""
    left, start = [], span.start
    for taken in merged(busy):
        if taken.start < span.end and taken.end > start:
            left.append(Span(start, min(taken.start, span.end)))
            start = max(start, taken.end)
    return [one for one in (*left, Span(start, span.end)) if one.start < one.end]


def free(within: Iterable[Span], busy: Iterable[Span], minutes: int) -> list[Span]:
    """The stretches of at least so many minutes in which nobody is busy."""
    taken = merged(busy)
    left = (span for stretch in within for span in without(stretch, taken))
    return [span for span in left if span.end - span.start >= timedelta(minutes=minutes)]
