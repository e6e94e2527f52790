"""Files: from Graph itself, or from a named host that gets no token."""

from __future__ import annotations

import gzip
import socket

import pytest

from mcp_local_graph.errors import GraphRefused, NotFound, ServiceUnavailable
from mcp_local_graph.graph.client import Downloaded
from mcp_local_graph.graph.retry import Pace
from tests.graph.rig import Authority, Peer, Server, answering, http

pytestmark = pytest.mark.anyio
CONTENT = ("me", "drive", "items", "i", "content")


async def test_a_file_that_graph_sends_itself(authority: Authority) -> None:
    with authority.answering(http(200, b"\x00\xff", content_type="Application/PDF; x=y")) as server:
        async with authority.graph(server) as graph:
            assert await graph.download(CONTENT, limit=2) == Downloaded(b"\x00\xff", "application/pdf")
    assert server.heads[0][0] == "GET /v1.0/me/drive/items/i/content HTTP/1.1"


async def test_a_named_host_gets_the_request_and_no_token(authority: Authority) -> None:
    with authority.answering(http(200, b"file", content_type="text/plain")) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/d/1?tempauth=x")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                assert await graph.download(CONTENT, limit=10) == Downloaded(b"file", "text/plain")
    assert files.heads[0][0] == "GET /d/1?tempauth=x HTTP/1.1"
    assert files.header("authorization") == [""]
    assert files.header("cookie") == [""]


@pytest.mark.parametrize(
    "location",
    ["", "/v1.0/other", "https://evil.example/x", "http://{host}/x", "https://{host}@evil.example/", "//{host}/x"],
)
async def test_any_other_host_is_not_asked(authority: Authority, location: str) -> None:
    with authority.answering(http(200, b"file")) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=location.format(host=host))) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                with pytest.raises(GraphRefused):
                    await graph.download(CONTENT, limit=10)
    assert files.connections == 0


async def test_a_file_that_is_too_large_is_not_fetched_whole(authority: Authority) -> None:
    with authority.answering(http(200, bytes(2**21))) as files:
        host = files.origin.removeprefix("https://")
        for first in (http(200, bytes(2**21)), http(302, location=f"{files.origin}/x")):
            with authority.answering(first) as server:
                async with authority.graph(server, hosts=[host]) as graph:
                    with pytest.raises(GraphRefused, match="larger than 1 MB"):
                        await graph.download(CONTENT, limit=2**20)


async def test_a_circle_of_hosts_ends(authority: Authority) -> None:
    with Server(
        lambda peer: answering(http(302, location=f"{peer.server.origin}/x"))(peer), authority.server()
    ) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                with pytest.raises(GraphRefused, match="from one address to the next"):
                    await graph.download(CONTENT, limit=10)
    assert len(files.heads) <= 5


async def test_a_host_that_stumbles_is_asked_again(authority: Authority) -> None:
    packed = gzip.compress(b"file", mtime=0)
    stumbles = [http(503), http(200, packed[:-2], content_encoding="gzip"), http(200, packed, content_encoding="gzip")]
    with authority.answering(*stumbles) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                assert (await graph.download(CONTENT, limit=10)).content == b"file"
    assert (len(server.heads), len(files.heads)) == (1, 3)


async def test_a_host_that_cannot_be_reached_is_not_taken_for_graph(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"localhost:{taken.getsockname()[1]}"
    with authority.answering(http(302, location=f"https://{host}/x")) as server:
        async with authority.graph(server, hosts=[host]) as graph:
            with pytest.raises(ServiceUnavailable, match="where the file lies, cannot be reached") as raised:
                await graph.download(CONTENT, limit=10)
    assert host not in raised.value.text()


async def test_a_host_that_breaks_off_is_asked_again(authority: Authority) -> None:
    def breaking(peer: Peer) -> None:
        peer.server.heads.append(peer.head())
        if len(peer.server.heads) == 1:
            peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nfi")
            peer.reset()
        else:
            peer.send(http(200, b"file"))

    with Server(breaking, authority.server()) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                assert (await graph.download(CONTENT, limit=10)).content == b"file"
    assert len(files.heads) == 2


async def test_a_small_file_that_unpacks_to_a_large_one_is_not_unpacked(authority: Authority) -> None:
    packed = gzip.compress(bytes(2**21))
    with authority.answering(http(200, packed, content_encoding="gzip")) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(GraphRefused, match="larger than 1 MB"):
                await graph.download(CONTENT, limit=2**20)


async def test_a_file_that_trickles_is_ended_by_the_deadline_of_the_call(authority: Authority) -> None:
    def trickling(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        while not peer.gone(0.05):
            peer.send(b" ")

    with Server(trickling, authority.server()) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x"), http(200, b"next")) as server:
            async with authority.graph(server, hosts=[host], pace=Pace(2.0)) as graph:
                with pytest.raises(ServiceUnavailable, match="in time"):
                    await graph.download(CONTENT, limit=1000)
            async with authority.graph(server, hosts=[host]) as graph:
                assert (await graph.download(CONTENT, limit=1000)).content == b"next"


async def test_a_named_host_may_lead_to_another_named_host(authority: Authority) -> None:
    with authority.answering(http(200, b"file")) as far, authority.answering(http(200, b"x")) as stranger:
        moved = [http(301, location=f"{far.origin}/y"), http(302, location=f"{stranger.origin}/y")]
        with authority.answering(*moved) as near:
            hosts = [far.origin.removeprefix("https://"), near.origin.removeprefix("https://")]
            with authority.answering(http(302, location=f"{near.origin}/x")) as server:
                async with authority.graph(server, hosts=hosts) as graph:
                    assert (await graph.download(CONTENT, limit=10)).content == b"file"
                    with pytest.raises(GraphRefused, match="none of Microsoft 365's"):
                        await graph.download(CONTENT, limit=10)
    assert far.header("authorization") == near.header("authorization")[:1] == [""]
    assert stranger.connections == 0


async def test_files_come_through_the_proxy_too_unless_their_host_is_excepted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anybody(peer: Peer) -> None:
        peer.server.heads.append(peer.head())
        peer.send(b"HTTP/1.1 200 Go on\r\n\r\n")
        peer.wrap(authority.server("files.sharepoint.example"))
        peer.server.heads.append(peer.head())
        peer.send(http(200, b"far"))

    with authority.answering(http(200, b"near")) as files, Server(anybody) as proxy:
        moved = [http(302, location="https://files.sharepoint.example/x"), http(302, location=f"{files.origin}/x")]
        hosts = [".sharepoint.example", files.origin.removeprefix("https://")]
        with authority.answering(*moved) as server:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv("NO_PROXY", "localhost")
            async with authority.graph(server, hosts=hosts) as graph:
                assert (await graph.download(CONTENT, limit=10)).content == b"far"
                assert (await graph.download(CONTENT, limit=10)).content == b"near"
    assert [head[0] for head in proxy.heads] == ["CONNECT files.sharepoint.example:443 HTTP/1.1", "GET /x HTTP/1.1"]
    assert set(proxy.header("authorization")) == {""}


@pytest.mark.parametrize("said", ["", "text", "text/html<script>", "a b/c", "x" * 80 + "/y"])
async def test_a_type_that_is_none_is_left_out(authority: Authority, said: str) -> None:
    with authority.answering(http(200, b"x", content_type=said)) as server:
        async with authority.graph(server) as graph:
            assert (await graph.download(CONTENT, limit=10)).content_type in {"", "text/html"}


async def test_a_refusal_of_either_is_an_error(authority: Authority) -> None:
    with authority.answering(http(410, b"gone")) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x"), http(404, b"{}")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                with pytest.raises(ServiceUnavailable, match="HTTP 410"):
                    await graph.download(CONTENT, limit=10)
                with pytest.raises(NotFound):
                    await graph.download(CONTENT, limit=10)
