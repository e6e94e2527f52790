"""Serving: what may come in, what must come out. How it ends is in `test_wire_end.py`."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from tests.server.peer import LEGACY, MODERN, REPO, SCRIPT, Peer, starter

MB = 1024 * 1024
Start = Callable[..., Peer]
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@pytest.fixture(scope="module", params=[LEGACY, MODERN])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = Peer(request.param, tmp_path_factory.mktemp("tiny") / "log").open()
    yield peer
    peer.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starter(tmp_path) as start:
        yield start


def nested(depth: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":"deep","method":"ping","params":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


MANY = 400
PING = b'"method":"ping","params":{}'
LINES: dict[str, tuple[bytes, list[tuple[object, int]]]] = {
    "no JSON": (b"hello", []),
    "cut off after the id": (b'{"jsonrpc":"2.0","id":5,"method":"pi', [(5, -32700)]),
    "cut off, id inside": (b'{"jsonrpc":"2.0","method":"x","params":{"id":6}', []),
    "bad UTF-8": (b'{"jsonrpc":"2.0","id":"u","method":"ping","params":{"a":"\xff\xfe"}}', [("u", -32700)]),
    "bad UTF-8, id last": (b'{"method":"ping","params":{"a":"\xff"},"jsonrpc":"2.0","id":7}', [(7, -32700)]),
    "bad UTF-8 in the id": (b'{"jsonrpc":"2.0","id":"\xff","method":[', []),
    "NUL": (b'{"jsonrpc":"2.0","id":8,"method":"ping","params":{"a":"\x00"}}', [(8, -32700)]),
    "only NULs": (b"\x00" * 1000, []),
    "lone surrogate": (b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":"\\ud800"}}', [(9, -32700)]),
    "not a number": (b'{"jsonrpc":"2.0","id":10,"method":"ping","params":{"a":NaN}}', [(10, -32700)]),
    "batch": (b'[{"jsonrpc":"2.0","id":1,' + PING + b'},{"id":"two"},{"id":null},3]', [(1, -32600), ("two", -32600)]),
    "empty batch": (b"[]", []),
    "null id": (b'{"jsonrpc":"2.0","id":null,' + PING + b"}", []),
    "float id": (b'{"jsonrpc":"2.0","id":1.5,' + PING + b"}", [(1.5, -32600)]),
    "infinite id": (b'{"jsonrpc":"2.0","id":1e999,' + PING + b"}", []),
    "huge id": (b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b"," + PING + b"}", []),
    "true id": (b'{"jsonrpc":"2.0","id":true,' + PING + b"}", []),
    "no jsonrpc": (b'{"id":11,"method":"ping"}', [(11, -32600)]),
    "other jsonrpc": (b'{"jsonrpc":"1.0","id":12,"method":"ping"}', [(12, -32600)]),
    "no method": (b'{"jsonrpc":"2.0","id":13}', [(13, -32600)]),
    "method is a number": (b'{"jsonrpc":"2.0","id":14,"method":4}', [(14, -32600)]),
    "params is a list": (b'{"jsonrpc":"2.0","id":15,"method":"ping","params":[]}', [(15, -32600)]),
    "a string": (b'"hello"', []),
    "100,000 lists": (b"[" * 100_000, []),
    "100,000 objects": (nested(100_000), [("deep", -32700)]),
    "an answer to nothing": (b'{"jsonrpc":"2.0","id":16,"result":{}}', []),
    "a bad answer is not answered": (b'{"jsonrpc":"2.0","id":17,"result":4}', []),
    "an error to nothing": (b'{"jsonrpc":"2.0","id":18,"error":{"code":1,"message":""}}', []),
    "blank": (b" \r", []),
    "a broken answer is not answered": (b'{"jsonrpc":"2.0","id":19,"result":{', []),
}


@pytest.mark.parametrize(("line", "refused"), LINES.values(), ids=LINES.keys())
def test_a_bad_line_is_refused_where_an_id_is_readable_and_the_next_call_works(
    peer: Peer, line: bytes, refused: list[tuple[object, int]]
) -> None:
    peer.send(line + b"\n")
    assert [(message["id"], message["error"]["code"]) for message in peer.kept()] == refused


def test_lines_may_end_as_on_windows_and_come_in_pieces(peer: Peer) -> None:
    frame = peer.call_frame("w", "echo", text="ä" * 10).replace(b"\n", b"\r\n")
    for index in range(len(frame)):
        peer.send(frame[index : index + 1])
    assert peer.text("w") == "ä" * 10


@needs_proc
def test_a_line_of_300_mb_costs_less_than_16_mb_and_is_refused_by_its_id(peer: Peer) -> None:
    peer.kept()
    before = peer.memory("VmRSS")
    peer.send(b'{"jsonrpc":"2.0","id":"long","method":"x","params":"')
    for _ in range(300):
        peer.send(b"x" * MB)
    peer.send(b'"}\n')
    error = peer.answer("long")["error"]
    assert error["code"] == -32600
    assert peer.memory("VmHWM") - before < 16 * MB
    assert peer.kept() == []


def test_a_line_too_long_is_refused_where_its_id_comes_last_and_an_answer_too_long_is_not(peer: Peer) -> None:
    tail = b'"' + b"x" * 5 * MB + b'","jsonrpc":"2.0","id":77}\n'
    peer.send(b'{"method":"x","params":' + tail)
    assert peer.answer(77)["error"]["code"] == -32600
    peer.send(b'{"result":' + tail)
    assert peer.kept() == []


def test_a_line_of_almost_4_mb_is_served(peer: Peer) -> None:
    text = "y" * (4 * MB - 1000)
    assert peer.text(peer.call("echo", text=text)) == text


def test_stdout_carries_only_messages_whatever_a_tool_prints(peer: Peer) -> None:
    assert peer.text(peer.call("chatter")) == "said"
    assert peer.text(peer.call("read_stdin")) == "''"
    assert peer.kept() == []
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in peer.said)
    errors = peer.errors.read_text()
    assert all(words in errors for words in ("from print", "from os.write", "from a child"))


def test_a_tool_that_raises_is_answered_without_its_words(peer: Peer) -> None:
    result = peer.answer(peer.call("boom"))["result"]
    assert result["isError"]
    assert "secret" not in str(result)


def test_a_lone_surrogate_in_a_result_costs_the_character_and_not_the_answer(peer: Peer) -> None:
    assert peer.text(peer.call("surrogate")) == "a?b"


def test_a_result_of_20_mb_arrives_whole(peer: Peer) -> None:
    assert peer.text(peer.call("big", size=20 * MB)) == "x" * 20 * MB


def test_cancelling_reaches_the_tool_and_nothing_is_answered(peer: Peer) -> None:
    before = peer.notes().count("slow cancelled")
    request = peer.call("slow")
    peer.begun(request)  # progress comes while the tool still runs
    peer.tell("notifications/cancelled", requestId=request)
    assert peer.kept() == []
    assert peer.notes().count("slow cancelled") == before + 1
    assert peer.text(peer.call("echo", text="on")) == "on"


@pytest.mark.parametrize("again", ["7", 7])
def test_an_id_in_flight_is_refused_a_second_time_and_free_again_afterwards(peer: Peer, again: object) -> None:
    before = peer.notes().count("slow began")
    peer.send(peer.call_frame("7", "slow"))
    peer.begun("7")
    peer.send(peer.call_frame(again, "slow"))
    assert peer.answer(again)["error"]["code"] == -32600
    peer.tell("notifications/cancelled", requestId="7")
    assert peer.kept() == []
    assert peer.notes().count("slow began") == before + 1
    peer.send(peer.call_frame(again, "echo", text="free"))
    assert peer.text(again) == "free"


def test_a_thousand_calls_sent_at_once_are_each_answered_once(peer: Peer) -> None:
    peer.send(b"".join(peer.call_frame(number, "echo", text=f"{number} " + "z" * 500) for number in range(1000)))
    answers = [message["id"] for message in peer.kept() if "result" in message]
    rest = [peer.next()["id"] for _ in range(1000 - len(answers))]
    assert sorted(answers + rest) == list(range(1000))


def test_hundreds_of_calls_in_flight_and_waiting_can_be_cancelled(peer: Peer) -> None:
    before = peer.notes().count("slow began")
    ids = [f"many {number}" for number in range(400)]
    peer.send(b"".join(peer.call_frame(request, "slow") for request in ids))
    peer.begun("many 255")
    for request in reversed(ids):
        peer.tell("notifications/cancelled", requestId=request)
    assert not [message for message in peer.kept() if "method" not in message]
    assert peer.notes().count("slow began") - before == 256
    peer.tell("notifications/cancelled", requestId="unknown")
    peer.tell("notifications/cancelled")
    assert peer.kept() == []


def test_more_calls_than_can_wait_are_refused_and_the_others_are_not_lost(start: Start) -> None:
    peer = start(MODERN).open()
    peer.send(b"".join(peer.call_frame(number, "slow") for number in range(256 + 10_000 + 5)))
    refused = [peer.wait_for(lambda message: "error" in message) for _ in range(5)]
    assert {(message["id"], message["error"]["code"]) for message in refused} == {
        (256 + 10_000 + number, -32603) for number in range(5)
    }
    peer.tell("notifications/cancelled", requestId=0)  # frees the place of one
    peer.begun(256)


def test_answers_to_our_questions_pass_by_the_calls_that_wait(start: Start) -> None:
    peer = start(LEGACY).open({"elicitation": {"form": {}}})
    peer.send(b"".join(peer.call_frame(f"ask {number}", "ask") for number in range(400)))
    for _ in range(400):
        question = peer.wait_for(lambda message: message.get("method") == "elicitation/create")
        answer = {"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}}
        peer.send(json.dumps(answer).encode() + b"\n")
    assert {peer.text(f"ask {number}") for number in range(400)} == {"decline"}


@needs_proc
def test_a_client_that_does_not_read_is_not_read_and_loses_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    peer = Peer(MODERN, tmp_path / "log", stdout=writing)
    os.close(writing)
    try:
        for number in range(300):
            peer.send(peer.call_frame(number, "big", size=MB // 8))
        assert peer.memory("VmRSS") < 400 * MB
        with os.fdopen(reading, "rb") as answers:
            ids = {json.loads(answers.readline())["id"] for _ in range(300)}
        assert ids == set(range(300))
    finally:
        peer.kill()


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_the_sdks_client_calls_and_is_asked(era: Literal["legacy", "2026-07-28"], tmp_path: Path) -> None:
    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context, params
        return ElicitResult(action="accept", content={"yes": True})

    async def talk() -> None:
        env = {"TINY_LOG": str(tmp_path / "log"), "PYTHONPATH": str(REPO)}
        parameters = StdioServerParameters(command=sys.executable, args=[str(SCRIPT)], env=env)
        async with Client(parameters, mode=era, elicitation_callback=answer) as client:
            assert len((await client.list_tools()).tools) > 5
            assert "hello" in str(await client.call_tool("echo", {"text": "hello"}))
            if era == "legacy":  # the later era has no question but as a result
                assert "accept" in str(await client.call_tool("ask"))

    asyncio.run(talk())


def test_many_calls_take_no_longer_than_over_the_sdks_own_stdio(start: Start) -> None:
    def seconds(peer: Peer) -> float:
        calls = b"".join(peer.call_frame(number, "echo", text="t") for number in range(MANY))
        before = time.perf_counter()
        peer.send(calls)
        for _ in range(MANY):
            peer.next()
        return time.perf_counter() - before

    ours, theirs = start(LEGACY).open(), start(LEGACY, "sdk").open()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(3)]
    assert min(our for our, _ in pairs) < min(their for _, their in pairs), pairs


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize(("closed", "code"), [("<&-", 1), (">&-", 1), ("2>&-", 0)])
def test_a_server_without_stdin_or_stdout_says_so_and_one_without_stderr_serves(
    closed: str, code: int, tmp_path: Path
) -> None:
    env = os.environ | {"TINY_LOG": str(tmp_path / "log"), "PYTHONPATH": str(REPO)}
    call = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}'
    call += b',"clientInfo":{"name":"p","version":"1"}}}'
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, SCRIPT],
        env=env,
        input=call,
        capture_output=True,
        check=False,
        timeout=10,
    )
    assert done.returncode == code
    assert (b"a client starts it" in done.stderr) == bool(code)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ([] if code else [1])
