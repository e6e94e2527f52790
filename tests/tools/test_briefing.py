"""The day at one glance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.desk import Desk

pytestmark = pytest.mark.anyio


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
