"""The real server as a process, under the SDK's client and under bare pipes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitRequestURLParams, ElicitResult

from mcp_local_graph.sandbox import Person
from mcp_local_graph.threads import in_thread
from tests import support
from tests.server.hosts import ERAS, text_of
from tests.server.peer import LEGACY, MODERN, starter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcp.client import ClientRequestContext
    from mcp.types import ElicitRequestParams

    from mcp_local_graph.sandbox import DemoTenant
    from tests.server.peer import Peer

COMMAND = [sys.executable, "-m", "mcp_local_graph", "serve"]
HELLO = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_host_starts_the_server_the_person_signs_in_and_graph_answers(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    doing: list[asyncio.Task[object]] = []

    async def asked(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        doing.append(asyncio.ensure_future(in_thread(Person().sign_in, params.url)))
        return ElicitResult(action="accept")

    parameters = StdioServerParameters(
        command=COMMAND[0],
        args=[*COMMAND[1:], *support.flags(tenant, tmp_path, log_level="debug")],
        env=dict(os.environ),
    )
    log = tmp_path / "stderr"
    with log.open("w", encoding="utf-8") as errors:
        for expected_questions in (1, 1):
            async with Client(stdio_client(parameters, errlog=errors), mode=era, elicitation_callback=asked) as client:
                result = await client.call_tool("profile_get")
                assert f"Name: {tenant.person.display_name}" in text_of(result)
            assert len(doing) == expected_questions
    await asyncio.gather(*doing)
    said = log.read_text(encoding="utf-8")
    assert "msal" in said, "debug logs of other libraries are there, by name"
    assert not [secret for secret in tenant.control.issued_secrets() if secret in said]
    assert tenant.person.user_name not in said


def piped(lines: list[dict[str, object]], *flags: str, timeout: float = 10) -> subprocess.CompletedProcess[str]:
    text = "".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in lines)
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *flags], input=text, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_it_answers_without_client_id_network_or_key_store_and_writes_nothing(tmp_path: Path) -> None:
    ended = piped(
        [
            {"id": 1, "method": "initialize", "params": HELLO},
            {"method": "notifications/initialized"},
            {"id": 2, "method": "tools/list"},
        ],
        "--state-dir",
        str(tmp_path / "state"),
    )
    first, second = (json.loads(line) for line in ended.stdout.splitlines())
    assert first["result"]["serverInfo"]["name"] == "mcp-local-graph"
    assert "account_sign_in" in [tool["name"] for tool in second["result"]["tools"]]
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert not (tmp_path / "state").exists()


def test_a_start_imports_nothing_that_only_calls_need(tmp_path: Path) -> None:
    hello = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO})
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], "--state-dir", str(tmp_path)]
    # Measuring coverage brings SQLite into whatever it measures.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    ended = subprocess.run(  # noqa: S603 - our own command
        command, input=hello + "\n", capture_output=True, text=True, timeout=20, check=True, env=environment
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "mcp_local_graph" in imported
    for_calls = {"msgraph", "kiota_abstractions", "httpx", "msal", "azure", "keyring", "requests", "sqlite3"}
    for_documents = {"selectolax", "lxml", "docx", "pptx", "pypdfium2", "icalendar", "python_calamine"}
    for_the_demo = {"trustme", "jwt", "xlsxwriter"}
    assert imported & (for_calls | for_documents | for_the_demo) == set()


def test_settings_that_cannot_be_end_it_with_a_text_on_stderr_and_nothing_on_stdout(tmp_path: Path) -> None:
    ended = piped([], "--state-dir", str(tmp_path), "--tenant", "common")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "organizations" in ended.stderr


@pytest.fixture
def start(tenant: DemoTenant, tmp_path: Path) -> Iterator[Callable[[str], Peer]]:
    with starter(tmp_path, [*COMMAND, *support.flags(tenant, tmp_path)]) as start_one:
        yield start_one


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_two_seconds_while_a_call_waits_for_a_sign_in(
    start: Callable[[str], Peer], number: signal.Signals
) -> None:
    peer = start(LEGACY).open()
    call = peer.call("profile_get")
    assert "make this call again" in peer.text(call)
    peer.call("profile_get")
    peer.process.send_signal(number)
    code, _ = peer.ended(within=2)
    assert code == 128 + number


def test_the_end_of_file_ends_it_within_two_seconds_while_entra_hangs(
    tenant: DemoTenant, start: Callable[[str], Peer]
) -> None:
    tenant.control.hold("discovery")
    peer = start(MODERN).open()
    peer.call("profile_get")
    tenant.control.wait_for_request("discovery")
    peer.close()
    code, _ = peer.ended(within=2)
    tenant.control.release()
    assert code == 0


def test_a_cancelled_call_ends_the_request_on_the_wire(tenant: DemoTenant, start: Callable[[str], Peer]) -> None:
    peer = start(LEGACY).open()
    words = peer.text(peer.call("profile_get")).split()
    Person().sign_in(next(word for word in words if word.startswith("http://localhost:")))
    tenant.control.hold("graph")
    call = peer.call("profile_get")
    tenant.control.wait_for_request("graph")
    peer.tell("notifications/cancelled", requestId=call)
    deadline = time.monotonic() + 5
    while not any(request.status == 0 for request in tenant.control.requests("graph")):
        assert time.monotonic() < deadline
        peer.text(peer.call("account_status"))
    tenant.control.release()
    assert "Name:" in peer.text(peer.call("profile_get"))


@pytest.mark.anyio
async def test_the_demo_server_works_with_no_account_and_no_settings(tmp_path: Path) -> None:
    doing: list[asyncio.Task[object]] = []

    async def asked(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        doing.append(asyncio.ensure_future(in_thread(Person().sign_in, params.url)))
        return ElicitResult(action="accept")

    parameters = StdioServerParameters(
        command=COMMAND[0],
        args=[*COMMAND[1:], "--demo", "--sign-in", "browser", "--state-dir", str(tmp_path)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with anyio.fail_after(20):
        async with Client(parameters, elicitation_callback=asked) as client:
            assert "Name:" in text_of(await client.call_tool("profile_get"))
            # The README's own example.
            assert "Flagged Emails" in text_of(await client.call_tool("graph_get", {"path": "/me/todo/lists"}))
    await asyncio.gather(*doing)
    assert list(tmp_path.glob("mcp-local-graph-demo-*")) == []
