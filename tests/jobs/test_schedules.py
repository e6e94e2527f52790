"""What getSchedule says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.jobs import schedules
from mcp_local_graph.jobs.slots import Span

DAY = datetime(2026, 11, 25, tzinfo=UTC)
WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
HOURS = {"daysOfWeek": WEEK, "startTime": "09:00:00.0000000", "endTime": "17:00:00.0000000"}


def hours(zone: str) -> dict[str, Any]:
    return {**HOURS, "timeZone": {"name": zone}}


def item(start: str, end: str, status: str = "busy") -> dict[str, Any]:
    def at(clock: str) -> dict[str, str]:
        return {"dateTime": f"2026-11-25T{clock}:00.0000000", "timeZone": "UTC"}

    return {"status": status, "start": at(start), "end": at(end)}


def span(start: str, end: str) -> Span:
    return Span(*(datetime.fromisoformat(f"2026-11-25T{clock}:00+00:00") for clock in (start, end)))


def read(*schedule: dict[str, Any]) -> list[schedules.Schedule]:
    asked = schedules.question(["a"], Span(DAY.replace(hour=9), DAY.replace(hour=18)))
    return schedules.read({"value": list(schedule)}, asked)


def test_everybodys_free_time_lies_within_everybodys_hours() -> None:
    found = read(
        {"scheduleId": "a", "scheduleItems": [item("09:30", "11:00")], "workingHours": hours("GMT Standard Time")},
        {"scheduleId": "b", "scheduleItems": [item("13:00", "14:00")], "workingHours": hours("Europe/Berlin")},
    )
    within = Span(DAY, DAY.replace(day=26))
    assert schedules.common_time(found, within, 30, by_hours=True) == [
        span("09:00", "09:30"),
        span("11:00", "13:00"),
        span("14:00", "16:00"),
    ]
    assert schedules.common_time(found, within, 300, by_hours=False)[0] == span("00:00", "09:30")


@pytest.mark.parametrize(
    ("status", "keeps"), [("free", False), ("workingElsewhere", False), ("tentative", True), ("oof", True)]
)
def test_tentative_counts_as_busy_and_working_elsewhere_does_not(status: str, *, keeps: bool) -> None:
    (found,) = read({"scheduleId": "a", "scheduleItems": [item("10:00", "11:00", status)]})
    assert bool(found.busy) is keeps


def test_who_shows_only_whether_they_are_free_is_read_digit_by_digit() -> None:
    (found,) = read({"scheduleId": "a", "availabilityView": "0214"})
    assert found.busy == (span("09:15", "09:30"), span("09:30", "09:45"))


def test_who_cannot_be_seen_is_named_and_keeps_nobody_from_meeting() -> None:
    unseen, seen = read(
        {"scheduleId": "x", "error": {"responseCode": "5009"}}, {"scheduleId": "a", "scheduleItems": []}
    )
    assert (unseen.known, seen.known) == (False, True)
    within = span("09:00", "10:00")
    assert schedules.common_time([unseen, seen], within, 30, by_hours=True) == [within]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {**HOURS, "timeZone": {"name": "Customized Time Zone"}},
        {**hours("UTC"), "startTime": "soon"},
        {**hours("UTC"), "daysOfWeek": []},
    ],
)
def test_working_hours_that_cannot_be_read_limit_nothing(value: dict[str, Any] | None) -> None:
    (found,) = read({"scheduleId": "a", "workingHours": value})
    assert found.hours is None


def test_working_hours_keep_their_zone() -> None:
    (found,) = read({"scheduleId": "a", "workingHours": hours("W. Europe Standard Time")})
    assert found.hours is not None
    assert found.hours.zone == ZoneInfo("Europe/Berlin")
