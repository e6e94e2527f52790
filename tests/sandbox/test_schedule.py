"""Free and busy times."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.data.staff import HARUKA, TIDEPOOL
from tests.sandbox.rig import MOMENT
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

Json = dict[str, Any]
DAYS = Days.around(MOMENT)


def schedule(rig: Rig, body: object, scope: str = "Calendars.ReadBasic", **headers: str) -> requests.Response:
    token = rig.bearer([scope])
    content = json.dumps(body).encode()
    return rig.graph(
        "/v1.0/me/calendar/getSchedule", token, "POST", content, Content_Type="application/json", **headers
    )


def asked(people: list[str], first: str = "08:00", last: str = "18:00", **more: object) -> Json:
    zone, day = "GMT Standard Time", DAYS.day(1)
    return {
        "schedules": people,
        "startTime": {"dateTime": f"{day}T{first}:00", "timeZone": zone},
        "endTime": {"dateTime": f"{day}T{last}:00", "timeZone": zone},
        **more,
    }


def test_availability_is_a_digit_for_each_slot(rig: Rig) -> None:
    found = schedule(rig, asked([company.INES.user_name])).json()["value"][0]
    slots = {
        f"{8 + number // 2:02d}:{number % 2 * 30:02d}": digit for number, digit in enumerate(found["availabilityView"])
    }
    assert len(slots) == 20
    assert (slots["10:00"], slots["10:30"], slots["13:30"], slots["17:00"]) == ("2", "2", "3", "1")
    assert slots["11:30"] == "0"
    assert found["workingHours"]["startTime"] == "08:30:00.0000000"


def test_the_interval_of_slots_is_the_callers(rig: Rig) -> None:
    found = schedule(rig, asked([company.INES.user_name], availabilityViewInterval=60)).json()["value"][0]
    assert len(found["availabilityView"]) == 10


def test_one_sees_what_for_where_a_calendar_is_shared_and_only_when_elsewhere(rig: Rig) -> None:
    people = [company.INES.user_name, company.TOMASZ.user_name, company.MARIT.user_name, company.ZOE.user_name]
    answer = schedule(rig, asked(people), Prefer='outlook.timezone="GMT Standard Time"')
    mine, shared, other, _ = answer.json()["value"]
    assert "Dentist" in {each["subject"] for each in mine["scheduleItems"]}
    assert shared["scheduleItems"][0]["subject"] == "Insurance: claims"
    assert "subject" not in other["scheduleItems"][0]
    assert other["scheduleItems"][0]["isPrivate"] is True
    assert mine["scheduleItems"][0]["start"]["timeZone"] == "GMT Standard Time"


def test_a_room_is_busy_while_a_meeting_is_in_it(rig: Rig) -> None:
    found = schedule(rig, asked([TIDEPOOL.user_name], "10:00", "12:00")).json()["value"][0]
    assert found["availabilityView"] == "2200"


def test_a_whole_day_is_busy_by_the_clocks_of_whoever_has_it(rig: Rig) -> None:
    body = asked([HARUKA.user_name], availabilityViewInterval=60)
    day, before = DAYS.workday(3), DAYS.workday(3) - timedelta(days=1)
    for name, moment in (("startTime", f"{before}T12:00:00"), ("endTime", f"{day}T18:00:00")):
        body[name] = {"dateTime": moment, "timeZone": "UTC"}
    found = schedule(rig, body).json()["value"][0]
    (item,) = found["scheduleItems"]
    assert item["start"] == {"dateTime": f"{before}T15:00:00.0000000", "timeZone": "UTC"}
    assert item["end"] == {"dateTime": f"{day}T15:00:00.0000000", "timeZone": "UTC"}
    assert found["availabilityView"] == "0" * 3 + "3" * 24 + "0" * 3


def test_a_whole_day_that_begins_earlier_by_ones_own_clocks_is_not_missed(rig: Rig) -> None:
    body, before = asked([HARUKA.user_name]), DAYS.workday(3) - timedelta(days=1)
    for name, moment in (("startTime", f"{before}T16:00:00"), ("endTime", f"{before}T18:00:00")):
        body[name] = {"dateTime": moment, "timeZone": "UTC"}
    assert schedule(rig, body).json()["value"][0]["availabilityView"] == "3333"


def test_colleagues_elsewhere_have_their_own_working_hours(rig: Rig) -> None:
    found = schedule(rig, asked(["haruka.minase@brackwater.example"])).json()["value"][0]
    assert found["workingHours"]["timeZone"]["name"] == "Tokyo Standard Time"


def test_people_are_found_by_their_mail_address_and_not_by_their_user_name(rig: Rig) -> None:
    mine, not_mine = schedule(rig, asked([company.NADIA.address, company.NADIA.user_name])).json()["value"]
    assert mine["workingHours"]
    assert not_mine["error"]["responseCode"] == "5009"


@pytest.mark.parametrize("address", ["nobody@x.example", company.DANA.user_name, company.RUI.user_name])
def test_whom_nobody_knows_has_an_error_in_place_of_times(rig: Rig, address: str) -> None:
    found = schedule(rig, asked([address, company.JOON.user_name])).json()["value"]
    assert found[0].keys() == {"scheduleId", "error"}
    assert found[0]["error"]["responseCode"] == "5009"
    assert found[1]["availabilityView"]


def test_names_of_the_body_have_no_case(rig: Rig) -> None:
    body = {name[0].upper() + name[1:]: value for name, value in asked([company.INES.user_name]).items()}
    assert schedule(rig, body).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"schedules": []}, "ErrorInvalidParameter"),
        ({"schedules": ["a@x.example"] * 21}, "ErrorInvalidParameter"),
        ({"startTime": None}, "ErrorInvalidParameter"),
        ({"startTime": {"dateTime": "soon", "timeZone": "UTC"}}, "ErrorInvalidParameter"),
        ({"startTime": {"dateTime": "2026-01-01T00:00:00", "timeZone": "Mars"}}, "TimeZoneNotSupportedException"),
        ({"availabilityViewInterval": 1}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"endTime": {"dateTime": "2001-01-01T00:00:00", "timeZone": "UTC"}}, "ErrorInvalidTimeInterval"),
    ],
)
def test_a_wrong_schedule_is_refused(rig: Rig, changed: Json, code: str) -> None:
    assert refusal(schedule(rig, asked([company.INES.user_name]) | changed)) == (400, code)


def test_schedules_need_a_permission_and_a_work_account(rig: Rig) -> None:
    assert refusal(schedule(rig, asked([company.INES.user_name]), "Mail.Read")) == (403, "ErrorAccessDenied")
    token = rig.bearer(["Calendars.Read"], company.INES_AT_HOME.user_name, tenant="consumers")
    content = json.dumps(asked([company.INES.user_name])).encode()
    answer = rig.graph("/v1.0/me/calendar/getSchedule", token, "POST", content, Content_Type="application/json")
    assert refusal(answer) == (400, "BadRequest")
