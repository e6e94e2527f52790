"""How often a tool may be called."""

from __future__ import annotations

import pytest

from mcp_local_graph.errors import Throttled
from mcp_local_graph.graph.buckets import BURST, RATE, Buckets
from mcp_local_graph.graph.client import Connection
from tests.graph.rig import Tokens, caller


def test_a_burst_is_served_and_what_comes_after_it_at_a_rate() -> None:
    now = 0.0
    bucket = Buckets(lambda: now)
    for _ in range(BURST):
        bucket.take("mail_search")
    with pytest.raises(Throttled) as raised:
        bucket.take("mail_search")
    assert raised.value.retry_after == pytest.approx(1 / RATE)
    bucket.take("calendar_list")
    now += 1.0
    for _ in range(int(RATE)):
        bucket.take("mail_search")
    with pytest.raises(Throttled):
        bucket.take("mail_search")


def test_a_bucket_is_never_fuller_than_full() -> None:
    now = 0.0
    bucket = Buckets(lambda: now)
    bucket.take("mail_search")
    now += 1_000_000.0
    for _ in range(BURST):
        bucket.take("mail_search")
    with pytest.raises(Throttled):
        bucket.take("mail_search")


def test_ten_minutes_of_one_tool_stay_below_what_outlook_allows() -> None:
    assert BURST + RATE * 600 < 10_000


@pytest.mark.anyio
async def test_a_tool_that_is_called_too_often_is_told_so_and_others_go_on() -> None:
    connection = Connection("https://localhost:1", Tokens(), None)

    async def many(tool: str) -> None:
        for _ in range(2 * BURST):  # some come back meanwhile, but not as many
            await connection.graph(caller(tool))

    with pytest.raises(Throttled, match="too often"):
        await many("mail_search")
    await connection.graph(caller("calendar_list"))
    await connection.close()
