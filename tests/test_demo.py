"""`demo`, as a newcomer runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "mcp_local_graph", "demo"]
# A network of its own with nothing but loopback in it, which a new namespace has switched off.
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own


def check(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "and reads: You are signed in." in ended.stdout
    assert ended.stdout.count("and reads: You are signed in.") == 1
    assert "| Charter M/V Halcyon | 21 | 1,450 | 30,450" in ended.stdout
    assert "Pages that the person had to see this time: 0" in ended.stdout


def test_the_demo_signs_in_once_and_the_second_start_is_silent() -> None:
    check(run(*COMMAND))


def test_the_demo_needs_no_network_but_loopback() -> None:
    unshare = shutil.which("unshare")
    if unshare is None or run(unshare, "--net", "--map-root-user", "true").returncode:
        pytest.skip("no network namespaces on this machine")
    check(run(unshare, "--net", "--map-root-user", sys.executable, "-c", ALONE, *COMMAND))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_keep_prints_a_block_with_which_a_host_can_start_the_server(tmp_path: Path, ending: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "--keep"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout
        lines: list[str] = []
        while not any(line.startswith("  curl ") for line in lines):
            lines.append(next(process.stdout))
        text = "".join(lines)
        block = json.loads(text[text.index("{") : text.rindex("}\n\nOr:") + 1])
        server = block["mcpServers"]["demo"]
        ended = subprocess.run(  # noqa: S603 - the block that was printed
            [server["command"], *server["args"]],
            input='{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"account_status","arguments":{},'
            '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
            '"io.modelcontextprotocol/clientCapabilities":{}}}}\n',
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert "Nobody is signed in" in ended.stdout
        process.send_signal(ending)
        assert process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []
