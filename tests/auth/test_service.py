from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.accounts import Accounts
from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.config import SignIn, TokenStore
from mcp_local_graph.errors import (
    AccountUnclear,
    BlockedByPolicy,
    ClientIdMissing,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    SignInNeeded,
)
from mcp_local_graph.sandbox import Fault
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC, BASIC_NEED, SOON, browse, ended, failure, service, sign_in
from tests.support import services

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'


async def outcome(call: Awaitable[object]) -> object:
    """What a call returns, or the error of ours that it raises."""
    try:
        return await call
    except LocalGraphError as error:
        return error


async def needed(auth: AuthenticationService, scopes: frozenset[str] = BASIC) -> SignInNeeded:
    error = await failure(auth.token(scopes))
    assert isinstance(error, SignInNeeded)
    return error


# Silent


async def test_nothing_is_touched_before_the_first_question(tenant: DemoTenant, tmp_path: Path) -> None:
    service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert tenant.control.requests() == []
    assert not (tmp_path / "state").exists()


async def test_nobody_signed_in_means_that_somebody_is_needed_and_asks_no_network(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    error = await needed(service(tenant, tmp_path))
    assert error.need == BASIC_NEED
    assert tenant.control.requests() == []


async def test_after_a_sign_in_tokens_come_out_of_the_cache(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    assert {await auth.token(BASIC) for _ in range(3)} == {await auth.token(frozenset())}
    assert len(tenant.control.requests("token")) == 1


async def expiring(tenant: DemoTenant, directory: Path, lifetime_afterwards: int = 3600) -> AuthenticationService:
    """Somebody is signed in with a token that is about to expire."""
    auth = service(tenant, directory)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    tenant.control.set_token_lifetime(lifetime_afterwards)
    tenant.control.clear_requests()
    return auth


async def test_a_token_that_is_about_to_expire_is_refreshed_once(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    assert await auth.token(BASIC) == await auth.token(BASIC)
    (refresh,) = tenant.control.requests("token")
    assert refresh.form["grant_type"] == "refresh_token"


async def test_fifty_calls_at_once_make_one_refresh(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path, lifetime_afterwards=1)  # so that each refresh of its own would show
    tokens = await asyncio.gather(*(auth.token(BASIC) for _ in range(50)))
    assert len(set(tokens)) == 1
    assert len(tenant.control.requests("token")) == 1


async def test_calls_for_different_scopes_share_the_refresh_too(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    await asyncio.gather(auth.token(BASIC), auth.token(frozenset()), auth.token({"User.Read"}))
    assert len(tenant.control.requests("token")) == 1


async def test_a_call_that_is_cancelled_takes_the_token_from_nobody(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.hold("token")
    calls = [asyncio.ensure_future(auth.token(BASIC)) for _ in range(3)]
    await in_thread(tenant.control.wait_for_request, "token")
    calls[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await calls[0]
    tenant.control.release("token")
    assert await calls[1] == await calls[2]
    assert len(tenant.control.requests("token")) == 1


async def test_a_refresh_that_all_callers_left_fails_in_silence(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.queue_entra_error(503)
    tenant.control.hold("token")
    call = asyncio.ensure_future(auth.token(BASIC))
    await in_thread(tenant.control.wait_for_request, "token")
    call.cancel()
    tenant.control.release("token")
    with pytest.raises(asyncio.CancelledError):
        await call
    # A call that comes before it has failed shares its failure; a failure that nobody took would be a warning.
    async with asyncio.timeout(SOON):
        while isinstance(await outcome(auth.token(BASIC)), ServiceUnavailable):
            pass


async def test_rotated_refresh_tokens_are_kept(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_strict_rotation(on=True)
    auth = await expiring(tenant, tmp_path, lifetime_afterwards=1)
    assert len({await auth.token(BASIC) for _ in range(4)}) == 4


async def test_a_new_token_can_be_asked_for_though_the_old_one_looks_good(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    old = await auth.token(BASIC)
    new = await auth.token(BASIC, instead_of=old)
    assert new != old
    assert await auth.token(BASIC) == new


@pytest.mark.parametrize("claims", [None, CLAIMS])
async def test_who_hears_late_that_the_old_token_was_refused_gets_the_new_one(
    tenant: DemoTenant, tmp_path: Path, claims: str | None
) -> None:
    auth, other = (service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT) for _ in range(2))
    await sign_in(auth)
    old = await auth.token(BASIC)
    new = await auth.token(BASIC, claims, instead_of=old)
    assert new != old
    tenant.control.clear_requests()
    for late in (auth, other):
        assert await late.token(BASIC, claims, instead_of=old) == new
    assert tenant.control.requests() == []
    assert await auth.token(BASIC, claims, instead_of=new) not in {old, new}


async def test_a_new_token_that_does_not_answer_the_challenge_is_not_given_for_one_that_does(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    old = await auth.token(BASIC)
    challenged = await auth.token(BASIC, CLAIMS, instead_of=old)
    plain = await auth.token(BASIC, instead_of=challenged)
    assert await auth.token(BASIC, CLAIMS, instead_of=old) not in {old, challenged, plain}


async def test_a_revoked_sign_in_needs_the_person_and_then_works_again(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.revoke_sign_in(tenant.person.user_name)
    error = await needed(auth)
    assert error.trace.code == "AADSTS50173"
    assert error.need == Need(BASIC, None, tenant.person.home_account_id, tenant.person.user_name)
    await sign_in(auth, need=error.need, asked=False)
    assert await auth.token(BASIC)
    # The person was spared the choice of an account.
    asked = tenant.control.requests("authorize")[-1].query
    assert (asked.get("login_hint"), asked.get("prompt")) == (tenant.person.user_name, None)


async def test_a_refresh_token_that_expired_needs_the_person(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.expire_refresh_tokens()
    assert (await needed(auth)).trace.code == "AADSTS700082"


async def test_an_account_that_is_switched_off_is_no_reason_to_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.disable_user(tenant.person.user_name)
    error = await failure(auth.token(BASIC))
    assert (type(error), error.trace.code) == (BlockedByPolicy, "AADSTS50057")


async def test_without_a_network_a_good_token_still_serves(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    token = await auth.token(BASIC)
    tenant.stop()
    assert await auth.token(BASIC) == token
    error = await failure(auth.token(BASIC, instead_of=token))
    assert type(error) is ServiceUnavailable
    assert await auth.token(BASIC) == token


async def test_a_token_in_its_last_minutes_serves_while_entra_is_down(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.set_token_lifetime(120)  # too short to be taken out of the cache where there is a choice
    await sign_in(auth)
    tenant.control.queue_entra_error(503)
    token = await auth.token(BASIC)
    assert tenant.control.requests("token")[-1].form["grant_type"] == "refresh_token"
    assert (newer := await auth.token(BASIC)) != token
    tenant.control.queue_entra_error(503)
    assert isinstance(await failure(auth.token(BASIC, instead_of=newer)), ServiceUnavailable)


DAY = 24 * 3600


async def due(tenant: DemoTenant, directory: Path, scopes: frozenset[str] = BASIC) -> AuthenticationService:
    """Signed in with a token that is good for a day, and due to be renewed."""
    tenant.control.set_token_lifetime(DAY, refresh_in=0)
    auth = service(tenant, directory, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth, need=Need(scopes))
    tenant.control.set_token_lifetime(DAY, refresh_in=DAY // 2)
    tenant.control.clear_requests()
    return auth


async def test_a_long_lived_token_is_renewed_when_it_is_due_and_then_serves(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await due(tenant, tmp_path)
    token = await auth.token(BASIC)
    assert await auth.token(BASIC) == token
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert await later.token(BASIC) == token
    (renewal,) = tenant.control.requests("token")
    assert renewal.form["grant_type"] == "refresh_token"


async def test_a_token_that_is_due_serves_while_entra_is_away_and_is_not_tried_at_each_call(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = await due(tenant, tmp_path)
    tenant.control.queue_entra_error(503, times=9)
    token = await auth.token(BASIC)
    tried = len(tenant.control.requests("token"))
    assert [await auth.token(BASIC) for _ in range(5)] == [token] * 5
    assert len(tenant.control.requests("token")) == tried
    tenant.control.clear_faults()
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert await later.token(BASIC) != token


async def test_a_token_that_is_due_serves_without_a_network_in_a_new_process(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    await due(tenant, tmp_path)
    tenant.stop()
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert await auth.token(BASIC) == await auth.token(BASIC)


async def test_a_refusal_to_renew_asks_nobody_while_the_token_is_good(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await due(tenant, tmp_path)
    tenant.control.queue_entra_error(700082)
    token = await auth.token(BASIC)
    assert len(tenant.control.requests("token")) == 1
    assert await auth.token(BASIC) == token


async def test_a_permission_that_was_withdrawn_is_retired_though_the_token_is_still_good(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = await due(tenant, tmp_path, BASIC | {"Contacts.Read"})
    tenant.control.forget_consent()
    tenant.control.grant_consent(tenant.person.user_name, BASIC)
    await auth.token(BASIC)
    assert len(tenant.control.requests("token")) == 2
    assert await auth.granted() == BASIC


async def test_a_long_lived_token_that_is_revoked_is_challenged_and_a_sign_in_mends_it(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    there = services(tenant, tmp_path)
    assert isinstance(there.auth, AuthenticationService)
    await sign_in(there.auth)
    old = await there.auth.token(BASIC)
    tenant.control.revoke_sign_in(tenant.person.user_name)
    graph = await there.graph(BASIC)
    error = await failure(graph.get(("me",)))
    assert isinstance(error, SignInNeeded)
    assert "nbf" in str(error.need.claims)
    assert tenant.control.requests("graph")[-1].status == 401
    await sign_in(there.auth, need=error.need)
    assert (await graph.get(("me",)))["userPrincipalName"] == tenant.person.user_name
    assert await there.auth.token(BASIC) != old
    await there.connection.close()


@pytest.mark.parametrize(
    ("setting", "user_name"),
    [
        ("organizations", "ines.okafor@brackwater.example"),
        ("brackwater.example", "ines.okafor@brackwater.example"),
        ("consumers", "ines.o@postbox.example"),
    ],
)
async def test_a_sign_in_is_renewed_whatever_the_settings_call_the_tenant(
    tenant: DemoTenant, tmp_path: Path, setting: str, user_name: str
) -> None:
    auth = service(tenant, tmp_path, tenant=setting)
    tenant.control.set_token_lifetime(1)
    account = await sign_in(auth, user_name)
    tenant.control.set_token_lifetime(3600)
    assert await auth.token(BASIC)
    assert (await auth.status()).account == account
    assert account.user_name == user_name


GUEST = "dana.whitlock@northmole.example"


async def test_a_guest_signs_in_where_they_are_one_and_is_renewed_in_a_new_process(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    tenant.control.set_token_lifetime(1)
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    account = await sign_in(auth, GUEST)
    home = next(one for one in tenant.people if one.user_name == GUEST)
    assert account == (home.home_account_id, GUEST, tenant.tenant_id)
    assert not account.home_account_id.endswith(tenant.tenant_id)
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT, account=GUEST)
    assert await later.token(BASIC)
    assert tenant.control.requests("token")[-1].form["grant_type"] == "refresh_token"
    assert (await later.status()).account == account


async def test_who_is_no_guest_is_told_so(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    page = await browse(attempt, PERSONAL)
    assert "AADSTS50020" in page.text
    attempt.cancel()


async def test_the_status_is_told_while_the_network_hangs(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.hold("discovery")
    beginning = asyncio.ensure_future(auth.begin(BASIC_NEED))
    await in_thread(tenant.control.wait_for_request, "discovery")
    status = await asyncio.wait_for(auth.status(), SOON)
    assert (status.account, status.under_way) == (None, None)
    tenant.control.release("discovery")
    (await beginning)[0].cancel()


# Claims and scopes


async def test_a_claims_challenge_is_passed_on_and_answered_silently(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    old = await auth.token(BASIC)
    tenant.control.challenge_access_tokens(tenant.person.user_name)
    new = await auth.token(BASIC, CLAIMS)
    sent = tenant.control.requests("token")[-1].form
    assert '"nbf"' in sent["claims"]
    assert "cp1" in sent["claims"].lower()
    assert new != old
    # And the challenged token does not come back.
    assert await auth.token(BASIC) == new


async def test_a_challenged_token_does_not_come_back_though_it_was_for_more_than_the_new_one(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    """MSAL's own silent call would give it out again: it looks for any token whose scopes include those asked for."""
    both = frozenset({"User.Read", "Contacts.Read"})
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth, need=Need(both))
    old = await auth.token(both)
    tenant.control.challenge_access_tokens(tenant.person.user_name)
    tenant.control.forget_consent()
    tenant.control.grant_consent(tenant.person.user_name, BASIC)
    new = await auth.token(BASIC, CLAIMS, instead_of=old)
    narrow = tenant.control.requests("token")[-1].form["scope"]
    assert ("Contacts.Read" in narrow, new == old) == (False, False)
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert [await auth.token(BASIC), await later.token(BASIC)] == [new, new]


async def test_permissions_grow_and_every_silent_call_asks_for_all_of_them(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    assert await auth.granted() == BASIC
    more = frozenset({"Contacts.Read"})
    error = await needed(auth, more)
    assert error.trace.code == "AADSTS65001"
    await sign_in(auth, need=error.need)
    graph = tenant.graph_url
    asked = set(tenant.control.requests("authorize")[-1].query["scope"].split())
    # The person is asked for exactly what is missing.
    assert asked == {f"{graph}/Contacts.Read", "openid", "profile", "offline_access"}
    assert await auth.granted() == BASIC | more
    assert await auth.token(BASIC) == await auth.token(more)
    await auth.token(BASIC, instead_of=await auth.token(BASIC))
    refreshed = set(tenant.control.requests("token")[-1].form["scope"].split())
    assert refreshed >= {f"{graph}/User.Read", f"{graph}/Contacts.Read"}


async def test_what_an_administrator_granted_for_all_is_used_without_asking(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    tenant.control.grant_consent(None, ["User.Read", "MailboxSettings.Read"])
    assert await auth.token({"MailboxSettings.Read"})
    assert await auth.granted() == {"User.Read", "MailboxSettings.Read"}


async def test_what_is_refused_is_asked_once_however_often_the_person_signed_in(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    await sign_in(auth, need=Need(frozenset({"User.Read", "Contacts.Read"})))
    tenant.control.revoke_sign_in(tenant.person.user_name)
    tenant.control.clear_requests()
    assert (await needed(auth)).trace.code == "AADSTS50173"
    assert len(tenant.control.requests("token")) == 1


async def test_a_permission_that_was_withdrawn_does_not_take_the_others_along(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    await sign_in(auth, need=(await needed(auth, frozenset({"Contacts.Read"}))).need)
    tenant.control.forget_consent()
    tenant.control.grant_consent(tenant.person.user_name, BASIC)
    tenant.control.clear_requests()
    assert await auth.token(BASIC)
    asked = [request.form["scope"] for request in tenant.control.requests("token")]
    assert ["Contacts.Read" in scopes for scopes in asked] == [True, False]
    assert await auth.granted() == BASIC
    # It is asked for no more, until something needs it.
    assert await auth.token(BASIC)
    assert "Contacts.Read" not in tenant.control.requests("token")[-1].form["scope"]
    assert (await needed(auth, frozenset({"Contacts.Read"}))).trace.code == "AADSTS65001"


PERSONAL = "ines.o@postbox.example"
CONTACTS = frozenset({"Contacts.Read"})


async def renewed(tenant: DemoTenant, auth: AuthenticationService, scopes: frozenset[str], times: int = 3) -> list[int]:
    """Renew so many times; how many questions each took."""
    questions = []
    for _ in range(times):
        tenant.control.clear_requests()
        await auth.token(scopes)
        questions.append(len(tenant.control.requests("token")))
    return questions


async def test_a_permission_that_a_personal_account_withdrew_costs_one_question_and_no_prompt(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path, tenant="consumers")
    tenant.control.set_token_lifetime(1)
    await sign_in(auth, PERSONAL, Need(BASIC | CONTACTS | {"Mail.Read"}))
    tenant.control.forget_consent(PERSONAL)
    tenant.control.grant_consent(PERSONAL, BASIC | {"Mail.Read"})
    assert await renewed(tenant, auth, BASIC) == [2, 1, 1]
    assert await auth.granted() == BASIC | {"Mail.Read"}
    # The one prompt that is due: for what needs the permission.
    missing = await needed(auth, CONTACTS)
    assert (missing.what, missing.trace.code) == ("A permission that this needs was not granted yet.", "AADSTS70000")
    await sign_in(auth, PERSONAL, missing.need)
    assert await renewed(tenant, auth, BASIC) == [1, 1, 1]
    assert await auth.granted() == BASIC | CONTACTS | {"Mail.Read"}


async def test_a_personal_account_that_is_refused_even_what_it_granted_has_to_sign_in(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path, tenant="consumers")
    tenant.control.set_token_lifetime(1)
    await sign_in(auth, PERSONAL, Need(BASIC | CONTACTS))
    tenant.control.queue_entra_error(70000, times=2)
    lost = await needed(auth)
    assert lost.what == "The sign-in is no longer valid."
    assert "--tenant consumers" in lost.remedy
    assert await auth.granted() == BASIC | CONTACTS


def answer_for(tenant: DemoTenant, *, oid: str | None = None, tid: str | None = None) -> Fault:
    """A token answer as if for the person, whose id token names somebody else."""
    person = tenant.person
    claims = {"oid": oid or person.oid, "tid": tid or person.tenant_id, "preferred_username": person.user_name}
    info = {"uid": person.oid, "utid": person.tenant_id}
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (claims, info)]
    body = {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": f"{tenant.graph_url}/User.Read",
        "access_token": "somebody-elses-token",
        "refresh_token": "somebody-elses-refresh-token",
        "id_token": f"e30.{packed[0]}.e30",
        "client_info": packed[1],
    }
    return Fault(body=json.dumps(body).encode())


@pytest.mark.parametrize("other", [{"oid": "11111111-2222-3333-4444-555555555555"}, {"tid": "another-tenant"}])
async def test_a_token_of_another_person_or_tenant_is_refused_and_kept_nowhere(
    tenant: DemoTenant, tmp_path: Path, other: dict[str, str]
) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    tenant.control.queue_entra_error(answer_for(tenant, **other))
    error = await failure(auth.token(BASIC))
    assert isinstance(error, AccountUnclear)
    assert "another account" in error.what
    (stored,) = (tmp_path / "state").glob("tokens-*.json")
    assert "somebody-elses" not in stored.read_text()
    # Its refresh token took the place of the right one: the person is needed again.
    error = await needed(auth)
    await sign_in(auth, need=error.need)
    tenant.control.queue_entra_error(answer_for(tenant))
    assert await auth.token(BASIC) == "somebody-elses-token", "the same answer with the right names is taken"


async def test_what_entra_asks_for_beyond_a_challenge_reaches_the_person_with_their_name(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    tenant.control.queue_entra_error(50076)
    error = await needed_for(auth, CLAIMS)
    await sign_in(auth, need=error.need)
    asked = tenant.control.requests("authorize")[-1].query
    assert "capolids" in asked["claims"]
    assert "cp1" in asked["claims"].lower()
    assert asked["login_hint"] == tenant.person.user_name
    assert "prompt" not in asked
    assert await auth.token(BASIC)


async def needed_for(auth: AuthenticationService, claims: str) -> SignInNeeded:
    error = await failure(auth.token(BASIC, claims))
    assert isinstance(error, SignInNeeded)
    return error


# Without a client id


async def test_without_a_client_id_every_question_says_how_to_get_one(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, client_id=None)
    for error in (await failure(auth.token(BASIC)), await failure(auth.begin(BASIC_NEED))):
        assert isinstance(error, ClientIdMissing)
        assert "Register an app" in error.remedy
    status = await auth.status()
    assert (status.account, status.accounts, status.granted, status.token_store) == (None, (), frozenset(), "")
    assert tenant.control.requests() == []


# To begin a sign-in


async def test_many_calls_begin_one_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    begun = await asyncio.gather(*(auth.begin(BASIC_NEED) for _ in range(20)))
    assert len({id(attempt) for attempt, _ in begun}) == 1
    assert sum(began for _, began in begun) == 1
    assert (await auth.status()).under_way == begun[0][0].shown
    begun[0][0].cancel()
    assert (await auth.status()).under_way is None


async def test_a_sign_in_whose_call_is_cancelled_before_it_was_shown_blocks_nobody(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    before = set(threading.enumerate())
    auth = service(tenant, tmp_path)
    tenant.control.hold("discovery")
    call = asyncio.ensure_future(auth.begin(BASIC_NEED))
    await in_thread(tenant.control.wait_for_request, "discovery")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    tenant.control.release("discovery")
    attempt, began = await auth.begin(BASIC_NEED)
    assert began
    await browse(attempt)
    await ended(attempt)
    for thread in set(threading.enumerate()) - before:
        await in_thread(thread.join, SOON)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("setting", "environment", "rung"),
    [
        (SignIn.BROWSER, {}, Rung.BROWSER),
        (SignIn.DEVICE, {"BROWSER": "/bin/true"}, Rung.DEVICE),
        (SignIn.AUTO, {"BROWSER": "/bin/true"}, Rung.BROWSER),
        (SignIn.AUTO, {}, Rung.DEVICE),
        (SignIn.AUTO, {"DISPLAY": ":0", "SSH_TTY": "/dev/pts/0"}, Rung.DEVICE),
    ],
    ids=str,
)
async def test_the_setting_and_the_machine_choose_the_way(
    tenant: DemoTenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    setting: SignIn,
    environment: dict[str, str],
    rung: Rung,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    attempt, _ = await service(tenant, tmp_path, sign_in=setting).begin(BASIC_NEED)
    assert attempt.shown.rung is rung
    assert (attempt.shown.code is None) == (rung is Rung.BROWSER)
    attempt.cancel()


async def test_a_server_that_may_not_ask_says_what_to_run_instead(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, sign_in=SignIn.NEVER)
    for asked in (False, True):
        error = await failure(auth.begin(BASIC_NEED, asked=asked))
        assert type(error) is SignInFailed
        assert "login --sign-in auto" in error.remedy
    assert tenant.control.requests() == []


# A no is a no


async def test_a_refusal_is_not_asked_about_again_until_the_person_asks(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    await browse(attempt, cancel=True)
    first = await failure(ended(attempt))
    assert type(first) is SignInDeclined
    for _ in range(5):
        again = await failure(auth.begin(BASIC_NEED))
        assert type(again) is SignInDeclined
        assert again.what == f"{first.what} It is not asked again by itself."
        assert "account_sign_in" in again.remedy
        assert again.trace == first.trace
    assert len(tenant.control.requests("authorize")) == 1
    assert (await sign_in(auth, asked=True)).user_name == tenant.person.user_name


async def test_a_sign_in_that_nobody_finished_is_not_begun_again_by_itself(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    attempt.end(SignInExpired("Nobody finished the sign-in in time."))
    assert type(await failure(auth.begin(BASIC_NEED))) is SignInExpired
    (await auth.begin(BASIC_NEED, asked=True))[0].cancel()


async def test_an_account_lifts_every_refusal(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    (await auth.begin(BASIC_NEED))[0].cancel()
    await sign_in(auth, asked=True)
    attempt, began = await auth.begin(BASIC_NEED)
    assert began
    attempt.cancel()


async def test_nobody_is_asked_more_than_three_times_in_ten_minutes(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    for _ in range(3):
        (await auth.begin(BASIC_NEED, asked=True))[0].cancel()
    error = await failure(auth.begin(BASIC_NEED, asked=True))
    assert type(error) is SignInFailed
    assert "3 times within 10 minutes" in error.what


async def test_three_prompts_are_the_most_even_if_each_succeeds(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    for _ in range(3):
        await sign_in(auth)
    assert "3 times" in (await failure(auth.begin(BASIC_NEED, asked=True))).what


async def test_a_sign_in_that_could_not_begin_is_not_counted(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.queue_entra_error(503, endpoint="discovery", times=4)
    for _ in range(4):
        assert type(await failure(auth.begin(BASIC_NEED))) is ServiceUnavailable
    await sign_in(auth)


# To sign out


async def signed_in_as_two(tenant: DemoTenant, directory: Path) -> AuthenticationService:
    auth = service(tenant, directory, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth, tenant.people[1].user_name)
    await sign_in(auth)
    return auth


async def test_two_accounts_are_both_there_and_the_last_is_in_use(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_as_two(tenant, tmp_path)
    status = await auth.status()
    assert status.account is not None
    assert status.account.user_name == tenant.person.user_name
    assert [account.user_name for account in status.accounts] == sorted(
        [tenant.person.user_name, tenant.people[1].user_name]
    )


async def test_the_token_is_for_the_account_in_use(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    first = await auth.token(BASIC)
    await sign_in(auth, tenant.people[1].user_name)
    second = await auth.token(BASIC)
    assert first != second
    assert await auth.token(BASIC) == second


async def test_the_account_in_use_signs_out_without_a_network(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_as_two(tenant, tmp_path)
    tenant.stop()
    (left,) = await auth.sign_out()
    assert left.user_name == tenant.person.user_name
    status = await auth.status()
    assert [account.user_name for account in status.accounts] == [tenant.people[1].user_name]
    (stored,) = (tmp_path / "state").glob("tokens-*.json")
    assert tenant.person.home_account_id not in stored.read_text()
    # A process that starts later finds it so.
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert (await later.status()).accounts == status.accounts


async def test_all_accounts_sign_out_without_a_network(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_as_two(tenant, tmp_path)
    tenant.control.clear_requests()
    tenant.stop()
    assert len(await auth.sign_out(everyone=True)) == 2
    assert (await auth.status()).accounts == ()
    assert list((tmp_path / "state").glob("tokens-*.json")) == []
    assert await auth.sign_out(everyone=True) == ()


async def test_a_sign_out_in_one_process_ends_the_calls_of_another(tenant: DemoTenant, tmp_path: Path) -> None:
    one = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    other = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    await sign_in(one)
    assert await other.token(BASIC)
    await one.sign_out()
    assert (await needed(other)).need == BASIC_NEED


# A state directory that cannot be used


async def test_a_sign_in_serves_from_memory_where_the_disk_does_not_take_part(
    tenant: DemoTenant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no directory")
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT, state_dir=tmp_path / "file" / "state")
    await sign_in(auth)
    assert await auth.token(BASIC) == await auth.token(BASIC)
    assert (await auth.status()).account is not None
    said = [record.getMessage() for record in caplog.records if record.name == "mcp_local_graph.auth.cache"]
    assert len(said) == 1
    assert "this sign-in ends with the server" in said[0]


# What a tool may ask for


async def test_a_tool_that_wants_an_account_is_served_where_there_is_one(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    accounts = Accounts(auth)
    assert await accounts.require() == await accounts.status() == await auth.status()


async def test_a_person_who_asks_is_asked_whatever_they_said_before(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    (await auth.begin(BASIC_NEED))[0].cancel()
    error = await failure(Accounts(auth).require())
    assert isinstance(error, SignInNeeded)
    assert (error.asked, error.need) == (True, BASIC_NEED)
    await sign_in(auth, need=error.need, asked=error.asked)


async def test_an_account_that_may_not_do_not_keep_a_person_from_signing_in_with_another(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.disable_user(tenant.person.user_name)
    error = await failure(Accounts(auth).require())
    assert isinstance(error, SignInNeeded)
    assert (error.asked, error.need) == (True, BASIC_NEED)
    assert error.trace.code == "AADSTS50057"
    marit = await sign_in(auth, tenant.people[1].user_name, need=error.need)
    assert (await Accounts(auth).require()).account == marit


async def test_a_network_that_is_down_is_no_reason_to_sign_in_even_when_asked(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.queue_entra_error("reset", times=2)
    assert type(await failure(Accounts(auth).require())) is ServiceUnavailable


async def test_a_need_for_more_does_not_lose_what_it_was_for(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await expiring(tenant, tmp_path)
    tenant.control.queue_entra_error(50076)
    error = await failure(Accounts(auth).require())
    assert isinstance(error, SignInNeeded)
    assert "capolids" in (error.need.claims or "")
    assert error.need._replace(claims=None) == Need(BASIC, None, tenant.person.home_account_id, tenant.person.user_name)
