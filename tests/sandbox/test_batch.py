from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

SCOPES = ["User.Read", "User.Read.All", "MailboxSettings.Read"]
SETTINGS = "/me/mailboxSettings"


def part(name: str, url: str = "/me", **more: object) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **more}


def batch(rig: Rig, parts: object, token: str | None = None, **headers: str) -> requests.Response:
    return rig.graph(
        "/v1.0/$batch",
        token or rig.bearer(SCOPES),
        "POST",
        json.dumps({"requests": parts}).encode(),
        content_type="application/json",
        **headers,
    )


def answers(response: requests.Response) -> dict[str, dict[str, Any]]:
    assert response.status_code == 200
    return {one["id"]: one for one in response.json()["responses"]}


def test_each_part_is_answered_as_if_it_had_come_alone(rig: Rig) -> None:
    parts = [
        part("a", "/me?$select=displayName"),
        part("b", "/users/nobody"),
        part("c", "/users/$count", headers={"ConsistencyLevel": "eventual"}),
        part("d", "/users?$top=1001"),
        part("e", "/drives"),
    ]
    found = answers(batch(rig, parts))
    assert found["a"]["body"]["displayName"] == company.INES.display_name
    assert found["a"]["headers"]["OData-Version"] == "4.0"
    assert (found["b"]["status"], found["b"]["body"]["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert (found["c"]["status"], found["c"]["body"]) == (200, "21")
    assert (found["d"]["status"], found["e"]["status"]) == (400, 400)


def test_the_order_of_the_answers_is_not_that_of_the_parts(rig: Rig) -> None:
    names = [one["id"] for one in batch(rig, [part("a"), part("b"), part("c")]).json()["responses"]]
    assert sorted(names) == ["a", "b", "c"]
    assert names != ["a", "b", "c"]


def test_a_part_needs_its_permission(rig: Rig) -> None:
    found = answers(batch(rig, [part("a"), part("b", SETTINGS)], rig.bearer(["User.Read"])))
    assert (found["a"]["status"], found["b"]["status"]) == (200, 403)
    assert found["b"]["body"]["error"]["code"] == "ErrorAccessDenied"


def test_a_batch_needs_a_token_and_a_post(rig: Rig) -> None:
    assert refusal(batch(rig, [part("a")], "unknown")) == (401, "InvalidAuthenticationToken")
    assert refusal(rig.graph("/v1.0/$batch", rig.bearer(SCOPES))) == (405, "Request_BadRequest")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (None, "Invalid batch payload"),
        ([], "Invalid batch payload"),
        (["a"], "Invalid batch payload"),
        ([part(str(number)) for number in range(21)], "maximum value of 20"),
        ([part("a"), part("a")], "unique"),
        ([part("")], "Request Id"),
        ([{"method": "GET", "url": "/me"}], "Request Id"),
        ([part("a", method="FETCH")], "Method"),
        ([part("a", "https://graph.microsoft.com/v1.0/me")], "relative"),
        ([part("a", "//elsewhere.example/me")], "relative"),
        ([part("a", "me")], "relative"),
        ([part("a", "/users?$filter=a eq b")], "relative"),
        ([part("a", headers={"x": 1})], "headers"),
        ([part("a", headers="x")], "headers"),
        ([part("a", wait=True)], "'wait'"),
        ([part("a"), part("b"), part("c", dependsOn=["a"])], "in order"),
        ([part("a", dependsOn=["b"]), part("b")], "in order"),
        ([part("a"), part("b", dependsOn=["z"])], "in order"),
        ([part("a"), part("b", dependsOn="a")], "in order"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_as_a_whole(rig: Rig, parts: object, words: str) -> None:
    answer = batch(rig, parts)
    assert refusal(answer) == (400, "BadRequest")
    assert words in answer.json()["error"]["message"]


def test_a_batch_inside_a_batch_is_refused(rig: Rig) -> None:
    inner = part(
        "a", "/$batch", method="POST", body={"requests": [part("b")]}, headers={"Content-Type": "application/json"}
    )
    assert answers(batch(rig, [inner]))["a"]["status"] == 400


def test_what_waits_for_a_failure_fails_with_it(rig: Rig) -> None:
    serial = [part("a"), part("b", "/users/nobody", dependsOn=["a"]), part("c", dependsOn=["b"])]
    assert {name: one["status"] for name, one in answers(batch(rig, serial)).items()} == {"a": 200, "b": 404, "c": 424}
    fan = [part("a", "/users/nobody"), part("b", dependsOn=["a"]), part("c", dependsOn=["a"])]
    assert {name: one["status"] for name, one in answers(batch(rig, fan)).items()} == {"a": 404, "b": 424, "c": 424}


def test_a_batch_is_one_request_on_the_wire_and_shows_its_parts(rig: Rig) -> None:
    batch(rig, [part("a", "/me?$select=id", headers={"Prefer": "x"}), part("b", "/users/nobody")])
    (record,) = rig.tenant.control.requests("graph")
    assert (record.method, record.path, record.status) == ("POST", "/v1.0/$batch", 200)
    assert json.loads(record.body)["requests"][0]["id"] == "a"
    assert [(one.path, one.query, one.status) for one in record.parts] == [
        ("/v1.0/me", {"$select": "id"}, 200),
        ("/v1.0/users/nobody", {}, 404),
    ]
    assert record.parts[0].headers["prefer"] == "x"
    assert "Bearer" not in repr(record)


def test_a_fault_meets_a_part(rig: Rig) -> None:
    control = rig.tenant.control
    control.queue_graph_fault(429, "/v1.0/users", headers={"Retry-After": "7"})
    control.queue_graph_fault(200, "/v1.0/me", body=b'{"displayName":"X"}')
    control.queue_graph_fault("reset", "/v1.0/me/manager")
    found = answers(batch(rig, [part("a", "/users"), part("b"), part("c", "/me/manager")]))
    assert (found["a"]["status"], found["a"]["headers"]["Retry-After"]) == (429, "7")
    assert (found["b"]["body"], found["c"]["status"]) == ({"displayName": "X"}, 200)


def test_a_mailbox_takes_four_parts_at_a_time_and_all_of_them_in_turn(rig: Rig) -> None:
    found = answers(batch(rig, [part(str(number), SETTINGS) for number in range(20)]))
    assert {one["status"] for one in found.values()} == {200}


def test_a_batch_beside_other_requests_is_throttled_in_part(rig: Rig) -> None:
    token, control = rig.bearer(SCOPES), rig.tenant.control
    control.clear_requests()
    control.hold("graph")
    asking = [threading.Thread(target=rig.graph, args=[f"/v1.0{SETTINGS}", token]) for _ in range(3)]
    done: list[requests.Response] = []
    last = threading.Thread(
        target=lambda: done.append(
            batch(rig, [part("x"), *(part(str(number), SETTINGS) for number in range(8))], token)
        )
    )
    for thread in asking:
        thread.start()
    control.wait_for_request("graph", 3)
    last.start()
    control.wait_for_request("graph", 4)
    control.release()
    for thread in [*asking, last]:
        thread.join()
    found = answers(done[0])
    assert found.pop("x")["status"] == 200
    assert sorted(one["status"] for one in found.values()) == [200, 200, *[429] * 6]
    refused = next(one for one in found.values() if one["status"] == 429)
    assert refused["headers"]["Retry-After"] == "1"


def test_the_fifth_request_to_a_mailbox_at_once_is_throttled(rig: Rig) -> None:
    token, other, control = rig.bearer(SCOPES), rig.bearer(SCOPES, company.PRIYA.user_name), rig.tenant.control
    control.clear_requests()
    control.hold("graph")
    asking = [threading.Thread(target=rig.graph, args=[f"/v1.0{SETTINGS}", token]) for _ in range(4)]
    elsewhere = [
        threading.Thread(target=rig.graph, args=[path, one])
        for path, one in ((f"/v1.0{SETTINGS}", other), ("/v1.0/me", token))
    ]
    for thread in [*asking, *elsewhere]:
        thread.start()
    control.wait_for_request("graph", 6)
    fifth = rig.graph(f"/v1.0{SETTINGS}", token)
    control.release()
    for thread in [*asking, *elsewhere]:
        thread.join()
    assert refusal(fifth) == (429, "ApplicationThrottled")
    assert fifth.headers["retry-after"] == "1"
    assert fifth.json()["error"]["message"] == "Application is over its MailboxConcurrency limit."
    assert sorted(one.status or 0 for one in control.requests("graph")) == [*[200] * 6, 429]
    assert rig.graph(f"/v1.0{SETTINGS}", token).status_code == 200


def test_a_mailbox_can_have_had_enough(rig: Rig) -> None:
    token, control = rig.bearer(SCOPES), rig.tenant.control
    control.set_mailbox_limits(quota=2, retry_after=9)
    assert [rig.graph(f"/v1.0{SETTINGS}", token).status_code for _ in range(3)] == [200, 200, 429]
    assert answers(batch(rig, [part("a", SETTINGS), part("b")], token))["a"]["headers"]["Retry-After"] == "9"
    assert rig.graph("/v1.0/me", token).status_code == 200
    control.set_mailbox_limits(concurrent=1)
    assert rig.graph(f"/v1.0{SETTINGS}", token).status_code == 200
