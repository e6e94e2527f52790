"""Mailboxes with many folders: none is left out without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import ids
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
INES = company.INES.user_name


@pytest.fixture
async def mail(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk of one's own: these tests make folders."""
    desk = Desk(tenant, tmp_path)
    await desk.sign_in("Mail.Read")
    async with desk.open():
        yield desk


async def test_hundreds_of_folders_in_one_are_all_listed_and_found_by_their_names(mail: Desk) -> None:
    mail.tenant.control.make_folders(INES, *(f"inbox/Client {number:03d}" for number in range(250)))
    answer = await mail.ask("mail_folders")
    assert sum(" Client " in line for line in answer.data) == 250
    assert len(answer.notes) == 1
    found = await mail.ask("mail_search", folder="Client 240")
    assert not found.is_error, found.text


async def test_hundreds_of_folders_at_the_top_are_all_listed(mail: Desk) -> None:
    mail.tenant.control.make_folders(INES, *(f"msgfolderroot/Client {number:03d}" for number in range(250)))
    answer = await mail.ask("mail_folders")
    assert sum(" Client " in line for line in answer.data) == 250


async def test_of_very_many_folders_the_rest_is_counted_and_can_be_searched(mail: Desk) -> None:
    mail.tenant.control.make_folders(INES, *(f"inbox/Client {number:04d}" for number in range(1300)))
    answer = await mail.ask("mail_folders")
    assert len(answer.data) == 500
    (note,) = (note for note in answer.notes if " more: " in note)
    assert note.endswith("give mail_search their name or path.")
    assert answer.notes[-1] == "The mailbox has more folders than were looked at."
    found = await mail.ask("mail_search", folder="Client 1299")
    assert found.is_error
    assert "There is no folder of that name. The mailbox has more folders than were looked at." in found.text


async def test_folders_below_many_others_are_asked_for_within_bounds(mail: Desk) -> None:
    parents = [f"inbox/Client {number:03d}" for number in range(150)]
    mail.tenant.control.make_folders(INES, *parents, *(f"{parent}/Bills" for parent in parents))
    answer = await mail.ask("mail_folders")
    assert len(answer.requests) <= 8
    assert answer.notes[-1] == "The mailbox has more folders than were looked at."


async def test_a_list_of_folders_that_fails_is_not_taken_for_an_empty_one(mail: Desk) -> None:
    mail.tenant.control.make_folders(INES, *(f"inbox/Client {number:02d}" for number in range(30)))
    inbox = ids.folder(company.INES.oid, "inbox")
    fault = f"/v1.0/me/mailFolders/{inbox}/childFolders"
    mail.tenant.control.queue_graph_fault(403, path=fault, code="ErrorAccessDenied")
    answer = await mail.ask("mail_folders")
    assert sum(" Client " in line for line in answer.data) > 0
    assert answer.notes[-1] == "The mailbox has more folders than were looked at."
