from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import Person
from tests.sandbox.rig import BASIC, code_of

if TYPE_CHECKING:
    import msal

    from tests.sandbox.rig import Rig


def once(app: msal.PublicClientApplication, flow: dict[str, Any]) -> dict[str, Any]:
    """One poll, whatever it brings."""
    result: dict[str, Any] = app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    return result


def test_a_person_signs_in_by_code(rig: Rig) -> None:
    # MSAL warns where it is asked before the interval is over; the tests do not wait.
    rig.tenant.control.set_device_code_interval(1)
    app = rig.app()
    flow = app.initiate_device_flow(["User.Read"])
    assert once(app, flow)["error_codes"] == [70016]
    page = Person().enter_device_code(flow["verification_uri"], flow["user_code"].lower())
    assert page.title.startswith("You have signed in")
    assert once(app, flow)["scope"] == "User.Read openid profile"
    assert once(app, flow)["error"] == "bad_verification_code"


def test_the_control_side_approves_as_anybody(rig: Rig) -> None:
    app, other = rig.app(), rig.tenant.people[3]
    flow = app.initiate_device_flow(["User.Read"])
    rig.tenant.control.approve_device_code(flow["user_code"], other.user_name)
    assert once(app, flow)["id_token_claims"]["oid"] == other.oid


@pytest.mark.parametrize("by_page", [True, False])
def test_a_declined_code_says_so(rig: Rig, by_page: bool) -> None:  # noqa: FBT001 (a row of the table above)
    # MSAL warns where it is asked before the interval is over; the tests do not wait.
    rig.tenant.control.set_device_code_interval(1)
    app = rig.app()
    flow = app.initiate_device_flow(["User.Read"])
    if by_page:
        page = Person().enter_device_code(flow["verification_uri"], flow["user_code"], accept=False)
        assert page.title.startswith("The sign-in was cancelled")
    else:
        rig.tenant.control.decline_device_code(flow["user_code"])
    assert (once(app, flow)["error"], once(app, flow)["error_codes"]) == ("authorization_declined", [70018])


def test_an_expired_code_says_so(rig: Rig) -> None:
    rig.tenant.control.set_device_code_lifetime(0)
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    refused = rig.entra("token", {"grant_type": "device_code", "device_code": started["device_code"]})
    assert (code_of(refused), refused.json()["error"]) == (70020, "expired_token")


def test_an_unknown_code_says_so(rig: Rig) -> None:
    refused = rig.entra("token", {"grant_type": "device_code", "device_code": "none"})
    assert (code_of(refused), refused.json()["error"]) == (70019, "bad_verification_code")


def test_a_device_that_asks_too_often_is_slowed_down(rig: Rig) -> None:
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": started["device_code"]}
    assert rig.entra("token", form).json()["error"] == "authorization_pending"
    assert rig.entra("token", form).json()["error"] == "slow_down"


def test_a_device_may_ask_as_often_as_the_interval_says(rig: Rig) -> None:
    rig.tenant.control.set_device_code_interval(0)
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    form = {"grant_type": "device_code", "device_code": started["device_code"]}
    assert {rig.entra("token", form).json()["error"] for _ in range(3)} == {"authorization_pending"}
    assert started["interval"] == 0


def test_the_message_names_the_page_and_the_code(rig: Rig) -> None:
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    assert started["verification_uri"] in started["message"]
    assert started["user_code"] in started["message"]
    assert (started["expires_in"], started["interval"], len(started["user_code"])) == (900, 5, 9)


@pytest.mark.parametrize(
    ("form", "code"),
    [({"scope": ""}, 900144), ({"scope": "No.Such"}, 650053), ({"scope": BASIC, "claims": "{"}, 9002313)],
)
def test_a_wrong_device_request_is_refused(rig: Rig, form: dict[str, str], code: int) -> None:
    assert code_of(rig.entra("devicecode", form)) == code


def test_a_wrong_user_code_is_asked_for_again(rig: Rig) -> None:
    page = Person().enter_device_code(f"{rig.tenant.pages_url}/device", "WRONGCODE")
    assert page.title.startswith("Enter the code")
    assert "unknown" in page.text


def test_the_code_page_refuses_a_form_from_elsewhere(rig: Rig) -> None:
    person = Person()
    page = person.browse(f"{rig.tenant.pages_url}/device?otc=ABC")
    assert page.forms[0].fields["code"] == "ABC"
    page.forms[0].fields["csrf"] = "guessed"
    assert "AADSTS9002313" in person.submit(page).text


def test_the_control_side_refuses_what_a_person_could_not_do(rig: Rig) -> None:
    control = rig.tenant.control
    started = rig.entra("devicecode", {"scope": "User.Read.All"}).json()
    with pytest.raises(PermissionError, match=r"User\.Read\.All"):
        control.approve_device_code(started["user_code"])
    with pytest.raises(LookupError, match="No device waits"):
        control.approve_device_code("WRONGCODE")
    with pytest.raises(LookupError, match="no account"):
        control.approve_device_code(started["user_code"], "nobody@brackwater.example")


def test_a_person_who_was_disabled_meanwhile_gets_no_token(rig: Rig) -> None:
    started = rig.entra("devicecode", {"scope": BASIC}).json()
    rig.tenant.control.approve_device_code(started["user_code"])
    rig.tenant.control.disable_user(rig.tenant.person.user_name)
    form = {"grant_type": "device_code", "device_code": started["device_code"]}
    assert code_of(rig.entra("token", form)) == 50057
