"""The day at one glance."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trustme

from mcp_local_graph.tools.briefing import briefing
from tests.graph.rig import Authority, Server, caller
from tests.tools.world import Busy

if TYPE_CHECKING:
    from tests.tools.desk import Desk

pytestmark = pytest.mark.anyio
GRANTED = frozenset({"Mail.Read", "Calendars.Read", "MailboxSettings.Read"})


async def test_the_day_is_one_request_at_a_price_a_model_can_pay(desk: Desk) -> None:
    answer = await desk.ask("briefing")
    assert len(answer.requests) == 1
    assert answer.tokens <= 1500
    titles = [line for line in answer.data if line.startswith("# ")]
    assert titles[0] == "# Calendar"
    assert titles[1].startswith("# Unread in the inbox (")
    assert titles[2] == "# Flagged"
    assert re.fullmatch(r"It is \w{3} \d{1,2} \w{3} \d{4} \d\d:\d\d\.", answer.data[0])
    assert "The other unread ones: mail_search with unread=true." in answer.notes


async def test_what_it_shows_can_be_read(desk: Desk) -> None:
    answer = await desk.ask("briefing")
    assert not (await desk.ask("mail_read", ref=answer.handle("m"))).is_error


async def test_a_part_that_fails_does_not_take_the_others_with_it(desk: Desk) -> None:
    desk.tenant.control.queue_graph_fault(403, path="/v1.0/me/calendarView", code="ErrorAccessDenied")
    answer = await desk.ask("briefing")
    assert not answer.is_error
    assert any(note.startswith("Missing: ") for note in answer.notes)
    assert any(line.startswith("# Unread in the inbox (") for line in answer.data)
    desk.tenant.control.clear_faults()


async def test_when_every_part_fails_it_is_an_error(desk: Desk) -> None:
    desk.tenant.control.queue_graph_fault(403, path="/v1.0/me", times=9, code="ErrorAccessDenied")
    answer = await desk.ask("briefing")
    desk.tenant.control.clear_faults()
    assert answer.is_error
    assert "Microsoft Graph refuses this" in answer.text


@pytest.mark.parametrize(("meetings", "shown"), [(10, 20), (15, 30), (20, 30), (60, 30)])
async def test_the_first_look_of_a_day_shows_a_busy_person_the_same_as_the_second(meetings: int, shown: int) -> None:
    authority, busy = Authority(trustme.CA()), Busy(meetings)
    by = caller("briefing", scopes=GRANTED, granted=GRANTED)
    with Server(busy, authority.server()) as server:
        async with authority.graph(server, by) as graph:
            first, second = await briefing(graph), await briefing(graph)
    assert busy.views == 2
    assert first.events == second.events
    assert len(first.events) == shown
    assert {one.start.date() for one in first.events} <= {first.now.date(), first.now.date() + timedelta(1)}
    left_out = [note for note in first.notes() if note.startswith("More meetings")]
    assert first.notes() == second.notes()
    assert left_out == (["More meetings are not shown: calendar_list with days=2."] if meetings * 2 > shown else [])
