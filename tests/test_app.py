"""The rooms joined: what an account was shown goes when it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import app
from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.catalogue.scopes import SCOPES
from mcp_local_graph.errors import HandleUnknown
from mcp_local_graph.graph.client import Kind
from tests.support import services, settings
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
USER_READ = frozenset({"User.Read"})


async def test_what_was_shown_is_kept_for_the_account_over_restarts(tenant: DemoTenant, tmp_path: Path) -> None:
    signed_in = services(tenant, tmp_path)
    account = await sign_in(signed_in)
    graph = await signed_in.graph(USER_READ, "mail_search")
    handle = graph.show(Kind.MESSAGE, "me", "messages", "1", note="of today")
    again = await signed_in.stores.of(account.home_account_id)
    assert (await signed_in.graph(USER_READ, "mail_read")).find(handle).note == "of today"
    graph.remember("zone", "Europe/London")
    assert again.recall("zone") == "Europe/London"


async def test_logout_wipes_what_the_account_was_shown_and_no_other(tenant: DemoTenant, tmp_path: Path) -> None:
    signed_in = services(tenant, tmp_path)
    await sign_in(signed_in)
    graph = await signed_in.graph(USER_READ, "mail_search")
    handle = graph.show(Kind.MESSAGE, "me", "messages", "1")
    other = await signed_in.stores.of("somebody else")
    other.remember("zone", "Asia/Tehran")
    await signed_in.sign_out()
    assert other.recall("zone") == "Asia/Tehran"
    await sign_in(signed_in)
    graph = await signed_in.graph(USER_READ, "mail_search")
    with pytest.raises(HandleUnknown):
        graph.find(handle)


async def test_logout_of_everybody_wipes_what_anybody_was_shown(tenant: DemoTenant, tmp_path: Path) -> None:
    signed_in = services(tenant, tmp_path)
    await sign_in(signed_in)
    (await signed_in.stores.of("long gone")).remember("zone", "Asia/Tehran")
    await signed_in.sign_out(everyone=True)
    assert (await services(tenant, tmp_path).stores.of("long gone")).recall("zone") == ""


@pytest.mark.parametrize("at", ["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"])
async def test_a_tool_asks_a_personal_account_only_for_what_it_can_have(
    tenant: DemoTenant, tmp_path: Path, at: str
) -> None:
    at_work = {scope for tool in app.tools(settings(tenant, tmp_path)) for scope in tool.scopes | tool.when_asked}
    assert {"User.ReadBasic.All", "Mail.Read.Shared"} <= at_work
    for tool in app.tools(settings(tenant, tmp_path, tenant=at)):
        assert all(SCOPES[scope].personal for scope in tool.scopes | tool.when_asked | tool.optional)


async def test_accounts_of_a_credential_are_told_apart_by_name_and_tenant(tenant: DemoTenant, tmp_path: Path) -> None:
    ines, rui = (Account("", name, "tenant") for name in ("ines@example.com", "rui@example.com"))
    stores = services(tenant, tmp_path).stores
    (await stores.of(ines.key)).remember("zone", "Europe/London")
    assert (await stores.of(rui.key)).recall("zone") == ""
    assert (await services(tenant, tmp_path).stores.of(ines.key)).recall("zone") == "Europe/London"


async def test_what_nobody_known_was_shown_is_kept_in_memory(tenant: DemoTenant, tmp_path: Path) -> None:
    unknown = await services(tenant, tmp_path).stores.of("")
    unknown.remember("zone", "Europe/London")
    assert unknown.recall("zone") == "Europe/London"
    assert not (tmp_path / "state").exists()
