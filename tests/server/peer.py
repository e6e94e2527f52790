"""A client that says anything: a real process of `tiny_server.py`, raw lines in, raw lines out, in either era."""

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from mcp.types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY

SCRIPT = Path(__file__).with_name("tiny_server.py")
REPO = SCRIPT.parents[2]
LEGACY, MODERN = "2025-11-25", "2026-07-28"
CLIENT = {"name": "peer", "version": "1"}
PATIENCE = 10  # seconds before a test gives up waiting; nothing here takes that long

Message = dict[str, Any]


class Peer:
    """Speaks to one server. `said` is all that came on stdout, as bytes."""

    def __init__(
        self,
        era: str,
        log: Path,
        *arguments: str,
        command: Sequence[str | Path] = (sys.executable, SCRIPT),
        stdout: int = subprocess.PIPE,
        env: dict[str, str] | None = None,
    ) -> None:
        self.era = era
        self._log = log
        self._ids = itertools.count(1)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._kept: list[Message] = []
        self.said: list[bytes] = []
        self.errors = log.with_suffix(".stderr")
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - our own script
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=errors,
                cwd=REPO,
                env=os.environ | {"TINY_LOG": str(log), "PYTHONPATH": str(REPO)} | (env or {}),
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        if self.process.stdout:
            self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.said.append(line)
            self._lines.put(line)
        self._lines.put(b"")

    def open(self, capabilities: Message | None = None) -> Self:
        """Shake hands, where the era does."""
        if self.era == LEGACY:
            hello = {"protocolVersion": LEGACY, "capabilities": capabilities or {}, "clientInfo": CLIENT}
            assert "result" in self.answer(self.request("initialize", **hello))
            self.tell("notifications/initialized")
        else:
            assert "result" in self.answer(self.request("server/discover"))
        return self

    def frame(self, method: str, request_id: object = None, **params: object) -> bytes:
        """The line of a request, or of a notification without an id."""
        if self.era == MODERN and request_id is not None:
            meta: Any = params.setdefault("_meta", {})
            meta |= {PROTOCOL_VERSION_META_KEY: MODERN, CLIENT_CAPABILITIES_META_KEY: {}, CLIENT_INFO_META_KEY: CLIENT}
        head: Message = {"jsonrpc": "2.0"} | ({} if request_id is None else {"id": request_id})
        return json.dumps(head | {"method": method, "params": params}).encode() + b"\n"

    def call_frame(self, request_id: object, tool: str, **arguments: object) -> bytes:
        meta = {"progressToken": f"progress {request_id}"}
        return self.frame("tools/call", request_id, name=tool, arguments=arguments, _meta=meta)

    def send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def tell(self, method: str, **params: object) -> None:
        self.send(self.frame(method, **params))

    def request(self, method: str, **params: object) -> str:
        request_id = f"r{next(self._ids)}"
        self.send(self.frame(method, request_id, **params))
        return request_id

    def call(self, tool: str, **arguments: object) -> str:
        request_id = f"r{next(self._ids)}"
        self.send(self.call_frame(request_id, tool, **arguments))
        return request_id

    def next(self) -> Message:
        line = self._lines.get(timeout=PATIENCE)
        assert line, f"the server left: {self.errors.read_text()}"
        message: Message = json.loads(line)
        return message

    def wait_for(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message that is wanted; others are kept for later."""
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        while not wanted(message := self.next()):
            self._kept.append(message)
        return message

    def answer(self, request_id: object) -> Message:
        return self.wait_for(lambda message: "method" not in message and message["id"] == request_id)

    def begun(self, request_id: object) -> None:
        """Wait until the tool of this call says that it runs."""
        self.wait_for(lambda m: m.get("params", {}).get("progressToken") == f"progress {request_id}")

    def text(self, request_id: object) -> str:
        result = self.answer(request_id)["result"]
        text: str = result["content"][0]["text"]
        return text

    def kept(self) -> list[Message]:
        """What came and nobody waited for, up to the answer of one more call."""
        assert self.text(self.call("echo", text="all?")) == "all?"
        kept, self._kept = self._kept, []
        return kept

    def notes(self) -> list[str]:
        """What the tools wrote down."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def rest(self) -> list[Message]:
        """All that came until the server closed its stdout."""
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive()
        return [json.loads(line) for line in self.said]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def ended(self, within: float = PATIENCE) -> tuple[int, float]:
        """The exit code, and the seconds until it."""
        before = time.monotonic()
        return self.process.wait(within), time.monotonic() - before

    def memory(self, field: str) -> int:
        """`VmRSS` or `VmHWM`, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field))

    def kill(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # what stdin still held cannot be written any more
                    continue


@contextmanager
def starter(directory: Path, command: Sequence[str | Path] = (sys.executable, SCRIPT)) -> Iterator[Callable[..., Peer]]:
    """A function that starts servers, which are gone afterwards."""
    peers: list[Peer] = []

    def start(era: str, *arguments: str, stdout: int = subprocess.PIPE, env: dict[str, str] | None = None) -> Peer:
        peers.append(Peer(era, directory / f"log{len(peers)}", *arguments, command=command, stdout=stdout, env=env))
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()
