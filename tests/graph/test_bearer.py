"""The bearer goes to the exact origin of the configured cloud, over https, and nowhere else.

Every connection of these tests goes through a proxy of ours that lets itself be taken for any host: whatever leaves is
seen there, wherever it was meant to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mcp_local_graph.errors import GraphRefused
from mcp_local_graph.graph.client import Connection
from tests.graph.rig import Authority, Peer, Server, Tokens, get, http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio
GRAPH = "https://graph.brackwater.example"

ELSEWHERE = [
    "https://graph.evil.example/v1.0/me",
    "https://graph.brackwater.example:8443/v1.0/me",
    "https://graph.brackwater.example:80/v1.0/me",
    "https://graph.brackwater.example:44300/v1.0/me",
    "http://graph.brackwater.example/v1.0/me",
    "http://graph.brackwater.example:443/v1.0/me",
    "https://graph.brackwater.example.evil.example/v1.0/me",
    "https://evilgraph.brackwater.example/v1.0/me",
    "https://evil.example/graph.brackwater.example/v1.0/me",
    "https://evil.example?https://graph.brackwater.example/v1.0/me",
    "https://evil.example#https://graph.brackwater.example/",
    "https://evil.example\\@graph.brackwater.example/v1.0/me",
    "https://graph.brackwater.example@evil.example/v1.0/me",
    "https://evil.example@graph.brackwater.example/v1.0/me",
    "https://user:word@graph.brackwater.example/v1.0/me",
    "https://:@graph.brackwater.example/v1.0/me",
    "https://graph.brackwater.example:443@evil.example/v1.0/me",
    "https://graph.brackwater.example./v1.0/me",
    "https://graph.brackwater.example../v1.0/me",
    "https://brackwater.example/v1.0/me",
    "https://www.graph.brackwater.example/v1.0/me",
    "https://gr\u0430ph.brackwater.example/v1.0/me",
    "https://xn--grph-43d.brackwater.example/v1.0/me",
    "https://\uff47raph.brackwater.example/v1.0/me",
    "https://graph%2ebrackwater.example/v1.0/me",
    "https://xn--graph-.brackwater.example/v1.0/me",
    "https://[::1]/v1.0/me",
    "https://127.0.0.1/v1.0/me",
    "wss://graph.brackwater.example/v1.0/me",
    "//graph.brackwater.example/v1.0/me",
    "/v1.0/me",
]
SAME = [
    f"{GRAPH}/v1.0/me",
    f"{GRAPH}:443/v1.0/me",
    "HTTPS://GRAPH.Brackwater.EXAMPLE/v1.0/me",
    # An ideographic full stop is a dot to the parser that makes the connection: the same host.
    "https://graph\u3002brackwater.example/v1.0/me",
]


def anybody(authority: Authority) -> Callable[[Peer], None]:
    """A proxy that plays every host, by http and by https, and answers as Graph would."""

    def handle(peer: Peer) -> None:
        head = peer.head()
        if not head:
            return
        if head[0].startswith("CONNECT "):
            peer.send(b"HTTP/1.1 200 Go on\r\n\r\n")
            peer.wrap(authority.server(head[0].split()[1].rpartition(":")[0].strip("[]")))
            head = peer.head()
        peer.server.heads.append(head)
        peer.send(http(200, b"{}"))

    return handle


@pytest.fixture
def sink(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(anybody(authority)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        yield server


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_nothing_leaves_for_any_other_address(authority: Authority, sink: Server, url: str) -> None:
    tokens = Tokens()
    async with authority.to(GRAPH, tokens) as client:
        # Where httpx cannot even read the address, or knows no such scheme, that is as good a refusal.
        with pytest.raises((GraphRefused, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)):
            await get(client, url)
    assert (sink.connections, tokens.asked) == (0, [])


@pytest.mark.parametrize("url", SAME)
async def test_the_bearer_reaches_the_configured_origin_however_it_is_spelt(
    authority: Authority, sink: Server, url: str
) -> None:
    async with authority.to(GRAPH) as client:
        assert (await get(client, url)).status_code == 200
    assert sink.header("authorization") == ["Bearer token-1"]
    assert sink.header("host") == ["graph.brackwater.example"]


async def test_an_origin_that_is_not_https_gets_nothing(authority: Authority, sink: Server) -> None:
    origin = "http://graph.brackwater.example"
    async with authority.to(origin) as client:
        with pytest.raises(GraphRefused):
            await get(client, f"{origin}/v1.0/me")
    assert sink.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_error_and_nobody_goes_there(authority: Authority, status: int) -> None:
    with authority.answering(http(200, b"{}")) as elsewhere:
        for target in (f"{elsewhere.origin}/v1.0/me", "/v1.0/other", f"//localhost:{elsewhere.port}/"):
            with authority.answering(http(status, location=target)) as graph:
                async with authority.to(graph.origin) as client:
                    with pytest.raises(GraphRefused, match=f"HTTP {status}"):
                        await get(client, f"{graph.origin}/v1.0/me")
                assert len(graph.heads) == 1
        assert elsewhere.connections == 0


async def test_the_bearer_is_gone_from_the_request_afterwards(authority: Authority) -> None:
    with authority.answering(http(200, b"{}"), http(403, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            request = client.build_request("GET", f"{graph.origin}/v1.0/me")
            request.extensions["scopes"] = frozenset({"User.Read"})
            await client.send(request)
            assert "authorization" not in request.headers
            with pytest.raises(GraphRefused):
                await client.send(request)
            assert "authorization" not in request.headers
    assert graph.header("authorization") == ["Bearer token-1", "Bearer token-2"]


async def test_a_callers_own_authorization_header_is_replaced(authority: Authority) -> None:
    with authority.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            client.headers["Authorization"] = "Bearer stolen"
            await get(client, f"{graph.origin}/v1.0/me")
    assert graph.header("authorization") == ["Bearer token-1"]


async def test_a_variable_cannot_have_the_keys_of_the_connection_written_down(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(wanted))
    authority.ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with authority.answering(http(200, b"{}")) as graph:
        connection = Connection(graph.origin, Tokens(), tmp_path / "ca.pem")
        await get((await connection.open()).client, f"{graph.origin}/v1.0/me")
        await connection.close()
    assert not wanted.exists()
