from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.data.staff import TIDEPOOL
from tests.sandbox.rig import MOMENT
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

Json = dict[str, Any]
TOMASZ = f"/users/{company.TOMASZ.user_name}"
DAYS = Days.around(MOMENT)
YEAR = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2027-11-01T00:00:00Z"


def span(first: int = 0, number: int = 1) -> str:
    """The parameters of a view over days from today on, in UTC."""
    return f"startDateTime={DAYS.day(first)}T00:00:00Z&endDateTime={DAYS.day(first + number)}T00:00:00Z"


def get(rig: Rig, path: str, scopes: str = "Calendars.Read", account: str | None = None, **headers: str) -> Json:
    tenant = "consumers" if account == company.INES_AT_HOME.user_name else None
    answer = rig.graph(f"/v1.0{path}", rig.bearer(scopes.split(), account, tenant=tenant), "GET", None, **headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def subjects(page: Json) -> list[str]:
    return [one["subject"] for one in page["value"]]


def one(rig: Rig, subject: str, path: str = f"/me/calendarView?{span(-3, 40)}&$top=500", **headers: str) -> Json:
    """The first event of a subject."""
    return next(each for each in get(rig, path, **headers)["value"] if each["subject"] == subject)


def test_a_view_has_todays_events_in_their_order(rig: Rig) -> None:
    page = get(rig, f"/me/calendarView?{span()}&$top=50")
    starts = [each["start"]["dateTime"] for each in page["value"]]
    assert starts == sorted(starts)
    assert {"Lunch: the dinner's menu", "Halcyon: go or no-go"} <= set(subjects(page))
    assert {each["type"] for each in page["value"]} <= {"singleInstance", "occurrence", "exception"}


def test_times_are_utc_unless_a_zone_is_preferred(rig: Rig) -> None:
    plain = one(rig, "Dentist")
    assert plain["start"] == {"dateTime": plain["start"]["dateTime"], "timeZone": "UTC"}
    for zone in ("Tokyo Standard Time", "Asia/Tokyo"):
        there = one(rig, "Dentist", Prefer=f'outlook.timezone="{zone}"')
        assert there["start"]["timeZone"] == zone
        moved = datetime.fromisoformat(there["start"]["dateTime"][:19]) - datetime.fromisoformat(
            plain["start"]["dateTime"][:19]
        )
        assert moved == timedelta(hours=9)
        assert there["originalStartTimeZone"] == "GMT Standard Time"


def test_a_preferred_zone_is_acknowledged(rig: Rig) -> None:
    token = rig.bearer(["Calendars.Read"])
    answer = rig.graph(f"/v1.0/me/calendarView?{span()}", token, Prefer='outlook.timezone="europe/berlin"')
    assert answer.headers["preference-applied"] == 'outlook.timezone="europe/berlin"'


@pytest.mark.parametrize("zone", ["Mars/Phobos", "Asia/Calcutta", "America/Indianapolis", "Etc/UTC", "Europe/Kyiv"])
def test_an_unknown_zone_is_refused_and_so_is_an_alias_that_the_documentation_does_not_list(
    rig: Rig, zone: str
) -> None:
    token = rig.bearer(["Calendars.Read"])
    answer = rig.graph(f"/v1.0/me/calendarView?{span()}", token, Prefer=f'outlook.timezone="{zone}"')
    assert refusal(answer) == (400, "TimeZoneNotSupportedException")
    assert zone in answer.json()["error"]["message"]


@pytest.mark.parametrize("zone", ["UTC", "India Standard Time", "Asia/Kolkata", "America/Argentina/Buenos_Aires"])
def test_a_zone_is_known_by_its_windows_name_and_by_the_documented_one(rig: Rig, zone: str) -> None:
    token = rig.bearer(["Calendars.Read"])
    answer = rig.graph(f"/v1.0/me/calendarView?{span()}", token, Prefer=f'outlook.timezone="{zone}"')
    assert answer.headers["preference-applied"] == f'outlook.timezone="{zone}"'


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("", "ErrorInvalidParameter"),
        ("startDateTime=2026-01-01", "ErrorInvalidParameter"),
        ("startDateTime=soon&endDateTime=2026-01-01", "ErrorInvalidParameter"),
        ("startDateTime=2026-01-02&endDateTime=2026-01-01", "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ("startDateTime=2020-01-01&endDateTime=2026-01-01", "ErrorInvalidRequest"),
    ],
)
def test_a_view_needs_two_moments(rig: Rig, parameters: str, code: str) -> None:
    answer = rig.graph(f"/v1.0/me/calendarView?{parameters}", rig.bearer(["Calendars.Read"]))
    assert refusal(answer) == (400, code)


def test_the_offset_of_a_moment_counts_and_the_preferred_zone_does_not(rig: Rig) -> None:
    day = DAYS.day(1)
    late = f"startDateTime={day}T22:30:00%2B09:00&endDateTime={day}T23:00:00%2B09:00"
    page = get(rig, f"/me/calendarView?{late}", Prefer='outlook.timezone="Tokyo Standard Time"')
    assert "Dentist" in subjects(page)
    # Without an offset it is UTC, a plus that was not encoded is meant as one, and names have no case.
    same = f"StartDateTime={day}T13:30:00&EndDateTime={day}T23:00:00.0000000+09:00"
    assert subjects(get(rig, f"/me/calendarView?{same}")) == subjects(page)


def test_ten_are_given_at_a_time_and_a_link_leads_on(rig: Rig) -> None:
    token = rig.bearer(["Calendars.Read"])
    path, seen, pages = f"/v1.0/me/calendarView?{span(0, 30)}&$select=subject", [], 0
    while path:
        page = rig.graph(path, token).json()
        assert len(page["value"]) <= 10
        seen += [each["id"] for each in page["value"]]
        path, pages = page.get("@odata.nextLink", "").removeprefix(rig.tenant.graph_url), pages + 1
    assert len(set(seen)) == len(seen) > 30
    assert pages > 3


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("isAllDay eq true", {"Working from home", "OceanExpo, Hamburg"}),
        ("isCancelled eq true", {"Canceled: Phishing, how to see it coming"}),
        ("startswith(subject,'Dent')", {"Dentist"}),
        ("sensitivity eq 'confidential'", {"Interview: hydrographer (F. Adeyemi-Strand)"}),
        (f"start/dateTime ge '{DAYS.day(13)}T00:00' and showAs eq 'oof'", {"Reconnaissance trip: Kestrel Sound"}),
        ("organizer/emailAddress/address eq 'calendar@partner-reach.example'", {"Sync"}),
        (
            "categories/any(c:c eq 'Project: Kestrel Sound') and isOnlineMeeting eq false",
            {"Reconnaissance trip: Kestrel Sound"},
        ),
    ],
)
def test_filters_find_events(rig: Rig, condition: str, found: set[str]) -> None:
    page = get(rig, f"/me/calendarView?{span(0, 20)}&$top=100&$filter={condition}")
    assert {subject.split(" (assistant")[0] for subject in subjects(page)} == found


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("$search=x", (400, "BadRequest")),
        ("$filter=bodyPreview eq 'x'", (400, "ErrorInvalidUrlQueryFilter")),
        ("$select=subjekt", (400, "RequestBroker--ParseUri")),
        ("$orderby=subject&$filter=isAllDay eq true", (400, "InefficientFilter")),
        ("$top=1001", (400, "BadRequest")),
    ],
)
def test_a_wrong_question_is_refused(rig: Rig, options: str, answer: tuple[int, str]) -> None:
    token = rig.bearer(["Calendars.Read"])
    assert refusal(rig.graph(f"/v1.0/me/calendarView?{span()}&{options}", token)) == answer


def test_events_are_series_and_single_ones(rig: Rig) -> None:
    page = get(rig, "/me/events?$top=100")
    assert {each["type"] for each in page["value"]} == {"singleInstance", "seriesMaster"}
    patterns = {each["recurrence"]["pattern"]["type"] for each in page["value"] if each["recurrence"]}
    assert patterns == {"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}
    ends = {each["recurrence"]["range"]["type"] for each in page["value"] if each["recurrence"]}
    assert ends == {"noEnd", "endDate", "numbered"}


def test_an_occurrence_leads_to_its_series_and_the_series_to_its_occurrences(rig: Rig) -> None:
    occurrence = one(rig, "1:1 Tomasz / Ines")
    master = get(rig, f"/me/events/{occurrence['seriesMasterId']}")
    assert (master["type"], master["subject"]) == ("seriesMaster", occurrence["subject"])
    page = get(rig, f"/me/events/{master['id']}/instances?{span(-7, 28)}")
    assert occurrence["id"] in {each["id"] for each in page["value"]}
    assert len(page["value"]) == 4
    again = get(rig, f"/me/calendar/events/{occurrence['id']}?$select=start")
    assert again["start"] == occurrence["start"]


def test_an_exception_says_where_it_was_and_a_cancelled_occurrence_is_not_there(rig: Rig) -> None:
    page = get(rig, f"/me/calendarView?{span(0, 15)}&$top=100&$filter=type eq 'exception'")
    (moved,) = page["value"]
    assert moved["start"]["dateTime"][11:16] == "11:30"
    whole = get(rig, f"/me/events/{moved['id']}?$select=originalStart,start")
    assert whole["originalStart"][11:16] in {"09:00", "08:00"}
    dropped = str(DAYS.weekday(1, 3))
    days = {
        each["start"]["dateTime"][:10]
        for each in get(rig, f"/me/calendarView?{span(0, 15)}&$top=100&$filter=startswith(subject,'Field survey')")[
            "value"
        ]
    }
    assert dropped not in days


def test_a_series_stays_at_its_local_time_when_the_clocks_change(rig: Rig) -> None:
    year = DAYS.today.year + (DAYS.today.month > 3)
    window = f"startDateTime={year}-03-01T00:00:00Z&endDateTime={year}-04-15T00:00:00Z&$top=500"
    condition = "$filter=startswith(subject,'Field survey') and type eq 'occurrence'"
    utc = get(rig, f"/me/calendarView?{window}&{condition}")
    london = get(rig, f"/me/calendarView?{window}&{condition}", Prefer='outlook.timezone="Europe/London"')
    assert {each["start"]["dateTime"][11:16] for each in utc["value"]} == {"09:00", "08:00"}
    assert {each["start"]["dateTime"][11:16] for each in london["value"]} == {"09:00"}


def test_a_whole_day_is_the_same_day_in_every_zone(rig: Rig) -> None:
    home = one(rig, "Working from home", Prefer='outlook.timezone="Tokyo Standard Time"')
    assert home["start"] == {"dateTime": f"{DAYS.workday(5)}T00:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert home["end"]["dateTime"] == f"{DAYS.workday(5) + timedelta(days=1)}T00:00:00.0000000"


def test_an_online_meeting_has_an_address_to_join_and_attendees_have_answered(rig: Rig) -> None:
    meeting = one(rig, "Halcyon: go or no-go")
    assert meeting["onlineMeeting"]["joinUrl"].startswith("https://teams.brackwater.example/l/meetup-join/")
    assert meeting["onlineMeeting"]["joinUrl"] in meeting["body"]["content"]
    responses = {each["emailAddress"]["name"]: each["status"]["response"] for each in meeting["attendees"]}
    assert responses["Marit Sandvold"] == "tentativelyAccepted"
    assert (meeting["isOrganizer"], meeting["responseStatus"]["response"]) == (True, "organizer")


def test_a_body_is_text_where_that_is_preferred(rig: Rig) -> None:
    meeting = one(rig, "Halcyon: go or no-go", Prefer='outlook.body-content-type="text"')
    assert meeting["body"]["contentType"] == "text"
    assert "Before Sunniva's deadline" in meeting["body"]["content"]
    assert "<div" not in meeting["body"]["content"]
    assert one(rig, "Dentist", Prefer='outlook.body-content-type="text"')["body"]["content"] == ""


def test_a_room_is_a_place_with_an_address(rig: Rig) -> None:
    review = one(rig, "Budget plan Kestrel Sound: review")
    assert review["location"]["locationUri"] == TIDEPOOL.user_name
    assert review["location"]["locationType"] == "conferenceRoom"


def test_a_meeting_that_is_not_answered_yet_makes_half_busy(rig: Rig) -> None:
    assert one(rig, "Fire drill, Harbour House")["showAs"] == "tentative"


def test_immutable_ids_are_shorter_and_lead_to_the_same(rig: Rig) -> None:
    plain, lasting = one(rig, "Dentist"), one(rig, "Dentist", Prefer='IdType="ImmutableId"')
    assert len(lasting["id"]) < len(plain["id"])
    for found in (plain, lasting):
        assert get(rig, f"/me/events/{found['id']}")["subject"] == "Dentist"


def test_calendars_are_ones_own_and_those_that_others_share(rig: Rig) -> None:
    page = get(rig, "/me/calendars")
    names = {each["name"]: each for each in page["value"]}
    assert {"Calendar", "Team leave", "United Kingdom holidays", "Tomasz Halloran", "Joon-ho Baek"} <= names.keys()
    assert [each["name"] for each in page["value"] if each["isDefaultCalendar"]] == ["Calendar"]
    assert (names["Tomasz Halloran"]["canEdit"], names["Tomasz Halloran"]["canViewPrivateItems"]) == (False, False)
    assert get(rig, "/me/calendar")["id"] == names["Calendar"]["id"]
    leave = get(rig, f"/me/calendars/{names['Team leave']['id']}/calendarView?{span(0, 30)}")
    assert subjects(leave) == ["Priya: course in Fernhill", "Joon-ho on leave"]
    assert get(rig, f"/me/calendars/{names['Team leave']['id']}")["name"] == "Team leave"
    holidays = get(rig, f"/me/calendars/{names['United Kingdom holidays']['id']}/events")
    assert set(subjects(holidays)) == {"New Year's Day", "Christmas Day", "Boxing Day"}


def test_a_shared_calendar_is_read_from_either_side(rig: Rig) -> None:
    shared = "Calendars.Read Calendars.Read.Shared"
    listed = next(each for each in get(rig, "/me/calendars", shared)["value"] if each["name"] == "Tomasz Halloran")
    mine = get(rig, f"/me/calendars/{listed['id']}/calendarView?{span(1)}", shared)
    theirs = get(rig, f"{TOMASZ}/calendar/calendarView?{span(1)}", shared)
    assert subjects(mine) == subjects(theirs)
    assert "Insurance: claims" in subjects(mine)
    assert get(rig, f"/me/events/{mine['value'][0]['id']}", shared)["subject"] == mine["value"][0]["subject"]
    assert get(rig, f"{TOMASZ}/calendars", shared)["value"][0]["name"] == "Calendar"


def test_what_is_private_in_a_shared_calendar_stays_so(rig: Rig) -> None:
    page = get(
        rig,
        f"/users/{company.INES.user_name}/calendarView?{span(1)}&$top=50",
        "Calendars.Read.Shared",
        company.JOON.user_name,
    )
    closed = next(each for each in page["value"] if each["sensitivity"] == "private")
    assert (closed["subject"], closed["location"]["displayName"]) == ("Private Appointment", "")
    assert "Dentist" not in json.dumps(page)


@pytest.mark.parametrize(
    ("path", "scopes", "answer"),
    [
        (f"/me/calendarView?{YEAR}", "Mail.Read", (403, "ErrorAccessDenied")),
        (f"{TOMASZ}/calendarView?{YEAR}", "Calendars.Read", (403, "ErrorAccessDenied")),
        (f"/users/{company.MARIT.oid}/calendarView?{YEAR}", "Calendars.Read.Shared", (404, "ErrorItemNotFound")),
        (f"/users/nobody@x.example/calendarView?{YEAR}", "Calendars.Read.Shared", (404, "ErrorInvalidUser")),
        (f"/users/{company.DANA.oid}/calendarView?{YEAR}", "Calendars.Read.Shared", (404, "ErrorInvalidUser")),
        (
            f"/users/{company.RUI.oid}/calendarView?{YEAR}",
            "Calendars.Read.Shared",
            (404, "MailboxNotEnabledForRESTAPI"),
        ),
        ("/me/events/AAMkAD=", "Calendars.Read", (400, "ErrorInvalidIdMalformed")),
        (f"/me/calendars/{'A' * 80}=", "Calendars.Read", (404, "ErrorItemNotFound")),
        (f"/me/events/{'A' * 80}=", "Calendars.Read", (404, "ErrorItemNotFound")),
    ],
)
def test_what_is_not_ones_affair_is_refused(rig: Rig, path: str, scopes: str, answer: tuple[int, str]) -> None:
    assert refusal(rig.graph(f"/v1.0{path}", rig.bearer(scopes.split()))) == answer


def test_the_basic_permission_shows_events_without_what_is_in_them(rig: Rig) -> None:
    path = f"/v1.0/me/calendarView?{span()}&$top=1"
    (basic,) = rig.graph(path, rig.bearer(["Calendars.ReadBasic"])).json()["value"]
    (whole,) = rig.graph(path, rig.bearer(["Calendars.Read"])).json()["value"]
    assert set(whole) - set(basic) == {"body", "bodyPreview"}


def test_a_shared_calendar_of_the_list_needs_its_permission(rig: Rig) -> None:
    listed = next(each for each in get(rig, "/me/calendars")["value"] if each["name"] == "Tomasz Halloran")
    answer = rig.graph(f"/v1.0/me/calendars/{listed['id']}/events", rig.bearer(["Calendars.Read"]))
    assert refusal(answer) == (403, "ErrorAccessDenied")


def test_an_administrator_without_a_mailbox_has_no_calendar(rig: Rig) -> None:
    token = rig.bearer(["Calendars.Read"], company.RUI.user_name)
    assert refusal(rig.graph("/v1.0/me/calendar", token)) == (404, "MailboxNotEnabledForRESTAPI")


def test_a_personal_account_has_a_calendar_of_its_own(rig: Rig) -> None:
    page = get(rig, f"/me/calendarView?{span(1)}", account=company.INES_AT_HOME.user_name)
    assert "Choir" in subjects(page)
    calendar = get(rig, "/me/calendar", account=company.INES_AT_HOME.user_name)
    assert calendar["defaultOnlineMeetingProvider"] == "unknown"


# Events in the mail


def in_mail(rig: Rig, subject: str, expand: str) -> Json:
    token = rig.bearer(["Mail.Read"])
    page = rig.graph(f"/v1.0/me/messages?$filter=subject eq '{subject}'&$expand={expand}", token).json()
    found: Json = page["value"][0]
    return found


def test_an_invitation_leads_to_the_event_in_the_calendar(rig: Rig) -> None:
    invitation = in_mail(rig, "Northmole / Brackwater: steering", "microsoft.graph.eventMessage/event")
    assert invitation["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    assert invitation["recurrence"]["pattern"]["interval"] == 2
    found = get(rig, f"/me/events/{invitation['event']['id']}")
    assert (found["subject"], found["type"]) == (invitation["subject"], "seriesMaster")
    assert "event" not in in_mail(rig, "BW-300 drifts after 60 hours", "microsoft.graph.eventMessage/event")


def test_an_event_that_hangs_at_a_mail_is_read_with_it_and_as_a_calendar_file(rig: Rig) -> None:
    token = rig.bearer(["Mail.Read"])
    mail = in_mail(rig, "Termin OceanExpo", "attachments")
    (part,) = mail["attachments"]
    assert (part["@odata.type"], part["name"]) == ("#microsoft.graph.itemAttachment", "OceanExpo, Hamburg")
    path = f"/v1.0/me/messages/{mail['id']}/attachments/{part['id']}"
    item = rig.graph(f"{path}?$expand=microsoft.graph.itemAttachment/item", token).json()["item"]
    assert (item["@odata.type"], item["isAllDay"]) == ("#microsoft.graph.event", True)
    file = rig.graph(f"{path}/$value", token)
    assert file.headers["content-type"] == "text/calendar"
    assert f"DTSTART;VALUE=DATE:{DAYS.workday(6):%Y%m%d}\r\n" in file.text
    assert "SUMMARY:OceanExpo\\, Hamburg\r\n" in file.text
