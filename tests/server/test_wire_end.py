"""How serving ends: end of file, signals, a client that is gone. `test_wire.py` has what comes before."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcp_local_graph.server.wire import Output
from tests.server.peer import LEGACY, MODERN, Peer, starter

Start = Callable[..., Peer]
eras = pytest.mark.parametrize("era", [LEGACY, MODERN])
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send, and closes pipes unseen")
BUSY = [
    "",
    "slow",
    "block",
    "hold_the_loop",
    "hold_in_c",
]  # what a server may be doing: nothing, or the tool of that name


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starter(tmp_path) as start:
        yield start


def busy(peer: Peer, tool: str) -> Peer:
    peer.open()
    if tool:
        peer.begun(peer.call(tool))
    return peer


@eras
def test_what_was_sent_before_the_end_of_file_is_answered(start: Start, era: str) -> None:
    peer = start(era)
    if era == LEGACY:
        hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "p", "version": "1"}}
        peer.send(peer.frame("initialize", "hello", **hello) + peer.frame("notifications/initialized"))
    else:
        peer.send(peer.frame("server/discover", "hello"))
    peer.send(b"".join(peer.call_frame(number, "echo", text="t") for number in range(100)))
    peer.send(peer.call_frame("soon", "soon"))
    peer.send(peer.call_frame("last", "echo", text="without a line end").rstrip())
    peer.close()
    answers = {message["id"]: message for message in peer.rest()}
    assert len(answers) == 103
    assert all("result" in answer for answer in answers.values())
    assert peer.ended()[0] == 0


@pytest.mark.parametrize(
    ("era", "tool"),
    [(LEGACY, ""), (MODERN, ""), (LEGACY, "slow"), (MODERN, "slow"), (LEGACY, "block"), (MODERN, "hold_in_c")],
)
def test_the_end_of_file_ends_it_within_two_seconds_and_leaves_no_call_unanswered(
    start: Start, era: str, tool: str
) -> None:
    peer = busy(start(era), tool)
    peer.close()
    code, seconds = peer.ended()
    assert (code, peer.notes()[-1]) == (0, "on_exit")
    assert seconds < (1.9 if tool else 0.5)
    if tool in {"slow", "block"}:  # who holds the loop, holds the answers too
        assert peer.rest()[-1]["error"]["code"] == -32000
    assert ("slow cancelled" in peer.notes()) == (tool == "slow")


def test_a_cancelled_call_is_not_answered_at_the_end_either(start: Start) -> None:
    peer = busy(start(MODERN), "")
    request = peer.call("block")
    peer.begun(request)
    peer.tell("notifications/cancelled", requestId=request)
    peer.close()
    assert peer.ended()[0] == 0
    assert request not in [message.get("id") for message in peer.rest()]


def test_an_open_subscription_does_not_delay_the_end(start: Start) -> None:
    peer = busy(start(MODERN), "")
    peer.request("subscriptions/listen", notifications={"toolsListChanged": True})
    peer.wait_for(lambda message: message.get("method") == "notifications/subscriptions/acknowledged")
    peer.close()
    code, seconds = peer.ended()
    assert code == 0
    assert seconds < 0.5


@posix
@pytest.mark.parametrize("tool", BUSY)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_after_its_last_work(start: Start, number: signal.Signals, tool: str) -> None:
    peer = busy(start(LEGACY), tool)
    peer.process.send_signal(number)
    code, seconds = peer.ended()
    assert (code, peer.notes()[-1]) == (128 + number, "on_exit")
    assert seconds < 0.5


@posix
@pytest.mark.parametrize(("ignored", "code"), [(False, 128 + signal.SIGHUP), (True, 0)])
def test_a_closed_terminal_ends_it_unless_nohup_was_asked_for(start: Start, ignored: bool, code: int) -> None:  # noqa: FBT001 - a parameter
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        peer = start(MODERN)
    finally:
        signal.signal(signal.SIGHUP, before)
    peer.open()
    peer.process.send_signal(signal.SIGHUP)
    if ignored:
        assert peer.text(peer.call("echo", text="still here")) == "still here"
        peer.close()
    assert peer.ended()[0] == code


@pytest.mark.parametrize("how", ["hangs", "raises"])
def test_last_work_that_fails_does_not_keep_it(start: Start, how: str) -> None:
    peer = busy(start(MODERN, env={"TINY_LAST": how}), "block")
    peer.close()
    assert peer.ended()[0] == 0
    assert ("the last work before the exit failed" in peer.errors.read_text()) == (how == "raises")


@posix
@pytest.mark.parametrize("tool", BUSY)
def test_a_closed_stdout_ends_it_even_when_nothing_is_to_be_written(start: Start, tool: str) -> None:
    reading, writing = os.pipe()
    peer = start(MODERN, stdout=writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        peer.send(peer.frame("server/discover", 1))
        assert b"result" in answers.readline()
        if tool:
            peer.send(peer.call_frame(2, tool))
            assert b"progress" in answers.readline()
    code, seconds = peer.ended()
    assert (code, peer.notes()[-1]) == (0, "on_exit")
    assert seconds < 1.5
    assert ("slow cancelled" in peer.notes()) == (tool == "slow")


@posix
def test_a_closed_socket_ends_it_as_node_hands_out_sockets_for_pipes(start: Start) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        peer = start(MODERN, stdout=theirs.fileno())
    with ours, ours.makefile("rb") as answers:
        peer.send(peer.frame("server/discover", 1))
        assert b"result" in answers.readline()
    assert peer.ended()[0] == 0


@posix
def test_a_stdout_that_is_a_file_is_written_to_the_end(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        peer = start(MODERN, stdout=out.fileno())
    peer.send(peer.frame("server/discover", 1) + peer.call_frame(2, "big", size=3_000_000))
    peer.close()
    assert peer.ended()[0] == 0
    lines = [json.loads(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert [line["id"] for line in lines] == [1, 2]


def test_what_escapes_from_a_tool_ends_it_with_an_error(start: Start) -> None:
    peer = busy(start(LEGACY), "slow")
    peer.call("die")
    code, _ = peer.ended()
    assert (code, peer.notes()[-1]) == (1, "on_exit")


def test_output_stops_at_a_closed_pipe_and_holds_nothing_back() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing)
    output.put(b"nobody reads this\n")
    writer = threading.Thread(target=output.run, args=(lambda: None,))
    writer.start()
    writer.join(5)
    assert not writer.is_alive()
    assert output.put(b"nor this\n" * 10_000_000)
    output.flush(60)  # returns at once, as nothing is pending
    os.close(writing)
