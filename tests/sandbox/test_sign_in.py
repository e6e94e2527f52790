from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import jwt
import pytest

from mcp_local_graph.sandbox import Person, company
from mcp_local_graph.sandbox.data import staff
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from tests.sandbox.rig import BASIC, REDIRECT, code_of, walk

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

PERSONAL = "ines.o@postbox.example"


def test_a_person_signs_in_by_browser_and_graph_answers(rig: Rig) -> None:
    result = rig.sign_in(rig.app(), ["User.Read"])
    answer = rig.graph("/v1.0/me", result["access_token"])
    assert (answer.status_code, answer.json()["userPrincipalName"]) == (200, rig.tenant.person.user_name)


@pytest.mark.parametrize("segment", ["id", "domain", "organizations", "common"])
def test_every_name_of_the_tenant_leads_to_the_same_account(rig: Rig, segment: str) -> None:
    named = {"id": rig.tenant.tenant_id, "domain": rig.tenant.domain}.get(segment, segment)
    app = rig.app(tenant=named)
    rig.sign_in(app, ["User.Read"])
    assert [one["home_account_id"] for one in app.get_accounts()] == [rig.tenant.person.home_account_id]


def test_a_personal_account_signs_in_at_consumers(rig: Rig) -> None:
    personal = next(one for one in rig.tenant.people if one.personal)
    result = rig.sign_in(rig.app(tenant="consumers"), ["User.Read", "Mail.Read"], personal.user_name)
    assert result["id_token_claims"]["tid"] == "9188040d-6c67-4c5b-b112-36a304b66dad"
    assert rig.graph("/v1.0/me", result["access_token"]).json()["mail"] == personal.user_name


GUEST = "dana.whitlock@northmole.example"


def test_a_guest_is_another_account_of_the_same_person(rig: Rig) -> None:
    app = rig.app()
    claims = rig.sign_in(app, ["User.Read"], GUEST)["id_token_claims"]
    assert (claims["oid"], claims["tid"]) == (staff.GUEST.oid, rig.tenant.tenant_id)
    assert claims["preferred_username"] == GUEST
    (account,) = app.get_accounts()
    assert account["home_account_id"] == company.DANA.home_account_id
    renewed = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    me = rig.graph("/v1.0/me", renewed["access_token"]).json()
    assert me["userPrincipalName"] == "dana.whitlock_northmole.example#EXT#@brackwater.example"
    rig.tenant.control.revoke_sign_in(GUEST)
    assert rig.graph("/v1.0/me", renewed["access_token"]).status_code == 401
    refused = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert refused["error_codes"] == [50173]


def test_a_guest_is_at_home_in_their_own_tenant(rig: Rig) -> None:
    claims = rig.sign_in(rig.app(tenant="organizations"), ["User.Read"], GUEST)["id_token_claims"]
    assert (claims["oid"], claims["tid"]) == (company.DANA.oid, company.OTHER_TENANT_ID)


def test_a_guest_signs_in_by_a_code(rig: Rig) -> None:
    app = rig.app()
    flow = app.initiate_device_flow(["User.Read"])
    rig.tenant.control.approve_device_code(flow["user_code"], GUEST)
    assert app.acquire_token_by_device_flow(flow)["id_token_claims"]["oid"] == staff.GUEST.oid
    flow = app.initiate_device_flow(["User.Read"])
    with pytest.raises(EntraRefused, match="no member or guest"):
        rig.tenant.control.approve_device_code(flow["user_code"], PERSONAL)


WRONG = "The provided value for the input parameter 'scope' is not valid."


@pytest.mark.parametrize("segment", ["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad", "common"])
@pytest.mark.parametrize("scope", ["User.Read.All", "User.ReadBasic.All", "Mail.Read.Shared", "Chat.Read"])
def test_a_permission_that_personal_accounts_do_not_have_is_refused_without_a_number(
    rig: Rig, segment: str, scope: str
) -> None:
    page = walk(Person(), rig.authorize_url(segment, scope=f"{scope} openid"), PERSONAL)
    told = {"error": "invalid_scope", "error_description": f"{WRONG} The scope '{scope}' is not valid."}
    assert page.forms[0].fields == {**told, "state": "s-1"}


def test_a_misspelt_permission_is_refused_with_the_whole_question_where_personal_accounts_sign_in(rig: Rig) -> None:
    page = Person().browse(rig.authorize_url("consumers", scope="Mail.Reed openid"))
    told = {"error": "invalid_scope", "error_description": f"{WRONG} The scope 'Mail.Reed openid' does not exist."}
    assert page.forms[0].fields == {**told, "state": "s-1"}


def test_a_personal_account_has_no_refresh_for_what_it_cannot_have(rig: Rig) -> None:
    app = rig.app(tenant="common")
    rig.sign_in(app, ["User.Read"], PERSONAL)
    rig.tenant.control.grant_consent(PERSONAL, ["Chat.Read"])
    refused = app.acquire_token_silent_with_error(["Chat.Read"], app.get_accounts()[0])
    assert (refused["error"], refused["error_codes"]) == ("invalid_scope", [70011])


@pytest.mark.parametrize(("changed", "code"), [({"scope": "openid profile"}, None), ({"scope": " "}, 70011)])
def test_a_question_of_a_personal_account_is_read_like_any_other(
    rig: Rig, changed: dict[str, str], code: int | None
) -> None:
    page = walk(Person(), rig.authorize_url("consumers", **changed), PERSONAL)
    assert page.forms[0].fields.get("error_description", "").startswith(f"AADSTS{code}: " if code else "")
    assert ("code" in page.forms[0].fields) == (code is None)


def test_the_id_token_is_signed_by_the_published_key(rig: Rig) -> None:
    result = rig.sign_in(rig.app(), ["User.Read"])
    discovery = rig.http.get(f"{rig.tenant.login_url}/{rig.tenant.tenant_id}/v2.0/.well-known/openid-configuration")
    keys = rig.http.get(discovery.json()["jwks_uri"]).json()["keys"]
    key = jwt.PyJWK(keys[0]).key
    claims = jwt.decode(result["id_token"], key, algorithms=["RS256"], audience=rig.tenant.client_id)
    assert (claims["iss"], claims["oid"]) == (discovery.json()["issuer"], rig.tenant.person.oid)


def test_the_nonce_and_the_state_come_back(rig: Rig) -> None:
    fields = rig.result(scope=BASIC + " email")
    tokens = rig.redeem(fields["code"]).json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (fields["state"], claims["nonce"], claims["email"]) == ("s-1", "n-1", rig.tenant.person.user_name)


def test_client_info_is_given_where_it_is_asked_for(rig: Rig) -> None:
    fields = rig.result(client_info="1")
    packed = fields["client_info"]
    told = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert told == {"uid": rig.tenant.person.oid, "utid": rig.tenant.tenant_id}
    assert "client_info" not in rig.redeem(fields["code"]).json()


def test_a_refresh_token_is_given_only_for_offline_access(rig: Rig) -> None:
    without = rig.redeem(rig.result(scope="User.Read")["code"]).json()
    assert "refresh_token" not in without
    assert "id_token" not in without


def test_an_id_token_names_the_person_only_where_the_profile_was_asked_for(rig: Rig) -> None:
    tokens = rig.redeem(rig.result(scope="openid", state="", nonce="")["code"]).json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert {"name", "oid", "preferred_username", "nonce"}.isdisjoint(claims)


def test_the_answer_names_everything_that_was_ever_allowed(rig: Rig) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    assert rig.sign_in(app, ["Mail.Send"])["scope"] == "Mail.Send User.Read openid profile"


def test_scopes_are_taken_by_short_name_and_by_address(rig: Rig) -> None:
    for prefix in ("https://graph.microsoft.com", rig.tenant.graph_url, "00000003-0000-0000-c000-000000000000"):
        tokens = rig.redeem(rig.result(scope=f"{prefix}/user.read")["code"]).json()
        assert tokens["scope"] == f"{prefix}/User.Read"


def test_default_stands_for_what_the_registration_lists(rig: Rig) -> None:
    tokens = rig.redeem(rig.result(scope="https://graph.microsoft.com/.default")["code"]).json()
    assert tokens["scope"] == "https://graph.microsoft.com/User.Read"


def test_a_silent_call_refreshes_and_rotates(rig: Rig) -> None:
    app = rig.app()
    first = rig.sign_in(app, ["User.Read"])
    (account,) = app.get_accounts()
    again = app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)
    assert again["token_source"] == "identity_provider"
    assert first["refresh_token"] != again["refresh_token"]


def test_a_refresh_token_grows_by_what_was_consented_since(rig: Rig) -> None:
    app = rig.app()
    rig.sign_in(app, ["User.Read"])
    rig.tenant.control.grant_consent(rig.tenant.person.user_name, ["Mail.Read"])
    (account,) = app.get_accounts()
    result = app.acquire_token_silent_with_error(["Mail.Read"], account)
    assert "Mail.Read" in result["scope"].split()


@pytest.mark.parametrize(
    ("segment", "user_name", "code", "suberror"),
    [
        ("organizations", "ines.okafor@brackwater.example", 65001, "consent_required"),
        ("consumers", PERSONAL, 70000, None),
    ],
)
def test_a_refresh_for_what_was_withdrawn_is_refused_in_the_way_of_the_kind_of_account(
    rig: Rig, segment: str, user_name: str, code: int, suberror: str | None
) -> None:
    app = rig.app(tenant=segment)
    rig.sign_in(app, ["User.Read", "Contacts.Read"], user_name)
    rig.tenant.control.forget_consent(user_name)
    rig.tenant.control.grant_consent(user_name, ["User.Read"])
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(["User.Read", "Contacts.Read"], account, force_refresh=True)
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [code])
    assert refused.get("suberror") == suberror
    assert "access_token" in app.acquire_token_silent_with_error(["User.Read"], account, force_refresh=True)


@pytest.mark.parametrize(
    ("segment", "user_name", "capabilities", "hours"),
    [
        ("organizations", None, None, (1, 1.5)),
        ("organizations", None, ["CP1"], (24, 28)),
        ("consumers", PERSONAL, ["CP1"], (1, 1)),
    ],
)
def test_a_client_that_handles_challenges_gets_a_long_lived_token_to_renew_at_half_its_life(
    rig: Rig, segment: str, user_name: str | None, capabilities: list[str] | None, hours: tuple[float, float]
) -> None:
    app = rig.app(tenant=segment, client_capabilities=capabilities)
    rig.sign_in(app, ["User.Read"], user_name)
    (cached,) = app.token_cache.search("AccessToken")
    life = int(cached["expires_on"]) - int(cached["cached_at"])
    assert hours[0] * 3600 <= life <= hours[1] * 3600
    renewed = int(cached["refresh_on"]) - int(cached["cached_at"]) if "refresh_on" in cached else None
    assert renewed == (life // 2 if segment == "organizations" and capabilities else None)


def test_a_signed_in_browser_is_not_asked_again(rig: Rig) -> None:
    person = Person()
    rig.result(person)
    page = person.browse(rig.authorize_url())
    assert "code" in page.forms[0].fields
    assert rig.result(person, prompt="none")["state"] == "s-1"


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_a_prompt_asks_for_the_account_all_the_same(rig: Rig, prompt: str) -> None:
    person = Person()
    rig.result(person)
    assert person.browse(rig.authorize_url(prompt=prompt)).title.startswith("Choose an account")


def test_the_prompt_for_consent_asks_again_for_what_was_allowed(rig: Rig) -> None:
    person = Person()
    rig.result(person)
    page = person.browse(rig.authorize_url(prompt="consent"))
    assert page.title.startswith("Permissions requested")
    assert "User.Read" in page.text


def test_a_hint_puts_its_account_first_and_skips_the_choice_where_it_is_signed_in(rig: Rig) -> None:
    other = rig.tenant.people[2].user_name
    person = Person()
    assert person.browse(rig.authorize_url(login_hint=other)).forms[0].buttons[0].value == other
    rig.result(person)
    assert person.browse(rig.authorize_url(login_hint=other)).title.startswith("Choose an account")
    assert "code" in person.browse(rig.authorize_url(login_hint=rig.tenant.person.user_name)).forms[0].fields


def test_two_signed_in_accounts_make_a_choice_necessary(rig: Rig) -> None:
    person = Person()
    rig.result(person)
    rig.result(person, rig.tenant.people[1].user_name, prompt="select_account")
    page = person.browse(rig.authorize_url())
    assert page.title.startswith("Choose an account")
    assert "signed in" in page.text


def test_an_administrator_consents_for_everybody(rig: Rig) -> None:
    admin = next(one for one in rig.tenant.people if one.is_admin)
    person = Person()
    page = person.submit(person.browse(rig.authorize_url(scope="User.Read User.Read.All")), admin.user_name)
    person.submit(page, "accept", {"everybody": "on"})
    tokens = rig.redeem(rig.result(scope="User.Read")["code"]).json()
    assert tokens["scope"] == "User.Read User.Read.All"


def test_other_resources_have_tokens_of_their_own(rig: Rig) -> None:
    scope = f"{rig.tenant.stores_api}/Inventory.Read"
    tokens = rig.redeem(rig.result(scope=scope)["code"]).json()
    assert tokens["scope"] == scope
    refused = rig.graph("/v1.0/me", tokens["access_token"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "audience" in refused.json()["error"]["message"]


def test_logging_out_forgets_the_browser(rig: Rig) -> None:
    person = Person()
    rig.result(person)
    page = person.browse(f"{rig.tenant.pages_url}/common/oauth2/v2.0/logout")
    assert page.title.startswith("You are signed out")
    assert person.browse(rig.authorize_url()).title.startswith("Choose an account")


def test_logging_out_leads_only_to_registered_addresses(rig: Rig) -> None:
    page = f"{rig.tenant.pages_url}/common/oauth2/v2.0/logout?post_logout_redirect_uri="
    there = rig.http.get(page + REDIRECT, allow_redirects=False)
    away = rig.http.get(page + "https://elsewhere.example", allow_redirects=False)
    assert (there.headers["location"], away.status_code) == (REDIRECT, 200)


def test_the_correlation_id_is_the_callers_own(rig: Rig) -> None:
    refused = rig.redeem("nothing")
    assert code_of(refused) == 70000
    echoed = rig.entra("token", {}, **{"client-request-id": "0f0f0f0f-1111-2222-3333-444444444444"})
    assert echoed.json()["correlation_id"] == echoed.headers["client-request-id"]
    assert echoed.json()["correlation_id"].startswith("0f0f0f0f")
