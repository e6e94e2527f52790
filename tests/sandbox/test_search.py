from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

Json = dict[str, Any]


def ask(rig: Rig, text: object, kind: str, scope: str, **more: object) -> requests.Response:
    request = {"entityTypes": [kind], "query": {"queryString": text}, **more}
    return post(rig, {"requests": [request]}, scope)


def post(rig: Rig, body: Json, scope: str) -> requests.Response:
    token = rig.bearer([scope])
    content = json.dumps(body).encode()
    return rig.graph("/v1.0/search/query", token, "POST", content, Content_Type="application/json")


def found(answer: requests.Response) -> Json:
    assert answer.status_code == 200, answer.text
    (response,) = answer.json()["value"]
    (container,) = response["hitsContainers"]
    return dict(container)


def test_messages_are_found_by_words_and_by_whom_they_are_from(rig: Rig) -> None:
    hits = found(ask(rig, "budget from:zoe", "message", "Mail.Read"))["hits"]
    assert {hit["resource"]["from"]["emailAddress"]["name"] for hit in hits} == {"Zoë Lindqvist"}
    first = hits[0]
    assert (first["rank"], first["resource"]["@odata.type"]) == (1, "#microsoft.graph.message")
    mail = rig.graph(f"/v1.0/me/messages/{first['hitId']}", rig.bearer(["Mail.Read"])).json()
    assert mail["subject"] == first["resource"]["subject"]


def test_a_phrase_in_quotes_is_one_thing(rig: Rig) -> None:
    hits = found(ask(rig, '"second multibeam head"', "message", "Mail.Read"))["hits"]
    assert all(
        "second multibeam head"
        in rig.graph(f"/v1.0/me/messages/{hit['hitId']}?$select=body", rig.bearer(["Mail.Read"]))
        .json()["body"]["content"]
        .replace("\r\n", " ")
        for hit in hits[:2]
    )
    assert hits


def test_events_are_found_in_the_calendar(rig: Rig) -> None:
    hits = found(ask(rig, "kick-off northmole", "event", "Calendars.Read"))["hits"]
    assert [hit["resource"]["subject"] for hit in hits] == ["Kestrel Sound: kick-off with Northmole"]


def test_files_are_found_in_ones_own_drive_and_in_those_that_share(rig: Rig) -> None:
    hits = found(ask(rig, "plan", "driveItem", "Files.Read.All"))["hits"]
    assert {hit["resource"]["name"] for hit in hits} == {
        "Budget plan Kestrel Sound v3.docx",
        "Field Survey figures.xlsx",
        "Line plan Kestrel v2.csv",
    }
    assert "@microsoft.graph.downloadUrl" not in json.dumps(hits)


def test_hits_come_in_pages(rig: Rig) -> None:
    first = found(ask(rig, "kestrel", "message", "Mail.Read", size=5))
    rest = found(ask(rig, "kestrel", "message", "Mail.Read", size=5, **{"from": 5}))
    assert (len(first["hits"]), first["moreResultsAvailable"], rest["hits"][0]["rank"]) == (5, True, 6)
    assert first["total"] == rest["total"] > 10


@pytest.mark.parametrize(
    ("what", "scope", "more", "answer"),
    [
        (("x", "message"), "User.Read", {}, (403, "Authorization_RequestDenied")),
        (("x", "driveItem"), "Mail.Read", {}, (403, "Forbidden")),
        (("x", "chatMessage"), "Mail.Read", {}, (400, "BadRequest")),
        (("", "message"), "Mail.Read", {}, (400, "BadRequest")),
        ((7, "message"), "Mail.Read", {}, (400, "BadRequest")),
        (("x", "message"), "Mail.Read", {"size": 26}, (400, "BadRequest")),
        (("x", "message"), "Mail.Read", {"from": -1}, (400, "BadRequest")),
    ],
)
def test_a_wrong_search_is_refused(
    rig: Rig, what: tuple[object, str], scope: str, more: Json, answer: tuple[int, str]
) -> None:
    assert refusal(ask(rig, *what, scope, **more)) == answer


def test_one_request_at_a_time_and_for_work_accounts_only(rig: Rig) -> None:
    assert refusal(post(rig, {"requests": []}, "Mail.Read")) == (400, "BadRequest")
    token = rig.bearer(["Mail.Read"], company.INES_AT_HOME.user_name, tenant="consumers")
    answer = rig.graph("/v1.0/search/query", token, "POST", b"{}", Content_Type="application/json")
    assert refusal(answer) == (400, "BadRequest")
