from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from mcp_local_graph.sandbox import Person, company
from mcp_local_graph.sandbox.entra.errors import KINDS
from tests.sandbox.rig import BASIC, REDIRECT, code_of, walk

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

LEFT = "lev.aronsen@brackwater.example"


def test_a_code_is_refused_the_second_time(rig: Rig) -> None:
    code = rig.result()["code"]
    assert rig.redeem(code).status_code == 200
    again = rig.redeem(code)
    assert (again.status_code, code_of(again), again.json()["error"]) == (400, 54005, "invalid_grant")


def test_a_code_is_spent_by_a_wrong_try(rig: Rig) -> None:
    code = rig.result()["code"]
    rig.redeem(code, code_verifier="w" * 43)
    assert code_of(rig.redeem(code)) == 54005


@pytest.mark.parametrize("verifier", ["", "w" * 43])
def test_a_code_is_refused_without_its_verifier(rig: Rig, verifier: str) -> None:
    refused = rig.redeem(rig.result()["code"], code_verifier=verifier)
    assert (code_of(refused), refused.json()["error"]) == (501481, "invalid_grant")


def test_a_verifier_is_refused_where_no_challenge_was_sent(rig: Rig) -> None:
    fields = rig.result(code_challenge="", code_challenge_method="")
    assert code_of(rig.redeem(fields["code"])) == 501481


def test_a_code_is_refused_with_another_redirect(rig: Rig) -> None:
    refused = rig.redeem(rig.result()["code"], redirect_uri="http://localhost:49153")
    assert (code_of(refused), refused.json()["error"]) == (50011, "invalid_grant")


def test_a_code_is_refused_from_another_app(rig: Rig) -> None:
    refused = rig.redeem(rig.result()["code"], client_id=rig.tenant.one_tenant_client_id)
    assert code_of(refused) == 70000


def test_an_old_code_is_refused(rig: Rig) -> None:
    rig.tenant.control.set_code_lifetime(0)
    assert code_of(rig.redeem(rig.result()["code"])) == 70008


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:49152",
        "http://localhost:49152/",
        "http://localhost:49152/callback",
        "http://localhost:49152?x=1",
        "https://localhost:49152",
        "http://localhost.elsewhere.example",
        "http://localhost:port",
        "http://someone@localhost:49152",
    ],
)
def test_a_redirect_that_is_not_registered_gets_nothing(rig: Rig, uri: str) -> None:
    page = Person().browse(rig.authorize_url(redirect_uri=uri))
    assert (page.status, page.forms, "AADSTS50011" in page.text) == (400, (), True)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "00000000-1111-2222-3333-444444444444"}, 700016),
        ({"client_id": ""}, 900144),
        ({"redirect_uri": ""}, 900144),
        ({"response_mode": "fragment"}, 70007),
    ],
)
def test_what_cannot_be_trusted_is_told_to_the_person_only(rig: Rig, changed: dict[str, str], code: int) -> None:
    page = Person().browse(rig.authorize_url(**changed))
    assert (page.status, page.forms, f"AADSTS{code}:" in page.text) == (400, (), True)


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type", 700054),
        ({"response_type": ""}, "invalid_request", 900144),
        ({"scope": ""}, "invalid_request", 900144),
        ({"scope": " "}, "invalid_scope", 70011),
        ({"scope": "Mail.Reed"}, "invalid_client", 650053),
        ({"scope": "https://elsewhere.example/Thing.Read"}, "invalid_resource", 500011),
        ({"scope": "User.Read https://stores.brackwater.example/Inventory.Read"}, "invalid_scope", 28000),
        ({"scope": "User.Read https://graph.microsoft.com/.default"}, "invalid_scope", 70011),
        ({"prompt": "maybe"}, "invalid_request", 9002313),
        ({"claims": "{"}, "invalid_request", 9002313),
        ({"claims": "[]"}, "invalid_request", 9002313),
        ({"code_challenge_method": "plain"}, "invalid_request", 50147),
        ({"code_challenge": "short"}, "invalid_request", 50147),
        ({"code_challenge": ""}, "invalid_request", 50147),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_a_wrong_request_comes_back_to_the_app_as_an_error(
    rig: Rig, changed: dict[str, str], error: str, code: int
) -> None:
    fields = Person().browse(rig.authorize_url(**changed)).forms[0].fields
    assert (fields["error"], fields["state"]) == (error, "s-1")
    assert fields["error_description"].startswith(f"AADSTS{code}: ")


def test_nothing_is_allowed_silently(rig: Rig) -> None:
    person = Person()
    rig.result(person)
    fields = person.browse(rig.authorize_url(prompt="none", scope="User.Read Mail.Send")).forms[0].fields
    assert (fields["error"], "AADSTS65001" in fields["error_description"]) == ("interaction_required", True)


def test_an_error_can_come_in_the_query(rig: Rig) -> None:
    url = rig.authorize_url(response_mode="", prompt="none")
    there = rig.http.get(url, allow_redirects=False).headers["location"]
    assert there.startswith(f"{REDIRECT}?")
    assert parse_qs(urlsplit(there).query)["error"] == ["login_required"]


def test_cancelling_consent_is_told_to_the_app(rig: Rig) -> None:
    page = walk(Person(), rig.authorize_url(), rig.tenant.person.user_name, "cancel")
    fields = page.forms[0].fields
    assert (fields["error"], fields["error_subcode"]) == ("access_denied", "cancel")
    assert fields["error_description"].startswith("AADSTS65004: ")


def test_cancelling_the_choice_is_told_to_the_app(rig: Rig) -> None:
    person = Person()
    fields = person.submit(person.browse(rig.authorize_url()), "cancel").forms[0].fields
    assert (fields["error"], fields["state"]) == ("access_denied", "s-1")


@pytest.mark.parametrize("scope", ["User.Read.All", "Mail.Read", "MailboxSettings.Read"])
def test_what_only_an_administrator_may_allow_is_not_the_persons_to_give(rig: Rig, scope: str) -> None:
    person = Person()
    page = walk(person, rig.authorize_url(scope=scope), rig.tenant.person.user_name)
    assert page.title.startswith("Need admin approval")
    assert f"AADSTS90094: {KINDS[90094].text}" in page.text
    fields = person.submit(page, "back").forms[0].fields
    assert (fields["error"], fields["error_description"][:12]) == ("access_denied", "AADSTS90094:")


def test_another_account_can_be_used_where_approval_is_needed(rig: Rig) -> None:
    admin = next(one for one in rig.tenant.people if one.is_admin)
    person = Person()
    page = walk(person, rig.authorize_url(scope="User.Read.All"), rig.tenant.person.user_name)
    page = person.submit(person.submit(page, "other"), admin.user_name)
    assert "code" in person.submit(page, "accept").forms[0].fields


def test_an_administrator_can_reserve_a_permission(rig: Rig) -> None:
    rig.tenant.control.require_admin_consent("User.Read")
    page = walk(Person(), rig.authorize_url(), rig.tenant.person.user_name)
    assert page.title.startswith("Need admin approval")


def test_pressing_accept_on_a_page_that_does_not_offer_it_allows_nothing(rig: Rig) -> None:
    person = Person()
    page = walk(person, rig.authorize_url(scope="User.Read.All"), rig.tenant.person.user_name)
    page.forms[0].fields["decision"] = "accept"
    page.forms[0].buttons.clear()
    assert person.submit(page).title.startswith("Need admin approval")


@pytest.mark.parametrize(
    ("account", "tenant", "code"),
    [
        ("ines.okafor@brackwater.example", company.OTHER_TENANT_ID, 50020),
        ("ines.o@postbox.example", None, 50020),
        (LEFT, None, 50057),
        ("ines.o@postbox.example", "organizations", 50020),
    ],
)
def test_an_account_that_does_not_fit_stays_outside(rig: Rig, account: str, tenant: str | None, code: int) -> None:
    person = Person()
    page = walk(person, rig.authorize_url(tenant), account)
    assert (page.status, f"AADSTS{code}:" in page.text) == (400, True)
    assert person.submit(page, "other").title.startswith("Choose an account")


def test_a_form_from_elsewhere_is_refused(rig: Rig) -> None:
    victim, stranger = Person(), Person()
    page = victim.browse(rig.authorize_url())
    stranger.browse(rig.authorize_url())
    assert stranger.submit(page, rig.tenant.person.user_name).status == 400
    page.forms[0].fields["csrf"] = "guessed"
    assert "AADSTS9002313" in victim.submit(page, rig.tenant.person.user_name).text


@pytest.mark.parametrize("field", ["account", "decision"])
def test_a_form_that_says_nonsense_is_refused(rig: Rig, field: str) -> None:
    person = Person()
    page = person.browse(rig.authorize_url())
    page.forms[0].buttons.clear()
    assert person.submit(page, fields={field: "accept"}).status == 400


def test_a_sign_in_that_is_over_cannot_go_on(rig: Rig) -> None:
    person = Person()
    page = person.browse(rig.authorize_url())
    person.submit(page, "cancel")
    assert "AADSTS9002313" in person.submit(page, "cancel").text


def test_a_tenant_that_is_none_is_refused(rig: Rig) -> None:
    discovery = rig.http.get(f"{rig.tenant.login_url}/nowhere.example/v2.0/.well-known/openid-configuration")
    assert (discovery.status_code, code_of(discovery), discovery.json()["error"]) == (400, 90002, "invalid_tenant")
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        rig.app(tenant="nowhere.example")


def test_an_app_of_another_tenant_is_refused(rig: Rig) -> None:
    page = Person().browse(rig.authorize_url(client_id=rig.tenant.foreign_client_id))
    assert (page.status, "AADSTS700016" in page.text) == (400, True)


def test_an_app_for_one_tenant_needs_that_tenant_named(rig: Rig) -> None:
    client_id = rig.tenant.one_tenant_client_id
    assert "AADSTS50194" in Person().browse(rig.authorize_url("organizations", client_id=client_id)).text
    assert rig.result(client_id=client_id)["code"]


@pytest.mark.parametrize(
    ("form", "status", "code", "error"),
    [
        ({}, 400, 900144, "invalid_request"),
        ({"client_id": ""}, 400, 900144, "invalid_request"),
        ({"grant_type": "password"}, 400, 70003, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, 900144, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, 70000, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_secret": "x"}, 401, 700025, "invalid_client"),
        ({"grant_type": "refresh_token", "client_assertion": "x"}, 401, 700025, "invalid_client"),
        ({"grant_type": "device_code"}, 400, 900144, "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses_what_it_must(
    rig: Rig, form: dict[str, str], status: int, code: int, error: str
) -> None:
    refused = rig.entra("token", form)
    assert (refused.status_code, code_of(refused), refused.json()["error"]) == (status, code, error)


@pytest.mark.parametrize("endpoint", ["token", "devicecode"])
def test_these_endpoints_take_post_only(rig: Rig, endpoint: str) -> None:
    url = f"{rig.tenant.login_url}/{rig.tenant.tenant_id}/oauth2/v2.0/{endpoint}"
    assert code_of(rig.http.get(url)) == 900561


def test_an_app_without_public_client_flows_is_refused_a_code_and_signs_in_by_the_browser(rig: Rig) -> None:
    app = rig.app(rig.tenant.no_public_flows_client_id)
    assert "access_token" in rig.sign_in(app, ["User.Read"])
    assert "access_token" in app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)
    flow = app.initiate_device_flow(["User.Read"])
    result = app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)
    assert (result["error"], result["error_codes"]) == ("invalid_client", [7000218])


def test_a_refresh_token_is_refused_from_another_app(rig: Rig) -> None:
    tokens = rig.redeem(rig.result()["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": BASIC}
    assert code_of(rig.entra("token", form | {"client_id": rig.tenant.one_tenant_client_id})) == 70000
    assert code_of(rig.entra("token", form | {"claims": "no JSON"})) == 9002313
    assert rig.entra("token", form).status_code == 200


def test_scopes_that_nobody_allowed_are_refused_on_refresh(rig: Rig) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    (account,) = app.get_accounts()
    result = app.acquire_token_silent_with_error(["Mail.Send"], account)
    assert (result["error"], result["error_codes"], result["classification"]) == (
        "invalid_grant",
        [65001],
        "consent_required",
    )


def test_consent_that_was_taken_back_is_missing_on_refresh(rig: Rig) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.forget_consent(rig.tenant.person.user_name)
    (account,) = app.get_accounts()
    result = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert result["error_codes"] == [65001]


def test_a_revoked_person_is_refused_everywhere_until_they_sign_in_anew(rig: Rig) -> None:
    app, control, name = rig.app(), rig.tenant.control, rig.tenant.person.user_name
    old = rig.sign_in(app, ["User.Read"])
    control.revoke_sign_in(name)
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert (refused["error"], refused["error_codes"], refused["suberror"]) == ("invalid_grant", [50173], "bad_token")
    assert rig.graph("/v1.0/me", old["access_token"]).status_code == 401
    assert rig.graph("/v1.0/me", rig.sign_in(app, ["User.Read"])["access_token"]).status_code == 200


def test_a_disabled_person_is_refused_everywhere(rig: Rig) -> None:
    app, control, name = rig.app(), rig.tenant.control, rig.tenant.person.user_name
    old = rig.sign_in(app, ["User.Read"])
    control.disable_user(name)
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [50057])
    assert rig.graph("/v1.0/me", old["access_token"]).status_code == 401
    control.enable_user(name)
    assert rig.graph("/v1.0/me", old["access_token"]).status_code == 200


def test_an_expired_refresh_token_is_refused(rig: Rig) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.expire_refresh_tokens()
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert (refused["error_codes"], refused["suberror"]) == ([700082], "bad_token")


def test_lifetimes_are_as_they_were_set(rig: Rig) -> None:
    rig.tenant.control.set_token_lifetime(120)
    rig.tenant.control.set_refresh_lifetime(0)
    tokens = rig.redeem(rig.result()["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": BASIC}
    assert (tokens["expires_in"], code_of(rig.entra("token", form))) == (120, 700082)


@pytest.mark.parametrize(("strict", "status"), [(False, 200), (True, 400)])
def test_a_refresh_token_is_good_for_many_uses_unless_rotation_is_strict(rig: Rig, strict: bool, status: int) -> None:  # noqa: FBT001 (a row of the table above)
    rig.tenant.control.set_strict_rotation(on=strict)
    tokens = rig.redeem(rig.result()["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": BASIC}
    assert rig.entra("token", form).status_code == 200
    assert rig.entra("token", form).status_code == status


def test_a_refresh_token_is_refused_in_a_tenant_of_others(rig: Rig) -> None:
    tokens = rig.redeem(rig.result()["code"]).json()
    form = {"client_id": rig.tenant.client_id, "grant_type": "refresh_token", "scope": BASIC}
    url = f"{rig.tenant.login_url}/consumers/oauth2/v2.0/token"
    refused = rig.http.post(url, data=form | {"refresh_token": tokens["refresh_token"]})
    assert code_of(refused) == 50020
