"""What is tried again, when, and what is not."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from mcp_local_graph.errors import GraphRefused, LocalGraphError, ServiceUnavailable, Throttled, WriteUncertain
from mcp_local_graph.graph.network import setback
from mcp_local_graph.graph.retry import Pace, pause_after
from tests.graph.rig import USER_READ, Authority, Peer, Server, Tokens, answering, http, of

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.anyio
GOOD = of({"id": "1"})
PACKED = gzip.compress(b'{"id":"1"}')
BROKEN = {
    "truncated gzip": http(200, PACKED[:-3], content_encoding="gzip"),
    "json cut off": http(200, b'{"id":', content_type="application/json"),
    "json that is none": http(200, b"<html>", content_type="application/json; charset=utf-8"),
    "nothing": http(200, b"", content_type="application/json"),
}


def breaking(first: bytes, *, reset: bool) -> Callable[[Peer], None]:
    """Send this to the first request, then end the connection; answer all others."""

    def handle(peer: Peer) -> None:
        while head := peer.head():
            peer.server.heads.append(head)
            peer.server.bodies.append(peer.body(head))
            if len(peer.server.heads) > 1:
                peer.send(GOOD)
                continue
            peer.send(first)
            if reset:
                peer.reset()
            return

    return handle


async def write(client: httpx.AsyncClient, url: str) -> httpx.Response:
    return await client.post(url, json={"subject": "x"}, extensions={"scopes": USER_READ})


# Reads


@pytest.mark.parametrize("status", [429, 502, 503, 504, 509])
@pytest.mark.parametrize("more", [{}, {"retry_after": "0"}, {"retry_after": "-3"}, {"retry_after": "soon"}])
async def test_a_read_is_tried_again_after_what_may_pass(
    authority: Authority, status: int, more: dict[str, str]
) -> None:
    with authority.answering(http(status, b"{}", **more), GOOD) as server:
        async with authority.graph(server) as graph:
            assert await graph.get(graph.me) == {"id": "1"}
    assert len(server.heads) == 2
    assert len(set(server.header("client-request-id"))) == 2


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_read_is_tried_again_after_an_answer_that_arrived_broken(authority: Authority, answer: bytes) -> None:
    with authority.answering(answer, GOOD) as server:
        async with authority.graph(server) as graph:
            assert await graph.get(graph.me) == {"id": "1"}
    assert len(server.heads) == 2


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{", b"220 hello\r\n\r\n"])
@pytest.mark.parametrize("reset", [True, False])
async def test_a_read_is_tried_again_after_a_connection_that_ended(
    authority: Authority, first: bytes, *, reset: bool
) -> None:
    with Server(breaking(first, reset=reset), authority.server()) as server:
        async with authority.graph(server) as graph:
            assert await graph.get(graph.me) == {"id": "1"}
    assert len(server.heads) == 2


async def test_a_question_that_is_a_post_is_a_read_too(authority: Authority) -> None:
    with Server(breaking(b"", reset=True), authority.server()) as server:
        async with authority.graph(server) as graph:
            schedule = await graph.get(graph.me.calendar.get_schedule, body={"schedules": ["a@b.example"]})
    assert schedule == {"id": "1"}
    assert server.bodies == [b'{"schedules":["a@b.example"]}'] * 2


async def test_a_connection_that_the_server_closed_while_it_was_idle_costs_nobody_a_call(authority: Authority) -> None:
    def once(peer: Peer) -> None:
        peer.server.heads.append(peer.head())
        peer.send(GOOD)

    with Server(once, authority.server()) as server:
        async with authority.graph(server) as graph:
            for _ in range(3):
                assert await graph.get(graph.me) == {"id": "1"}
    assert len(server.heads) == server.connections == 3


async def test_what_does_not_pass_is_said_after_a_few_attempts(authority: Authority) -> None:
    with authority.answering(http(503, b"{}")) as server:
        async with authority.graph(server, pace=Pace(first=0.001, attempts=3)) as graph:
            with pytest.raises(ServiceUnavailable, match="HTTP 503"):
                await graph.get(graph.me)
    assert len(server.heads) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 500, 501, 507])
async def test_what_another_attempt_would_not_change_is_not_tried_again(authority: Authority, status: int) -> None:
    with authority.answering(http(status, b"{}"), GOOD) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(LocalGraphError):
                await graph.get(graph.me)
            assert await graph.get(graph.me) == {"id": "1"}
    assert len(server.heads) == 2


@pytest.mark.parametrize("body", [b"<html>Guest Wi-Fi</html>", b"[]", b"null"])
async def test_an_answer_of_somebody_else_is_not_asked_for_again(authority: Authority, body: bytes) -> None:
    with authority.answering(http(200, body, content_type="text/html"), GOOD) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(ServiceUnavailable):
                await graph.get(graph.me)
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (httpx.ConnectTimeout("x"), True),
        (httpx.ConnectError("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (httpx.ProxyError("x"), False),
        (httpx.UnsupportedProtocol("x"), False),
        (httpx.LocalProtocolError("x"), False),
    ],
)
def test_a_failure_of_the_network_is_worth_another_attempt_or_is_not(
    error: httpx.TransportError, *, again: bool
) -> None:
    found = setback(error, untouched=False)
    assert (found.again, found.untouched, type(found.error)) == (again, False, ServiceUnavailable)


# Pauses


@pytest.mark.parametrize("status", [429, 503, 509])
@pytest.mark.parametrize("pause", ["60", "1000000000", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_pause_that_does_not_fit_is_told_at_once(authority: Authority, status: int, pause: str) -> None:
    with authority.answering(http(status, b"{}", retry_after=pause), GOOD) as server:
        async with authority.graph(server) as graph:
            with anyio.fail_after(10), pytest.raises(Throttled) as raised:
                await graph.get(graph.me)
            assert await graph.get(graph.me) == {"id": "1"}
    assert raised.value.retry_after == (60 if pause == "60" else 3600)
    assert re.fullmatch(r"Try again in (60|3600) seconds\.", raised.value.remedy)


async def test_a_pause_that_fits_is_kept_to(authority: Authority) -> None:
    with authority.answering(http(429, b"{}", retry_after="1"), GOOD) as server:
        async with authority.graph(server) as graph:
            started = anyio.current_time()
            await graph.get(graph.me)
            assert anyio.current_time() - started >= 1


async def test_all_requests_of_a_call_have_one_deadline(authority: Authority) -> None:
    with authority.answering(GOOD, http(429, b"{}", retry_after="1"), GOOD) as server:
        async with authority.graph(server, pace=Pace(1.0, first=0.001)) as graph:
            await graph.get(graph.me)
            with pytest.raises(Throttled):  # a second would fit into a second, but for the first request
                await graph.get(graph.me)
    assert len(server.heads) == 2


async def test_a_call_whose_time_is_over_sends_nothing_more(authority: Authority) -> None:
    with authority.answering(GOOD) as server:
        async with authority.graph(server, pace=Pace(0.0)) as graph:
            with pytest.raises(ServiceUnavailable, match="time for"):
                await graph.get(graph.me)
    assert server.connections == 0


async def test_pauses_grow_and_differ_by_chance() -> None:
    pace, never = Pace(first=1.0, attempts=9), anyio.current_time() + 10_000
    for attempts in range(1, 6):
        waits = {pause_after(attempts, None, never, pace) for _ in range(20)}
        assert len(waits) > 10
        assert all(wait is not None and 0.5 <= wait / 2 ** (attempts - 1) <= 1.5 for wait in waits)
    asked = pause_after(1, 7.0, never, pace)
    assert asked is not None
    assert 7 < asked <= 8.5


async def test_there_is_no_pause_after_the_last_attempt_or_beyond_the_deadline() -> None:
    now = anyio.current_time()
    assert pause_after(4, None, now + 100, Pace(attempts=4)) is None
    assert pause_after(1, 101.0, now + 100, Pace()) is None
    assert pause_after(1, float("inf"), now + 100, Pace()) is None


# Writes


@pytest.mark.parametrize(
    ("status", "more"), [(429, {}), (429, {"retry_after": "0"}), (503, {"retry_after": "0"}), (401, {})]
)
async def test_a_write_is_tried_again_where_the_service_said_that_it_did_not_act(
    authority: Authority, status: int, more: dict[str, str]
) -> None:
    with authority.answering(http(status, b"{}", **more), http(202)) as server:
        async with authority.to(server.origin) as client:
            assert (await write(client, f"{server.origin}/v1.0/me/sendMail")).status_code == 202
    assert len(server.heads) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_write_that_nobody_knows_the_end_of_is_not_sent_twice(authority: Authority, status: int) -> None:
    with authority.answering(http(status, b"{}", request_id="req-1"), http(202)) as server:
        async with authority.to(server.origin) as client:
            with pytest.raises(WriteUncertain) as raised:
                await write(client, f"{server.origin}/v1.0/me/sendMail")
            assert len(server.heads) == 1
            assert (await write(client, f"{server.origin}/v1.0/me/sendMail")).status_code == 202
    assert "Look whether it was done" in raised.value.remedy
    assert raised.value.trace.request_id == "req-1"
    assert not raised.value.retryable


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 202 X\r\ncontent-length: 99\r\n\r\n{", b"220 hello\r\n\r\n"])
@pytest.mark.parametrize("reset", [True, False])
async def test_a_write_whose_connection_ended_is_not_sent_twice(
    authority: Authority, first: bytes, *, reset: bool
) -> None:
    with Server(breaking(first, reset=reset), authority.server()) as server:
        async with authority.to(server.origin) as client:
            with pytest.raises(WriteUncertain):
                await write(client, f"{server.origin}/v1.0/me/sendMail")
            assert len(server.heads) == 1
            assert (await write(client, f"{server.origin}/v1.0/me/sendMail")).status_code == 200


async def test_a_write_that_is_refused_was_not_done(authority: Authority) -> None:
    with authority.answering(http(400, b"{}")) as server:
        async with authority.to(server.origin) as client:
            with pytest.raises(GraphRefused) as raised:
                await write(client, f"{server.origin}/v1.0/me/sendMail")
    assert not isinstance(raised.value, WriteUncertain)


async def test_a_write_of_which_nothing_was_sent_may_be_tried_again(authority: Authority) -> None:
    tls = authority.server()

    def handle(peer: Peer) -> None:
        if peer.server.connections > 1:  # the first ends before TLS is spoken
            peer.wrap(tls)
            answering(http(202))(peer)

    with Server(handle) as server:
        async with authority.to(server.origin) as client:
            assert (await write(client, f"{server.origin}/v1.0/me/sendMail")).status_code == 202
    assert (server.connections, len(server.heads)) == (2, 1)


async def test_a_write_that_gets_no_answer_in_time_may_have_been_done(authority: Authority) -> None:
    def silent(peer: Peer) -> None:
        peer.server.heads.append(peer.head())
        peer.gone(10)

    with Server(silent, authority.server()) as server:
        async with authority.to(server.origin, pace=Pace(1.0)) as client:
            with pytest.raises(WriteUncertain):
                await write(client, f"{server.origin}/v1.0/me/sendMail")
    assert len(server.heads) == 1


async def test_a_write_that_never_left_was_not_done(authority: Authority) -> None:
    class Slow(Tokens):
        async def __call__(self, *_: object, **__: object) -> str:
            await anyio.sleep_forever()
            raise AssertionError

    with authority.answering(http(202)) as server:
        async with authority.to(server.origin, Slow(), pace=Pace(0.1)) as client:
            with pytest.raises(ServiceUnavailable):
                await write(client, f"{server.origin}/v1.0/me/sendMail")
    assert server.connections == 0
