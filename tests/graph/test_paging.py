"""Lists: as many items as were asked for, whatever the pages are, and never a link of somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.errors import CursorUnknown, GraphRefused, ServiceUnavailable
from mcp_local_graph.graph import paging
from mcp_local_graph.graph.store import Store
from tests.graph.rig import USER_READ, Authority, Server, Tokens, answering, caller, http, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.graph.rig import Peer

pytestmark = pytest.mark.anyio
FOLDERS = ("me", "mailFolders")


def items(start: int, stop: int) -> list[dict[str, Any]]:
    return [{"id": str(number)} for number in range(start, stop)]


def ids(page: paging.Page) -> list[int]:
    return [int(item["id"]) for item in page.items]


def numbers(size: int, total: int, *, more: dict[str, Any] | None = None) -> Callable[[Peer], None]:
    """A list of numbers in pages of one size, which lead from one to the next."""

    def handle(peer: Peer) -> None:
        while head := peer.head():
            peer.server.heads.append(head)
            start = int(head[0].split()[1].partition("skip=")[2] or 0)
            stop = min(start + size, total)
            answer: dict[str, Any] = {**(more or {}), "value": items(start, stop)}
            if stop < total:
                answer["@odata.nextLink"] = f"{peer.server.origin}/v1.0/me/mailFolders?$skip={stop}"
            peer.send(of(answer))

    return handle


@pytest.mark.parametrize(("size", "limit"), [(10, 25), (3, 7), (7, 7), (1, 4), (100, 30), (5, 100)])
async def test_every_item_comes_once_and_in_order_whatever_the_size_of_the_pages(
    authority: Authority, size: int, limit: int
) -> None:
    with Server(numbers(size, 47), authority.server()) as server:
        async with authority.graph(server) as graph:
            page = await graph.page(FOLDERS, limit=limit)
            found = ids(page)
            while page.cursor:
                assert len(page.items) == limit
                page = await graph.page(FOLDERS, limit=limit, cursor=page.cursor)
                found += ids(page)
    assert found == list(range(47))


async def test_headers_and_options_are_kept_over_pages(authority: Authority) -> None:
    with Server(numbers(2, 6, more={"@odata.count": 6}), authority.server()) as server:
        async with authority.graph(server) as graph:
            first = await graph.page(FOLDERS, limit=3, top=2, eventual=True, text=True)
            second = await graph.page(None, limit=3, cursor=first.cursor)
    assert (first.total, ids(first), ids(second), second.cursor) == (6, [0, 1, 2], [3, 4, 5], "")
    prefer = 'IdType="ImmutableId", outlook.body-content-type="text"'
    assert set(server.header("prefer")) == {prefer}
    assert set(server.header("consistencylevel")) == {"eventual"}
    assert server.heads[0][0].startswith("GET /v1.0/me/mailFolders?$top=2 ")


async def test_a_page_is_no_longer_than_needed_where_the_endpoint_lets_one_choose(authority: Authority) -> None:
    with authority.answering(of({"value": []})) as server:
        async with authority.graph(server) as graph:
            await graph.page(graph.me.messages, limit=7)
            await graph.page(graph.me.messages, limit=5000)
            await graph.page(graph.me.messages, limit=7, top=3)
    paths = [head[0].split()[1].partition("?")[2] for head in server.heads]
    assert paths == ["$top=7", "$top=100", "$top=3"]


LEADS_AWAY = [
    "https://evil.example/v1.0/me/mailFolders?$skip=2",
    "{origin}.evil.example/v1.0/me",
    "{origin}@evil.example/v1.0/me",
    "{origin}/beta/me/mailFolders",
    "{origin}/v1.0",
    "{origin}/v1.0/../beta/me",
    "{origin}/v1.0/%2e%2e/beta/me",
    "{origin}/v1.0/me%252f..%252f..%252fbeta",
    "{origin}/v1.0//evil.example/",
    "{origin}/v1.0/me#x",
    "{origin}/v1.0/me\\..\\x",
    "{origin}/v1.0/m\te",
    "{origin}\\v1.0/me",
    " {origin}/v1.0/me",
    "//localhost/v1.0/me",
    "/v1.0/me/mailFolders?$skip=2",
    "http://localhost/v1.0/me",
    7,
    ["x"],
    "x" * 20_000,
]


@pytest.mark.parametrize("link", LEADS_AWAY)
async def test_a_link_that_leads_away_is_an_error_and_nobody_goes_there(authority: Authority, link: object) -> None:
    with Server(lambda peer: answering(*_pages(peer, link))(peer), authority.server()) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(GraphRefused, match="another address"):
                await graph.page(FOLDERS, limit=10)
            assert ids(await graph.page(FOLDERS, limit=10)) == [0, 1]
    assert len(server.heads) == 2


def _pages(peer: Peer, link: object) -> list[bytes]:
    leads = link.replace("{origin}", peer.server.origin) if isinstance(link, str) else link
    return [of({"value": items(0, 2), "@odata.nextLink": leads}), of({"value": items(0, 2)})]


async def test_a_list_that_goes_in_a_circle_ends_and_says_so(authority: Authority) -> None:
    def circling(peer: Peer) -> None:
        base = f"{peer.server.origin}/v1.0/me/mailFolders"
        first = of({"value": items(0, 2), "@odata.nextLink": f"{base}?$skip=2"})
        answering(first, of({"value": items(2, 4), "@odata.nextLink": base}))(peer)

    with Server(circling, authority.server()) as server:
        async with authority.graph(server) as graph:
            page = await graph.page(FOLDERS, limit=50)
    assert (ids(page), page.cursor, page.truncated) == ([0, 1, 2, 3], "", paging.CIRCLE)
    assert len(server.heads) == 2


async def test_a_list_without_an_end_is_left_after_so_many_pages_and_goes_on_by_its_cursor(
    authority: Authority,
) -> None:
    with Server(numbers(0, 1), authority.server()) as server:

        def endless(peer: Peer) -> None:
            while head := peer.head():
                peer.server.heads.append(head)
                at = int(head[0].split()[1].partition("skip=")[2] or 0)
                link = f"{peer.server.origin}/v1.0/me/mailFolders?$skip={at + 1}"
                peer.send(of({"value": [], "@odata.nextLink": link}))

        with Server(endless, authority.server()) as endless_server:
            async with authority.graph(endless_server) as graph:
                page = await graph.page(FOLDERS, limit=50)
                assert (page.items, page.truncated) == ([], paging.LONG)
                assert len(endless_server.heads) == paging.PAGES
                await graph.page(None, limit=50, cursor=page.cursor)
        assert f"skip={paging.PAGES} " in endless_server.heads[paging.PAGES][0]
    assert server.heads == []


async def test_what_has_come_is_not_lost_where_the_service_fails_later(authority: Authority) -> None:
    def failing(peer: Peer) -> None:
        link = f"{peer.server.origin}/v1.0/me/mailFolders?$skip=2"
        first = of({"value": items(0, 2), "@odata.nextLink": link})
        answering(first, http(429, b"{}", retry_after="600"), of({"value": items(2, 4)}))(peer)

    with Server(failing, authority.server()) as server:
        async with authority.graph(server) as graph:
            page = await graph.page(FOLDERS, limit=10)
            assert ids(page) == [0, 1]
            assert page.truncated == "Cut short: Microsoft Graph asks for a pause. Try again in 600 seconds."
            rest = await graph.page(None, limit=10, cursor=page.cursor)
    assert (ids(rest), rest.cursor, rest.truncated) == ([2, 3], "", "")


@pytest.mark.parametrize("value", [None, {}, "x", 7, [1], [{}, None], [["x"]]])
async def test_a_list_that_is_none_is_an_error(authority: Authority, value: object) -> None:
    with authority.answering(of({"value": value})) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(ServiceUnavailable, match="no sense"):
                await graph.page(FOLDERS, limit=5)


async def test_a_cursor_is_a_short_word_of_one_tool_and_one_account(authority: Authority) -> None:
    kept = Store(None)
    with Server(numbers(2, 4), authority.server()) as server:
        async with authority.graph(server, caller(store=kept)) as graph:
            cursor = (await graph.page(FOLDERS, limit=2)).cursor
            assert 4 <= len(cursor) <= 16
            assert cursor.isalnum()
        for other in (caller("calendar_list", store=kept), caller(store=Store(None))):
            async with authority.graph(server, other) as graph:
                with pytest.raises(CursorUnknown):
                    await graph.page(FOLDERS, limit=2, cursor=cursor)
        async with authority.graph(server) as graph:
            with pytest.raises(CursorUnknown):
                await graph.page(FOLDERS, limit=2, cursor="none")
            with pytest.raises(CursorUnknown):
                await graph.page(None, limit=2)
    assert len(server.heads) == 1


async def test_a_list_goes_on_with_as_many_as_it_began_with(authority: Authority) -> None:
    with Server(numbers(2, 8), authority.server()) as server:
        async with authority.graph(server) as graph:
            first = await graph.page(FOLDERS, limit=2)
            second = await graph.page(None, cursor=first.cursor)
            third = await graph.page(None, cursor=second.cursor)
    assert (ids(first), ids(second), ids(third), len(server.heads)) == ([0, 1], [2, 3], [4, 5], 3)


async def test_what_a_tool_noted_of_a_list_comes_back_with_its_rest(authority: Authority) -> None:
    with Server(numbers(2, 4), authority.server()) as server:
        async with authority.graph(server) as graph:
            first = await graph.page(FOLDERS, limit=2, note="unread only")
            rest = await graph.page(None, limit=2, cursor=first.cursor)
    assert (first.note, rest.note) == ("unread only", "unread only")


async def test_a_cursor_is_asked_with_the_permissions_of_the_first_page(authority: Authority) -> None:
    tokens = Tokens()
    with Server(numbers(2, 4), authority.server()) as server:
        async with authority.graph(server, tokens=tokens) as graph:
            first = await graph.page(FOLDERS, limit=2, scope="Mail.Read.Shared")
            await graph.page(None, limit=2, cursor=first.cursor)
    assert [asked[0] for asked in tokens.asked] == [USER_READ | {"Mail.Read.Shared"}] * 2
