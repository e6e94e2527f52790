"""The broker behind the service: the real wiring, over the stand-in for the native package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.clouds import Cloud
from mcp_local_graph.config import SignIn, TokenStore
from mcp_local_graph.errors import BlockedByPolicy, BrokerUnusable, Need, SignInNeeded
from tests.auth.kit import BASIC, BASIC_NEED, browse, ended, failure, service, sign_in
from tests.auth.stand_in_runtime import Failure, Hangs, Person, Runtime, installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
ALEX, BEA = Person("alex@contoso.example"), Person("bea@contoso.example")


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """A desktop with a broker and a browser."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BROWSER", "true")
    runtime = Runtime()
    with installed(runtime):
        yield runtime


def brokered(tenant: DemoTenant, directory: Path, **changes: object) -> AuthenticationService:
    """A service that takes the demo tenant for Microsoft's own cloud, where a broker may be used."""
    there = Cloud("global", tenant.login_url, tenant.graph_url)
    return service(tenant, directory, **{"cloud": there, "sign_in": SignIn.AUTO, **changes})


async def by_broker(auth: AuthenticationService, need: Need = BASIC_NEED) -> str:
    attempt, _ = await auth.begin(need, asked=True, anyone=need.account is None)
    assert attempt.shown.rung is Rung.BROKER
    return (await ended(attempt)).user_name


async def test_the_systems_own_account_signs_in_and_its_tokens_come_from_the_broker(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    auth = brokered(tenant, tmp_path)
    runtime.silent = runtime.named = ALEX
    attempt, _ = await auth.begin(BASIC_NEED)
    assert (attempt.shown.rung, attempt.shown.address) == (Rung.BROKER, "")
    assert (await ended(attempt)).user_name == ALEX.name
    assert runtime.calls == ["signin_silently"]
    assert await auth.token(BASIC) == f"token of {ALEX.name}"
    assert await auth.token(BASIC, instead_of=f"token of {ALEX.name}") == f"token of {ALEX.name}"
    assert runtime.calls == ["signin_silently", f"acquire_token_silently {ALEX.name}"]
    assert (await auth.status()).ways == ("broker", "browser", "device")


async def test_a_pinned_account_is_asked_for_by_name_and_no_other_is_kept(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    auth = brokered(tenant, tmp_path, account=BEA.name)
    runtime.silent, runtime.window = ALEX, BEA
    needed = await failure(auth.token(BASIC))
    assert isinstance(needed, SignInNeeded)
    attempt, _ = await auth.begin(needed.need)
    assert (await ended(attempt)).user_name == BEA.name
    assert runtime.hint == BEA.name
    assert [account.user_name for account in (await auth.status()).accounts] == [BEA.name]


async def test_what_the_broker_cannot_do_the_browser_does_and_the_remedy_is_not_lost(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    auth = brokered(tenant, tmp_path)
    runtime.silent = Failure("Unexpected", "AADSTS50011: no such address")
    attempt, _ = await auth.begin(BASIC_NEED)
    refusal = await failure(ended(attempt))
    assert isinstance(refusal, SignInNeeded)
    assert refusal.another_way
    attempt, _ = await auth.begin(refusal.need)
    assert attempt.shown.rung is Rung.BROWSER
    await browse(attempt)
    await ended(attempt)
    status = await auth.status()
    assert status.ways == ("browser", "device")
    (told,) = [line for line in status.lines() if "broker" in line]
    assert "does not list its redirect address" in told
    assert "nativeclient under Authentication" in told
    assert isinstance(auth.closed[Rung.BROKER], BrokerUnusable)


async def test_a_policy_that_wants_a_managed_device_leads_from_a_refresh_to_the_broker_and_never_to_a_code(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    tenant.control.set_token_lifetime(1)
    there = service(tenant, tmp_path, sign_in=SignIn.BROWSER, token_store=TokenStore.PLAINTEXT)
    account = await sign_in(there)
    auth = brokered(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    tenant.control.queue_entra_error(530033)
    needed = await failure(auth.token(BASIC))
    assert isinstance(needed, SignInNeeded)
    assert (needed.trace.code, needed.need.account) == ("AADSTS530033", account.home_account_id)
    assert (await auth.status()).ways == ("broker",)
    runtime.window = ALEX
    attempt, _ = await auth.begin(needed.need)
    assert attempt.shown.rung is Rung.BROKER
    await failure(ended(attempt))  # Alex is not who was expected


async def test_where_no_other_way_is_left_a_policy_is_told_as_what_it_is(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_token_lifetime(1)
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    tenant.control.queue_entra_error(530033)
    assert isinstance(await failure(auth.token(BASIC)), BlockedByPolicy)


async def test_a_sign_out_reaches_the_broker_and_needs_no_answer_of_it(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    auth = brokered(tenant, tmp_path)
    for person in (ALEX, BEA):
        runtime.silent = runtime.window = person
        assert await by_broker(auth) == person.name
    runtime.sign_out = Failure("Unexpected")
    left = await auth.sign_out(everyone=True)
    assert {account.user_name for account in left} == {ALEX.name, BEA.name}
    assert {f"signout_silently {person.name}" for person in (ALEX, BEA)} <= set(runtime.calls)
    assert (await auth.status()).accounts == ()


async def test_a_sign_out_without_a_network_says_that_the_broker_does_not_know(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    auth = brokered(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    runtime.silent = runtime.window = ALEX
    assert await by_broker(auth) == ALEX.name
    tenant.stop()
    later = brokered(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert [account.user_name for account in await later.sign_out()] == [ALEX.name]
    assert (await later.status()).accounts == ()
    assert "stays signed in there" in caplog.text


async def test_a_person_who_closes_the_brokers_window_is_not_asked_by_another_way(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    auth = brokered(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    first = await failure(ended(attempt))
    again = await failure(auth.begin(BASIC_NEED))
    assert type(again) is type(first)
    assert again.what.endswith("It is not asked again by itself.")
    assert runtime.calls == ["signin_silently", "signin_interactively"]


async def test_only_what_a_person_sees_counts_as_a_prompt(tenant: DemoTenant, tmp_path: Path, runtime: Runtime) -> None:
    auth = brokered(tenant, tmp_path)
    runtime.silent = ALEX
    for _ in range(4):  # without a window
        attempt, _ = await auth.begin(BASIC_NEED)
        await ended(attempt)
        await auth.sign_out()
    runtime.silent, runtime.window = Failure("InteractionRequired"), ALEX
    for _ in range(3):
        await by_broker(auth)
    assert "3 times" in (await failure(auth.begin(BASIC_NEED, asked=True))).what


async def test_a_pinned_broker_that_hangs_is_not_waited_for_twice_at_once(
    tenant: DemoTenant, tmp_path: Path, runtime: Runtime
) -> None:
    auth = brokered(tenant, tmp_path, sign_in=SignIn.BROKER)
    runtime.silent = Hangs()
    attempt, _ = await auth.begin(BASIC_NEED)
    attempt.cancel()
    busy = await failure(auth.begin(BASIC_NEED, asked=True))
    assert isinstance(busy, BrokerUnusable)
    assert "busy" in busy.what
    runtime.held.get()(Failure("UserCanceled"))
