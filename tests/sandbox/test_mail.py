from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data.mail import Link, Placed
from mcp_local_graph.sandbox.data.staff import SUPPORT
from tests.sandbox.mailrig import BASE, FOR_GOOD, READ, SHARED, TEXT, asked, get, lay, message_id, only, subjects
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.bearer(READ)


def test_a_mailbox_shows_ten_messages_newest_first_and_the_way_to_more(rig: Rig, token: str) -> None:
    page = get(rig, "/me/messages", token)
    assert page["@odata.context"] == f"{rig.tenant.graph_url}/v1.0/$metadata#users('{company.INES.oid}')/messages"
    assert page["@odata.nextLink"] == f"{rig.tenant.graph_url}/v1.0/me/messages?$skip=10"
    times = [one["receivedDateTime"] for one in page["value"]]
    assert (len(times), times) == (10, sorted(times, reverse=True))


def test_a_page_may_have_a_thousand_messages_and_no_more(rig: Rig, token: str) -> None:
    everything = get(rig, "/me/messages?$top=1000&$count=true&$select=id", token)
    assert (
        len(everything["value"]) == everything["@odata.count"] == int(rig.graph("/v1.0/me/messages/$count", token).text)
    )
    assert "@odata.nextLink" not in everything
    assert refusal(rig.graph("/v1.0/me/messages?$top=1001", token)) == (400, "BadRequest")


def test_a_message_has_every_property_but_those_that_are_asked_for_by_name(rig: Rig, token: str) -> None:
    lay(rig, BASE)
    shown = only(rig, token)
    assert shown["@odata.etag"] == f'W/"{shown["changeKey"]}"'
    assert {"body", "bodyPreview", "flag", "webLink", "replyTo", "bccRecipients"} < set(shown)
    assert not {"uniqueBody", "internetMessageHeaders"} & set(shown)
    assert shown["from"] == {"emailAddress": {"name": "Eve Marlow", "address": "eve@outside.example"}}
    assert (shown["isRead"], shown["flag"], shown["categories"]) == (False, {"flagStatus": "notFlagged"}, [])
    assert base64.b64decode(shown["conversationIndex"])[0] == 1
    assert quote(shown["id"], safe="") in shown["webLink"]


def test_selected_properties_come_with_id_and_etag(rig: Rig, token: str) -> None:
    lay(rig, BASE)
    assert set(only(rig, token, select="&$select=subject")) == {"@odata.etag", "id", "subject"}


def test_headers_and_the_unique_body_come_by_name(rig: Rig, token: str) -> None:
    lay(rig, replace(BASE, headers=(("X-A", "b"),), unique="<p>New</p>"))
    name = only(rig, token)["id"]
    one = get(rig, f"/me/messages/{name}?$select=internetMessageHeaders,uniqueBody", token)
    assert one["internetMessageHeaders"] == [{"name": "X-A", "value": "b"}]
    assert "<p>New</p>" in one["uniqueBody"]["content"]
    assert one["@odata.context"].endswith("/messages(internetMessageHeaders,uniqueBody)/$entity")
    assert "internetMessageHeaders" not in only(rig, token, select="&$select=internetMessageHeaders")


def test_bodies_are_html_unless_text_is_preferred(rig: Rig, token: str) -> None:
    written = replace(BASE, key="k-2", html="", text="Plain <b>\r\nline")
    lay(rig, replace(BASE, unique="<p>New</p>"), written)
    assert only(rig, token)["body"] == {"contentType": "html", "content": BASE.html}
    assert "Plain &lt;b&gt;<br>" in only(rig, token, "k-2")["body"]["content"]
    assert only(rig, token, Prefer=TEXT)["body"] == {"contentType": "text", "content": "Stripes & more\r\n"}
    assert only(rig, token, "k-2", Prefer=TEXT)["body"]["content"] == "Plain <b>\r\nline"
    name = only(rig, token)["id"]
    answer = rig.graph(f"/v1.0/me/messages/{name}?$select=uniqueBody,body", token, Prefer=TEXT)
    assert answer.json()["uniqueBody"]["content"] == "New\r\n"
    assert answer.headers["preference-applied"] == TEXT


def test_a_preview_is_the_first_words(rig: Rig, token: str) -> None:
    lay(rig, replace(BASE, html=f"<p>{'word ' * 100}</p>"))
    assert len(only(rig, token)["bodyPreview"]) == 255


def test_ids_for_good_differ_and_both_kinds_are_understood(rig: Rig, token: str) -> None:
    lay(rig, BASE)
    usual, for_good = only(rig, token)["id"], only(rig, token, Prefer=FOR_GOOD)["id"]
    assert usual != for_good
    for name in (usual, for_good):
        assert get(rig, f"/me/messages/{name}", token)["id"] == usual
        assert get(rig, f"/me/mailFolders/archive/messages/{name}", token, Prefer=FOR_GOOD)["id"] == for_good


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/me/messages/abc", (400, "ErrorInvalidIdMalformed")),
        ("/me/messages/AAMk~" + "A" * 90, (400, "ErrorInvalidIdMalformed")),
        ("/me/messages/delta", (400, "ErrorInvalidIdMalformed")),
        ("/me/messages/AAMk" + "A" * 140 + "=", (404, "ErrorItemNotFound")),
        ("/me/messages/{id}/attachments/abc", (400, "ErrorInvalidIdMalformed")),
        ("/me/messages/{id}/attachments/{id}", (404, "ErrorItemNotFound")),
        ("/me/mailFolders/inbox/messages/{id}", (404, "ErrorItemNotFound")),
        ("/me/messages/{lower}", (404, "ErrorItemNotFound")),
        ("/me/mailFolders/nowhere", (400, "ErrorInvalidIdMalformed")),
        ("/me/mailFolders/rss/messages", (400, "ErrorInvalidIdMalformed")),
        ("/me/mailFolders/clutter/messages", (404, "ErrorFolderNotFound")),
        ("/me/mailFolders/inbox/childFolders/archive", (404, "ErrorItemNotFound")),
        ("/me/mailFolders/AAMk" + "A" * 120 + "/messages", (404, "ErrorItemNotFound")),
        ("/me/messages?$filter=toRecipients/any(r:r/emailAddress/address eq 'x')", (400, "ErrorInvalidUrlQueryFilter")),
        ("/me/messages?$filter=endswith(subject,'x')", (400, "ErrorInvalidUrlQueryFilter")),
        ("/me/messages?$select=meetingMessageType", (400, "RequestBroker--ParseUri")),
        (
            "/me/messages?$filter=from/emailAddress/address eq 'x'&$orderby=receivedDateTime desc",
            (400, "InefficientFilter"),
        ),
        ('/me/messages?$search="x"&$orderby=receivedDateTime', (400, "SearchWithOrderBy")),
        ('/me/messages?$search="x"&$filter=isRead', (400, "SearchWithFilter")),
        ("/me/messages?$search=from:x", (400, "BadRequest")),
        (r'/me/messages?$search="say \"hi"', (400, "BadRequest")),
        ('/me/messages?$search="received>=soon"', (400, "BadRequest")),
        ("/me/messages?$apply=x", (400, "BadRequest")),
        ("/me/messages/{id}/attachments?$select=contentBytes", (400, "RequestBroker--ParseUri")),
        ("/me/mailFolders?$select=wellKnownName", (400, "RequestBroker--ParseUri")),
        ("/me/mailFolders?$search=x", (400, "BadRequest")),
    ],
)
def test_a_wrong_request_is_refused(rig: Rig, token: str, path: str, answer: tuple[int, str]) -> None:
    lay(rig, BASE)
    name = only(rig, token)["id"]
    path = path.replace("{id}", name).replace("{lower}", name.lower())
    assert refusal(rig.graph(f"/v1.0{path}", token)) == answer


def test_the_names_of_folders_that_hold_in_every_language_are_understood(rig: Rig, token: str) -> None:
    sent = get(rig, "/me/mailFolders/SentItems", token)
    assert (sent["displayName"], sent["isHidden"]) == ("Itens Enviados", False)
    assert get(rig, f"/me/mailFolders/{sent['id']}?$select=id", token)["id"] == sent["id"]
    assert {one["parentFolderId"] for one in get(rig, "/me/mailFolders/sentitems/messages", token)["value"]} == {
        sent["id"]
    }


def test_folders_make_a_tree_with_counts(rig: Rig, token: str) -> None:
    first = get(rig, "/me/mailFolders", token)
    assert (len(first["value"]), first["@odata.nextLink"][-8:]) == (10, "$skip=10")
    inbox = get(rig, "/me/mailFolders/inbox?$expand=childFolders($select=displayName)", token)
    inside = get(rig, "/me/mailFolders/inbox/childFolders", token)["value"]
    assert inbox["childFolderCount"] == len(inside) == len(inbox["childFolders"])
    assert {one["parentFolderId"] for one in inside} == {inbox["id"]}
    kestrel = next(one for one in inside if one["displayName"] == "Kestrel Sound")
    assert get(rig, f"/me/mailFolders/inbox/childFolders/{kestrel['id']}", token)["id"] == kestrel["id"]
    assert get(rig, f"/me/mailFolders/{kestrel['id']}/childFolders", token)["value"][0]["displayName"] == "Permits"
    unread = get(rig, "/me/mailFolders/inbox/messages?$filter=isRead eq false&$count=true", token)["@odata.count"]
    assert (inbox["unreadItemCount"], inbox["totalItemCount"]) == (
        unread,
        int(rig.graph("/v1.0/me/mailFolders/inbox/messages/$count", token).text),
    )


def test_of_expanded_folders_ten_come_and_a_link_to_the_rest(rig: Rig, token: str) -> None:
    names = [f"Client {number:02d}" for number in range(12)]
    rig.tenant.control.make_folders(
        company.INES.user_name, "archive/Clients", *(f"archive/Clients/{name}" for name in names)
    )
    options = "$expand=childFolders($select=displayName;$top=100)"
    (clients,) = get(rig, f"/me/mailFolders/archive/childFolders?{options}", token)["value"]
    assert (clients["childFolderCount"], len(clients["childFolders"])) == (12, 10)
    link = clients["childFolders@odata.nextLink"].removeprefix(f"{rig.tenant.graph_url}/v1.0")
    rest = get(rig, link, token)["value"]
    assert [one["displayName"] for one in [*clients["childFolders"], *rest]] == names


def test_hidden_folders_are_shown_where_they_are_asked_for(rig: Rig, token: str) -> None:
    usual = get(rig, "/me/mailFolders?$top=100", token)["value"]
    everything = get(rig, "/me/mailFolders?$top=100&includeHiddenFolders=true", token)["value"]
    assert [one["displayName"] for one in everything if one["isHidden"]] == ["Sync Issues"]
    assert len(everything) == len(usual) + 1


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("subject eq 'zebra CROSSING'", True),
        ("startswith(subject,'Zebra') and receivedDateTime lt 2026-11-20T10:00:00Z", True),
        ("contains(subject,'bra cro')", True),
        ("from/emailAddress/address eq 'eve@outside.example'", True),
        ("sender/emailAddress/name eq 'eve marlow'", True),
        ("categories/any(c:c eq 'Field')", True),
        ("flag/flagStatus eq 'flagged' and importance eq 'high'", True),
        ("inferenceClassification eq 'other'", True),
        ("hasAttachments eq true", True),
        ("internetMessageId eq '{id}'", True),
        ("internetMessageId eq '{ID}'", False),
        ("isDraft eq true and subject eq 'Zebra crossing'", False),
    ],
)
def test_filters_find_messages(rig: Rig, token: str, question: str, found: bool) -> None:  # noqa: FBT001 - what is expected
    placed = Placed(folder="archive", flag="flagged", due=BASE.at, categories=("Field",), focused=False)
    lay(rig, replace(BASE, importance="high", attachments=(Link(name="Plan", url="https://x.example"),), placed=placed))
    question = question.replace("{id}", message_id("k-1")).replace("{ID}", message_id("k-1").upper())
    path = f"/me/mailFolders/archive/messages?$filter={asked(question)}&$top=1000"
    assert ("Zebra crossing" in subjects(rig, path, token)) == found


def test_a_flag_has_its_days(rig: Rig, token: str) -> None:
    lay(rig, replace(BASE, placed=Placed(folder="archive", flag="flagged", due=BASE.at)))
    assert only(rig, token)["flag"]["dueDateTime"] == {"dateTime": "2026-11-20T09:00:00.0000000", "timeZone": "UTC"}
    lay(rig, replace(BASE, placed=Placed(folder="archive", flag="complete")))
    assert set(only(rig, token)["flag"]) == {"flagStatus", "completedDateTime"}


def test_behind_a_filter_the_oldest_come_first_unless_an_order_is_given(rig: Rig, token: str) -> None:
    since = "receivedDateTime ge 2020-01-01T00:00:00Z"
    by_itself = get(rig, f"/me/messages?$filter={quote(since)}", token)["value"]
    assert by_itself == sorted(by_itself, key=lambda one: str(one["receivedDateTime"]))
    path = f"/me/messages?$filter={quote(f'{since} and isRead eq false')}&$orderby={quote('receivedDateTime desc')}"
    ordered = get(rig, path, token)["value"]
    assert ordered == sorted(ordered, key=lambda one: str(one["receivedDateTime"]), reverse=True)


def test_what_the_calendar_sends_says_so(rig: Rig, token: str) -> None:
    found = get(rig, "/me/messages?$top=1000", token)["value"]
    meetings = [one for one in found if "meetingMessageType" in one]
    assert {one["@odata.type"].rpartition(".")[2] for one in meetings} == {
        "eventMessage",
        "eventMessageRequest",
        "eventMessageResponse",
    }
    assert "meetingTenativelyAccepted" in {one["meetingMessageType"] for one in meetings}
    assert all({"startDateTime", "endDateTime", "location"} <= set(one) for one in meetings)
    assert all("@odata.type" not in one for one in found if one not in meetings)


def test_the_basic_permission_shows_no_bodies_and_opens_no_attachments(rig: Rig) -> None:
    token = rig.bearer(["Mail.ReadBasic"])
    lay(rig, BASE)
    shown = only(rig, token)
    assert not {"body", "bodyPreview"} & set(shown)
    path = f"/v1.0/me/messages/{shown['id']}"
    assert refusal(rig.graph(f"{path}/attachments", token)) == (403, "ErrorAccessDenied")
    assert refusal(rig.graph(f"{path}/$value", token)) == (403, "ErrorAccessDenied")


def test_the_basic_permission_neither_searches_nor_shows_what_is_inside(rig: Rig) -> None:
    token = rig.bearer(["Mail.ReadBasic"])
    lay(rig, BASE)
    path = f"/v1.0/me/messages/{only(rig, token)['id']}"
    for refused in ('/v1.0/me/messages?$search="zebra"', f"{path}?$expand=attachments"):
        assert refusal(rig.graph(refused, token)) == (403, "ErrorAccessDenied")
    hidden = {"body", "bodyPreview", "uniqueBody", "internetMessageHeaders"}
    basic = rig.graph(f"{path}?$select=subject,{','.join(sorted(hidden))}", token).json()
    assert basic["subject"] == "Zebra crossing"
    assert not hidden & set(basic)
    assert hidden <= set(rig.graph(f"{path}?$select={','.join(sorted(hidden))}", rig.bearer(READ)).json())


def test_a_shared_mailbox_opens_for_whom_it_was_shared_with(rig: Rig) -> None:
    path = f"/v1.0/users/{SUPPORT.user_name}/mailFolders/inbox/messages"
    assert refusal(rig.graph(path, rig.bearer(READ))) == (403, "ErrorAccessDenied")
    answer = rig.graph(path, rig.bearer(SHARED))
    assert answer.json()["value"][0]["toRecipients"][0]["emailAddress"]["address"] == SUPPORT.user_name
    assert f"users('{SUPPORT.oid}')" in answer.json()["@odata.context"]
    stranger = rig.bearer(SHARED, company.JOON.user_name)
    assert refusal(rig.graph(path, stranger)) == (404, "ErrorItemNotFound")


def test_ones_own_mailbox_opens_by_ones_name_too(rig: Rig, token: str) -> None:
    mine = get(rig, "/me/messages?$select=id", token)["value"]
    for name in (company.INES.user_name.upper(), company.INES.oid):
        assert get(rig, f"/users/{name}/messages?$select=id", token)["value"] == mine
    assert get(rig, "/me/messages?$select=id", rig.bearer(SHARED))["value"] == mine


def test_a_mailbox_that_is_not_there_does_not_open(rig: Rig, token: str) -> None:
    shared = rig.bearer(SHARED)
    assert refusal(rig.graph("/v1.0/users/nobody@brackwater.example/messages", shared)) == (404, "ErrorInvalidUser")
    assert refusal(rig.graph(f"/v1.0/users/{company.DANA.oid}/messages", shared)) == (404, "ErrorInvalidUser")
    rui = f"/v1.0/users/{company.RUI.user_name}/messages"
    assert refusal(rig.graph(rui, shared)) == (404, "MailboxNotEnabledForRESTAPI")
    own = rig.bearer(READ, company.RUI.user_name)
    assert refusal(rig.graph("/v1.0/me/messages", own)) == (404, "MailboxNotEnabledForRESTAPI")
    assert refusal(rig.graph(rui, own)) == (404, "MailboxNotEnabledForRESTAPI")


def test_a_message_of_another_mailbox_is_not_found(rig: Rig, token: str) -> None:
    theirs = get(rig, "/me/messages?$top=1", rig.bearer(READ, company.PRIYA.user_name))["value"][0]["id"]
    assert refusal(rig.graph(f"/v1.0/me/messages/{theirs}", token)) == (404, "ErrorItemNotFound")


def test_the_sender_has_a_copy_and_alone_knows_of_blind_copies(rig: Rig, token: str) -> None:
    sent = get(rig, "/me/mailFolders/sentitems/messages?$top=1", token)["value"][0]
    assert sent["from"]["emailAddress"]["address"] == company.INES.user_name
    assert sent["isRead"] is True


def test_what_is_not_there_cannot_be_marked_or_filled(rig: Rig) -> None:
    with pytest.raises(LookupError, match="no mail"):
        rig.tenant.control.mark(company.INES.user_name, "no such")
    with pytest.raises(LookupError, match="no mailbox"):
        rig.tenant.control.deliver("nobody@brackwater.example", BASE)
