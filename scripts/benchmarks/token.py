# ruff: noqa: INP001 - a script, not a package
"""What a token costs that is in the cache: ours beside MSAL's own silent call and a look into a dict, in one run."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msal

from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.config import TokenStore
from mcp_local_graph.sandbox import DemoTenant
from mcp_local_graph.tls import client_context
from tests.auth.kit import BASIC, service, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.auth.service import AuthenticationService

# Milliseconds, at the median.
TARGET = 2.0


async def main() -> int:
    """Measure, print, and say by the exit code whether the target is met, when that was asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=2000, help="tokens of each kind (default: 2000)")
    words.add_argument("--strict", action="store_true", help="exit 1 when over target")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as directory, DemoTenant(Path(directory)) as tenant:
        auth = service(tenant, Path(directory), token_store=TokenStore.PLAINTEXT)
        await sign_in(auth)
        bare, kept = bare_msal(tenant, Path(directory)), {frozenset(BASIC): await auth.token(BASIC)}
        tenant.control.clear_requests()
        ours = [await ours_once(auth) for _ in range(asked.runs)]
        requests = len(tenant.control.requests())
        theirs = [timed(bare) for _ in range(asked.runs)]
        dict_ = [timed(lambda: kept[frozenset(BASIC)]) for _ in range(asked.runs)]
    good = report(ours, theirs, dict_, requests)
    return 1 if asked.strict and not good else 0


async def ours_once(auth: AuthenticationService) -> float:
    """Seconds for one token of ours."""
    before = time.perf_counter()
    await auth.token(BASIC)
    return time.perf_counter() - before


def bare_msal(tenant: DemoTenant, directory: Path) -> Callable[[], object]:
    """MSAL's silent call on a cache in memory, without a lock, another process, a thread or a question of whose it is.

    It reads what the service has written, so that both give out the same token.
    """
    (file,) = (directory / "state").glob("tokens-*.json")
    cache = msal.SerializableTokenCache()
    cache.deserialize(json.dumps(json.loads(file.read_text())["msal"]))
    application = msal.PublicClientApplication(
        tenant.client_id,
        authority=f"{tenant.login_url}/{tenant.tenant_id}",
        instance_discovery=False,
        token_cache=cache,
        http_client=EntraClient(client_context(tenant.ca_file)),
    )
    (account,) = application.get_accounts()
    return lambda: application.acquire_token_silent([f"{tenant.graph_url}/User.Read"], account)["access_token"]


def timed(work: Callable[[], object]) -> float:
    """Seconds for one call."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def report(ours: list[float], theirs: list[float], dict_: list[float], requests: int) -> bool:
    """Print all three; true when ours is within target and asked nobody."""
    middle = {
        name: statistics.median(runs) * 1000 for name, runs in (("ours", ours), ("MSAL", theirs), ("dict", dict_))
    }
    good = middle["ours"] <= TARGET and requests == 0
    slowest = sorted(ours)[int(len(ours) * 0.99)] * 1000
    show(f"ours: {middle['ours']:.3f} ms at the median, {slowest:.2f} ms at the 99th percentile, {requests} requests")
    show(f"bare MSAL, cache in memory: {middle['MSAL']:.3f} ms; a dict: {middle['dict']:.5f} ms")
    ratio, verdict = middle["ours"] / middle["MSAL"], "good" if good else "BAD"
    show(f"ours takes {ratio:.1f} times as long as bare MSAL (target {TARGET:.0f} ms, no request): {verdict}")
    return good


def show(line: str) -> None:
    """A line for the reader."""
    print(line)  # noqa: T201 - a script's output


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
