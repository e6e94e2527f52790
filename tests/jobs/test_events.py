"""Events in our words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.jobs import events

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 25, 14, 30, tzinfo=LONDON)


def at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": f"{text}:00.0000000", "timeZone": zone}


def event(start: str, end: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"id": "1", "subject": "Tide tables", "start": at(start), "end": at(end), **properties}


def told(*found: dict[str, Any], days: int = 1) -> list[str]:
    summaries = [events.summary(one, f"e{number}", LONDON, "brackwater.example") for number, one in enumerate(found)]
    begin = datetime(2026, 11, 25, tzinfo=LONDON)
    end = datetime(2026, 11, 25 + days, tzinfo=LONDON)
    return events.by_days([one for one in summaries if one], begin, end, NOW)


def test_events_stand_below_their_day_in_order_whole_days_first() -> None:
    whole_day = event("2026-11-25T00:00", "2026-11-26T00:00", isAllDay=True, subject="Fog")
    assert told(
        event("2026-11-25T15:00", "2026-11-25T16:00"), event("2026-11-25T09:00", "2026-11-25T09:30"), whole_day
    ) == [
        "Wed 25 Nov (today)",
        "e2 all day Fog",
        "e1 09:00-09:30 Tide tables",
        "e0 15:00-16:00 Tide tables",
    ]


def test_times_are_in_the_persons_zone_whatever_zone_graph_answers_in() -> None:
    tehran = {"start": at("2026-11-25T12:30", "Iran Standard Time"), "end": at("2026-11-25T13:30", "Asia/Tehran")}
    assert told({**event("", ""), **tehran})[1] == "e0 09:00-10:00 Tide tables"


def test_a_whole_day_is_the_same_date_in_every_zone() -> None:
    tokyo = {
        "start": at("2026-11-25T00:00", "Tokyo Standard Time"),
        "end": at("2026-11-26T00:00", "Tokyo Standard Time"),
    }
    assert told({**event("", "", isAllDay=True), **tokyo}, days=2) == ["Wed 25 Nov (today)", "e0 all day Tide tables"]


def test_an_event_of_several_days_stands_below_each_of_those_asked_for() -> None:
    assert told(event("2026-11-24T20:00", "2026-11-26T06:00"), days=2) == [
        "Wed 25 Nov (today)",
        "e0 all day Tide tables",
        "Thu 26 Nov (tomorrow)",
        "e0 until 06:00 Tide tables",
    ]
    assert told(event("2026-11-25T22:00", "2026-11-26T00:00"))[1] == "e0 22:00-00:00 Tide tables"
    assert told(event("2026-11-25T22:00", "2026-11-26T01:00"))[1] == "e0 from 22:00 Tide tables"
    assert told(event("2026-11-25T12:00", "2026-11-25T12:00"))[1] == "e0 12:00-12:00 Tide tables"


def test_what_matters_about_an_event_is_marked() -> None:
    other = {"emailAddress": {"name": "Jon Doe", "address": "jon@fabrikam.example"}}
    marked = event(
        "2026-11-25T15:00",
        "2026-11-25T16:00",
        location={"displayName": "Workshop B"},
        organizer=other,
        responseStatus={"response": "tentativelyAccepted"},
        isCancelled=True,
        isOnlineMeeting=True,
        sensitivity="private",
        showAs="free",
        type="occurrence",
    )
    assert told(marked)[1] == (
        "e0 15:00-16:00 Tide tables | Workshop B | Jon Doe @fabrikam.example | "
        "cancelled, tentative, shown as free, private, online, repeats"
    )


def test_ones_own_event_has_no_organizer_and_no_answer() -> None:
    own = event("2026-11-25T15:00", "2026-11-25T16:00", isOrganizer=True, responseStatus={"response": "organizer"})
    assert told(own)[1] == "e0 15:00-16:00 Tide tables"


def test_an_event_without_a_time_is_left_out() -> None:
    assert events.summary({"id": "1", "subject": "x"}, "e1", LONDON, "") is None
    assert events.summary({**event("", "", isAllDay=True), "start": None}, "e1", LONDON, "") is None


@pytest.mark.parametrize(
    ("pattern", "span", "words"),
    [
        ({"type": "daily", "interval": 1}, {"type": "noEnd"}, "every day"),
        ({"type": "daily", "interval": 3}, {"type": "numbered", "numberOfOccurrences": 8}, "every 3 days, 8 times"),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "wednesday", "friday"]},
            {"type": "endDate", "endDate": "2026-12-31"},
            "every 2 weeks on Monday, Wednesday and Friday, until 2026-12-31",
        ),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 15}, {}, "every month on the 15."),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday"], "index": "last"},
            {},
            "every month on the last Thursday",
        ),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 6, "month": 12}, {}, "every year on the 6. December"),
        (
            {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "first", "month": 5},
            {},
            "every year on the first Monday of May",
        ),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 6, "month": 0}, {}, "every year on the 6."),
    ],
)
def test_a_recurrence_is_told_in_words(pattern: dict[str, Any], span: dict[str, Any], words: str) -> None:
    assert events.recurrence({"pattern": pattern, "range": span}) == words


def test_no_recurrence_needs_no_words() -> None:
    assert events.recurrence(None) == ""


def test_a_view_is_asked_for_in_utc() -> None:
    view = events.view(datetime(2026, 7, 1, tzinfo=LONDON), datetime(2026, 7, 2, tzinfo=LONDON))
    assert (view["startDateTime"], view["endDateTime"]) == ("2026-06-30T23:00:00Z", "2026-07-01T23:00:00Z")


def test_an_event_of_eight_thousand_years_is_an_event_of_the_days_asked_for() -> None:
    forever = event("0001-01-02T00:00", "9999-12-30T00:00")
    assert told(*[forever] * 200, days=2).count("Thu 26 Nov (tomorrow)") == 1  # each of its days, 200 times: minutes
