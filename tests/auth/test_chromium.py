"""Sign-in in a real browser: what it does by itself, what a person does with it, and what others do with theirs."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright, expect

from mcp_local_graph.errors import SignInDeclined
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC, BASIC_NEED, SOON, ended, failure, refuses, service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from mcp_local_graph.auth.attempt import Attempt
    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
CHROMIUM = shutil.which("chromium")
# A container has no namespaces for Chromium's own walls, and nobody but this test is to be spoken to.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000  # milliseconds
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def somebody(chromium: Browser) -> AsyncIterator[Page]:
    """A person at a browser of their own: no cookie, no cache, no history of anybody else."""
    profile = await chromium.new_context()
    profile.set_default_timeout(PATIENCE)
    yield await profile.new_page()
    await profile.close()


@asynccontextmanager
async def attempt(auth: AuthenticationService) -> AsyncIterator[Attempt]:
    """A sign-in, of which nothing may be left in the end: no listener, no connection, no thread."""
    before = set(threading.enumerate())
    begun, _ = await auth.begin(BASIC_NEED, asked=True)
    yield begun
    assert begun.over
    assert begun.closed.wait(SOON)
    port = port_of(begun)
    assert refuses(port)
    deadline = time.monotonic() + SOON
    while left := [*(set(threading.enumerate()) - before), *connections(port)]:
        assert time.monotonic() < deadline, left


def port_of(begun: Attempt) -> int:
    return int(begun.shown.address.split("/")[2].partition(":")[2])


def connections(port: int) -> list[str]:
    """Our ends of connections to a port of ours, other than those that wait for late packets."""
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [row.split() for table in tables if table.exists() for row in table.read_text().splitlines()[1:]]
    time_wait = "06"
    return [row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] != time_wait]


async def to_microsoft(page: Page, begun: Attempt) -> None:
    await page.goto(begun.shown.address)
    await expect(page.get_by_role("heading")).to_have_text("Sign in to Microsoft 365")
    await page.get_by_role("button", name="Continue to Microsoft").click()
    await expect(page.get_by_role("heading")).to_have_text("Choose an account")


async def choose(page: Page, tenant: DemoTenant) -> None:
    await page.get_by_role("button", name=tenant.person.user_name).click()
    await expect(page.get_by_role("heading")).to_have_text("Permissions requested")


async def finish(page: Page, tenant: DemoTenant) -> None:
    await choose(page, tenant)
    await page.get_by_role("button", name="Accept").click()
    await signed_in(page, tenant)


async def signed_in(page: Page, tenant: DemoTenant) -> None:
    await expect(page.get_by_role("heading")).to_have_text("You are signed in")
    await expect(page.get_by_text(f"Account: {tenant.person.user_name}")).to_be_visible()


async def test_a_person_signs_in(tenant: DemoTenant, tmp_path: Path, chromium: Browser) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page:
        await to_microsoft(page, begun)
        await finish(page, tenant)
        assert (await ended(begun)).user_name == tenant.person.user_name
    assert await auth.token(BASIC)


async def test_a_person_cancels_at_microsoft(tenant: DemoTenant, tmp_path: Path, chromium: Browser) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page:
        await to_microsoft(page, begun)
        await choose(page, tenant)
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("heading")).to_have_text("Not signed in")
        assert type(await failure(ended(begun))) is SignInDeclined
    async with attempt(auth) as again, somebody(chromium) as page:
        await to_microsoft(page, again)
        await finish(page, tenant)
        await ended(again)


async def test_connections_that_a_browser_opens_in_advance_hold_up_nobody(
    tenant: DemoTenant, tmp_path: Path, chromium: Browser
) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page:
        idle = [
            socket.create_connection((host, port_of(begun)), timeout=SOON)
            for host in ("127.0.0.1", "::1", "127.0.0.1", "::1")
        ]
        await to_microsoft(page, begun)
        await finish(page, tenant)
        await ended(begun)
        for connection in idle:
            connection.close()


async def test_a_second_tab_may_go_on_and_the_first_comes_too_late(
    tenant: DemoTenant, tmp_path: Path, chromium: Browser
) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as first:
        await to_microsoft(first, begun)
        second = await first.context.new_page()
        await to_microsoft(second, begun)
        await finish(second, tenant)
        await ended(begun)
        assert await in_thread(begun.closed.wait, SOON)
        await first.get_by_role("button", name=tenant.person.user_name).click()
        await expect(first).to_have_url(re.compile("^chrome-error:"))
    assert len(tenant.control.requests("token")) == 1


async def test_an_address_that_is_opened_by_chance_changes_nothing(
    tenant: DemoTenant, tmp_path: Path, chromium: Browser
) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page, somebody(chromium) as stray:
        await to_microsoft(page, begun)
        for path in ("", "favicon.ico", "start/guess", "?code=forged&state=guess", "finish"):
            there = await stray.goto(f"http://localhost:{port_of(begun)}/{path}")
            assert there is not None
            assert there.status == (403 if path == "finish" else 404)
        await finish(page, tenant)
        await ended(begun)


FORGED = """
<form method="post" action="http://localhost:{port}/">
<input name="code" value="forged"><input name="state" value="guess"><button>Send</button></form>
"""


async def test_an_answer_with_a_wrong_state_is_none(tenant: DemoTenant, tmp_path: Path, chromium: Browser) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page:
        await to_microsoft(page, begun)
        forger = await page.context.new_page()
        await forger.set_content(FORGED.format(port=port_of(begun)))
        await forger.get_by_role("button").click()
        await expect(forger.get_by_role("heading")).to_have_text("Nothing here")
        await finish(page, tenant)
        await ended(begun)
    assert "forged" not in [request.form["code"] for request in tenant.control.requests("token")]


async def test_a_start_path_in_somebody_elses_browser_leads_nowhere(
    tenant: DemoTenant, tmp_path: Path, chromium: Browser
) -> None:
    auth = service(tenant, tmp_path)
    async with attempt(auth) as begun, somebody(chromium) as page, somebody(chromium) as other:
        await to_microsoft(page, begun)
        await other.goto(begun.shown.address)
        await other.get_by_role("button").click()
        await expect(other.get_by_role("heading")).to_have_text("Begun in another browser")
        await finish(page, tenant)
        await ended(begun)
