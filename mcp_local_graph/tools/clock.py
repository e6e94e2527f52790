"""What time it is for the signed-in person: the mailbox's zone where it may be known, else this machine's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.jobs import zones
from mcp_local_graph.tools import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from mcp_local_graph.graph.client import Ask, Graph

# No two zones are further apart.
_WIDEST = timedelta(hours=26)

Answers = list[dict[str, Any] | LocalGraphError]


class Clock(NamedTuple):
    """Now, in the person's zone.

    `slack` is how far a question about days has to reach beyond them, since the zone may turn out to be another.
    """

    now: datetime
    zone: ZoneInfo
    slack: timedelta = timedelta()

    @property
    def name(self) -> str:
        """How to say which zone times are in."""
        return "UTC" if self.zone.key.endswith("UTC") else self.zone.key


def clock(graph: Graph) -> Clock:
    """Without asking anybody."""
    zone = zones.known(facts.known(graph, facts.ZONE)) or zones.of_machine()
    return Clock(datetime.now(zone), zone)


class Timed(NamedTuple):
    """What time it is, the questions as they were put, and their answers."""

    clock: Clock
    asks: Sequence[Ask]
    answers: Answers


async def timed(graph: Graph, make: Callable[[Clock], Sequence[Ask]]) -> Timed:
    """Put questions that depend on the time, all in one request; facts about the person are learned by the way."""
    guess, wanted = clock(graph), facts.due(graph)
    asks = make(guess._replace(slack=_WIDEST) if facts.ZONE in wanted else guess)
    if not wanted:
        return Timed(guess, asks, await _answers(graph, asks))
    found = await graph.batch([*facts.questions(graph, wanted), *asks])
    facts.learn(graph, wanted, found[: len(wanted)])
    return Timed(clock(graph), asks, found[len(wanted) :])


async def _answers(graph: Graph, asks: Sequence[Ask]) -> Answers:
    return await graph.batch(asks) if len(asks) > 1 else [await graph.get(ask) for ask in asks]


def whole(answer: dict[str, Any] | LocalGraphError) -> dict[str, Any]:
    """One answer of several, or the error that it is."""
    if isinstance(answer, LocalGraphError):
        raise answer
    return answer
