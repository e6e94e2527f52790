"""Days of a search begin and end where the mailbox is, wherever that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.mailrig import BASE
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
async def test_a_search_of_yesterday_finds_its_first_and_its_last_minutes_and_no_others(
    tenant: DemoTenant, tmp_path: Path, zone: str
) -> None:
    tenant.control.set_time_zone(company.INES.user_name, zone)
    desk = Desk(tenant, tmp_path)
    await desk.sign_in("Mail.Read", "MailboxSettings.Read")
    midnight = datetime.combine(datetime.now(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))
    minutes = {"the day before": -24 * 60 - 5, "first": -24 * 60 + 5, "last": -5, "the day after": 5}
    tenant.control.deliver(
        company.INES.user_name,
        *(
            replace(BASE, key=name, subject=f"Zebra {name}", at=(midnight + timedelta(minutes=number)).astimezone(UTC))
            for name, number in minutes.items()
        ),
    )
    async with desk.open():
        await desk.ask("mail_search")  # it learns the zone by the way
        answer = await desk.ask("mail_search", query="zebra", after="yesterday", before="today")
    assert f"times: {zone}." in "\n".join(answer.notes)
    assert [line.rpartition(": ")[2].partition(" |")[0] for line in answer.data if ": " in line] == [
        "Zebra last",
        "Zebra first",
    ]
