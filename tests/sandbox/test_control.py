from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.sandbox import Person
from tests.sandbox.rig import BASIC, code_of

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig


def act(rig: Rig, name: str, said: object, key: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {rig.tenant.control_key if key is None else key}"}
    return rig.http.post(f"{rig.tenant.pages_url}/control/{name}", json=said, headers=headers, timeout=10)


@pytest.mark.parametrize("name", ["approve", "decline", "revoke", "queue", "requests"])
def test_the_control_side_is_for_who_has_the_key(rig: Rig, name: str) -> None:
    answer = act(rig, name, {}, "guessed")
    assert answer.status_code == 401
    assert not any(header.startswith("access-control-") for header in answer.headers)


def test_a_code_is_approved_and_declined_over_http(rig: Rig) -> None:
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    assert act(rig, "approve", {"user_code": started["user_code"]}).json() == {"result": None}
    form = {"grant_type": "device_code", "device_code": started["device_code"]}
    assert rig.entra("token", form).status_code == 200
    other = rig.entra("devicecode", {"scope": BASIC}).json()
    act(rig, "decline", {"user_code": other["user_code"]})
    assert code_of(rig.entra("token", form | {"device_code": other["device_code"]})) == 70018


def test_a_sign_in_is_revoked_over_http(rig: Rig) -> None:
    token = rig.bearer(["User.Read"])
    assert act(rig, "revoke", {"user_name": rig.tenant.person.user_name}).status_code == 200
    assert rig.graph("/v1.0/me", token).status_code == 401


def test_faults_are_queued_over_http(rig: Rig) -> None:
    act(rig, "queue", {"fault": 50076, "times": 2})
    act(rig, "queue", {"host": "graph", "fault": 503, "path": "/v1.0/me"})
    assert [code_of(rig.entra("token", {})) for _ in range(2)] == [50076, 50076]
    assert rig.graph("/v1.0/me").status_code == 503


def test_requests_are_listed_over_http_without_secrets(rig: Rig) -> None:
    rig.graph("/v1.0/me", rig.bearer(["User.Read"]))
    answer = act(rig, "requests", {})
    last = answer.json()["result"][-1]
    assert last == {"host": "graph", "method": "GET", "path": "/v1.0/me", "status": 200, "authorized": True}
    assert not any(secret in answer.text for secret in rig.tenant.control.issued_secrets())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("approve", {}),
        ("approve", {"user_code": "WRONGCODE"}),
        ("revoke", {"user_name": "nobody"}),
        ("queue", {"fault": "no such"}),
        ("revoke", []),
    ],
)
def test_what_cannot_be_done_is_said(rig: Rig, name: str, said: object) -> None:
    answer = act(rig, name, said)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_the_record_has_everything_and_shows_no_secret(rig: Rig) -> None:
    fields = rig.result()
    rig.redeem(fields["code"])
    record = rig.tenant.control.requests("token")[0]
    assert (record.host, record.method, record.status, record.authorized) == ("entra", "POST", 200, False)
    assert record.form["code"] == fields["code"]
    shown = repr(rig.tenant.control.requests())
    assert not any(secret in shown for secret in [*rig.tenant.control.issued_secrets(), record.form["code_verifier"]])
    rig.tenant.control.clear_requests()
    assert rig.tenant.control.requests() == []


def test_every_secret_that_is_issued_is_known(rig: Rig) -> None:
    person = Person()
    fields = rig.result(person)
    tokens = rig.redeem(fields["code"]).json()
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    cookie = rig.tenant.control.requests("authorize")[0].headers.get("cookie")
    issued = {fields["code"], *(tokens[name] for name in ("access_token", "refresh_token", "id_token"))}
    assert cookie is None
    person.browse(rig.authorize_url())
    sent = rig.tenant.control.requests("authorize")[-1].headers["cookie"].partition("=")[2]
    assert issued | {started["device_code"], sent} <= rig.tenant.control.issued_secrets()


def test_beginning_anew_forgets_everything_but_the_secrets(rig: Rig) -> None:
    control = rig.tenant.control
    token = rig.bearer(["User.Read"])
    control.set_token_lifetime(1)
    control.queue_entra_error(500)
    control.reset()
    assert rig.graph("/v1.0/me", token).status_code == 401
    assert token in control.issued_secrets()
    assert rig.redeem(rig.result()["code"]).json()["expires_in"] >= 3600


def test_consent_can_be_forgotten_for_all(rig: Rig) -> None:
    control = rig.tenant.control
    control.grant_consent(None, ["User.Read"])
    assert rig.result(Person(), prompt="")["code"]
    control.forget_consent()
    person = Person()
    page = person.submit(person.browse(rig.authorize_url()), rig.tenant.person.user_name)
    assert page.title.startswith("Permissions requested")
