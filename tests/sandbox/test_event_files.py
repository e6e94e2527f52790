from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.mailrig import FOR_GOOD, asked, get
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.bearer(["Calendars.Read"])


def event(rig: Rig, token: str, subject: str = "kick-off", **headers: str) -> dict[str, Any]:
    question = asked(f"contains(subject,'{subject}')")
    (found,) = get(rig, f"/me/events?$filter={question}", token, **headers)["value"]
    return dict(found)


def test_events_with_files_say_so_and_list_them(rig: Rig, token: str) -> None:
    kick_off = event(rig, token)
    assert kick_off["hasAttachments"] is True
    assert event(rig, token, "Dentist")["hasAttachments"] is False
    (agenda,) = get(rig, f"/me/events/{kick_off['id']}/attachments?$select=name,size,contentType", token)["value"]
    assert agenda["name"] == "Agenda kick-off.docx"
    assert agenda["@odata.type"] == "#microsoft.graph.fileAttachment"
    assert "contentBytes" not in agenda
    assert get(rig, f"/me/events/{event(rig, token, 'Dentist')['id']}/attachments", token)["value"] == []


def test_a_file_is_read_by_its_id_and_as_bytes_by_every_way_to_its_event(rig: Rig, token: str) -> None:
    key = event(rig, token, "Firmware 4.2")["id"]
    calendar = get(rig, "/me/calendar", token)["id"]
    for way in (f"/me/events/{key}", f"/me/calendar/events/{key}", f"/me/calendars/{calendar}/events/{key}"):
        (one,) = get(rig, f"{way}/attachments?$select=name", token)["value"]
        assert get(rig, f"{way}/attachments/{one['id']}", token)["name"] == one["name"] == "FC-26-1187.pdf"
        answer = rig.graph(f"/v1.0{way}/attachments/{one['id']}/$value", token)
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["content-type"] == "application/pdf"


def test_files_come_with_an_event_where_they_are_asked_for(rig: Rig, token: str) -> None:
    kick_off = event(rig, token)
    path = f"/me/events/{kick_off['id']}?$select=subject&$expand=attachments($select=id,name,size)"
    (agenda,) = get(rig, path, token)["attachments"]
    assert {"id", "name", "size"} <= set(agenda)


def test_ids_that_are_for_good_lead_there_too(rig: Rig, token: str) -> None:
    kick_off = event(rig, token, Prefer=FOR_GOOD)
    (agenda,) = get(rig, f"/me/events/{kick_off['id']}/attachments", token, Prefer=FOR_GOOD)["value"]
    path = f"/me/events/{kick_off['id']}/attachments/{agenda['id']}"
    assert get(rig, path, token)["name"] == "Agenda kick-off.docx"


def test_a_file_that_is_not_there_and_an_id_that_is_none(rig: Rig, token: str) -> None:
    path = f"/v1.0/me/events/{event(rig, token)['id']}/attachments"
    assert refusal(rig.graph(f"{path}/{'A' * 80}=", token)) == (404, "ErrorItemNotFound")
    assert refusal(rig.graph(f"{path}/x", token)) == (400, "ErrorInvalidIdMalformed")


def test_the_basic_permission_opens_no_files(rig: Rig) -> None:
    basic = rig.bearer(["Calendars.ReadBasic"])
    path = f"/v1.0/me/events/{event(rig, basic)['id']}"
    for refused in (f"{path}/attachments", f"{path}?$expand=attachments"):
        assert refusal(rig.graph(refused, basic)) == (403, "ErrorAccessDenied")


def test_who_was_asked_gets_the_file_with_their_own_copy(rig: Rig) -> None:
    token = rig.bearer(["Calendars.Read"], company.PRIYA.user_name)
    kick_off = event(rig, token)
    (agenda,) = get(rig, f"/me/events/{kick_off['id']}/attachments", token)["value"]
    assert agenda["name"] == "Agenda kick-off.docx"
