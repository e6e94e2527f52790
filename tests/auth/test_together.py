"""Several servers on one machine: two services on one state directory stand for two processes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import AccountUnclear, SignInNeeded
from tests.auth.kit import BASIC, BASIC_NEED, browse, ended, failure, service, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio


def two(tenant: DemoTenant, directory: Path, /, **changes: object) -> tuple[AuthenticationService, ...]:
    return tuple(service(tenant, directory, token_store=TokenStore.PLAINTEXT, **changes) for _ in range(2))


async def test_one_need_leads_to_one_prompt_and_both_have_the_account(tenant: DemoTenant, tmp_path: Path) -> None:
    one, other = two(tenant, tmp_path)
    asking, _ = await one.begin(BASIC_NEED)
    waiting, _ = await other.begin(BASIC_NEED)
    assert (asking.shown.rung, waiting.shown.rung) == (Rung.BROWSER, Rung.ELSEWHERE)
    await browse(asking)
    assert (await ended(waiting)).user_name == (await ended(asking)).user_name
    assert await other.token(BASIC) == await one.token(BASIC)


async def test_three_prompts_in_ten_minutes_are_the_most_for_all_of_them_together(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    one, other = two(tenant, tmp_path)
    for auth in (one, other, one):
        (await auth.begin(BASIC_NEED, asked=True))[0].cancel()
    for auth in (one, other, *two(tenant, tmp_path)):
        assert "3 times within 10 minutes" in (await failure(auth.begin(BASIC_NEED, asked=True))).what
    # Who has typed the command is served, and that counts for nobody.
    assert await sign_in_person(other)


async def sign_in_person(auth: AuthenticationService) -> bool:
    attempt, began = await auth.begin(BASIC_NEED, asked=True, in_person=True)
    await browse(attempt)
    await ended(attempt)
    return began


async def test_a_sign_in_that_the_other_does_not_finish_is_said_and_can_be_begun_here(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    one, other = two(tenant, tmp_path)
    asking, _ = await one.begin(BASIC_NEED)
    waiting, _ = await other.begin(BASIC_NEED)
    asking.cancel()
    assert "another program" in (await failure(ended(waiting))).what
    attempt, began = await other.begin(BASIC_NEED)
    assert began
    assert attempt.shown.rung is Rung.BROWSER
    attempt.cancel()


async def test_who_asks_for_it_gets_a_page_of_their_own(tenant: DemoTenant, tmp_path: Path) -> None:
    one, other = two(tenant, tmp_path)
    first, _ = await one.begin(BASIC_NEED)
    second, _ = await other.begin(BASIC_NEED, asked=True)
    assert second.shown.rung is Rung.BROWSER
    first.cancel()
    second.cancel()


async def test_an_expired_token_is_renewed_once_for_both(tenant: DemoTenant, tmp_path: Path) -> None:
    one, other = two(tenant, tmp_path)
    tenant.control.set_token_lifetime(200)  # too short to be used again
    await sign_in(one)
    tenant.control.set_token_lifetime(3600)
    tenant.control.clear_requests()
    tokens = await asyncio.gather(*(auth.token(BASIC) for auth in (one, other) for _ in range(20)))
    assert len(set(tokens)) == 1
    assert len(tenant.control.requests("token")) == 1


async def test_a_need_that_was_met_meanwhile_asks_nobody(tenant: DemoTenant, tmp_path: Path) -> None:
    one, other = two(tenant, tmp_path)
    needed = await failure(other.token(BASIC))
    assert isinstance(needed, SignInNeeded)
    await sign_in(one)
    met, _ = await other.begin(needed.need, since=needed.moment - 1)
    assert met.shown.rung is Rung.NONE
    assert (await ended(met)).user_name == tenant.person.user_name


async def test_a_chosen_account_is_chosen_for_all(tenant: DemoTenant, tmp_path: Path) -> None:
    one, other = two(tenant, tmp_path)
    await sign_in(one)
    marit = tenant.people[1].user_name
    await sign_in(one, marit)
    await other.use(tenant.person.user_name)
    status = await one.status()
    assert status.account
    assert status.account.user_name == tenant.person.user_name
    assert isinstance(await failure(other.use("nobody@example.com")), AccountUnclear)


async def test_where_none_of_several_is_chosen_the_names_are_told(tenant: DemoTenant, tmp_path: Path) -> None:
    (one, _) = two(tenant, tmp_path)
    for person in tenant.people[:3]:
        await sign_in(one, person.user_name)
    await one.sign_out()
    unclear = await failure(one.token(BASIC))
    assert isinstance(unclear, AccountUnclear)
    assert tenant.people[0].user_name in unclear.what
    assert "mcp-local-graph use" in unclear.remedy
    assert "mcp-local-graph use" in (await one.status()).lines()[0]


async def test_a_pinned_account_is_the_only_one_that_may_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    marit = tenant.people[1].user_name
    auth = service(tenant, tmp_path, account=marit)
    attempt, _ = await auth.begin(BASIC_NEED)
    page = await browse(attempt, tenant.person.user_name)
    assert page.title == "Not signed in"
    assert isinstance(await failure(ended(attempt)), AccountUnclear)
    assert (await auth.status()).accounts == ()
    needed = await failure(auth.token(BASIC))
    assert isinstance(needed, SignInNeeded)
    assert needed.need.hint == marit
    assert (await sign_in(auth, marit)).user_name == marit
    assert await auth.token(BASIC)
