"""The referee whistles."""

from __future__ import annotations

import json

import pytest

from mcp_local_graph.sandbox.records import RequestRecord
from tests import microsoft
from tests.tools import referee

pytestmark = pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
ID = "AAMkADNkOGU3MDExLTUxYzYtNGIy="


def request(path: str, **query: str) -> RequestRecord:
    options = {name if name.endswith("DateTime") else f"${name}": value for name, value in query.items()}
    return RequestRecord(host="graph", endpoint="graph", method="GET", path=path, query=options, headers={}, form={})


def post(path: str, body: object) -> RequestRecord:
    made = request(path)
    made.method, made.body = "POST", json.dumps(body).encode()
    return made


def batch(*parts: RequestRecord) -> RequestRecord:
    made = post("/v1.0/$batch", {"requests": []})
    made.parts = list(parts)
    return made


SPAN = {"startDateTime": "2026-11-25T00:00:00Z", "endDateTime": "2026-11-26T00:00:00Z"}
RIGHT = [
    request("/v1.0/me", select="displayName,id"),
    request("/v1.0/me/manager", select="displayName,mail"),
    request("/v1.0/me/mailboxSettings", select="timeZone"),
    request("/v1.0/me/messages", top="5"),
    request(
        "/v1.0/me/messages",
        select="subject,from",
        filter="from/emailAddress/address eq 'a'",
        orderby="from/emailAddress/name desc",
    ),
    request("/v1.0/me/messages", filter="categories/any(c:c eq 'x') and not (isRead eq true)", count="true"),
    request("/v1.0/me/messages", skip="10", skiptoken="x"),
    request(f"/v1.0/me/messages/{ID}", select="subject,uniqueBody", expand="attachments($select=id,name)"),
    request(f"/v1.0/users/support@x.example/mailFolders/inbox/messages/{ID}", select="internetMessageHeaders"),
    request(f"/v1.0/me/messages/{ID}/attachments", select="name,microsoft.graph.fileAttachment/contentId"),
    request(f"/v1.0/me/messages/{ID}/attachments/{ID}", expand="microsoft.graph.itemattachment/item"),
    request(f"/v1.0/me/messages/{ID}/$value"),
    request("/v1.0/me/mailFolders/inbox/messages/delta", select="subject"),
    request("/v1.0/me/calendarView", select="subject,start", **SPAN),
    request("/v1.0/me/drive/root:/a/b:/children", select="name,size", orderby="name"),
    request("/v1.0/drives/d!1/items/i1/children", select="name"),
    request("/v1.0/me/drive/root/search(q='x')", select="name"),
    post("/v1.0/me/calendar/getSchedule", {"schedules": ["a@b"], "availabilityViewInterval": 30}),
    batch(request("/v1.0/me", select="id"), request("/v1.0/me/messages", top="1")),
    request("/v1.0/users", select="displayName,id", top="5"),
    request("/v1.0/users/ann@example.com/manager", select="displayName"),
    request("/v1.0/me/messages/1/attachments", select="name,contentId"),
    request("/v1.0/me/inventions", select="anything"),
    # Nothing is said of a POST here, so nothing is said against it.
    post("/v1.0/me/mailboxSettings", {}),
]


@pytest.mark.parametrize("right", RIGHT, ids=lambda each: f"{each.path} {each.query}")
def test_a_right_request_passes(right: RequestRecord) -> None:
    assert referee.problems([right]) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (request("/v1.0/me", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/me/manager", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/me", select="id,id"), "not valid"),
        (request("/v1.0/users", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/users/ann@example.com", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/users/ann@example.com/messages", top="five"), "not valid"),
        (request("/v1.0/me", top="5"), "takes no $top"),
        (request("/v1.0/me/messages", top="five"), "not valid"),
        (request("/v1.0/me/messages", count="maybe"), "not valid"),
        (
            request("/v1.0/me/messages", filter="from/emailAddress/adress eq 'a'"),
            "no property from/emailAddress/adress",
        ),
        (request("/v1.0/me/messages", filter="startswith(title,'a')"), "no property title"),
        (request("/v1.0/me/messages", filter="tags/any(c:c eq 'x')"), "no property tags"),
        (request("/v1.0/me/messages", filter="size in (1)"), "no property size"),
        (request("/v1.0/me/messages", filter="isRead eq"), "Syntax error"),
        (request("/v1.0/me/messages", orderby="date desc"), "no property date"),
        (request("/v1.0/me/messages", expand="files"), "no property files"),
        (request(f"/v1.0/me/messages/{ID}", select="title"), "no property title"),
        (request(f"/v1.0/me/messages/{ID}", top="5"), "takes no $top"),
        (request(f"/v1.0/users/a@b/messages/{ID}/attachments", select="bytes"), "no property bytes"),
        (request("/v1.0/me/calendarView", select="subject"), "needs startDateTime"),
        (request("/v1.0/me/drive/root:/a/b:/children", select="title"), "no property title"),
        (request("/v1.0/me/drive/root/search(q='x')", select="title"), "no property title"),
        (post("/v1.0/me/calendar/getSchedule", {"people": ["a@b"]}), "body is not valid"),
        (post("/v1.0/me/calendar/getSchedule", {"schedules": "a@b"}), "body is not valid at schedules"),
        (batch(request("/v1.0/me", select="id"), request("/v1.0/me", select="shoeSize")), "no property shoeSize"),
    ],
)
def test_a_wrong_request_is_seen(wrong: RequestRecord, words: str) -> None:
    found = " ".join(referee.problems([wrong]))
    assert words in found


def test_a_wrong_answer_is_seen() -> None:
    answered = request("/v1.0/me")
    answered.status, answered.answer = 200, {"displayName": 43}
    assert "is no String" in " ".join(referee.problems([answered]))
    answered.answer = {"displayName": "x"}
    assert referee.problems([answered]) == []
    refused = request("/v1.0/me/messages")
    refused.status, refused.answer = 400, {"error": {}}
    assert referee.problems([refused]) == []


def test_permissions_are_told_apart() -> None:
    assert "User.Read" in referee.sufficient("/v1.0/me")
    assert "Mail.Read" not in referee.sufficient("/v1.0/me")
    assert referee.permissions()["User.Read.All"] == (True, False)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/me", "user"),
        ("/users", "*user"),
        ("/users/a/messages", "*message"),
        ("/me/messages/x/attachments/y", "attachment"),
        ("/me/messages/x/attachments/y/microsoft.graph.itemAttachment/item", "outlookItem"),
        ("/me/mailFolders/x/messages/delta()", "*message"),
        ("/me/calendar/getSchedule", "*scheduleInformation"),
        ("/me/drive/root:/a b/c.txt", "driveItem"),
        ("/me/drive/items/1:/c.txt:/children", "*driveItem"),
        ("/me/messages/$count", None),
        ("/me/nothing/there", None),
        ("/nothing", None),
    ],
)
def test_the_type_at_a_path_is_known(path: str, kind: str | None) -> None:
    assert microsoft.kind_at(path) == kind


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ({"subject": "x", "isRead": False, "@odata.etag": "y"}, "message", ""),
        ({"@odata.type": "#microsoft.graph.eventMessage", "isAllDay": True}, "message", ""),
        ({"isAllDay": True}, "message", "has a property isAllDay"),
        ({"shoeSize": 43}, "message", "has a property shoeSize"),
        ({"isRead": "no"}, "message", "/isRead is no Boolean"),
        ({"isRead": None}, "message", ""),
        ({"importance": "huge"}, "message", "/importance is no importance"),
        ({"receivedDateTime": "yesterday"}, "message", "/receivedDateTime is no DateTimeOffset"),
        ({"toRecipients": None}, "message", "/toRecipients is no list"),
        ({"from": {"emailAddress": {"adress": "x"}}}, "message", "has a property adress"),
        ({"from": "x"}, "message", "/from is no recipient"),
        ({"size": 1.5}, "attachment", "/size is no Int32"),
        ({"size": True}, "attachment", "/size is no Int32"),
        ([{}], "*message", ""),
        ({"birthday": "0001-01-01T00:00:00Z"}, "user", ""),
    ],
)
def test_an_answer_that_is_not_of_its_type_is_seen(value: object, kind: str, words: str) -> None:
    found = " ".join(microsoft.objections(value, kind))
    assert words in found
    assert bool(found) == bool(words)
