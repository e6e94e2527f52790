from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.graph.directory import DEFAULT

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

BASIC = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and word of a refusal, after a look at Graph's shape."""
    error = answer.json()["error"]
    inner = error["innerError"]
    assert set(error) == {"code", "message", "innerError"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner["date"])
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"]
    assert "date" in answer.headers
    return answer.status_code, error["code"]


def test_a_request_without_a_token_is_challenged(rig: Rig) -> None:
    answer = rig.graph("/v1.0/me")
    assert refusal(answer) == (401, "InvalidAuthenticationToken")
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="", authorization_uri="')
    assert "claims" not in challenge


@pytest.mark.parametrize("header", ["Bearer", "Bearer unknown", "Basic dTpw", "bearer "])
def test_a_token_that_is_none_is_refused(rig: Rig, header: str) -> None:
    assert refusal(rig.graph("/v1.0/me", Authorization=header)) == (401, "InvalidAuthenticationToken")


def test_an_expired_token_is_refused(rig: Rig) -> None:
    token = rig.bearer(["User.Read"])
    rig.tenant.control.expire_access_tokens()
    answer = rig.graph("/v1.0/me", token)
    assert refusal(answer) == (401, "InvalidAuthenticationToken")
    assert "expired" in answer.json()["error"]["message"]


@pytest.mark.parametrize("event", ["revoke_sign_in", "challenge_access_tokens"])
def test_a_client_that_can_answer_is_sent_a_claims_challenge(rig: Rig, event: str) -> None:
    token = rig.bearer(["User.Read"], client_capabilities=["CP1"])
    getattr(rig.tenant.control, event)(rig.tenant.person.user_name)
    answer = rig.graph("/v1.0/me", token)
    assert refusal(answer) == (401, "InvalidAuthenticationToken")
    challenge = answer.headers["www-authenticate"]
    claims = re.search(r'error="insufficient_claims", claims="([^"]+)"', challenge)
    assert claims is not None
    assert json.loads(base64.b64decode(claims[1]))["access_token"]["nbf"]["essential"] is True


def test_a_client_that_cannot_answer_is_sent_none(rig: Rig) -> None:
    token = rig.bearer(["User.Read"])
    rig.tenant.control.challenge_access_tokens(rig.tenant.person.user_name)
    assert rig.graph("/v1.0/me", token).status_code == 200
    rig.tenant.control.revoke_sign_in(rig.tenant.person.user_name)
    assert "claims" not in rig.graph("/v1.0/me", token).headers["www-authenticate"]


def test_a_challenge_is_answered_by_a_new_token(rig: Rig) -> None:
    app = rig.app(client_capabilities=["CP1"])
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.challenge_access_tokens(rig.tenant.person.user_name)
    (account,) = app.get_accounts()
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    result = app.acquire_token_silent_with_error(["User.Read"], account, claims_challenge=claims)
    assert rig.graph("/v1.0/me", result["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "scope", "word"),
    [
        ("/me", "Mail.Send", "Authorization_RequestDenied"),
        ("/users", "User.Read", "Authorization_RequestDenied"),
        ("/me/manager", "User.Read", "Authorization_RequestDenied"),
        ("/me/mailboxSettings", "User.Read", "ErrorAccessDenied"),
        (f"/users/{company.MARIT.oid}", "User.Read", "Authorization_RequestDenied"),
    ],
)
def test_a_token_without_the_permission_is_refused(rig: Rig, path: str, scope: str, word: str) -> None:
    assert refusal(rig.graph(f"/v1.0{path}", rig.bearer([scope]))) == (403, word)


def test_me_has_graphs_default_properties_and_no_more(rig: Rig) -> None:
    me = rig.graph("/v1.0/me", rig.bearer(["User.Read"])).json()
    assert me.pop("@odata.context") == f"{rig.tenant.graph_url}/v1.0/$metadata#users/$entity"
    assert set(me) == set(DEFAULT)
    assert (me["id"], me["mobilePhone"]) == (rig.tenant.person.oid, None)


def test_select_chooses_properties(rig: Rig) -> None:
    me = rig.graph("/v1.0/me?$select=department,skills,aboutMe", rig.bearer(["User.Read"])).json()
    context = me.pop("@odata.context")
    assert context.endswith("#users(department,skills,aboutMe)/$entity")
    assert me == {"department": "Field Survey", "skills": [], "aboutMe": None}


def test_select_star_chooses_all(rig: Rig) -> None:
    me = rig.graph("/v1.0/me?%24select=*", rig.bearer(["User.Read"])).json()
    assert {"employeeHireDate", "usageLocation"} < set(me)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1.0/me?$select=shoeSize", (400, "BadRequest")),
        ("/v1.0/me?$select=", (400, "BadRequest")),
        ("/v1.0/me?$top=3", (400, "BadRequest")),
        ("/v1.0/me?$expand=shoes", (400, "BadRequest")),
        ("/v1.0/me?$select=id&$select=mail", (400, "BadRequest")),
        ("/v1.0/users?$top=0", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$top=1000", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$top=ten", (400, "BadRequest")),
        ("/v1.0/users?$count=yes", (400, "BadRequest")),
        ("/v1.0/users?$count=true", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users/$count", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$skiptoken=made-up", (400, "Directory_ExpiredPageToken")),
        ("/v1.0/users?$filter=displayName ne 'x'", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$filter=endswith(mail,'x')", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$filter=contains(displayName,'x')", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$filter=aboutMe eq 'x'", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$filter=businessPhones/any(p:shoeSize eq p)", (400, "BadRequest")),
        ("/v1.0/users?$filter=skills/any(s:s eq 'x')", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$filter=shoeSize eq 'x'", (400, "BadRequest")),
        ("/v1.0/users?$filter=displayName eq", (400, "BadRequest")),
        ("/v1.0/users?$orderby=city", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$orderby=displayName&$filter=city eq 'x'", (400, "Request_UnsupportedQuery")),
        ('/v1.0/users?$search="displayName:x"', (400, "Request_UnsupportedQuery")),
        ("/v1.0/users?$skip=3", (400, "BadRequest")),
        ("/v1.0/me/directReports?$count=true", (400, "Request_UnsupportedQuery")),
        ("/v1.0/users/nobody@brackwater.example", (404, "Request_ResourceNotFound")),
        (f"/v1.0/users/{company.DANA.oid}", (404, "Request_ResourceNotFound")),
        (f"/v1.0/users/{company.MARIT.oid}/manager", (404, "Request_ResourceNotFound")),
        ("/v1.0/nothing", (400, "BadRequest")),
        ("/v1.0//me", (400, "BadRequest")),
        ("/v1.0/me/", (400, "BadRequest")),
        ("/v1.0", (400, "BadRequest")),
        ("/v2.0/me", (400, "BadRequest")),
        ("/me", (400, "BadRequest")),
    ],
)
def test_a_wrong_request_is_refused(rig: Rig, path: str, answer: tuple[int, str]) -> None:
    token = rig.bearer(["User.Read.All", "User.Read"])
    assert refusal(rig.graph(path, token)) == answer


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_a_method_that_is_not_there_is_refused(rig: Rig, method: str) -> None:
    answer = rig.graph("/v1.0/me", rig.bearer(["User.Read"]), method)
    assert refusal(answer) == (405, "Request_BadRequest")
    assert answer.headers["allow"] == "GET"


def test_options_without_a_dollar_are_the_callers_own(rig: Rig) -> None:
    assert rig.graph("/v1.0/me?tag=mine", rig.bearer(["User.Read"])).status_code == 200


def test_pages_follow_each_other_to_the_end(rig: Rig) -> None:
    token, seen, sizes = rig.bearer(["User.Read.All"]), [], []
    path = "/v1.0/users?$select=userPrincipalName&$top=9"
    while path:
        page = rig.graph(path, token).json()
        seen += [one["userPrincipalName"] for one in page["value"]]
        sizes.append(len(page["value"]))
        path = page.get("@odata.nextLink", "").removeprefix(rig.tenant.graph_url)
    assert sizes == [9, 9, 3]
    assert len(set(seen)) == 21
    assert all(name.endswith(rig.tenant.domain) for name in seen)


def test_a_page_token_is_for_one_person_and_one_question(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    link = rig.graph("/v1.0/users?$top=3", token).json()["@odata.nextLink"]
    path = link.removeprefix(rig.tenant.graph_url)
    other = rig.bearer(["User.Read.All"], company.RUI.user_name)
    assert refusal(rig.graph(path, other)) == (400, "Directory_ExpiredPageToken")
    assert refusal(rig.graph(path.replace("$top=3", "$top=4"), token)) == (400, "Directory_ExpiredPageToken")


def test_a_count_comes_on_the_first_page_only(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    first = rig.graph("/v1.0/users?$count=true&$top=5", token, ConsistencyLevel="eventual").json()
    assert first["@odata.count"] == 21
    parts = urlsplit(first["@odata.nextLink"])
    rest = rig.graph(f"{parts.path}?{parts.query}", token, ConsistencyLevel="eventual").json()
    assert (len(rest["value"]), "@odata.count" in rest) == (5, False)


def test_a_count_alone_is_a_bare_number(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    path = "/v1.0/users/$count?$filter=" + quote("department eq 'Field Survey'")
    answer = rig.graph(path, token, ConsistencyLevel="eventual")
    assert (answer.text, answer.headers["content-type"]) == ("5", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("userPrincipalName eq 'INES.OKAFOR@brackwater.example'", ["Ines Okafor"]),
        ("startswith(displayName,'zo')", ["Zoë Lindqvist"]),
        ("startswith(mail, 'lev')", ["Lev Aronsen"]),
        ("accountEnabled eq false and department eq 'Field Survey'", ["Lev Aronsen"]),
        ("startswith(displayName,'zo') or surname eq 'Baek'", ["Joon-ho Baek", "Zoë Lindqvist"]),
        ("department eq 'Field Survey' and startswith(givenName,'pri')", ["Priya Venkataraman"]),
        ("displayName eq 'O''Malley or not'", []),
        ("officeLocation eq 'nowhere'", []),
    ],
)
def test_filters_find_people(rig: Rig, condition: str, found: list[str]) -> None:
    token = rig.bearer(["User.Read.All"])
    page = rig.graph(f"/v1.0/users?$filter={quote(condition)}", token).json()
    assert [one["displayName"] for one in page["value"]] == found


def test_a_basic_permission_shows_basic_properties_of_others(rig: Rig) -> None:
    token = rig.bearer(["User.ReadBasic.All"])
    other = rig.graph(f"/v1.0/users/{company.TOMASZ.user_name.upper()}", token).json()
    shown = {name for name, value in other.items() if value and not name.startswith("@")}
    assert shown == BASIC
    assert rig.graph(f"/v1.0/users/{rig.tenant.person.oid}", token).json()["jobTitle"] == "Survey Team Lead"


@pytest.mark.parametrize(
    "options",
    [
        "$filter=department eq 'Field Survey'",
        "$filter=displayName eq 'Ines Okafor' or accountEnabled eq false",
        "$filter=proxyAddresses/any(a:a eq 'SMTP:x@y.example')",
        '$search="jobTitle:head"',
        '$search="displayName:ines" OR "department:field"',
        "$expand=manager",
    ],
)
def test_a_basic_permission_does_not_let_ask_by_what_it_does_not_show(rig: Rig, options: str) -> None:
    name, _, value = options.partition("=")
    path = f"/v1.0/users?{name}={quote(value)}"
    eventual = {"ConsistencyLevel": "eventual"} if name == "$search" else {}
    basic = rig.graph(path, rig.bearer(["User.ReadBasic.All"]), **eventual)
    assert refusal(basic) == (403, "Authorization_RequestDenied")
    counted = rig.graph(
        f"/v1.0/users/$count?{name}={quote(value)}", rig.bearer(["User.ReadBasic.All"]), ConsistencyLevel="eventual"
    )
    assert counted.status_code in {400, 403}
    assert rig.graph(path, rig.bearer(["User.Read.All"]), **eventual).status_code == 200


def test_a_basic_permission_lets_ask_by_what_it_shows(rig: Rig) -> None:
    token = rig.bearer(["User.ReadBasic.All"])
    for options in ("$filter=startswith(mail,'lev')", "$orderby=userPrincipalName", "$filter=surname eq 'Baek'"):
        assert rig.graph(f"/v1.0/users?{options}", token).status_code == 200


def test_oneself_is_found_by_id_with_the_least_permission(rig: Rig) -> None:
    token = rig.bearer(["User.Read"])
    assert rig.graph(f"/v1.0/users/{rig.tenant.person.oid}", token).status_code == 200


def test_managers_and_reports_are_directory_objects(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    mine = rig.graph("/v1.0/me/manager?$select=displayName", token).json()
    assert mine["@odata.type"] == "#microsoft.graph.user"
    assert mine["displayName"] == company.TOMASZ.display_name
    theirs = rig.graph(f"/v1.0/users/{company.TOMASZ.oid}/manager", token).json()
    assert theirs["id"] == company.MARIT.oid
    reports = rig.graph("/v1.0/me/directReports", token).json()
    assert [one["id"] for one in reports["value"]] == [company.JOON.oid, company.PRIYA.oid]


def test_a_manager_and_reports_are_shown_beside_somebody(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    me = rig.graph("/v1.0/me?$select=displayName&$expand=manager($select=displayName),directReports", token).json()
    assert me["manager"] == {"@odata.type": "#microsoft.graph.user", "displayName": company.TOMASZ.display_name}
    assert [one["id"] for one in me["directReports"]] == [company.JOON.oid, company.PRIYA.oid]
    top = rig.graph(f"/v1.0/users/{company.MARIT.user_name}?$expand=manager", token).json()
    assert "manager" not in top
    people = rig.graph("/v1.0/users?$expand=manager&$top=999", token).json()["value"]
    assert sum("manager" in one for one in people) == 13
    reports = rig.graph(f"/v1.0/users/{company.TOMASZ.oid}/directReports?$select=displayName", token).json()["value"]
    assert [one["displayName"] for one in reports] == [
        "Ines Okafor",
        "Konrad Weßling",
        "Nasrin Farahani",
        "Tomas Halvorsen",
    ]


@pytest.mark.parametrize(
    "path", ["/me?$expand=manager", f"/users/{company.TOMASZ.oid}/directReports", f"/users/{company.MARIT.oid}"]
)
def test_who_is_above_and_below_others_takes_a_permission(rig: Rig, path: str) -> None:
    answer = rig.graph(f"/v1.0{path}", rig.bearer(["User.Read"]))
    assert refusal(answer) == (403, "Authorization_RequestDenied")


def test_a_guest_and_rooms_are_in_the_directory(rig: Rig) -> None:
    token = rig.bearer(["User.Read.All"])
    guests = rig.graph("/v1.0/users?$filter=userType eq 'Guest'&$select=mail,userPrincipalName", token).json()["value"]
    assert [one["mail"] for one in guests] == [company.DANA.user_name]
    name = quote(guests[0]["userPrincipalName"], safe="")
    assert rig.graph(f"/v1.0/users/{name}?$select=mail", token).json()["mail"] == company.DANA.user_name


def test_mailbox_settings_have_zone_hours_and_language(rig: Rig) -> None:
    token = rig.bearer(["MailboxSettings.Read"])
    whole = rig.graph("/v1.0/me/mailboxSettings", token).json()
    assert whole["workingHours"]["timeZone"]["name"] == whole["timeZone"]
    some = rig.graph("/v1.0/me/mailboxSettings?$select=language", token).json()
    assert some.pop("@odata.context").endswith("/mailboxSettings(language)")
    assert some == {"language": whole["language"]}


def test_an_account_without_a_mailbox_has_no_settings(rig: Rig) -> None:
    token = rig.bearer(["MailboxSettings.Read"], company.RUI.user_name)
    assert refusal(rig.graph("/v1.0/me/mailboxSettings", token)) == (404, "MailboxNotEnabledForRESTAPI")


def test_a_personal_account_has_no_directory(rig: Rig) -> None:
    token = rig.bearer(["User.Read"], company.INES_AT_HOME.user_name, tenant="consumers")
    assert refusal(rig.graph(f"/v1.0/users/{company.INES_AT_HOME.oid}", token)) == (400, "BadRequest")


def test_another_organisation_sees_its_own_people_only(rig: Rig) -> None:
    token = rig.bearer(["User.ReadBasic.All"], company.DANA.user_name, tenant="organizations")
    page = rig.graph("/v1.0/users", token).json()
    assert [one["id"] for one in page["value"]] == [company.DANA.oid]


def test_answers_are_packed_where_the_caller_takes_it(rig: Rig) -> None:
    token = rig.bearer(["User.Read"])
    packed = rig.graph("/v1.0/me", token, Accept_Encoding="gzip")
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = rig.graph("/v1.0/me", token, Accept_Encoding="identity")
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_answers_have_the_headers_that_graphs_have(rig: Rig) -> None:
    answer = rig.graph("/v1.0/me", rig.bearer(["User.Read"]))
    assert answer.headers["odata-version"] == "4.0"
    assert "ServerInfo" in json.loads(answer.headers["x-ms-ags-diagnostic"])
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_path_is_read_without_regard_to_case(rig: Rig) -> None:
    token = rig.bearer(["User.Read", "MailboxSettings.Read"])
    assert rig.graph("/v1.0/ME/mailboxsettings", token).status_code == 200


def test_people_are_searched_and_sorted_where_a_delay_is_accepted(rig: Rig) -> None:
    token = rig.bearer(["User.ReadBasic.All"])
    path = '/v1.0/users?$search="displayName:o" OR "mail:rui"&$orderby=displayName desc&$count=true&$select=displayName'
    page = rig.graph(path, token, ConsistencyLevel="eventual").json()
    assert [one["displayName"] for one in page["value"]] == ["Rui Castellane", "Ines Okafor", "Ines Ocampo"]
    first = rig.graph("/v1.0/users?$orderby=displayName&$top=1", token).json()["value"]
    assert [one["displayName"] for one in first] == ["Bea Whitcombe"]


@pytest.mark.parametrize(
    ("kind", "body", "answer"),
    [
        ("", b"{}", (400, "BadRequest")),
        ("text/plain", b"{}", (415, "UnsupportedMediaType")),
        ("application/json", b"{", (400, "BadRequest")),
        ("application/json", b"[]", (400, "BadRequest")),
        ("application/json", b"[" * 100_000, (400, "BadRequest")),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(rig: Rig, kind: str, body: bytes, answer: tuple[int, str]) -> None:
    token = rig.bearer(["Calendars.Read"])
    headers = {"Content_Type": kind} if kind else {}
    assert refusal(rig.graph("/v1.0/me/calendar/getSchedule", token, "POST", body, **headers)) == answer


@pytest.mark.parametrize(
    "path",
    [
        *("/sites", "/me/onenote/notebooks", "/me/planner/tasks", "/me/chats/1/messages", "/teams/1/channels"),
        *("/groups/1/drive/root/children", "/me/calendarGroups", "/me/drive/recent()", "/Me/Presence"),
    ],
)
def test_parts_of_graph_that_only_the_service_has_are_told_from_what_does_not_exist(rig: Rig, path: str) -> None:
    token = rig.bearer(["User.Read"])
    assert refusal(rig.graph(f"/v1.0{path}", token)) == (501, "NotInDemoTenant")
    assert refusal(rig.graph(f"/v1.0{path}", token, "POST", b"{}"))[0] == 400


@pytest.mark.parametrize("path", ["/me/nosuchthing", "/nosuchthing", "/me/drive/nosuchthing"])
def test_what_does_not_exist_is_no_segment(rig: Rig, path: str) -> None:
    answer = rig.graph(f"/v1.0{path}", rig.bearer(["User.Read"]))
    assert refusal(answer) == (400, "BadRequest")
    assert "'nosuchthing'" in answer.json()["error"]["message"]
