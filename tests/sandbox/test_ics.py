from __future__ import annotations

from datetime import UTC, datetime

import icalendar
import pytest

from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.data.diary.all import events
from mcp_local_graph.sandbox.graph.calendar import ics

ALL = events(Days.around(datetime(2026, 7, 1, 9, tzinfo=UTC)))


@pytest.mark.parametrize("key", ALL)
def test_every_event_is_a_calendar_file_that_others_read(key: str) -> None:
    (found,) = icalendar.Calendar.from_ical(ics.of(ALL[key])).walk("VEVENT")
    assert found["SUMMARY"] == ALL[key].subject
    assert str(found.get("LOCATION", "")) == ALL[key].location


def test_times_are_utc_and_lines_are_short() -> None:
    written = ics.of(ALL["kick-off"])
    assert b"DTSTART:20260702T133000Z\r\n" in written
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert b"DESCRIPTION:Dana and her party chief come to us." in written
