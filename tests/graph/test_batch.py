"""Several reads in one round trip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.errors import LocalGraphError, NotFound, PermissionMissing, ServiceUnavailable
from tests.graph.rig import USER_READ, Authority, Tokens, caller, of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio
BATCH = "/v1.0/$batch"


def each(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[bytes], bytes]:
    """Answer every part by itself, the last one first."""

    def handle(body: bytes) -> bytes:
        return of(
            {"responses": [{"id": part["id"], **answer(part)} for part in reversed(json.loads(body)["requests"])]}
        )

    return handle


def echo(part: dict[str, Any]) -> dict[str, Any]:
    return {"status": 200, "headers": {}, "body": {"part": part}}


async def test_parts_are_relative_and_have_headers_and_bodies_of_their_own(authority: Authority) -> None:
    tokens = Tokens()
    body = {"schedules": ["a@b.example"]}
    with authority.serving({BATCH: each(echo)}) as server:
        async with authority.graph(server, caller(granted=frozenset({"Mail.Read"})), tokens=tokens) as graph:
            one, two, three = await graph.batch(
                [
                    graph.ask(graph.me.messages, select=("id",), text=True),
                    graph.ask(graph.me.calendar.get_schedule, body=body, zone="UTC", scope="Mail.Read"),
                    graph.ask(("users", "x y"), eventual=True),
                ]
            )
    text, utc = 'IdType="ImmutableId", outlook.body-content-type="text"', 'IdType="ImmutableId", outlook.timezone="UTC"'
    assert [one, two, three] == [
        {"part": {"id": "1", "method": "GET", "url": "/me/messages?$select=id", "headers": {"Prefer": text}}},
        {
            "part": {
                "id": "2",
                "method": "POST",
                "url": "/me/calendar/getSchedule",
                "headers": {"Prefer": utc, "Content-Type": "application/json"},
                "body": body,
            }
        },
        {"part": {"id": "3", "method": "GET", "url": "/users/x%20y", "headers": {"ConsistencyLevel": "eventual"}}},
    ]
    assert server.header("content-type") == ["application/json"]
    assert [asked for asked, *_ in tokens.asked] == [USER_READ | {"Mail.Read"}]


async def test_more_than_twenty_go_in_several_and_come_back_in_order(authority: Authority) -> None:
    with authority.serving({BATCH: each(lambda part: {"status": 200, "body": {"url": part["url"]}})}) as server:
        async with authority.graph(server) as graph:
            answers = await graph.batch([graph.ask(("users", str(number))) for number in range(45)])
    assert answers == [{"url": f"/users/{number}"} for number in range(45)]
    assert [len(json.loads(body)["requests"]) for body in server.bodies] == [20, 20, 5]


async def test_no_reads_are_no_request(authority: Authority) -> None:
    with authority.serving({}) as server:
        async with authority.graph(server) as graph:
            assert await graph.batch([]) == []
    assert server.connections == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(403, PermissionMissing), (404, NotFound), (424, LocalGraphError), (500, ServiceUnavailable)]
)
async def test_a_part_may_fail_alone(authority: Authority, status: int, kind: type[LocalGraphError]) -> None:
    error = {"error": {"code": "SomeCode", "message": "secret plan"}}

    def answer(part: dict[str, Any]) -> dict[str, Any]:
        if part["id"] == "2":
            return {"status": status, "headers": {"Request-Id": "r-2"}, "body": error}
        return {"status": 200, "body": {"id": part["id"]}}

    with authority.serving({BATCH: each(answer)}) as server:
        async with authority.graph(server) as graph:
            one, two, three = await graph.batch([graph.ask(graph.me)] * 3)
    assert (one, three) == ({"id": "1"}, {"id": "3"})
    assert isinstance(two, kind)
    assert (two.trace.code, two.trace.request_id) == ("SomeCode", "r-2")
    assert "secret" not in two.text()


async def test_a_page_of_a_batch_goes_on_by_its_cursor(authority: Authority) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        link = f"{server.origin}/v1.0/me/messages?$skip=3"
        return {"status": 200, "body": {"value": [{"id": "1"}, {"id": "2"}, {"id": "3"}], "@odata.nextLink": link}}

    more = of({"value": [{"id": "4"}]})
    with authority.serving({BATCH: each(answer), "/v1.0/me/messages?$skip=3": more}) as server:
        async with authority.graph(server) as graph:
            ask = graph.ask(graph.me.messages)
            (answered,) = await graph.batch([ask])
            assert isinstance(answered, dict)
            page = graph.paged(ask, answered, 3)
            rest = await graph.page(None, limit=3, cursor=page.cursor)
    assert ([item["id"] for item in page.items], rest.items) == (["1", "2", "3"], [{"id": "4"}])
