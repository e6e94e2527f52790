"""Free time out of busy time."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from mcp_local_graph.jobs.slots import Hours, Span, common, free, merged, without

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
WEEK = frozenset(range(5))


def span(start: str, end: str) -> Span:
    """On 25 November 2026, a Wednesday, in UTC."""
    return Span(*(datetime.fromisoformat(f"2026-11-25T{clock}:00+00:00") for clock in (start, end)))


def test_overlapping_and_touching_spans_become_one_and_empty_ones_go() -> None:
    spans = [span("12:00", "13:00"), span("09:00", "10:00"), span("09:30", "11:00"), span("11:00", "11:30")]
    assert merged([*spans, span("15:00", "15:00")]) == [span("09:00", "11:30"), span("12:00", "13:00")]


def test_what_several_have_in_common() -> None:
    first = [span("09:00", "12:00"), span("14:00", "18:00")]
    assert common([first, [span("11:00", "15:00")]]) == [span("11:00", "12:00"), span("14:00", "15:00")]
    assert common([]) == []


def test_what_is_left_of_a_span() -> None:
    busy = [span("08:00", "09:30"), span("11:00", "12:00"), span("16:30", "19:00")]
    assert without(span("09:00", "17:00"), busy) == [span("09:30", "11:00"), span("12:00", "16:30")]
    assert without(span("09:00", "17:00"), [span("08:00", "18:00")]) == []
    assert without(span("09:00", "17:00"), []) == [span("09:00", "17:00")]


def test_free_time_is_as_long_as_it_was_asked_to_be() -> None:
    within, busy = [span("09:00", "12:00")], [span("09:20", "11:15")]
    assert free(within, busy, 30) == [span("11:15", "12:00")]
    assert free(within, busy, 20) == [span("09:00", "09:20"), span("11:15", "12:00")]
    assert free(within, busy, 60) == []


def test_working_hours_follow_the_clock_of_their_zone_over_a_clock_change() -> None:
    """The clocks of Europe go back in the night to Sunday, 25 October 2026."""
    hours = Hours(WEEK, time(9), time(17), BERLIN)
    within = Span(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    assert hours.spans(within) == [
        Span(datetime(2026, 10, 23, 7, tzinfo=UTC), datetime(2026, 10, 23, 15, tzinfo=UTC)),
        Span(datetime(2026, 10, 26, 8, tzinfo=UTC), datetime(2026, 10, 26, 16, tzinfo=UTC)),
    ]


def test_people_in_two_zones_meet_while_both_work() -> None:
    day = Span(datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC))
    both = common([Hours(WEEK, time(9), time(17), zone).spans(day) for zone in (LONDON, BERLIN)])
    assert both == [span("09:00", "16:00")]
