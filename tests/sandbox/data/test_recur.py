"""When series take place: every kind of pattern, exceptions, changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.diary.recur import days, occurrences, once
from mcp_local_graph.sandbox.data.seeds import Address, Change, Event, Repeat

ME = Address("Me", "me@x.example")
DAYS = Days.around(datetime(2026, 11, 25, 9, 0, tzinfo=UTC))


def clock(text: str) -> datetime:
    """A time on the clocks of the event's zone."""
    return datetime.fromisoformat(text)


def series(start: datetime, repeat: Repeat, **more: Any) -> Event:  # noqa: ANN401 - the other fields of Event
    return Event(
        key="k", subject="s", organizer=ME, start=start, end=start.replace(hour=start.hour + 1), repeat=repeat, **more
    )


def first(pattern: dict[str, Any], start: date, number: int) -> list[str]:
    return [f"{day:%m-%d}" for day in days(Repeat(pattern, times=number), start, date(2099, 1, 1))]


@pytest.mark.parametrize(
    ("pattern", "start", "found"),
    [
        ({"type": "daily", "interval": 3}, date(2026, 1, 30), ["01-30", "02-02", "02-05"]),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["friday", "monday"], "firstDayOfWeek": "monday"},
            date(2026, 1, 7),
            ["01-09", "01-19", "01-23"],
        ),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "monday"], "firstDayOfWeek": "sunday"},
            date(2026, 1, 4),
            ["01-04", "01-05", "01-18"],
        ),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, date(2026, 1, 31), ["01-31", "02-28", "03-31"]),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 5}, date(2026, 1, 9), ["02-05", "03-05", "04-05"]),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday"], "index": "last"},
            date(2026, 1, 1),
            ["01-29", "02-26", "03-26"],
        ),
        (
            {"type": "relativeMonthly", "interval": 6, "daysOfWeek": ["monday", "friday"], "index": "second"},
            date(2026, 1, 1),
            ["01-05", "07-06", "01-04"],
        ),
        ({"type": "absoluteYearly", "interval": 1, "month": 2, "dayOfMonth": 29}, date(2027, 3, 1), ["02-29", "02-28"]),
        (
            {"type": "relativeYearly", "interval": 1, "month": 3, "daysOfWeek": ["tuesday"], "index": "second"},
            date(2026, 1, 1),
            ["03-10", "03-09"],
        ),
    ],
)
def test_every_pattern_has_its_days(pattern: dict[str, Any], start: date, found: list[str]) -> None:
    assert first(pattern, start, len(found)) == found


def test_a_series_ends_with_its_last_day() -> None:
    repeat = Repeat({"type": "daily", "interval": 1}, until=date(2026, 1, 3))
    assert [day.day for day in days(repeat, date(2026, 1, 1), date(2026, 12, 31))] == [1, 2, 3]


def test_a_series_keeps_its_own_clock_when_clocks_change() -> None:
    repeat = Repeat({"type": "daily", "interval": 1})
    in_london = series(clock("2026-03-28T09:00"), repeat)
    in_tokyo = series(clock("2026-03-28T18:00"), repeat, zone="Tokyo Standard Time")
    window = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert [one.start.hour for one in occurrences(in_london, *window)] == [9, 8]
    assert [one.start.hour for one in occurrences(in_tokyo, *window)] == [9, 9]


def test_one_occurrence_is_moved_and_one_is_left_out() -> None:
    changes = (
        Change(day=date(2026, 1, 2), changed={"start": clock("2026-01-02T15:00"), "end": clock("2026-01-02T16:00")}),
        Change(day=date(2026, 1, 3), cancelled=True),
    )
    event = series(clock("2026-01-01T09:00"), Repeat({"type": "daily", "interval": 1}, times=4), changes=changes)
    found = list(once(event, datetime(2026, 2, 1, tzinfo=UTC)))
    assert [(one.start.day, one.start.hour, one.changed) for one in found] == [
        (1, 9, False),
        (2, 15, True),
        (4, 9, False),
    ]


def test_a_view_has_what_lies_in_it_in_part_and_not_what_ended_before() -> None:
    event = Event(key="k", subject="s", organizer=ME, start=clock("2026-01-01T09:00"), end=clock("2026-01-01T10:00"))
    nine, ten = datetime(2026, 1, 1, 9, 30, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert occurrences(event, nine, ten)
    assert not occurrences(event, ten, ten.replace(hour=11))
    assert list(once(event, ten)) == []


def test_a_whole_day_that_ended_as_the_view_begins_is_in_it() -> None:
    event = Event(
        key="k", subject="s", organizer=ME, start=clock("2026-07-01T00:00"), end=clock("2026-07-02T00:00"), all_day=True
    )
    assert occurrences(event, datetime(2026, 7, 2, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC))


def test_who_declined_has_the_event_no_more() -> None:
    planned = diary.of(DAYS, "tomasz.halloran@brackwater.example")
    assert "kick-off" not in {one.key for one in planned}
    assert {"go", "review", "one-to-one"} <= {one.key for one in planned}


@pytest.mark.parametrize("start", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC)])
def test_there_is_something_today_and_tomorrow_whenever_the_tenant_starts(start: datetime) -> None:
    day = Days.around(start)
    planned = diary.of(day, "ines.okafor@brackwater.example")
    for number in (0, 1):
        window = day.at(day.day(number), "00:00"), day.at(day.day(number + 1), "00:00")
        assert len([one for event in planned for one in occurrences(event, *window)]) >= 2
