"""Hostile links: no token reaches any host but Graph's, and no link is followed that another parser reads otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_local_graph.errors import GraphRefused, LocalGraphError
from mcp_local_graph.graph.links import content_host, pinned
from mcp_local_graph.graph.retry import Pace
from tests.graph.rig import USER_READ, Authority, Peer, Server, http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRAPH = "https://graph.brackwater.example"
BASE = f"{GRAPH}/v1.0"
FILES = (".sharepoint.example", "files.example:8443")

# What makes parsers disagree: see the tests of the WHATWG's URL standard.
PIECES = st.sampled_from(
    [
        *("https:", "http:", "HTTPS:", "https", "ftp:", "javascript:", "data:", "wss:", ""),
        *("//", "/", "\\", "\\\\", "///", "/\\", "://"),
        *("graph.brackwater.example", "GRAPH.brackwater.example", "evil.example", "files.sharepoint.example"),
        *("graph.brackwater.example.", "gr\u0430ph.brackwater.example", "graph\u3002brackwater.example"),
        *("graph.brackwater.example.evil.example", "sharepoint.example", "evilsharepoint.example"),
        *("graph%2ebrackwater.example", "graph.brackwater.example%00", "gra\tph.brackwater.example", "[::1]"),
        *("127.0.0.1", "0x7f.1", "2130706433", "xn--grph-43d.brackwater.example", "\uff47raph.brackwater.example"),
        *("@", "user:word@", ":@", ":443", ":80", ":8443", ":00443", ":99999", ":", "?", "#", ";", "&", "%40", "%2f"),
        *(
            "/v1.0/me",
            "/v1.0",
            "/beta",
            "..",
            "/../",
            "/.%2e/",
            "%2e%2e",
            "/v1.0/../x",
            " ",
            "\t",
            "\r\n",
            "\0",
            "\u200b",
        ),
    ]
)
URLS = st.lists(PIECES, max_size=7).map("".join)
NEAR = st.tuples(st.sampled_from([GRAPH, BASE, f"{BASE}/", "https://files.sharepoint.example/"]), URLS).map("".join)
HOSTILE = URLS | NEAR | st.text(max_size=40)
# A URL that has one meaning only: no parser can see another host, and no path above the base.
PLAIN = re.compile(r"https://[a-z0-9.-]+(:\d+)?/[!$-;=@-Z_a-z~]*(\?[^\0-\x1f#\x7f]*)?")


def anybody(authority: Authority) -> Callable[[Peer], None]:
    """A proxy that plays every host, and leads everybody on to where it was told."""

    def handle(peer: Peer) -> None:
        head = peer.head()
        if head and head[0].startswith("CONNECT "):
            host = head[0].split()[1].rpartition(":")[0].strip("[]")
            peer.send(b"HTTP/1.1 200 Go on\r\n\r\n")
            peer.wrap(authority.server(host))
            head = peer.head()
        if head:
            peer.server.heads.append(head)
            peer.send(http(200, b"{}"))

    return handle


@pytest.fixture
def sink(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(anybody(authority)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        yield server


async def asked_for(authority: Authority, url: str) -> None:
    async with authority.to(GRAPH, pace=Pace(5.0, attempts=1)) as client:
        await client.get(url, extensions={"scopes": USER_READ})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE)
def test_no_token_reaches_any_host_but_graphs(authority: Authority, sink: Server, url: str) -> None:
    sink.heads.clear()
    before = sink.connections
    try:
        anyio.run(asked_for, authority, url)
    except (LocalGraphError, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        assert sink.connections == before
    else:
        assert sink.header("host") == ["graph.brackwater.example"]
        assert sink.header("authorization") == ["Bearer token-1"]


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
def test_a_next_link_is_followed_only_where_it_can_mean_nothing_else(link: str) -> None:
    try:
        url = pinned(link, BASE)
    except GraphRefused:
        return
    assert PLAIN.fullmatch(url)
    assert httpx.URL(url).host == "graph.brackwater.example"
    assert httpx.URL(url).port is None
    assert httpx.URL(url).path.startswith("/v1.0/")
    assert ".." not in httpx.URL(url).path.split("/")


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
def test_a_file_is_fetched_only_from_a_named_host(link: str) -> None:
    try:
        host = content_host(link, FILES)
    except GraphRefused:
        return
    assert PLAIN.fullmatch(link)
    assert httpx.URL(link).host == host
    assert host.endswith(".sharepoint.example") or httpx.URL(link).netloc == b"files.example:8443"
    assert httpx.URL(link).port in {None, 8443}


@pytest.mark.parametrize(
    "link",
    [
        f"{BASE}/me/messages?$skiptoken=X%2bY&$top=5",
        f"{GRAPH}:443/v1.0/users('x')/messages?$skip=10",
        f"{BASE}/me/mailFolders/AAMk=/messages/delta?$deltatoken=a.b-c_d~e",
        f'{BASE}/users?$search="displayName:al" OR "mail:al"&$top=5',
    ],
)
def test_graphs_own_links_are_followed(link: str) -> None:
    assert pinned(link, BASE) == link.replace(":443", "")


@pytest.mark.parametrize(
    "link",
    [
        "https://contoso-my.sharepoint.example/personal/x/_layouts/15/download.aspx?UniqueId=1&tempauth=v1.eyJ",
        "https://contoso.sharepoint.example:443/d",
        "https://files.example:8443/d",
    ],
)
def test_the_hosts_of_files_are_followed(link: str) -> None:
    assert content_host(link, FILES) == httpx.URL(link).host


@pytest.mark.parametrize(
    "link",
    [
        "https://sharepoint.example/d",
        "https://.sharepoint.example/d",
        "https://evilsharepoint.example/d",
        "https://a.sharepoint.example:8443/d",
        "https://a.sharepoint.example.evil.example/d",
        "https://a.sharepoint.example.:443/d",
        "https://a.sharepoint.example",
        "https://files.example/d",
        "https://files.example:443/d",
        "HTTPS://a.sharepoint.example/d",
        "http://a.sharepoint.example/d",
        "https://a.sharepoint.example/" + "x" * 20_000,
    ],
)
def test_what_only_looks_like_a_host_of_files_is_not(link: str) -> None:
    with pytest.raises(GraphRefused, match="none of Microsoft 365's"):
        content_host(link, FILES)
