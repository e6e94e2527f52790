"""Bodies that are broken, endless or too large, connections that fail, and calls beside each other."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import sys
import zlib

import anyio
import pytest
import trustme

from mcp_local_graph.errors import GraphRefused, LocalGraphError, ServiceUnavailable
from mcp_local_graph.graph.bodies import LIMIT
from mcp_local_graph.graph.retry import Pace
from tests.graph.rig import Authority, Peer, Server, Tokens, answering, get, http

pytestmark = pytest.mark.anyio


async def failure(authority: Authority, answer: bytes) -> LocalGraphError:
    """The error that this answer becomes."""
    with authority.answering(answer) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(LocalGraphError) as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    return raised.value


async def test_a_compressed_answer_is_unpacked(authority: Authority) -> None:
    packed = gzip.compress(b'{"a":"' + b"x" * 100_000 + b'"}')
    with authority.answering(http(200, packed, content_encoding="GZIP")) as graph:
        async with authority.to(graph.origin) as client:
            answer = await get(client, f"{graph.origin}/v1.0/me")
    assert len(answer.json()["a"]) == 100_000
    assert graph.header("accept-encoding") == ["gzip"]


async def test_an_empty_answer_that_claims_to_be_compressed_is_empty(authority: Authority) -> None:
    with authority.answering(http(200, b"", content_encoding="gzip")) as graph:
        async with authority.to(graph.origin) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).content == b""


WHOLE = gzip.compress(b'{"value":[1,2,3]}' * 50, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (WHOLE[:-4], "gzip"),
        (WHOLE[: len(WHOLE) // 2], "gzip"),
        (WHOLE[:5], "gzip"),
        (WHOLE + WHOLE, "gzip"),
        (WHOLE + b"more", "gzip"),
        (b"{}", "gzip"),
        (WHOLE[:30] + b"\xff" * 20, "gzip"),
        (zlib.compress(b"{}"), "deflate"),
        (b"{}", "br"),
        (gzip.compress(WHOLE, mtime=0), "gzip, gzip"),
    ],
)
async def test_a_packed_answer_that_is_not_whole_or_not_ours_to_unpack_is_an_error(
    authority: Authority, body: bytes, encoding: str
) -> None:
    error = await failure(authority, http(200, body, content_encoding=encoding))
    assert type(error) is ServiceUnavailable
    assert "broken" in error.what


async def test_a_body_that_ends_too_early_is_an_error(authority: Authority) -> None:
    def half(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{}")

    with Server(half, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


def peak_memory() -> int:
    """Bytes; Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bomb(size: int, *, layers: int = 1) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


async def test_a_little_archive_of_200_megabytes_costs_no_more_than_the_limit(authority: Authority) -> None:
    packed = bomb(200 * 2**20)
    assert len(packed) < 256 * 1024
    before = peak_memory()
    error = await failure(authority, http(200, packed, content_encoding="gzip"))
    assert type(error) is GraphRefused
    assert "16 MB" in error.what
    assert not error.retryable
    assert peak_memory() - before < 3 * LIMIT


async def test_an_answer_without_an_end_is_not_kept(authority: Authority) -> None:
    def endless(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"100000\r\n" + bytes(2**20) + b"\r\n")

    before = peak_memory()
    with Server(endless, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(GraphRefused, match="16 MB"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert peak_memory() - before < 3 * LIMIT


async def test_an_archive_that_goes_on_after_its_end_is_not_kept(authority: Authority) -> None:
    def endless(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n")
        peer.send(b"%x\r\n%b\r\n" % (len(WHOLE), WHOLE))
        while True:
            peer.send(b"100000\r\n" + bytes(2**20) + b"\r\n")

    with Server(endless, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="broken"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_an_answer_that_trickles_is_ended_by_the_deadline_of_the_call(authority: Authority) -> None:
    left: list[bool] = []

    def trickling(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        while not peer.gone(0.05):
            peer.send(b" ")
        left.append(True)

    with Server(trickling, authority.server()) as graph:
        started = anyio.current_time()
        async with authority.to(graph.origin, pace=Pace(1.0)) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")
            assert 1.0 <= anyio.current_time() - started < 10
    assert left == [True]


async def test_a_server_that_says_nothing_is_given_up_at_the_deadline(authority: Authority) -> None:
    def silent(peer: Peer) -> None:
        peer.head()
        peer.server.ended.wait(10)

    with Server(silent, authority.server()) as graph:
        async with authority.to(graph.origin, pace=Pace(0.2)) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_the_deadline_counts_waiting_for_a_token_too(authority: Authority) -> None:
    class Slow(Tokens):
        async def __call__(self, *_: object, **__: object) -> str:
            await anyio.sleep_forever()
            raise AssertionError

    with authority.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin, Slow(), pace=Pace(0.1)) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_nobody_there_is_said_without_an_address(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with authority.to(f"https://localhost:{port}") as client:
        with pytest.raises(ServiceUnavailable, match="cannot be reached") as raised:
            await get(client, f"https://localhost:{port}/v1.0/me")
    assert raised.value.retryable
    assert str(port) not in raised.value.text()


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{"])
async def test_a_connection_that_breaks_is_an_error_that_may_pass(authority: Authority, before: bytes) -> None:
    def breaking(peer: Peer) -> None:
        peer.head()
        peer.send(before)
        peer.reset()

    with Server(breaking, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_an_answer_that_is_no_http_is_an_error(authority: Authority) -> None:
    with Server(answering(b"220 mail.example ESMTP\r\n\r\n"), authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_a_certificate_of_an_unknown_authority_is_named_as_the_cause(authority: Authority) -> None:
    stranger = Authority(trustme.CA())
    with stranger.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="certificate") as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    assert "--ca-file" in raised.value.remedy
    assert graph.heads == []


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with Server(answering(http(200, b"{}")), authority.server("elsewhere.example")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="certificate"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert graph.heads == []


async def test_a_server_without_tls_gets_no_request(authority: Authority) -> None:
    seen: list[bytes] = []

    def plain(peer: Peer) -> None:
        seen.append(peer.some())
        peer.send(http(400))

    with Server(plain) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert b"localhost" in seen[0]
    assert b"GET" not in seen[0]
    assert b"token" not in seen[0]


async def test_calls_at_the_same_time_do_not_mix_their_tokens_or_answers(authority: Authority) -> None:
    def echo(peer: Peer) -> None:
        while head := peer.head():
            peer.server.heads.append(head)
            path = head[0].split()[1]
            peer.send(http(200, json.dumps({"path": path}).encode()))

    answers: dict[str, str] = {}
    with Server(echo, authority.server()) as graph:
        async with authority.to(graph.origin) as client, anyio.create_task_group() as group:

            async def one(path: str) -> None:
                answers[path] = (await get(client, f"{graph.origin}{path}")).json()["path"]

            for number in range(20):
                group.start_soon(one, f"/v1.0/users/{number}")
    assert answers == {f"/v1.0/users/{number}": f"/v1.0/users/{number}" for number in range(20)}
    assert sorted(graph.header("authorization")) == sorted(f"Bearer token-{number}" for number in range(1, 21))
    assert len(set(graph.header("client-request-id"))) == 20


async def test_a_cancelled_call_closes_its_connection(authority: Authority) -> None:
    arrived, left = anyio.Event(), anyio.Event()
    loop_token = anyio.lowlevel.current_token()

    def silent(peer: Peer) -> None:
        peer.head()
        anyio.from_thread.run_sync(arrived.set, token=loop_token)
        if peer.gone(5):
            anyio.from_thread.run_sync(left.set, token=loop_token)

    with Server(silent, authority.server()) as graph:
        async with authority.to(graph.origin) as client, anyio.create_task_group() as group:
            group.start_soon(get, client, f"{graph.origin}/v1.0/me")
            with anyio.fail_after(5):
                await arrived.wait()
                group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True), anyio.fail_after(5):
                await left.wait()
    assert left.is_set()
