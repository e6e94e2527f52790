"""Who is signed in, and signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.accounts import Accounts
from mcp_local_graph.errors import ClientIdMissing, Need, ServiceUnavailable, SignInNeeded
from mcp_local_graph.tools.account import account_sign_in, account_status
from tests.support import services
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
MEMORY = "Tokens: in memory"


async def status(there: Services) -> list[str]:
    return (await account_status(Accounts(there.auth))).lines()


async def test_without_a_client_id_the_status_says_how_to_register_one(tenant: DemoTenant, tmp_path: Path) -> None:
    there = services(tenant, tmp_path, client_id=None)
    said = "\n".join(await status(there))
    assert "Register an app" in said
    assert "MCP_LOCAL_GRAPH_CLIENT_ID" in said
    with pytest.raises(ClientIdMissing):
        await account_sign_in(Accounts(there.auth))
    assert tenant.control.requests() == []


async def test_before_anybody_signed_in_the_status_says_so_and_asks_nobody(tenant: DemoTenant, there: Services) -> None:
    first, second = await status(there)
    assert first.startswith("Nobody is signed in.")
    assert "account_sign_in" in first
    assert second.startswith(MEMORY)
    assert tenant.control.requests() == []


async def test_a_sign_in_under_way_is_told(there: Services) -> None:
    attempt, _ = await there.auth.begin(Need(frozenset({"User.Read"})))
    lines = await status(there)
    attempt.cancel()
    assert lines[0] == "A sign-in is under way."
    assert attempt.shown.address not in " ".join(lines)


async def test_the_account_and_what_it_granted_are_told(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.clear_requests()
    lines = await status(there)
    assert lines[:2] == [
        f"Signed in: {tenant.person.user_name} (tenant {tenant.tenant_id})",
        "Granted: User.Read",
    ]
    assert lines[2].startswith(MEMORY)
    assert len(lines) == 3
    assert tenant.control.requests() == []


async def test_other_accounts_are_told_apart_from_the_one_in_use(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    await sign_in(there, account="marit.sandvold@brackwater.example")
    lines = await status(there)
    assert lines[0].startswith("Signed in: marit.sandvold@brackwater.example ")
    assert lines[1] == f"Also signed in: {tenant.person.user_name}"


async def test_after_signing_out_nobody_is_signed_in(there: Services) -> None:
    await sign_in(there)
    await there.auth.sign_out()
    assert (await status(there))[0].startswith("Nobody is signed in")


async def test_asking_to_sign_in_is_marked_as_the_persons_own_wish(there: Services) -> None:
    with pytest.raises(SignInNeeded) as raised:
        await account_sign_in(Accounts(there.auth))
    assert raised.value.asked
    assert raised.value.need.scopes == {"User.Read"}


async def test_asking_to_sign_in_when_signed_in_shows_who_it_is(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.clear_requests()
    shown = await account_sign_in(Accounts(there.auth))
    assert shown.lines()[0].startswith(f"Signed in: {tenant.person.user_name} ")
    assert tenant.control.requests() == []


async def test_asking_to_sign_in_after_a_revocation_expects_the_same_account(
    tenant: DemoTenant, there: Services
) -> None:
    tenant.control.set_token_lifetime(0)
    account = await sign_in(there)
    tenant.control.revoke_sign_in(tenant.person.user_name)
    with pytest.raises(SignInNeeded) as raised:
        await account_sign_in(Accounts(there.auth))
    need = raised.value.need
    assert raised.value.asked
    assert need.scopes == {"User.Read"}
    assert (need.account, need.hint) == (account.home_account_id, account.user_name)


async def test_a_network_that_is_down_is_no_reason_to_ask(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    token = await there.auth.token({"User.Read"})
    tenant.stop()
    shown = await account_sign_in(Accounts(there.auth))
    assert shown.lines()[0].startswith("Signed in: ")
    with pytest.raises(ServiceUnavailable):
        await there.auth.token({"User.Read"}, instead_of=token)
