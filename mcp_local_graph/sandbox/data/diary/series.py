"""Series: one of every kind that Graph's recurrence pattern knows, most of them going on across changes of the clocks."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import hands, staff
from mcp_local_graph.sandbox.data.diary.making import asked, event, whole_days
from mcp_local_graph.sandbox.data.seeds import Change, Event, Repeat

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def weekly(*days: str, interval: int = 1) -> dict[str, object]:
    """Every week, or every so many weeks, on some days."""
    return {"type": "weekly", "interval": interval, "daysOfWeek": list(days), "firstDayOfWeek": "monday"}


def events(days: Days) -> list[Event]:
    """All of them."""
    return [*_of_the_team(days), *_of_the_house(days), *_of_the_year(days), *_of_others(days), *_holidays(days)]


def _on(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))


def _of_the_team(days: Days) -> list[Event]:
    # The stand-up of next Wednesday is moved, that of next Thursday is cancelled.
    moved, dropped = days.weekday(1, 2), days.weekday(1, 3)
    stand_up = event(
        "standup", hands.INES.who, days.weekday(-40, 0), "09:00", 15, "Field survey stand-up",
        "What did you do, what will you do, what is in the way?",
        attendees=(*asked((company.JOON, company.PRIYA)), *asked((staff.NASRIN,), "tentativelyAccepted")),
        online=True, repeat=Repeat(weekly(*_WEEKDAYS)), reminder=5,
        changes=(
            Change(day=moved, changed={"start": _on(moved, "11:30"), "end": _on(moved, "11:45")}),
            Change(day=dropped, cancelled=True),
        ),
    )  # fmt: skip
    one_to_one = event(
        "one-to-one", hands.TOMASZ.who, days.weekday(-30, 1), "16:00", 30, "1:1 Tomasz / Ines",
        attendees=asked((company.INES,)), location="Harbour House 3.07", repeat=Repeat(weekly("tuesday")),
    )  # fmt: skip
    reading = event(
        "tank", hands.INES.who, days.day(-6), "17:15", 15, "Read the tank (0417)", show_as="free",
        repeat=Repeat({"type": "daily", "interval": 2}, times=8), location="Workshop B",
    )  # fmt: skip
    return [stand_up, one_to_one, reading]


def _of_the_house(days: Days) -> list[Event]:
    start = days.day(-200)
    safety = event(
        "safety", hands.MARIT.who, start, "10:30", 60, "Safety committee",
        attendees=(
            *asked((company.INES, company.TOMASZ, staff.TOMAS)),
            *asked((staff.BOARDROOM,), kind="resource"),
        ),
        location=staff.BOARDROOM.display_name,
        repeat=Repeat({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday"], "index": "first"}),
    )  # fmt: skip
    closing = event(
        "closing", hands.ZOE.who, start, "14:00", 45, "Close the month: Field Survey",
        "Please bring the timesheets.", attendees=asked((company.INES, company.TOMASZ)), online=True,
        repeat=Repeat({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 28}),
    )  # fmt: skip
    northmole = event(
        "northmole", hands.DANA.who, days.weekday(-12, 3), "15:00", 45, "Northmole / Brackwater: steering",
        "Agenda: progress, weather, money.",
        attendees=asked((company.INES, company.TOMASZ)), online=True, importance="high",
        categories=("Project: Kestrel Sound",), repeat=Repeat(weekly("thursday", interval=2), until=days.day(120)),
    )  # fmt: skip
    return [safety, closing, northmole]


def _of_the_year(days: Days) -> list[Event]:
    start = days.day(-800)
    founded = whole_days(
        "founded", hands.BEA.who, start.replace(month=5, day=9), 1, "Brackwater was founded (2004)",
        attendees=asked((company.INES, company.MARIT)), show_as="free",
        repeat=Repeat({"type": "absoluteYearly", "interval": 1, "month": 5, "dayOfMonth": 9}),
    )  # fmt: skip
    inspection = whole_days(
        "inspection", hands.TOMAS.who, start, 1, "Winches and cranes: yearly inspection",
        attendees=asked((company.INES, company.PRIYA), "notResponded"), show_as="tentative",
        repeat=Repeat(
            {"type": "relativeYearly", "interval": 1, "month": 3, "daysOfWeek": ["tuesday"], "index": "second"}
        ),
    )  # fmt: skip
    return [founded, inspection]


def _of_others(days: Days) -> list[Event]:
    # Made in Tokyo, where clocks never change: in London it is an hour later in summer.
    yokohama = event(
        "yokohama", hands.HARUKA.who, days.weekday(-35, 2), "17:30", 30, "横浜定例 / Yokohama call",
        attendees=asked((company.INES, company.MARIT)), online=True, zone="Tokyo Standard Time",
        repeat=Repeat(weekly("wednesday")),
    )  # fmt: skip
    # Made in New York, whose clocks change on other days than London's.
    forum = event(
        "forum", hands.JOON.who, days.weekday(-45, 0), "10:00", 60, "Multibeam users' forum", zone="Eastern Standard Time",
        repeat=Repeat(weekly("monday", interval=2)), show_as="tentative", attendees=asked((company.INES,), "declined"),
    )  # fmt: skip
    payroll = event(
        "payroll", hands.ZOE.who, days.weekday(-20, 2), "09:30", 90, "Payroll run", sensitivity="private",
        repeat=Repeat(weekly("wednesday", interval=2)),
    )  # fmt: skip
    return [yokohama, forum, payroll]


def _holidays(days: Days) -> list[Event]:
    """The calendar that Ines subscribes to."""
    year = days.today.year - 1
    found = ((12, 25, "Christmas Day"), (12, 26, "Boxing Day"), (1, 1, "New Year's Day"))
    return [
        whole_days(
            f"holiday-{month}-{day}", hands.INES.who, date(year, month, day), 1, name, show_as="free", calendar="holidays",
            repeat=Repeat({"type": "absoluteYearly", "interval": 1, "month": month, "dayOfMonth": day}),
        )
        for month, day, name in found
    ]  # fmt: skip
