"""An app that acts as itself in the demo tenant: what it gets, and each way in which Entra and Graph refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.rig import code_of

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(rig: Rig, **changed: str) -> requests.Response:
    """A right request of the nightly app, but for what is changed; an empty value leaves a parameter out."""
    form = {
        "client_id": rig.tenant.nightly_client_id,
        "client_secret": rig.tenant.nightly_secret,
        "grant_type": "client_credentials",
        "scope": f"{rig.tenant.graph_url}/.default",
        **changed,
    }
    return rig.entra("token", {name: value for name, value in form.items() if value})


def test_the_answer_is_an_access_token_and_nothing_else(rig: Rig) -> None:
    answer = ask(rig).json()
    token, seconds = answer.pop("access_token"), answer.pop("expires_in")
    assert answer == {"token_type": "Bearer", "ext_expires_in": seconds}
    assert 3600 <= seconds <= 5400
    assert token in rig.tenant.control.issued_secrets()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1.0/users", 200, None),
        ("/v1.0/me", 400, "BadRequest"),
        ("/v1.0/me/manager", 400, "BadRequest"),
        ("/v1.0/me/mailboxSettings", 400, "BadRequest"),
    ],
)
def test_graph_answers_an_app_by_its_roles_and_never_about_me(
    rig: Rig, path: str, status: int, code: str | None
) -> None:
    answer = rig.graph(path, ask(rig).json()["access_token"])
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("code") == code


def test_a_token_for_another_resource_carries_no_role_for_graph(rig: Rig) -> None:
    token = ask(rig, scope=f"{rig.tenant.stores_api}/.default").json()["access_token"]
    assert rig.graph("/v1.0/users", token).status_code == 401


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000216),
        ({"client_secret": "", "grant_type": "refresh_token"}, 7000218),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 700016),
        ({"scope": "https://graph.microsoft.com/User.Read.All"}, 1002012),
        ({"scope": "openid https://graph.microsoft.com/.default"}, 1002012),
        ({"scope": "https://nowhere.example/.default"}, 500011),
        ({"scope": ""}, 900144),
        ({"client_assertion": "a.b.c", "client_assertion_type": JWT_BEARER}, 50027),
        ({"client_assertion": "a.b.c", "client_assertion_type": "other"}, 700021),
    ],
)
def test_a_wrong_request_is_refused_by_its_own_number(rig: Rig, changed: dict[str, str], code: int) -> None:
    assert code_of(ask(rig, **changed)) == code


def test_a_public_app_has_nothing_to_act_as_itself_with(rig: Rig) -> None:
    assert code_of(ask(rig, client_id=rig.tenant.client_id, client_secret="")) == 7000216
    assert code_of(ask(rig, client_id=rig.tenant.client_id)) == 700025


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "system:serviceaccount:reports:other"}, 700213),
        ({"iss": "https://cluster.example"}, 700211),
        ({"aud": "api://something"}, 700212),
        ({"exp": 1}, 700024),
        ({"nbf": 9_999_999_999}, 700024),
    ],
)
def test_a_workloads_token_has_to_be_the_trusted_one(rig: Rig, claims: dict[str, object], code: int) -> None:
    assertion = {"client_secret": "", "client_assertion_type": JWT_BEARER}
    assert ask(rig, **assertion, client_assertion=rig.tenant.control.workload_token()).status_code == 200
    assert code_of(ask(rig, **assertion, client_assertion=rig.tenant.control.workload_token(**claims))) == code
