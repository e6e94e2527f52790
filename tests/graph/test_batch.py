"""Several reads in one round trip."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from mcp_local_graph.errors import (
    LocalGraphError,
    NotFound,
    PermissionMissing,
    ServiceUnavailable,
    SignInNeeded,
    Throttled,
)
from mcp_local_graph.graph.retry import Pace
from tests.graph.rig import USER_READ, Authority, Tokens, caller, http, of

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
                    graph.ask(graph.me.calendar.get_schedule, body=body, scope="Mail.Read"),
                    graph.ask(("users", "x y"), eventual=True),
                ]
            )
    ids = 'IdType="ImmutableId"'
    text = f'{ids}, outlook.body-content-type="text"'
    assert [one, two, three] == [
        {"part": {"id": "1", "method": "GET", "url": "/me/messages?$select=id", "headers": {"Prefer": text}}},
        {
            "part": {
                "id": "2",
                "method": "POST",
                "url": "/me/calendar/getSchedule",
                "headers": {"Prefer": ids, "Content-Type": "application/json"},
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
        if part["url"] == "/users/2":
            return {"status": status, "headers": {"Request-Id": "r-2"}, "body": error}
        return {"status": 200, "body": {"url": part["url"]}}

    with authority.serving({BATCH: each(answer)}) as server:
        async with authority.graph(server) as graph:
            one, two, three = await graph.batch([graph.ask(("users", str(number))) for number in (1, 2, 3)])
    assert (one, three) == ({"url": "/users/1"}, {"url": "/users/3"})
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


# Parts that may do better


class Parts:
    """Answers each part with the next of its answers, the last one again and again."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self._left = {f"/users/{name}": list(each) for name, each in answers.items()}
        self.rounds: list[list[str]] = []

    def __call__(self, body: bytes) -> bytes:
        requests = json.loads(body)["requests"]
        self.rounds.append([part["url"].removeprefix("/users/") for part in requests])
        return of({"responses": [{"id": part["id"], **self._next(part["url"])} for part in requests]})

    def _next(self, url: str) -> dict[str, Any]:
        left = self._left[url]
        return left.pop(0) if len(left) > 1 else left[0]


def good(name: str) -> dict[str, Any]:
    return {"status": 200, "body": {"id": name}}


def bad(status: int, **headers: str) -> dict[str, Any]:
    return {"status": status, "headers": headers, "body": {"error": {"code": "X"}}}


async def sent(authority: Authority, parts: Parts, *, pace: Pace | None = None, tokens: Tokens | None = None) -> Any:  # noqa: ANN401 - outcomes of any kind
    with authority.serving({BATCH: parts}) as server:
        async with authority.graph(server, pace=pace, tokens=tokens) as graph:
            return await graph.batch([graph.ask(("users", name)) for name in "abc"])


@pytest.mark.parametrize("status", [429, 502, 503, 504, 424])
async def test_a_part_that_may_do_better_is_asked_again_alone(authority: Authority, status: int) -> None:
    parts = Parts(a=[good("a")], b=[bad(status), bad(status), good("b")], c=[bad(status), good("c")])
    assert await sent(authority, parts) == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert parts.rounds == [["a", "b", "c"], ["b", "c"], ["b"]]


async def test_a_part_that_stays_bad_does_not_spoil_the_others(authority: Authority) -> None:
    parts = Parts(a=[good("a")], b=[bad(503)], c=[bad(404)])
    a, b, c = await sent(authority, parts, pace=Pace(first=0.001, attempts=3))
    assert (a, type(b), type(c)) == ({"id": "a"}, ServiceUnavailable, NotFound)
    assert parts.rounds == [["a", "b", "c"], ["b"], ["b"]]


async def test_the_pause_of_a_part_is_kept_to_or_told(authority: Authority) -> None:
    parts = Parts(
        a=[bad(429, **{"Retry-After": "600"})], b=[bad(429, **{"Retry-After": "1"}), good("b")], c=[good("c")]
    )
    started = anyio.current_time()
    a, b, c = await sent(authority, parts)
    assert 1 <= anyio.current_time() - started < 20
    assert (type(a), b, c) == (Throttled, {"id": "b"}, {"id": "c"})
    assert a.retry_after == 600
    assert parts.rounds == [["a", "b", "c"], ["b"]]


@pytest.mark.parametrize(
    "responses",
    [
        None,
        7,
        [],
        ["x", None, 3],
        [{"id": "1"}],
        [{"id": 1, "status": 200, "body": {}}],
        [{"id": "1", "status": "200", "body": {}}],
        [{"id": "1", "status": True, "body": {}}],
        [{"id": "1", "status": 200, "body": {}}] * 2,
        [{"id": "1", "status": 200, "body": []}],
        [{"id": "1", "status": 200}],
        [{"id": "7", "status": 200, "body": {}}],
        [{"status": 200, "body": {}}],
    ],
)
async def test_a_part_without_an_answer_that_makes_sense_is_asked_again(
    authority: Authority, responses: object
) -> None:
    with authority.answering(of({"responses": responses}), of({"responses": [{"id": "1", **good("a")}]})) as server:
        async with authority.graph(server) as graph:
            assert await graph.batch([graph.ask(graph.me)]) == [{"id": "a"}]
    assert len(server.heads) == 2


async def test_answers_that_nobody_asked_for_are_left_out(authority: Authority) -> None:
    responses = [
        {"id": "9", **good("x")},
        {"id": "1", **good("a")},
        {"id": "", **good("x")},
        {"id": ["1"], **good("x")},
    ]
    with authority.answering(of({"responses": responses})) as server:
        async with authority.graph(server) as graph:
            assert await graph.batch([graph.ask(graph.me)]) == [{"id": "a"}]
    assert len(server.heads) == 1


async def test_a_batch_is_a_read_and_tried_again_as_a_whole(authority: Authority) -> None:
    whole = of({"responses": [{"id": "1", **good("a")}]})
    with authority.answering(http(503, b"{}"), http(429, b"{}", retry_after="0"), whole) as server:
        async with authority.graph(server) as graph:
            assert await graph.batch([graph.ask(graph.me)]) == [{"id": "a"}]
    assert len(server.heads) == 3


# Tokens that are not liked

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1763720000"}}}
CHALLENGE = f'Bearer error="insufficient_claims", claims="{base64.b64encode(json.dumps(CLAIMS).encode()).decode()}"'


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("name", ["WWW-Authenticate", "www-authenticate"])
async def test_a_challenge_in_a_part_is_answered_once_and_silently(
    authority: Authority, status: int, name: str
) -> None:
    tokens = Tokens()
    parts = Parts(a=[good("a")], b=[bad(status, **{name: CHALLENGE}), good("b")], c=[bad(503), good("c")])
    assert await sent(authority, parts, tokens=tokens) == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert parts.rounds == [["a", "b", "c"], ["b", "c"]]
    assert [json.loads(claims or "null") for _, claims, _ in tokens.asked] == [None, CLAIMS]


async def test_a_challenge_in_a_part_that_comes_again_needs_the_person(authority: Authority) -> None:
    parts = Parts(a=[good("a")], b=[bad(401, **{"WWW-Authenticate": CHALLENGE})], c=[good("c")])
    with pytest.raises(SignInNeeded) as raised:
        await sent(authority, parts)
    assert json.loads(raised.value.need.claims or "") == CLAIMS
    assert raised.value.need.scopes == USER_READ
    assert len(parts.rounds) == 2


async def test_a_challenge_to_the_whole_batch_is_answered_as_to_any_request(authority: Authority) -> None:
    tokens = Tokens()
    whole = of({"responses": [{"id": "1", **good("a")}]})
    with authority.answering(http(401, b"{}", www_authenticate=CHALLENGE), whole) as server:
        async with authority.graph(server, tokens=tokens) as graph:
            assert await graph.batch([graph.ask(graph.me)]) == [{"id": "a"}]
    assert [json.loads(claims or "null") for _, claims, _ in tokens.asked] == [None, CLAIMS]
