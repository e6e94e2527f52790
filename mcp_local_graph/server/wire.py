"""Serve an MCP server on this process's stdin and stdout, and end the process.

The SDK's own stdio transport loses the last answers at end of file, holds a line of any length, outlives its client
and its signals. So the bytes are ours and the protocol, in both eras, stays the SDK's: `Conversation` is both of its
streams.

    stdin ─ reader thread ─ Lines ─ Conversation ─ SDK ─ Conversation ─ Output thread ─ stdout

What blocks (reading, writing, watching stdout, ending) is in daemon threads, and the process ends by `os._exit`: a
thread that blocks in a library cannot hold it. Exit codes: 0 when the client has left (end of file on stdin, or stdout
closed), 128 + n after signal n, 1 when the server itself failed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn

from mcp_local_graph.server.conversation import Conversation
from mcp_local_graph.server.frames import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server import Server

_CHUNK = 64 * 1024
_FAREWELL = 0.5  # seconds for the last flush and for on_exit, together
_GRACE = 1.0  # seconds that requests in flight have to end by themselves after end of file
_CANCEL = 0.3  # seconds to cancel what is left; these three together stay below the 2 s after which hosts kill
_WRITE_ROOM = 8 * 1024 * 1024

_log = logging.getLogger(__name__)


class Output:
    """Writes lines in a thread of its own, so that a client that does not read cannot stop the loop."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: list[bytes] = []
        self._pending = 0
        self._full = self._broken = False
        self._changed = threading.Condition()

    def put(self, line: bytes) -> bool:
        """Queue a line; false when so much is waiting that the caller should wait for `drained`."""
        with self._changed:
            if self._broken:
                return True
            self._lines.append(line)
            self._pending += len(line)
            self._changed.notify_all()
            self._full = self._pending > _WRITE_ROOM
            return not self._full

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, but not longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pending, seconds)

    def run(self, drained: Callable[[], None]) -> None:
        """Write until the client has closed its end."""
        with suppress(OSError):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._lines)
                    lines, self._lines = self._lines, []
                self._write(b"".join(lines))
                with self._changed:
                    self._pending -= sum(map(len, lines))
                    self._changed.notify_all()
                    room_again = self._full and self._pending <= _WRITE_ROOM
                    self._full = self._full and not room_again
                if room_again:
                    drained()
        with self._changed:
            self._broken, self._pending = True, 0
            self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._fd, left) :]


def serve(server: Server[Any], *, on_exit: Callable[[], None] = lambda: None) -> NoReturn:
    """Serve until the client leaves or a signal comes; then run `on_exit` and end the process.

    Call it in the main thread. `on_exit` runs once, in another thread, and has half a second; what must survive a power
    cut is written when it changes, not here.
    """
    stdin, stdout = _claim()
    output = Output(stdout)
    ends: SimpleQueue[int] = SimpleQueue()
    _start(_end, ends, output, on_exit)
    _listen_to_signals(ends)
    asyncio.run(_serve(server, stdin, stdout, output, ends))
    os._exit(1)  # pragma: no cover - `_serve` waits for the end


async def _serve(server: Server[Any], stdin: int, stdout: int, output: Output, ends: SimpleQueue[int]) -> None:
    talk = Conversation(output.put)

    def leave(grace: float) -> None:
        # The clock is a thread's: the loop may be held by a tool that blocks.
        clock = threading.Timer(grace + _CANCEL, ends.put, (0,))
        clock.daemon = True
        clock.start()
        talk.from_thread(talk.leave, grace)

    def write() -> None:
        output.run(lambda: talk.from_thread(talk.drained))
        leave(0)

    def read() -> None:
        _read(stdin, talk)
        leave(_GRACE)

    def watch() -> None:
        _wait_until_closed(stdout)
        leave(0)

    for work in (write, read, watch):
        _start(work)
    code = 0
    try:
        await server.run(talk, talk, server.create_initialization_options())
    except BaseException:  # noqa: BLE001 - one that escapes from a tool ends the server; leaving asyncio.run would hang
        _log.exception("the server failed")
        code = 1
    talk.hang_up()
    ends.put(code)
    await asyncio.Event().wait()  # the process ends from another thread; leaving asyncio.run would join tools' threads


def _start(work: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread


def _read(fd: int, talk: Conversation) -> None:
    lines = Lines()
    with suppress(OSError):
        while chunk := os.read(fd, _CHUNK):
            talk.post(lines.feed(chunk))
    talk.post(lines.feed(b"\n"))  # the last line may lack its end


def _end(ends: SimpleQueue[int], output: Output, on_exit: Callable[[], None]) -> None:
    """End the process with the first code that comes; `SimpleQueue.put` is safe in a signal handler too."""
    code = ends.get()
    deadline = time.monotonic() + _FAREWELL
    last = _start(_run_logged, on_exit)
    output.flush(_FAREWELL)
    last.join(max(0, deadline - time.monotonic()))
    os._exit(code)


def _run_logged(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - nothing may keep the process from its end
        # No traceback: to write one may take longer than there is left.
        _log.error("the last work before the exit failed (%s)", type(error).__name__)


def _listen_to_signals(ends: SimpleQueue[int]) -> None:
    ours = set()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = signal.Signals.__members__.get(name)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue  # not on this platform, or started by nohup
        signal.signal(number, lambda caught, _frame: ends.put(128 + caught))
        ours.add(number)
    if sys.platform != "win32":
        # The handler above runs when the main thread next comes to Python code. That may be never: the thread may be in
        # C, or on its way into select as the signal comes (seen, after a burst of calls). This byte is written at once.
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        _start(_forward_signals, reading, ours, ends)


def _forward_signals(fd: int, ours: set[int], ends: SimpleQueue[int]) -> None:
    while True:
        for number in os.read(fd, 16):
            if number in ours:
                ends.put(128 + number)


def _claim() -> tuple[int, int]:
    """Take stdin and stdout for the wire alone: from here on fd 0 is empty and fd 1 is stderr, for children too."""
    if sys.stdin is None or sys.stdout is None:
        sys.exit("mcp-local-graph needs an open stdin and stdout: a client starts it.")
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - a closed stderr is filled, not given to the wire
        pass
    wire = os.dup(0), os.dup(1)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    if sys.platform == "win32":  # only: Windows
        from mcp.os.win32.utilities import rebind_std_handle_to_fd  # noqa: PLC0415 - needs pywin32

        for fd in (0, 1):  # children take the Win32 handles, not the descriptors
            with suppress(OSError):
                rebind_std_handle_to_fd(fd)
    else:
        for fd in wire:  # a shell or a host may have left them non-blocking
            os.set_blocking(fd, True)
    return wire


def _wait_until_closed(stdout: int) -> None:
    """Return when nobody can read our stdout any more; never, where that cannot be known before the next write."""
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(stdout, select.POLLERR | select.POLLHUP)
        if any(event & (select.POLLERR | select.POLLHUP) for _fd, event in poll.poll()):
            return
    threading.Event().wait()  # only: Windows, macOS
