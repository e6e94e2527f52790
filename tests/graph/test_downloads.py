"""Files: from Graph itself, or from a named host that gets no token."""

from __future__ import annotations

import pytest

from mcp_local_graph.errors import GraphRefused, NotFound, ServiceUnavailable
from mcp_local_graph.graph.client import Downloaded
from tests.graph.rig import Authority, Server, answering, http

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


async def test_a_refusal_of_either_is_an_error(authority: Authority) -> None:
    with authority.answering(http(410, b"gone")) as files:
        host = files.origin.removeprefix("https://")
        with authority.answering(http(302, location=f"{files.origin}/x"), http(404, b"{}")) as server:
            async with authority.graph(server, hosts=[host]) as graph:
                with pytest.raises(ServiceUnavailable, match="HTTP 410"):
                    await graph.download(CONTENT, limit=10)
                with pytest.raises(NotFound):
                    await graph.download(CONTENT, limit=10)
