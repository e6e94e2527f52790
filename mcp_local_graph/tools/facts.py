"""Small facts about the signed-in person: learned by the way, along with the first question of a day, and kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import LocalGraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_local_graph.tools.needs import Ask, Graph


class Fact(NamedTuple):
    """A property of what is at a path; the permission that it takes. Nobody is asked for that one."""

    name: str
    path: tuple[str, ...]
    scope: str


ZONE = Fact("timeZone", ("me", "mailboxSettings"), "MailboxSettings.Read")
# The user name need not be a mail address.
ADDRESS = Fact("mail", ("me",), "User.Read")
# What a tool names as optional that learns them.
SCOPES = frozenset({ZONE.scope, ADDRESS.scope})


def known(graph: Graph, fact: Fact) -> str:
    """What was learned last, in Graph's own words; empty where nothing was, or where there is nothing."""
    return graph.recall(fact.name).partition(" ")[2]


def due(graph: Graph) -> list[Fact]:
    """Those that may be learned, and were not today."""
    return [one for one in (ZONE, ADDRESS) if graph.may(one.scope) and not graph.recall(one.name).startswith(_today())]


def questions(graph: Graph, wanted: Sequence[Fact]) -> list[Ask]:
    """What to ask for them."""
    return [graph.ask(one.path, select=(one.name,), scope=one.scope) for one in wanted]


def learn(graph: Graph, wanted: Sequence[Fact], answers: Sequence[dict[str, Any] | LocalGraphError]) -> None:
    """Keep what was answered; what failed (there may be no mailbox) stays as it was."""
    for one, answer in zip(wanted, answers, strict=True):
        if not isinstance(answer, LocalGraphError):
            graph.remember(one.name, f"{_today()} {answer.get(one.name) or ''}")


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
