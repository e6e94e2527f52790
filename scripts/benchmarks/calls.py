# ruff: noqa: INP001 - a script, not a package
"""What a tool call costs: our time over a bare GET, a thousand at once, memory, and what a model pays.

Each figure stands beside its reference, which is measured in the same run, by turns. Times are of the machine as it is:
its load is told, and a busy one makes the slowest percent slower.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httpx

from mcp_local_graph import app, tls
from mcp_local_graph.config import TokenStore
from mcp_local_graph.server import boundary
from mcp_local_graph.tools import TOOLSETS
from mcp_local_graph.tools.mail.search import mail_search
from scripts.benchmarks import prices, start
from scripts.benchmarks.figures import Figure, at_most, show
from scripts.benchmarks.tenant import Apart, apart
from tests import support
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mcp_local_graph.config import Settings
    from mcp_local_graph.sandbox import DemoTenant

MEDIAN, SLOWEST = 5.0, 20.0  # milliseconds over the bare GET
IDLE = 1.15  # times the memory of the bare server
WARM, AT_ONCE, MAILBOX = 20, 1000, 4
SCOPES = frozenset[str]().union(*(tool.scopes for toolset in TOOLSETS for tool in toolset.tools))
(SEARCH,) = (tool for toolset in TOOLSETS for tool in toolset.tools if tool.function is mail_search)


async def main() -> int:
    """Measure, print, and say by the exit code whether the targets are met, when that was asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=300, help="calls that are timed (default: 300)")
    words.add_argument("--strict", action="store_true", help="exit 1 when over target")
    asked = words.parse_args()
    start.compile_bytecode()
    good = True
    with tempfile.TemporaryDirectory() as name, apart(Path(name), SCOPES) as tenant:
        like_a_tenant, directory = cast("DemoTenant", tenant), Path(name)
        settings = support.settings(like_a_tenant, directory, token_store=TokenStore.PLAINTEXT)
        await sign_in(app.services(settings), *SCOPES)
        good &= show("Time of a call", await per_call(settings, tenant, asked.runs))
        good &= show(f"{AT_ONCE} calls in flight at once", await at_once(settings, tenant))
        good &= show("Memory of the server's process", memory(support.flags(like_a_tenant, directory)))
    good &= show("What a model pays", [figure async for figure in prices.figures()])
    return 1 if asked.strict and not good else 0


async def a_call(services: app.Services, limit: int) -> None:
    """All that the server does for a call, between the protocol and Graph."""
    await services.auth.token(SEARCH.scopes)
    graph = await services.graph(SEARCH.scopes, SEARCH.name)
    boundary.rendered(await mail_search(graph=graph, limit=limit))


async def per_call(settings: Settings, tenant: Apart, runs: int) -> list[Figure]:
    """A page of 50 messages, through the tool and by a bare GET."""
    services = app.services(settings)
    for _ in range(2):  # the first of a day asks for the mailbox's zone as well
        await a_call(services, 50)
    async with bare(services, tenant, settings) as get:
        pairs = [(await timed(a_call(services, 50)), await timed(get())) for _ in range(WARM + runs)][WARM:]
    await services.connection.close()
    over = sorted(our_one - bare_one for our_one, bare_one in pairs)
    ours, theirs = (sorted(column) for column in zip(*pairs, strict=True))
    return [
        Figure(f"mail_search of 50: {spread(ours)}; bare GET of the same page: {spread(theirs)} ({runs} of each)"),
        at_most("ours over the bare GET, p50", statistics.median(over), MEDIAN, "ms"),
        at_most("ours over the bare GET, p99", percentile(over, 99), SLOWEST, "ms"),
    ]


@contextlib.asynccontextmanager
async def bare(
    services: app.Services, tenant: Apart, settings: Settings
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A GET by httpx alone of what our last call has asked for, with the same headers, over a connection that stays."""
    last = tenant.requests()[-1]
    url = str(httpx.URL(last["url"], params=last["query"]))
    headers = last["headers"] | {"authorization": f"Bearer {await services.auth.token(SEARCH.scopes)}"}
    context = tls.client_context(settings.ca_file)
    async with httpx.AsyncClient(headers=headers, verify=context, trust_env=False, timeout=60) as client:

        async def get() -> None:
            (await client.get(url)).raise_for_status()

        yield get


async def at_once(settings: Settings, tenant: Apart) -> list[Figure]:
    """A thousand calls, beside as many bare GETs of which four are under way. The tenant refuses a fifth with 429."""
    services = app.services(settings)
    await a_call(services, 1)
    async with bare(services, tenant, settings) as get:
        await services.connection.close()
        services = app.services(settings)  # whose tool was not called yet: a thousand is all that it takes at a time
        seconds, failed = await together(lambda: a_call(services, 1))
        refused = sum(request["status"] != httpx.codes.OK for request in tenant.requests())
        four = asyncio.Semaphore(MAILBOX)
        theirs, theirs_failed = await together(lambda: in_turn(four, get))
    await services.connection.close()
    return [
        at_most("calls that were not answered", len(failed), 0, ""),
        at_most(f"requests beyond {MAILBOX} at a time, which the tenant refuses", refused, 0, ""),
        at_most("bare GETs that failed", len(theirs_failed), 0, ""),
        Figure(f"{seconds / 1000:.1f} s; bare GETs, {MAILBOX} at a time: {theirs / 1000:.1f} s"),
    ]


async def in_turn(turns: asyncio.Semaphore, get: Callable[[], Awaitable[None]]) -> None:
    """A bare GET, when it is its turn."""
    async with turns:
        await get()


async def together(work: Callable[[], Awaitable[None]]) -> tuple[float, list[BaseException]]:
    """Milliseconds for a thousand at once, and what failed."""
    before = time.perf_counter()
    ended = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    return (time.perf_counter() - before) * 1000, [one for one in ended if one is not None]


def memory(flags: list[str], calls: int = 100) -> list[Figure]:
    """Of the real server and the bare one, over pipes; idle, and after calls."""
    ours, bare = [sys.executable, "-m", "mcp_local_graph", "serve", *flags], start.BARE
    bare_idle, bare_busy = resident(bare, "hello", {"name": "bench"}, calls)
    our_idle, our_busy = resident(ours, "mail_search", {}, calls)
    return [
        Figure(f"idle after tools/list: {our_idle / 1e6:.1f} MB; bare: {bare_idle / 1e6:.1f} MB"),
        at_most("idle, times the bare server", our_idle / (bare_idle or 1), IDLE, ""),
        Figure(f"after {calls} calls: {our_busy / 1e6:.1f} MB; bare after {calls} of hello: {bare_busy / 1e6:.1f} MB"),
    ]


def resident(command: list[str], tool: str, arguments: dict[str, str], calls: int) -> tuple[int, int]:
    """Bytes once the tools are listed, and after so many calls."""
    with start.listed(command) as server:
        idle = start.resident_bytes(server.pid)
        for number in range(calls):
            start.ask(server, method="tools/call", id=number + 3, params={"name": tool, "arguments": arguments})
        return idle, start.resident_bytes(server.pid)


async def timed(work: Awaitable[object]) -> float:
    """Milliseconds."""
    before = time.perf_counter()
    await work
    return (time.perf_counter() - before) * 1000


def percentile(ordered: list[float], percent: int) -> float:
    """Of figures in order, the one below which so many percent are."""
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def spread(ordered: list[float]) -> str:
    """The middle and the slowest percent."""
    return f"{statistics.median(ordered):.1f} ms at p50, {percentile(ordered, 99):.1f} at p99"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
