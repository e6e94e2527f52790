# ruff: noqa: INP001 - a script, not a package
"""What the token cache and the sign-in have to stand, in full numbers: each figure, and whether it is as it must be.

The workloads are the tests' own (tests/stress), which run them with small numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import DemoTenant
from tests.server.hosts import ERAS
from tests.stress import cache, disks, tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

# What was found, and whether it is as it must be.
Verdict = tuple[str, bool]
CALLS = 200
SECOND = 1.0


def adds(directory: Path) -> Verdict:
    """Eight processes sign in 180 people each, into one cache of 2 MB in the end."""
    added = cache.adds(directory, processes=8, each=180)
    figure = (
        f"8 processes x 180 adds, cache of {added.size / 1e6:.1f} MB: {added.lost} lost, "
        f"{added.lock_timeouts} lock timeouts, slowest {added.slowest:.2f} s"
    )
    return figure, (added.lost, added.lock_timeouts) == (0, 0)


def kills(directory: Path) -> Verdict:
    """Two hundred writers are killed."""
    killed = cache.kills(directory, times=200)
    figure = (
        f"200 x kill -9 ({killed.amid_a_write} amid a write): {killed.unreadable} unreadable, "
        f"{killed.forgotten} without their last finished write, {killed.orphans} orphan files, "
        f"slowest next write {killed.slowest * 1000:.0f} ms"
    )
    harmless = (killed.unreadable, killed.forgotten, killed.orphans) == (0, 0, 0)
    return figure, harmless and killed.slowest < SECOND and killed.amid_a_write > 0


def damages(directory: Path) -> Verdict:
    """Flipped bits and cuts, two thousand of them."""
    damaged = cache.damages(directory, random_ones=1000)
    figure = (
        f"{damaged.tried} flipped bits and cuts: {damaged.believed} believed, {damaged.lost} not set aside whole, "
        f"{damaged.in_the_way} in the way of the next sign-in"
    )
    return figure, (damaged.believed, damaged.lost, damaged.in_the_way) == (0, 0, 0)


def strangers(directory: Path) -> Verdict:
    """A foreign key, another cloud, another app."""
    apart = cache.strangers(directory)
    figure = f"foreign key, other cloud, other app: {apart.mixed} of {apart.tried} mixed up, {apart.lost} lost"
    return figure, (apart.mixed, apart.lost) == (0, 0)


def disk(title: str, refuses: Callable[[Path], disks.Served]) -> Callable[[Path], Verdict]:
    """A disk that refuses."""

    def run(directory: Path) -> Verdict:
        served = refuses(directory)
        good = (served.here, served.elsewhere) == (["first", "second", "third"], ["first"])
        figure = (
            f"{title}: {len(served.here) - 1} of 2 calls served, old cache {'intact' if good else 'NOT intact'}, "
            f"{len(served.said)} warning, {len(served.afterwards)} of 4 kept once there was room"
        )
        return figure, good and len(served.said) == 1 and len(served.afterwards) == len(served.here) + 1

    return run


def asked(
    title: str, work: Callable[[DemoTenant, Path], Awaitable[tokens.Asked]], *, prompts: int
) -> Callable[[Path], Verdict]:
    """Many calls at once, at a demo tenant."""

    def run(directory: Path) -> Verdict:
        with DemoTenant(directory) as tenant:
            seen = asyncio.run(_awaited(work, tenant, directory))
        figure = (
            f"{title}: {seen.answered} of {seen.calls} answered, {seen.prompts} prompts, "
            f"{seen.token_requests} token requests"
        )
        return figure, (seen.answered, seen.prompts, seen.token_requests) == (seen.calls, prompts, 1)

    return run


async def _awaited(
    work: Callable[[DemoTenant, Path], Awaitable[tokens.Asked]], tenant: DemoTenant, directory: Path
) -> tokens.Asked:
    return await work(tenant, directory)


def workloads() -> Iterator[tuple[str, Callable[[Path], Verdict]]]:
    """All of them, by name."""
    yield "adds", adds
    yield "kills", kills
    yield "damages", damages
    yield "strangers", strangers
    if disks.can_mount():
        yield "full disk", disk("disk of 64 KB, full", disks.full)
    yield "file limit", disk("no file may grow", disks.limited)
    yield "directory", disk("directory that may not be written", disks.forbidden)
    yield "servers", asked("8 servers, one expired token", lambda *at: tokens.refreshes(*at, servers=8), prompts=0)
    for era in ERAS:
        for title, work, prompts in (
            ("nobody signed in", tokens.first_calls, 1),
            ("token expired", tokens.later_calls, 0),
            ("token revoked", tokens.refused_calls, 0),
            ("newer claims wanted", tokens.challenged_calls, 0),
        ):
            run = asked(
                f"{CALLS} calls at once ({era}), {title}",
                lambda *at, work=work, era=era: work(*at, era, CALLS),
                prompts=prompts,
            )
            yield f"calls, {title}, {era}", run


def main() -> int:
    """Run them, print each figure with its verdict; 1 where one is not as it must be."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("only", nargs="?", default="", help="those whose name begins like this")
    only = words.parse_args().only
    all_good = True
    for name, run in workloads():
        if not name.startswith(only):
            continue
        with tempfile.TemporaryDirectory() as directory:
            began = time.monotonic()
            figure, good = run(Path(directory))
        all_good = all_good and good
        print(f"{'good' if good else 'BAD '}  {figure}  ({time.monotonic() - began:.0f} s)", flush=True)  # noqa: T201 - a script's output
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main())
