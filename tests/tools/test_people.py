"""Finding people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio


async def test_somebody_is_found_in_one_request_and_named_once(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="Tomasz")
    assert len(answer.requests) == 1
    (line,) = [line for line in answer.data if "tomasz.halloran@" in line]
    assert "Tomasz Halloran (tomasz.halloran@brackwater.example) | Head of Field Operations" in line


async def test_somebody_and_their_manager_are_two_requests(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="ines okafor", manager=True)
    assert len(answer.requests) == 2
    assert any(line.startswith("Manager: p") and "Tomasz Halloran" in line for line in answer.data)


async def test_a_manager_that_may_not_be_read_says_who_can_grant_it(tenant: DemoTenant, tmp_path: Path) -> None:
    office = Desk(tenant, tmp_path)
    await office.sign_in("User.Read", "User.ReadBasic.All", "Contacts.Read")
    async with office.open():
        answer = await office.ask("people_find", query="ines okafor", manager=True)
    (note,) = answer.notes
    assert note.startswith("Manager and reports are left out: User.Read.All was not granted. Only an administrator can")
    assert note.endswith("send your administrator what `mcp-local-graph consent User.Read.All` prints.")


async def test_whose_manager_somebody_is_cannot_be_read_the_wrong_way_round(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="Marit", manager=True)
    assert any(line.startswith("Direct report: p") and "Tomasz Halloran" in line for line in answer.data)


async def test_an_address_book_of_ones_own_is_searched_too(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="Sunniva")
    assert any("your contact" in line for line in answer.data)


async def test_a_place_that_cannot_be_searched_is_named(desk: Desk) -> None:
    desk.tenant.control.queue_graph_fault(403, path="/v1.0/me/contacts", code="ErrorAccessDenied")
    answer = await desk.ask("people_find", query="Tomasz")
    desk.tenant.control.clear_faults()
    assert any("tomasz.halloran@" in line for line in answer.data)
    (note,) = answer.notes
    assert note.startswith("Not searched: contacts. Microsoft Graph refuses this")


async def test_a_room_of_which_no_more_is_known_ends_with_its_address(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="Tidepool")
    assert any(line.endswith("(room.tidepool@brackwater.example)") for line in answer.data)


async def test_nobody_found_says_where_was_looked(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="Xaviera Quux")
    assert answer.data == []
    assert answer.notes == [
        "Nobody found in: contacts, directory, people. Try another spelling, or only one of the names."
    ]


@pytest.mark.parametrize("query", ["O'Brien", '"; drop', "a\\b", "ü" * 100, "*", "%27"])
async def test_odd_names_are_searched_for_and_break_nothing(desk: Desk, query: str) -> None:
    answer = await desk.ask("people_find", query=query)
    assert not answer.is_error, answer.text


@pytest.mark.parametrize("query", ["", "x" * 101])
async def test_a_query_that_is_none_is_refused_before_anything_is_asked(desk: Desk, query: str) -> None:
    answer = await desk.ask("people_find", query=query)
    assert answer.is_error
    assert answer.requests == []
