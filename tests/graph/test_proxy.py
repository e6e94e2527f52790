"""Proxies that the environment names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.errors import ServiceUnavailable, SettingsError, WriteUncertain
from tests.graph.rig import USER_READ, Authority, Peer, Server, get, http

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

pytestmark = pytest.mark.anyio
GRAPH = "https://graph.brackwater.example"


def proxy(inner: ssl.SSLContext, status: int = 200) -> Callable[[Peer], None]:
    """Notes what it is asked first, then plays the host behind it."""

    def handle(peer: Peer) -> None:
        peer.server.heads.append(peer.head())
        peer.send(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
        if status == 200:
            peer.wrap(inner)
            peer.server.heads.append(peer.head())
            peer.send(http(200, b'{"id":"1"}'))

    return handle


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_of_the_environment_is_used_and_sees_no_token(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    with Server(proxy(authority.server("graph.brackwater.example"))) as server:
        monkeypatch.setenv(name, f"{scheme}127.0.0.1:{server.port}")
        async with authority.to(GRAPH) as client:
            assert (await get(client, f"{GRAPH}/v1.0/me")).json() == {"id": "1"}
    asked, request = server.heads
    assert asked[0] == "CONNECT graph.brackwater.example:443 HTTP/1.1"
    assert not [line for line in asked if "token" in line]
    assert "Authorization: Bearer token-1" in request


async def test_a_proxy_may_want_a_name_and_a_password(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(proxy(authority.server("graph.brackwater.example"))) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:word@127.0.0.1:{server.port}")
        async with authority.to(GRAPH) as client:
            await get(client, f"{GRAPH}/v1.0/me")
    assert server.header("proxy-authorization") == ["Basic bWU6d29yZA==", ""]


async def test_a_proxy_that_speaks_tls_is_trusted_as_everything_else_is(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(proxy(authority.server("graph.brackwater.example"), 403), authority.server()) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{server.port}")
        async with authority.to(GRAPH) as client:
            with pytest.raises(ServiceUnavailable, match="proxy"):
                await get(client, f"{GRAPH}/v1.0/me")
    assert server.heads[0][0].startswith("CONNECT graph.brackwater.example:443")


@pytest.mark.parametrize("excepted", ["localhost", "*", "other.example, localhost"])
async def test_no_proxy_is_honoured(authority: Authority, monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    with Server(proxy(authority.server())) as server, authority.answering(http(200, b"{}")) as graph:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("NO_PROXY", excepted)
        async with authority.to(graph.origin) as client:
            await get(client, f"{graph.origin}/v1.0/me")
    assert (server.connections, graph.connections) == (0, 1)


@pytest.mark.parametrize("status", [403, 407, 502])
async def test_a_proxy_that_refuses_is_named_as_the_cause(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with Server(proxy(authority.server(), status)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        async with authority.to(GRAPH) as client:
            with pytest.raises(ServiceUnavailable, match="proxy") as refused:
                await get(client, f"{GRAPH}/v1.0/me")
    assert "HTTPS_PROXY" in refused.value.remedy


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1080", "ftp://proxy", "http://", "http://proxy:nonsense", "://"])
async def test_a_proxy_that_cannot_be_is_a_setting_to_mend(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(SettingsError, match="HTTPS_PROXY") as refused:
        async with authority.to(GRAPH):
            pass
    assert "http://host:port" in refused.value.remedy
    assert "1080" not in refused.value.text()


async def test_a_write_that_ends_at_the_proxy_was_not_sent_and_is_tried_again(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = authority.server("graph.brackwater.example")

    def handle(peer: Peer) -> None:
        if peer.server.connections == 1:
            peer.head()
            peer.reset()
        else:
            proxy(inner)(peer)

    with Server(handle) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        async with authority.to(GRAPH) as client:
            answer = await client.post(f"{GRAPH}/v1.0/me/sendMail", extensions={"scopes": USER_READ})
    assert answer.status_code == 200
    assert server.heads[-1][0] == "POST /v1.0/me/sendMail HTTP/1.1"
    assert server.connections == 2


async def test_a_write_that_is_lost_behind_the_proxy_may_have_been_done(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 0\r\n\r\n")
        peer.wrap(authority.server("graph.brackwater.example"))
        peer.head()
        peer.reset()

    with Server(handle) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        async with authority.to(GRAPH) as client:
            with pytest.raises(WriteUncertain):
                await client.post(f"{GRAPH}/v1.0/me/sendMail", extensions={"scopes": USER_READ})
    assert server.connections == 1
