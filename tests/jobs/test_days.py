"""Days as people say and read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import days

WEDNESDAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 14, 30, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-25"),
        ("Tomorrow", "2026-11-26"),
        ("yesterday", "2026-11-24"),
        ("wednesday", "2026-11-25"),
        ("next wednesday", "2026-12-02"),
        ("Friday", "2026-11-27"),
        ("next  friday", "2026-11-27"),
        ("tuesday", "2026-12-01"),
        ("3 days", "2026-11-28"),
        ("+1d", "2026-11-26"),
        ("-7d", "2026-11-18"),
        ("10 days ago", "2026-11-15"),
        ("2 weeks ago", "2026-11-11"),
        ("last wednesday", "2026-11-18"),
        ("last monday", "2026-11-23"),
        ("this friday", "2026-11-27"),
        ("last week", "2026-11-16"),
        ("this week", "2026-11-23"),
        ("next week", "2026-11-30"),
        ("20 Nov", "2026-11-20"),
        ("3 january", "2027-01-03"),
        ("Nov. 24, 2025", "2025-11-24"),
        ("2027-01-04", "2027-01-04"),
        ("2026-12-01T09:00", "2026-12-01"),
    ],
)
def test_a_day_is_understood_as_people_say_it(said: str, meant: str) -> None:
    assert days.day(said, WEDNESDAY) == date.fromisoformat(meant)


@pytest.mark.parametrize(
    "said",
    ["", "soon", "32 November", "2026-02-30", "29 Feb", "that friday", "99999 days", "9999-12-31", "1 Jan 9999"],
)
def test_a_day_that_is_none_is_refused_with_what_to_say(said: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        days.day(said, WEDNESDAY)
    assert refused.value.what == f"{said!r} is no day that is known here."
    assert "YYYY-MM-DD" in refused.value.remedy


@pytest.mark.parametrize(
    ("said", "meant"), [("monday", "2026-11-23"), ("wednesday", "2026-11-25"), ("next monday", "2026-11-30")]
)
def test_in_the_past_a_weekday_is_the_latest(said: str, meant: str) -> None:
    assert days.day(said, WEDNESDAY, past=True) == date.fromisoformat(meant)
    assert days.moment(said, NOW, past=True).date() == date.fromisoformat(meant)


def test_a_moment_is_a_midnight_or_a_time_in_the_zone_at_hand() -> None:
    assert days.moment("tomorrow", NOW) == datetime(2026, 11, 26, tzinfo=NOW.tzinfo)
    assert days.moment("2026-12-01T09:00", NOW) == datetime(2026, 12, 1, 9, tzinfo=NOW.tzinfo)
    assert days.moment("2026-12-01T09:00+02:00", NOW) == datetime(2026, 12, 1, 7, tzinfo=UTC)
    assert days.moment("2026-12-01", NOW) == datetime(2026, 12, 1, tzinfo=NOW.tzinfo)


def test_days_and_times_are_written_as_people_read_them() -> None:
    assert days.named(WEDNESDAY, WEDNESDAY) == "Wed 25 Nov (today)"
    assert days.named(date(2026, 11, 26), WEDNESDAY) == "Thu 26 Nov (tomorrow)"
    assert days.named(date(2027, 1, 4), WEDNESDAY) == "Mon 4 Jan 2027"
    assert days.stamp(datetime(2026, 11, 3, 9, 5, tzinfo=UTC), NOW) == "Tue 3 Nov 09:05"
    assert days.stamp(datetime(2025, 11, 3, 9, 5, tzinfo=UTC), NOW) == "Mon 3 Nov 2025 09:05"
