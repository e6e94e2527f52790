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
    assert FRIDAY.at(180, "09:00") == datetime(2026, 12, 30, 9, 0, tzinfo=UTC)


def test_days_are_said_as_people_say_them() -> None:
    assert FRIDAY.said(3) == "Monday 6 July"
    assert FRIDAY.weekday(1, 2) == date(2026, 7, 8)
