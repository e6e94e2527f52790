"""How much a mailbox bears: four requests at a time for each app, and a quota where the control side sets one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mcp_local_graph.sandbox.graph.router import Asked
    from mcp_local_graph.sandbox.state import AccessToken, State

# An app and a mailbox.
Key = tuple[str, str]

# What Exchange answers; the first segment behind /me or /users/{id}.
_IN_MAILBOX = frozenset(
    names(
        """messages mailfolders mailboxsettings sendmail events calendar calendars calendarview calendargroups contacts
        contactfolders people findmeetingtimes inferenceclassification outlook todo"""
    )
)


@dataclass(slots=True)
class Throttling:
    """The limits, and how far they are used. `quota` is how many requests a mailbox still takes; None is no end."""

    concurrent: int = 4
    retry_after: int = 1
    quota: int | None = None
    busy: Counter[Key] = field(default_factory=Counter)


@dataclass(slots=True)
class Ticket:
    """The places that a request holds while it is answered; `refused` when there was none."""

    limits: Throttling = field(default_factory=Throttling)
    held: Counter[Key] = field(default_factory=Counter)
    refused: GraphRefused | None = None
    left: bool = False

    def leave(self) -> None:
        """Give the places back; a second time does nothing."""
        if not self.left:
            self.left = True
            self.limits.busy.subtract(self.held)


def enter(state: State, asked: Asked, inner: Collection[Asked] | None = None) -> Ticket:
    """Take the places that a request, or the parts of a batch, need. A batch takes what is there and is let in."""
    requests = [asked] if inner is None else inner
    wanted = Counter(key for each in requests if (key := _key(state, asked, each.path)) is not None)
    limits = state.throttling
    ticket = Ticket(limits)
    for key, number in wanted.items():
        free = max(limits.concurrent - limits.busy[key], 0)
        ticket.held[key] = min(number, free)
    if inner is None and (_used_up(limits, wanted) or any(ticket.held[key] == 0 for key in wanted)):
        return Ticket(refused=refusal(state))
    limits.busy.update(ticket.held)
    return ticket


def crowded_out(state: State, asked: Asked, inner: Mapping[int, Asked], ticket: Ticket) -> set[int]:
    """The parts of a batch, by their number, for which there was no place: Exchange takes them four by four."""
    keys = {number: key for number, each in inner.items() if (key := _key(state, asked, each.path)) is not None}
    crowded, seen, wanted = set(), Counter[Key](), Counter(keys.values())
    for number, key in keys.items():
        width = min(state.throttling.concurrent, wanted[key])
        if seen[key] % width >= ticket.held[key] or _used_up(state.throttling, [key]):
            crowded.add(number)
        seen[key] += 1
    return crowded


def refusal(state: State) -> GraphRefused:
    """Too many at once."""
    limits = state.throttling
    what = "Requests" if limits.quota == 0 else "MailboxConcurrency"
    text = f"Application is over its {what} limit."
    return GraphRefused(429, "ApplicationThrottled", text, {"Retry-After": str(limits.retry_after)})


def _used_up(limits: Throttling, wanted: Collection[Key]) -> bool:
    """Count one against the quota; true when there was nothing left of it."""
    if limits.quota is None or not wanted:
        return False
    if limits.quota == 0:
        return True
    limits.quota -= 1
    return False


def _key(state: State, asked: Asked, path: str) -> Key | None:
    """The app and the mailbox, None where a request has none."""
    token = state.access_tokens.get(asked.headers.get("authorization", "").partition(" ")[2])
    segments = [unquote(segment) for segment in path.split("/")[2:]]
    if token is None or not segments:
        return None
    if segments[0].lower() == "me":
        return _in_mailbox(token, token.account.user_name, segments[1:])
    return _in_mailbox(token, segments[1], segments[2:]) if segments[0].lower() == "users" and segments[1:] else None


def _in_mailbox(token: AccessToken, whose: str, segments: list[str]) -> Key | None:
    if not segments or segments[0].lower() not in _IN_MAILBOX:
        return None
    return token.client_id, whose.lower()
