# ruff: noqa: INP001 - a script, not a package
"""From spawn to the answer of tools/list, and the memory then, of our server and a bare one, by turns in one run.

Minima are compared: what else the machine does only ever adds. The first start of each is not counted.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# Not on the path is the directory of the scripts: one is called like a module of Python's.
BARE = [sys.executable, "-P", str(HERE / "bare_server.py")]
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
TARGETS = {"time": 1.05, "memory": 1.15}


class Start(NamedTuple):
    """One start: seconds, and resident bytes where /proc tells them."""

    seconds: float
    resident: int


def main() -> int:
    """Measure, print, and say by the exit code whether the targets are met, when that was asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--runs", type=int, default=12, help="starts of each server (default: 12)")
    words.add_argument("--strict", action="store_true", help="exit 1 when over target")
    words.add_argument("command", nargs="*", help="another server than ours, after --")
    asked = words.parse_args()
    compile_bytecode()
    with tempfile.TemporaryDirectory() as state:
        ours = asked.command or [sys.executable, "-m", "mcp_local_graph", "serve", "--state-dir", state]
        start(BARE), start(ours)
        pairs = [(start(BARE), start(ours)) for _ in range(asked.runs)]
    within = report([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return 1 if asked.strict and not within else 0


def compile_bytecode() -> None:
    """An installer does this; without it a start costs twice as much and the comparison is of compilers."""
    compileall.compile_dir(HERE.parent.parent / "mcp_local_graph", quiet=2)
    spec = find_spec("mcp")
    if spec and spec.origin:
        # All that both import lives beside mcp; the 10,000 files of the Graph SDK are not imported at a start.
        for entry in Path(spec.origin).parent.parent.iterdir():
            if entry.is_dir() and entry.name != "msgraph":
                compileall.compile_dir(entry, quiet=2)
            elif entry.suffix == ".py":
                compileall.compile_file(entry, quiet=2)


def start(command: list[str]) -> Start:
    """Start a server, shake hands, list its tools, and end it by closing its stdin."""
    before = time.perf_counter()
    with listed(command) as server:
        return Start(time.perf_counter() - before, resident_bytes(server.pid))


@contextlib.contextmanager
def listed(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server that has listed its tools. Ended by closing its stdin."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(  # noqa: S603 - the servers to be measured
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdin  # noqa: S101 - a pipe, for the type checker
        ask(process, method="initialize", id=1, params=HELLO)
        say(process.stdin, method="notifications/initialized")
        ask(process, method="tools/list", id=2, params={})
        yield process
        process.stdin.close()
        process.wait(10)


def ask(server: subprocess.Popen[bytes], **request: object) -> None:
    """Send a request and wait for its result."""
    assert server.stdin  # noqa: S101 - both are pipes, for the type checker
    assert server.stdout  # noqa: S101 - as above
    say(server.stdin, **request)
    hear(server.stdout)


def say(stdin: IO[bytes], **message: object) -> None:
    """Send one message."""
    stdin.write(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")
    stdin.flush()


def hear(stdout: IO[bytes]) -> None:
    """Wait for one answer."""
    line = stdout.readline()
    if b'"result"' not in line:
        sys.exit(f"the server did not answer: {line!r}")


def resident_bytes(pid: int) -> int:
    """What a process holds in memory; 0 where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def report(bare: list[Start], ours: list[Start]) -> bool:
    """Print both servers and the ratios; true when both are within target."""
    for name, starts in (("bare", bare), ("ours", ours)):
        seconds = [one.seconds * 1000 for one in starts]
        resident = statistics.median(one.resident for one in starts) / 1e6
        show(
            f"{name}: spawn to tools/list {min(seconds):.0f} ms (median {statistics.median(seconds):.0f}),"
            f" memory {resident:.1f} MB"
        )
    ratios = {"time": min(ours).seconds / min(bare).seconds}
    if bare[0].resident:
        ratios["memory"] = statistics.median(o.resident for o in ours) / statistics.median(b.resident for b in bare)
    for what, ratio in ratios.items():
        verdict = "within target" if ratio <= TARGETS[what] else "over target"
        show(f"{what}: {ratio:.3f} times the bare server (target {TARGETS[what]}): {verdict}")
    return all(ratio <= TARGETS[what] for what, ratio in ratios.items())


def show(line: str) -> None:
    """A line for the reader."""
    print(line)  # noqa: T201 - a script's output


if __name__ == "__main__":
    sys.exit(main())
