"""What a guest of the organisation gets: the directory's side of them, and no mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tenant, tmp_path)
    await desk.sign_in("User.Read", "Mail.Read", "Calendars.Read", account="dana.whitlock@northmole.example")
    async with desk.open():
        yield desk


@pytest.mark.parametrize("name", ["mail_search", "mail_folders", "calendar_list"])
async def test_a_guest_is_told_where_their_mailbox_is(desk: Desk, name: str) -> None:
    answer = await desk.ask(name)
    assert answer.is_error
    assert "no mailbox in Microsoft 365" in answer.text
    assert "A guest's is at their own organisation" in answer.text


async def test_a_guest_has_a_profile(desk: Desk) -> None:
    answer = await desk.ask("profile_get")
    assert not answer.is_error, answer.text
    assert "#EXT#@brackwater.example" in answer.text
