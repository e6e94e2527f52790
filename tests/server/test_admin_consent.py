"""A tool that needs what only an administrator may approve, from the first call to the one that works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.threads import in_thread
from tests import support
from tests.server.hosts import ERAS, hosted, sign_in, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio


async def go_back(address: str) -> None:
    await in_thread(support.without_consent, address)


@pytest.mark.parametrize("era", ERAS)
async def test_the_answer_has_the_link_nobody_is_asked_in_a_loop_and_after_the_approval_it_works(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    tenant.control.require_admin_consent("User.Read")
    async with hosted(support.services(tenant, tmp_path), era, "url", go_back) as host:
        refused = [await host.call("profile_get") for _ in range(3)]
        assert all(result.is_error for result in refused)
        assert len({text_of(result) for result in refused}) == 1
        what, remedy, ids = text_of(refused[0]).splitlines()
        assert what.endswith("approve these permissions for your organisation: User.Read.")
        assert "`mcp-local-graph consent User.Read` prints, or this link: " in remedy
        assert re.match(r"code AADSTS90094; correlation id [0-9a-f-]{36}; ", ids)
        assert len(host.shown) == 1
        assert "An administrator has to approve: User.Read." in await host.text("account_status")
        await in_thread(support.approve, tenant, remedy.rpartition(" ")[2])
        host.does = sign_in
        assert "Signed in:" in await host.text("account_sign_in")
        assert "Name:" in await host.text("profile_get")
        assert len(host.shown) == 2
