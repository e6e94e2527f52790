"""Most calls find their token without a thread, and never one that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from mcp_local_graph.auth.accounts import Account, Who
from mcp_local_graph.auth.at_hand import AtHand
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import SignInNeeded
from tests.auth.kit import BASIC, service, sign_in

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
T = TypeVar("T")
INES = Who(Account("1.2", "ines@brackwater.example", "2"), BASIC)
LONG_AFTER = 4e9


def at_once(call: Coroutine[Any, Any, T]) -> T | None:
    """What a call returns without waiting for anything; None where it would wait."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    call.close()
    return None


async def settled(auth: AuthenticationService) -> str:
    """A token, after what the first calls write down has been written."""
    await auth.token(BASIC)
    await auth.who()
    return await auth.token(BASIC)


def test_what_was_found_holds_for_its_stamp_only() -> None:
    found = AtHand()
    found.keep_token("then", BASIC, "token", LONG_AFTER)
    found.keep_who("then", INES)
    assert (found.token("then", BASIC), found.who("then")) == ("token", INES)
    assert (found.token("then", BASIC | {"Mail.Read"}), found.token("then", frozenset())) == (None, None)
    assert (found.token("now", BASIC), found.who("now"), found.token("then", BASIC)) == (None, None, None)


def test_a_token_that_has_to_be_renewed_is_not_found() -> None:
    found = AtHand()
    found.keep_token("then", BASIC, "token", 1.0)
    assert found.token("then", BASIC) is None


@pytest.mark.parametrize("store", [TokenStore.MEMORY, TokenStore.PLAINTEXT])
async def test_a_call_does_not_wait_for_what_is_known(tenant: DemoTenant, tmp_path: Path, store: TokenStore) -> None:
    auth = service(tenant, tmp_path, token_store=store)
    await sign_in(auth)
    token = await settled(auth)
    assert at_once(auth.token(BASIC)) == token
    known = at_once(auth.who())
    assert known is not None
    assert (known.user_name, known.granted) == (tenant.person.user_name, BASIC)
    assert at_once(auth.token(BASIC, instead_of=token)) is None
    assert at_once(auth.token(BASIC, '{"access_token":{}}')) is None


async def test_a_token_near_its_end_is_waited_for(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    assert at_once(auth.token(BASIC)) is None


async def test_a_renewed_token_takes_the_place_of_the_old_one(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    old = await settled(auth)
    new = await auth.token(BASIC, instead_of=old)
    assert new != old
    assert at_once(auth.token(BASIC)) in {None, new}
    assert await auth.token(BASIC) == new


async def test_who_signs_out_in_another_process_is_gone_at_once(tenant: DemoTenant, tmp_path: Path) -> None:
    here, there = (service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT) for _ in range(2))
    await sign_in(here)
    token = await settled(here)
    assert at_once(here.token(BASIC)) == token
    await there.sign_out()
    with pytest.raises(SignInNeeded):
        await here.token(BASIC)
    assert (await here.who()).account is None


async def test_another_account_in_use_has_its_own_token(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth, account="tomasz.halloran@brackwater.example")
    await sign_in(auth)
    mine = await settled(auth)
    await auth.use("tomasz.halloran@brackwater.example")
    assert at_once(auth.token(BASIC)) is None
    assert await auth.token(BASIC) != mine
    assert (await auth.who()).user_name == "tomasz.halloran@brackwater.example"


async def test_a_cache_that_cannot_be_looked_at_is_waited_for(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth)
    token = await settled(auth)
    state = tmp_path / "state"
    aside = state.rename(tmp_path / "aside")
    state.write_text("")  # what lies below a file cannot be looked at
    assert at_once(auth.token(BASIC)) is None
    state.unlink()
    aside.rename(state)
    assert await auth.token(BASIC) == token
