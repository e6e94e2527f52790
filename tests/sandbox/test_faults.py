from __future__ import annotations

import base64
import json
import re
import threading
import time
import zlib
from typing import TYPE_CHECKING

import msal.exceptions
import pytest
import requests

from mcp_local_graph.sandbox import Fault, Person
from mcp_local_graph.sandbox.entra.errors import KINDS
from mcp_local_graph.sandbox.faults import NAMED
from tests.sandbox.rig import BASIC, code_of

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


@pytest.mark.parametrize("code", sorted(code for code, kind in KINDS.items() if kind.status < 500))
def test_each_error_has_entras_shape_as_msal_reports_it(rig: Rig, code: int) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.queue_entra_error(code)
    result = app.acquire_token_silent_with_error(["User.Read"], app.get_accounts()[0], force_refresh=True)
    kind = KINDS[code]
    assert (result["error"], result["error_codes"]) == (kind.error, [code])
    assert result["error_description"].startswith(f"AADSTS{code}: {kind.text} Trace ID: ")
    assert result.get("suberror", "") == kind.suberror
    assert ("capolids" in json.dumps(result.get("claims"))) == kind.claims


@pytest.mark.parametrize("code", [50033, 90033])
def test_a_service_that_is_down_says_503(rig: Rig, code: int) -> None:
    rig.tenant.control.queue_entra_error(code)
    refused = rig.entra("token", {})
    assert (refused.status_code, code_of(refused)) == (503, code)
    assert code_of(rig.entra("token", {})) == 900144


def test_a_fault_counts_its_requests(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error(429, "devicecode", 2, headers={"Retry-After": "7"})
    answers = [rig.entra("devicecode", {"scope": BASIC}) for _ in range(3)]
    assert [one.status_code for one in answers] == [429, 429, 200]
    assert [one.headers.get("retry-after") for one in answers] == ["7", "7", None]


def test_faults_can_be_forgotten(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error(500, times=99)
    assert rig.entra("token", {}).status_code == 500
    rig.tenant.control.clear_faults()
    assert rig.entra("token", {}).status_code == 400


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("500", msal.exceptions.MsalServiceError),
        ("503", msal.exceptions.MsalServiceError),
        ("503-html", msal.exceptions.MsalServiceError),
        ("html", ValueError),
        ("truncated", ValueError),
        ("empty", ValueError),
        ("list", AttributeError),
        ("reset", requests.ConnectionError),
        ("cut", requests.RequestException),
    ],
)
def test_wire_faults_reach_msal(rig: Rig, name: str, raised: type[Exception]) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.queue_entra_error(name)
    with pytest.raises(raised):
        app.acquire_token_silent_with_error(["User.Read"], app.get_accounts()[0], force_refresh=True)


def test_a_fault_of_ones_own_is_played_as_it_is(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error(Fault(status=418, body=b"tea"))
    answer = rig.entra("token", {})
    assert (answer.status_code, answer.text) == (418, "tea")
    rig.tenant.control.queue_graph_fault(Fault(status=418, body=b"tea"))
    assert rig.graph("/v1.0/me").text == "tea"


def test_discovery_can_fail(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error("html", "discovery")
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        rig.app()


def test_a_policy_speaks_after_the_person_has_done_theirs(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error(53003, "authorize")
    fields = rig.result()
    assert (fields["error"], fields["error_description"][:12]) == ("invalid_grant", "AADSTS53003:")


def test_the_authorize_page_itself_can_fail(rig: Rig) -> None:
    rig.tenant.control.queue_entra_error("503-html", "authorize")
    assert Person().browse(rig.authorize_url()).status == 503


@pytest.mark.parametrize("unknown", ["no such", 12345])
def test_a_fault_that_is_none_is_refused(rig: Rig, unknown: int | str) -> None:
    with pytest.raises(KeyError):
        rig.tenant.control.queue_entra_error(unknown)


def test_graph_faults_are_for_a_path(rig: Rig) -> None:
    token = rig.bearer(["User.Read", "MailboxSettings.Read"])
    rig.tenant.control.queue_graph_fault(429, "/v1.0/me/mailboxSettings", headers={"Retry-After": "3"})
    assert rig.graph("/v1.0/me", token).status_code == 200
    refused = rig.graph("/v1.0/me/mailboxSettings", token, client_request_id="abc")
    error = refused.json()["error"]
    assert (refused.status_code, refused.headers["retry-after"], error["code"]) == (429, "3", "TooManyRequests")
    assert error["innerError"]["client-request-id"] == refused.headers["client-request-id"] == "abc"


def test_graph_faults_have_a_word_or_a_body_of_ones_own(rig: Rig) -> None:
    control = rig.tenant.control
    control.queue_graph_fault(403, code="ErrorAccessDenied")
    control.queue_graph_fault(502, body=b"<html>")
    control.queue_graph_fault(599)
    assert rig.graph("/v1.0/me").json()["error"]["code"] == "ErrorAccessDenied"
    assert rig.graph("/v1.0/me").text == "<html>"
    assert rig.graph("/v1.0/me").json()["error"]["code"] == "UnknownError"


def test_graph_can_break_off(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault("cut")
    with pytest.raises(requests.RequestException):
        rig.graph("/v1.0/me")
    rig.tenant.control.queue_graph_fault("reset")
    with pytest.raises(requests.ConnectionError):
        rig.graph("/v1.0/me")


def test_a_held_endpoint_hangs_until_it_is_released(rig: Rig) -> None:
    control, answers = rig.tenant.control, []
    control.hold("graph")
    asking = threading.Thread(target=lambda: answers.append(rig.graph("/v1.0/me").status_code))
    asking.start()
    (waiting,) = control.wait_for_request("graph")
    assert (waiting.status, answers) == (None, [])
    control.release("graph")
    asking.join()
    assert (answers, control.requests("graph")[0].status) == ([401], 401)


def test_however_many_are_held_another_endpoint_is_let_go(rig: Rig) -> None:
    control, answers = rig.tenant.control, []
    control.hold("graph")
    control.hold("token")
    asking = [threading.Thread(target=rig.graph, args=["/v1.0/me"]) for _ in range(40)]
    token = threading.Thread(target=lambda: answers.append(rig.entra("token", {}).status_code))
    for thread in [*asking, token]:
        thread.start()
    control.wait_for_request("graph", 40)
    control.wait_for_request("token")
    control.release("token")
    token.join(10)
    assert answers == [400]
    control.release()
    for thread in asking:
        thread.join(10)
    assert [one.status for one in control.requests("graph")] == [401] * 40


def test_waiting_for_a_request_that_never_comes_ends(rig: Rig) -> None:
    with pytest.raises(TimeoutError, match="graph got 0 of 1"):
        rig.tenant.control.wait_for_request("graph", timeout=0.01)


def test_beginning_anew_lets_held_requests_go(rig: Rig) -> None:
    control = rig.tenant.control
    control.hold("graph")
    asking = threading.Thread(target=rig.graph, args=["/v1.0/me"])
    asking.start()
    control.wait_for_request("graph")
    control.reset()
    asking.join(10)
    assert not asking.is_alive()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (409, "nameAlreadyExists"),
        (410, "resyncRequired"),
        (412, "ErrorIrresolvableConflict"),
        (423, "resourceLocked"),
        (504, "gatewayTimeout"),
        (507, "quotaLimitReached"),
    ],
)
def test_graph_has_its_word_for_a_status(rig: Rig, status: int, word: str) -> None:
    rig.tenant.control.queue_graph_fault(status)
    answer = rig.graph("/v1.0/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, word)


def test_graph_can_ask_for_more_claims_by_a_403(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault("more-claims")
    answer = rig.graph("/v1.0/me")
    assert answer.status_code == 403
    claims = re.search(r'error="insufficient_claims", claims="([^"]+)"', answer.headers["www-authenticate"])
    assert claims is not None
    assert "acrs" in json.loads(base64.b64decode(claims[1]))["access_token"]


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("short", requests.RequestException),
        ("gzip-truncated", None),
        ("bad-json", ValueError),
        ("deep", RecursionError),
    ],
)
def test_graphs_answer_can_be_broken(rig: Rig, name: str, raised: type[Exception] | None) -> None:
    rig.tenant.control.queue_graph_fault(name)
    if raised is None:
        assert len(rig.graph("/v1.0/me").content) < len(NAMED["cut"].body)
        return
    with pytest.raises(raised):
        rig.graph("/v1.0/me").json()


def test_an_answer_can_be_a_bomb(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault("gzip-bomb")
    url = f"{rig.tenant.graph_url}/v1.0/me"
    with rig.http.get(url, stream=True, timeout=10) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 300_000
    unpacker, size = zlib.decompressobj(wbits=31), 0
    while piece := unpacker.decompress(packed, 2**24):
        packed, size = unpacker.unconsumed_tail, size + len(piece)
    assert (size > 200 * 2**20, unpacker.eof) == (True, True)


def test_an_answer_can_have_a_million_items_or_a_name_twice(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault("million")
    assert len(rig.graph("/v1.0/me").json()["value"]) == 1_000_000
    rig.tenant.control.queue_graph_fault("duplicate-keys")
    assert rig.graph("/v1.0/me").text.count('"displayName"') == 2


def test_an_answer_can_be_of_another_kind_or_elsewhere(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault("wrong-type")
    assert rig.graph("/v1.0/me").headers["content-type"] == "text/plain"
    rig.tenant.control.queue_graph_fault("redirect")
    answer = rig.graph("/v1.0/me")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/v1.0/me")


@pytest.mark.parametrize("name", ["drip", "slow"])
def test_an_answer_can_come_bit_by_bit(rig: Rig, name: str) -> None:
    rig.tenant.control.queue_graph_fault(name)
    url = f"{rig.tenant.graph_url}/v1.0/me"
    with rig.http.get(url, stream=True, timeout=10) as answer:
        first = answer.raw.read(1)
        assert (first, int(answer.headers["content-length"])) == (b"{", len(NAMED[name].body))
    # The client went away in the middle, and the tenant with it.
    assert rig.graph("/v1.0/me").status_code == 401


def test_an_answer_in_pieces_is_whole_in_the_end(rig: Rig) -> None:
    rig.tenant.control.queue_graph_fault(Fault(body=b'{"a":1}', piece=3, pause=0.001))
    assert rig.graph("/v1.0/me").json() == {"a": 1}


def test_links_can_lead_away_in_a_circle_or_ever_on(rig: Rig) -> None:
    control, here = rig.tenant.control, f"{rig.tenant.graph_url}/v1.0/me/messages"
    links = []
    for name in ("foreign-link", "looping-link", "endless-link"):
        control.queue_graph_fault(name, "/v1.0/me/messages", times=2)
        for path in ("?$top=5", "?$skip=4"):
            answer = rig.graph(f"/v1.0/me/messages{path}").json()
            assert len(answer["value"]) == 1
            links.append(answer["@odata.nextLink"])
    assert links[0].startswith("https://elsewhere.example/v1.0/me/messages?")
    assert links[2:4] == [f"{here}?$top=5", f"{here}?$skip=4"]
    assert links[4:] == [f"{here}?$skip=1", f"{here}?$skip=5"]


def test_a_fault_can_be_told_by_hand(rig: Rig) -> None:
    control_url = f"{rig.tenant.pages_url}/control/queue"
    key = {"Authorization": f"Bearer {rig.tenant.control_key}"}
    requests.post(control_url, json={"host": "graph", "fault": "redirect"}, headers=key, timeout=10).raise_for_status()
    assert rig.graph("/v1.0/me").status_code == 302


def test_every_answer_of_graphs_can_take_its_time(rig: Rig) -> None:
    rig.tenant.control.set_latency(0.05, "/v1.0/me")
    began = time.monotonic()
    assert rig.graph("/v1.0/me").status_code == 401
    assert time.monotonic() - began >= 0.05
