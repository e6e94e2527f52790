"""The calendar: days, events, and when people have time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import trustme

from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.tools.calendar.free import FreeTime
from mcp_local_graph.tools.calendar.listing import calendar_list
from tests.graph.rig import Authority, Server, caller
from tests.tools.desk import Desk
from tests.tools.world import Busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant
    from tests.tools.desk import Answer

pytestmark = pytest.mark.anyio
EVENT = re.compile(r"e[a-z2-7]{8,} (all day|\d\d:\d\d-\d\d:\d\d|from \d\d:\d\d|until \d\d:\d\d) \S.*")
TOMASZ, MARIT = "tomasz.halloran@brackwater.example", "marit.sandvold@brackwater.example"


def events(answer: Answer) -> list[str]:
    assert not answer.is_error, answer.text
    return [line for line in answer.data if EVENT.fullmatch(line)]


async def test_tomorrows_meetings_are_one_request_and_below_their_day(desk: Desk) -> None:
    answer = await desk.ask("calendar_list", start="tomorrow")
    assert len(answer.requests) == 1
    assert answer.notes[0].endswith("(tomorrow); times: Europe/London.")
    monday = await desk.ask("calendar_list", start="next monday")
    assert re.fullmatch(r"Mon \d{1,2} \w{3}( \d{4})?( \(tomorrow\))?", monday.data[0])
    assert events(monday) == monday.data[1:] != []


async def test_occurrences_of_what_repeats_are_there_day_by_day(desk: Desk) -> None:
    answer = await desk.ask("calendar_list", days=14)
    stand_ups = [line for line in events(answer) if "Field survey stand-up" in line]
    assert 8 <= len(stand_ups) <= 10
    assert all("repeats" in line for line in stand_ups)
    assert len(answer.requests) == 1


async def test_a_day_without_events_says_which_day_it_was(desk: Desk) -> None:
    answer = await desk.ask("calendar_list", start="2031-02-02")
    assert answer.data == []
    assert answer.notes == ["Nothing on Sun 2 Feb 2031; times: Europe/London."]


async def test_the_first_look_of_a_day_tells_a_day_without_events_from_its_neighbours() -> None:
    authority, scopes = Authority(trustme.CA()), frozenset({"Calendars.Read", "MailboxSettings.Read"})
    by = caller("calendar_list", scopes=scopes, granted=scopes)
    with Server(Busy(meetings=1), authority.server()) as server:
        async with authority.graph(server, by) as graph:
            first, second = [await calendar_list(graph, start="6 days") for _ in range(2)]
    assert first.notes() == second.notes()
    assert first.notes()[0].startswith("Nothing on ")


@pytest.mark.parametrize(
    "zone",
    [
        *("Asia/Calcutta", "Asia/Katmandu", "America/Buenos_Aires", "America/Indianapolis", "America/Vancouver"),
        *("Etc/UTC", "Europe/Kyiv", "Australia/Lord_Howe", "Antarctica/Troll"),
    ],
)
async def test_the_calendar_works_in_whatever_zone_the_machine_is(
    elsewhere: Desk, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """One's own, where the mailbox's may not be asked for. Exchange knows few of these names."""
    monkeypatch.setenv("TZ", zone)
    listed = await elsewhere.ask("calendar_list", start="today", days=4)
    assert not listed.is_error, listed.text
    assert listed.notes[0].endswith(f"; times: {'UTC' if zone == 'Etc/UTC' else zone}.")
    start = Days.around().at(1, "13:00").astimezone(ZoneInfo(zone))
    read = await elsewhere.ask("calendar_read", ref=listed.handle("e", f"{start:%H:%M}-"))
    assert f" {start:%H:%M}-" in read.text
    whole_day = await elsewhere.ask("calendar_list", start=f"{Days.around().workday(5)}")
    assert any("all day Working from home" in line for line in whole_day.data)
    assert not (await elsewhere.ask("calendar_free", days=3)).is_error
    assert not (await elsewhere.ask("briefing")).is_error


@pytest.fixture
async def elsewhere(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk without the permission to read the mailbox's settings."""
    desk = Desk(tenant, tmp_path)
    await desk.sign_in("User.Read", "Mail.Read", "Calendars.Read")
    async with desk.open():
        yield desk


async def test_somebody_elses_calendar_is_read_where_they_share_it(desk: Desk) -> None:
    answer = await desk.ask("calendar_list", mailbox=TOMASZ, days=7)
    assert events(answer)
    read = await desk.ask("calendar_read", ref=answer.handle("e"))
    assert not read.is_error, read.text


async def test_a_calendar_of_ones_own_is_known_by_its_name_and_by_its_handle(desk: Desk) -> None:
    by_name = await desk.ask("calendar_list", calendar="team leave", days=62)
    listed = await desk.ask("graph_get", path="/me/calendars", select="name")
    by_handle = await desk.ask("calendar_list", calendar=listed.handle("c", "Team leave"), days=62)
    assert events(by_name) == events(by_handle)
    assert events(by_name)
    read = await desk.ask("calendar_read", ref=by_name.handle("e"))
    assert not read.is_error, read.text


async def test_a_calendar_that_is_not_there_is_said_with_what_to_do(desk: Desk) -> None:
    answer = await desk.ask("calendar_list", calendar="Nowhere")
    assert answer.text == "There is no one calendar of that name.\ngraph_get with path /me/calendars lists them."


async def test_an_event_is_read_whole(desk: Desk) -> None:
    listed = await desk.ask("calendar_list", days=14)
    answer = await desk.ask("calendar_read", ref=listed.handle("e", "kick-off with Northmole"))
    assert len(answer.requests) == 1
    facts = dict(line.split(": ", 1) for line in answer.data if ": " in line)
    assert facts["Subject"] == "Kestrel Sound: kick-off with Northmole"
    assert facts["When"].endswith("(Europe/London)")
    assert "Dana Whitlock (dana.whitlock@northmole.example) - " in facts["People"]
    assert facts["Join"].startswith("online, link [")
    assert "://" not in answer.text
    assert "join" in (await desk.ask("calendar_read", ref=listed.handle("e", "kick-off"), links=True)).text.lower()


@pytest.mark.parametrize(
    ("subject", "name", "inside"),
    [
        ("kick-off with Northmole", "Agenda kick-off.docx", "Line plan (Joon-ho)"),
        ("Firmware 4.2 in the tank", "FC-26-1187.pdf", "the device meets its specification"),
    ],
)
async def test_the_files_of_an_event_are_listed_and_can_be_read(
    desk: Desk, subject: str, name: str, inside: str
) -> None:
    listed = await desk.ask("calendar_list", days=14)
    event = await desk.ask("calendar_read", ref=listed.handle("e", subject))
    assert len(event.requests) == 1
    (file,) = (line for line in event.data if line.startswith("File: "))
    assert re.fullmatch(rf"File: a[a-z2-7]{{8,}} {re.escape(name)} \(\d+ KB\)", file)
    answer = await desk.ask("attachment_read", ref=event.handle("a"))
    assert len(answer.requests) == 1
    assert inside in answer.text


async def test_a_file_in_a_calendar_that_is_shared_is_read_with_its_permission(desk: Desk) -> None:
    listed = await desk.ask("calendar_list", days=14, mailbox="tomasz.halloran@brackwater.example")
    event = await desk.ask("calendar_read", ref=listed.handle("e", "Halcyon: go or no-go"))
    answer = await desk.ask("attachment_read", ref=event.handle("a"))
    assert "Clause 4. The charterer pays for the fuel." in answer.text


async def test_a_file_of_an_event_that_was_not_listed_by_us_is_looked_up_first(desk: Desk) -> None:
    listed = await desk.ask("calendar_list", days=14)
    event = listed.handle("e", "kick-off with Northmole")
    shown = await desk.ask("graph_get", path=f"/{event}/attachments", select="name")
    answer = await desk.ask("attachment_read", ref=shown.handle("a"))
    assert "Line plan (Joon-ho)" in answer.text


async def test_a_part_of_an_events_text_beyond_its_end_is_refused(desk: Desk) -> None:
    listed = await desk.ask("calendar_list", days=14)
    answer = await desk.ask("calendar_read", ref=listed.handle("e"), offset=90_000)
    assert answer.is_error
    assert answer.text.startswith("`offset` is beyond the end of the text, which has ")


async def test_a_common_free_hour_of_three_people_is_one_request(desk: Desk) -> None:
    answer = await desk.ask("calendar_free", people=[TOMASZ, MARIT], minutes=60, days=10)
    assert len(answer.requests) == 1
    assert answer.data
    assert all(
        re.fullmatch(r"\w{3} \d{1,2} \w{3}.*: \d\d:\d\d-\d\d:\d\d(, \d\d:\d\d-\d\d:\d\d)*", line)
        for line in answer.data
    )
    assert re.match(
        r"Free for 60 minutes or more from \w{3} \d.*\(today\) to \w{3} \d[^,]*, within everybody's working hours",
        answer.notes[0],
    )


async def test_free_time_is_where_nobody_has_an_event(desk: Desk) -> None:
    """Of ones own calendar alone: no slot overlaps a listed event that is not shown as free."""
    answer = await desk.ask("calendar_free", minutes=15, start="next monday", days=1)
    assert re.search(r"15 minutes or more on Mon \d{1,2} \w{3}[^,]*, within", answer.notes[0])
    listed = await desk.ask("calendar_list", start="next monday")
    busy = [re.search(r"(\d\d:\d\d)-(\d\d:\d\d)", line) for line in events(listed) if "shown as free" not in line]
    slots = re.findall(r"(\d\d:\d\d)-(\d\d:\d\d)", "\n".join(answer.data))
    overlaps = [(slot, b.groups()) for slot in slots for b in busy if b and slot[0] < b[2] and b[1] < slot[1]]
    assert overlaps == []
    assert slots


async def test_who_cannot_be_seen_is_named(desk: Desk) -> None:
    answer = await desk.ask("calendar_free", people=["stranger@elsewhere.example"], days=3)
    assert "Not counted, since this calendar cannot be seen: stranger@elsewhere.example" in answer.data
    assert "within the working hours of those counted" in answer.notes[0]


def test_free_time_over_midnight_names_its_end_and_days_without_any_are_named() -> None:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 11, day, hour, minute, tzinfo=UTC)

    free = FreeTime(
        slots=(
            (at(26, 9), at(26, 12)),
            (at(26, 16), at(27, 8, 30)),
            (at(30, 15), at(30, 23, 59) + timedelta(minutes=1)),
        ),
        unseen=(),
        minutes=30,
        span=(date(2026, 11, 26), date(2026, 11, 30)),
        any_time=True,
        now=at(26, 8),
        zone="UTC",
    )
    assert free.lines() == [
        "Thu 26 Nov (today): 09:00-12:00, 16:00-Fri 08:30",
        "Mon 30 Nov: 15:00-24:00",
    ]
    assert free.notes()[1] == "None on Sat 28 Nov, Sun 29 Nov."


async def test_no_common_time_says_what_else_to_try(desk: Desk) -> None:
    answer = await desk.ask("calendar_free", people=[TOMASZ, MARIT], minutes=1440, days=2)
    assert answer.data == []
    assert answer.notes[0].startswith("No common time of 1440 minutes or more from ")
    assert "any_time=true" in answer.notes[0]


@pytest.mark.parametrize("person", ["Tomasz", "a@b@c", "../me"])
async def test_what_is_no_address_is_not_asked_of_graph(desk: Desk, person: str) -> None:
    answer = await desk.ask("calendar_free", people=[person])
    assert answer.text == "One of the people is no mail address.\npeople_find gives addresses."
    assert answer.requests == []


async def test_a_long_list_goes_on_by_its_cursor_with_the_days_that_were_asked_for(desk: Desk) -> None:
    first = await desk.ask("calendar_list", calendar="Calendar", start="30 days ago", days=62)
    (cursor,) = re.findall(r"cursor=(\w+)", "\n".join(first.notes))
    second = await desk.ask("calendar_list", cursor=cursor)
    assert events(second)
    assert second.notes[0] == first.notes[0]
    assert len(second.requests) == 1
    handles = [line.split()[0] for answer in (first, second) for line in events(answer)]
    assert len(set(handles)) > 60


@pytest.mark.parametrize(("start", "days"), [("2026-01-01", 5), ("yesterday", 1), ("3 weeks ago", 7)])
async def test_days_that_are_over_are_said_to_be_so_without_asking(desk: Desk, start: str, days: int) -> None:
    await desk.ask("calendar_list")  # the mailbox's zone is known from here on
    answer = await desk.ask("calendar_free", start=start, days=days)
    assert answer.text == "These days are over.\nName a later `start`, or more days."
    assert answer.requests == []


async def test_of_days_that_began_before_today_only_the_rest_is_looked_at(desk: Desk) -> None:
    answer = await desk.ask("calendar_free", start="yesterday", days=7, any_time=True)
    assert re.search(r"minutes or more from \w{3} \d{1,2} \w{3} (\d{4} )?\((today|tomorrow)\) to ", answer.notes[0])
