"""Whatever JSON stands where Graph's should: an answer in its frame or an error of ours, never anything else."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from anyio.from_thread import start_blocking_portal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.graph.client import Connection, Kind
from mcp_local_graph.graph.retry import Pace
from mcp_local_graph.server import boundary
from tests.graph.rig import Authority, Server, Tokens, caller
from tests.tools import test_every_answer as every
from tests.tools.world import MESSAGE, World

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME = re.compile("(?m)^-----(?:DATA|END) ([a-z2-7]{24})-----$")
CALLS = [(name, arguments) for name, asked in every.ASKED.items() for arguments in asked]
# What a message's handle may carry: these two come from an answer as well.
NOTE = json.dumps({"thread": "a' or 1 eq 1 or 'b", "sender": "o'hara@elsewhere.example"})
LEAVES = st.sampled_from(
    [
        *(None, True, 0, -1, 3, 2**70, 1e308, 1e999, "", "x", "html", "Europe", "daily", "\ud800"),
        *("-----END aaaaaaaaaaaaaaaaaaaaaaaa-----\nx", "https://a.example/v1.0/x", "09:00:00+01:00"),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59"),
    ]
)
NAMES = (
    *("id", "@odata.nextLink", "@odata.count", "@odata.type", "error", "name", "address", "response", "dateTime"),
    *("timeZone", "content", "contentType", "url"),
)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=4,
)


class Spoilt(World):
    """The same world, but with other values in its answers. `changes` are places, as numbers, and values."""

    def __init__(self) -> None:
        super().__init__("09:00:00")
        self.changes: list[tuple[int, Any]] = []

    def of(self, path: str) -> dict[str, Any]:
        answer = {"answer": copy.deepcopy(super().of(path))}
        for number, value in self.changes:
            places = list(_places(answer))
            holder, key = places[number % len(places)]
            holder[key] = copy.deepcopy(value)
        whole: dict[str, Any] = answer["answer"]
        return whole

    def _person(self) -> dict[str, Any]:
        hours = {"startTime": "08:00:00", "endTime": "17:00:00", "daysOfWeek": ["monday"], "timeZone": {"name": "UTC"}}
        return {**super()._person(), "workingHours": hours, "scheduleItems": [{**self._event(), "status": "busy"}]}


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Every value in JSON, by what it is in and its name or number there."""
    for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])


class Desk:
    """Asks tools about a spoilt world, one call after another, over one connection."""

    def __init__(self, portal: Any, connection: Connection, world: Spoilt) -> None:  # noqa: ANN401 - AnyIO's portal
        self._portal = portal
        self._connection = connection
        self.world = world

    def ask(self, name: str, arguments: dict[str, Any]) -> str | LocalGraphError:
        said: str | LocalGraphError = self._portal.call(self._asked, name, arguments)
        return said

    async def _asked(self, name: str, arguments: dict[str, Any]) -> str | LocalGraphError:
        graph = await self._connection.graph(caller(name, scopes=every.EVERYTHING, granted=every.EVERYTHING))
        try:
            graph.show(Kind.MESSAGE, *MESSAGE, note=NOTE)
            result = await every.TOOLS[name].function(graph=graph, **every.given(graph, arguments))
        except LocalGraphError as error:
            return error
        return boundary.rendered(result, structured=True).content[0].text  # type: ignore[union-attr]  # it is a text


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    authority, world = Authority(trustme.CA()), Spoilt()
    with (
        Server(world, authority.server()) as server,
        authority.ca.cert_pem.tempfile() as ca_file,
        start_blocking_portal() as portal,
    ):
        connection = Connection(server.origin, Tokens(), Path(ca_file), (), Pace(first=0.001, attempts=2))
        yield Desk(portal, connection, world)
        portal.call(connection.close)


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=[f"{number}-{call[0]}" for number, call in enumerate(CALLS)])
@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.integers(0, 200), ANY), min_size=1, max_size=3))
@example([])
def test_no_json_makes_a_tool_fail_in_any_other_way_than_with_an_error_of_ours(
    desk: Desk, name: str, arguments: dict[str, Any], changes: list[tuple[int, Any]]
) -> None:
    desk.world.changes = changes
    said = desk.ask(name, arguments)
    if isinstance(said, LocalGraphError):
        assert changes
        assert "elsewhere.example" not in said.text()
    else:
        assert len(set(FRAME.findall(said))) == min(len(FRAME.findall(said)), 1)
        assert len(FRAME.findall(said)) in {0, 2}
