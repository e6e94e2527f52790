"""The workloads of `scripts/bench stress`, with small counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.server.hosts import ERAS, LEGACY, STATELESS
from tests.stress import cache, disks, tokens
from tests.stress.tokens import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

CALLS = 30


def test_processes_that_sign_people_in_at_the_same_time_lose_none_and_all_get_the_lock(tmp_path: Path) -> None:
    added = cache.adds(tmp_path, processes=4, each=20)
    assert (added.accounts, added.lost, added.lock_timeouts) == (80, 0, 0)


def test_a_writer_that_is_killed_leaves_a_cache_that_can_be_read_and_written_at_once(tmp_path: Path) -> None:
    killed = cache.kills(tmp_path, times=30)
    assert killed.amid_a_write > 0, "no kill came in the middle of a write, so this shows nothing"
    assert (killed.unreadable, killed.forgotten, killed.orphans) == (0, 0, 0)
    assert killed.slowest < 1


def test_a_damaged_cache_is_never_believed_set_aside_whole_and_in_nobodys_way(tmp_path: Path) -> None:
    damaged = cache.damages(tmp_path, random_ones=20)
    assert damaged.tried == damaged.said > 200
    assert (damaged.believed, damaged.lost, damaged.in_the_way) == (0, 0, 0)


def test_each_key_each_cloud_and_each_app_has_a_cache_of_its_own(tmp_path: Path) -> None:
    assert cache.strangers(tmp_path) == cache.Apart(tried=18, mixed=0, lost=0)


@pytest.mark.parametrize(
    ("disk", "reason"),
    [
        (disks.full, os.strerror(28)),
        (disks.limited, os.strerror(27)),
        (disks.forbidden, os.strerror(13)),
    ],
)
def test_where_the_disk_refuses_the_call_is_served_and_the_cache_stays_as_it_was(
    tmp_path: Path, disk: Callable[[Path], disks.Served], reason: str
) -> None:
    if disk is disks.full and not disks.can_mount():
        pytest.skip("no file system of one's own on this machine")
    served = disk(tmp_path)
    assert (served.here, served.elsewhere) == (["first", "second", "third"], ["first"])
    assert served.said == [f"The token cache cannot be used ({reason}); this sign-in ends with the server"]
    assert served.left == ["tokens.bin", "tokens.lock", "tokens.queue.lock"]
    assert served.afterwards == ["first", "fourth", "second", "third"]


@pytest.mark.anyio
async def test_servers_that_find_one_expired_token_renew_it_once(tenant: DemoTenant, tmp_path: Path) -> None:
    asked = await tokens.refreshes(tenant, tmp_path, servers=3)
    assert asked == Asked(calls=3, answered=3, prompts=0, token_requests=1)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_many_calls_at_once_lead_to_one_prompt(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    asked = await tokens.first_calls(tenant, tmp_path, era, CALLS)
    assert asked == Asked(calls=CALLS, answered=CALLS, prompts=1, token_requests=1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("calls", "era"),
    [
        (tokens.later_calls, LEGACY),
        (tokens.later_calls, STATELESS),
        (tokens.refused_calls, LEGACY),
        (tokens.challenged_calls, STATELESS),
    ],
)
async def test_many_calls_at_once_lead_to_one_refresh(
    tenant: DemoTenant, tmp_path: Path, calls: Callable[..., object], era: str
) -> None:
    asked = await calls(tenant, tmp_path, era, CALLS)  # type: ignore[misc]  # one of the four above
    assert asked == Asked(calls=CALLS, answered=CALLS, prompts=0, token_requests=1)
