from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mcp_local_graph.sandbox.data.days import Days

# A Friday whose evening in London is the same day, in summer.
FRIDAY = Days.around(datetime(2026, 7, 3, 22, 59, tzinfo=UTC))


@pytest.mark.parametrize(("number", "day"), [(0, 3), (1, 6), (2, 7), (6, 13), (-1, 2), (-4, 29)])
def test_working_days_leave_weekends_out(number: int, day: int) -> None:
    assert FRIDAY.workday(number).day == day


def test_a_day_is_the_day_of_the_people_not_of_utc() -> None:
    assert FRIDAY.today == date(2026, 7, 3)
    assert Days.around(datetime(2026, 7, 3, 23, 10, tzinfo=UTC)).today == date(2026, 7, 4)


def test_clocks_are_the_peoples_own() -> None:
    assert FRIDAY.at(0, "09:00") == datetime(2026, 7, 3, 8, 0, tzinfo=UTC)
    assert FRIDAY.at(FRIDAY.day(180), "09:00") == datetime(2026, 12, 30, 9, 0, tzinfo=UTC)


def test_days_are_said_as_people_say_them() -> None:
    assert FRIDAY.said(FRIDAY.day(3)) == "Monday 6 July"


def test_a_number_is_yesterday_tomorrow_or_so_many_working_days() -> None:
    assert [FRIDAY.said(number) for number in (-2, -1, 0, 1, 2)] == [
        "Wednesday 1 July",
        "Thursday 2 July",
        "Friday 3 July",
        "Saturday 4 July",
        "Tuesday 7 July",
    ]
    sunday = Days.around(datetime(2026, 7, 5, 12, tzinfo=UTC))
    assert [sunday.said(number) for number in (-2, -1, 1, 2)] == [
        "Thursday 2 July",
        "Saturday 4 July",
        "Monday 6 July",
        "Tuesday 7 July",
    ]


def test_a_weekday_of_another_week_is_named_by_both() -> None:
    assert FRIDAY.weekday(1, 2) == date(2026, 7, 8)
