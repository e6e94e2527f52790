"""What time it is for the signed-in person: the mailbox's zone where it may be known, else this machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.jobs import zones

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from mcp_local_graph.graph.client import Ask, Graph

# Where granted, the zone comes along with the first question of a day; nobody is asked for it.
SETTINGS = "MailboxSettings.Read"
_REMEMBERED = "zone"
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
    return _in(zones.known(graph.recall(_REMEMBERED).partition(" ")[2]) or zones.of_machine())


class Timed(NamedTuple):
    """What time it is, the questions as they were put, and their answers."""

    clock: Clock
    asks: Sequence[Ask]
    answers: Answers


async def timed(graph: Graph, make: Callable[[Clock], Sequence[Ask]]) -> Timed:
    """Put questions that depend on the time, all in one request; once a day, learn the mailbox's zone by the way."""
    guess = clock(graph)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    if graph.recall(_REMEMBERED).startswith(today) or not graph.may(SETTINGS):
        asks = make(guess)
        return Timed(guess, asks, await _answers(graph, asks))
    question = graph.ask(graph.me.mailbox_settings, select=("timeZone",), scope=SETTINGS)
    asks = make(guess._replace(slack=_WIDEST))
    settings, *answers = await graph.batch([question, *asks])
    zone = zones.known(str(settings.get("timeZone"))) if isinstance(settings, dict) else None
    if zone is None:  # a zone of somebody's own making, or an account without a mailbox
        return Timed(guess, asks, answers)
    graph.remember(_REMEMBERED, f"{today} {zone.key}")
    return Timed(_in(zone), asks, answers)


async def _answers(graph: Graph, asks: Sequence[Ask]) -> Answers:
    return await graph.batch(asks) if len(asks) > 1 else [await graph.get(ask) for ask in asks]


def _in(zone: ZoneInfo) -> Clock:
    return Clock(datetime.now(zone), zone)


def whole(answer: dict[str, Any] | LocalGraphError) -> dict[str, Any]:
    """One answer of several, or the error that it is."""
    if isinstance(answer, LocalGraphError):
        raise answer
    return answer
