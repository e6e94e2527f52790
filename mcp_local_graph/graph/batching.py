"""Several reads in one request. A part that may do better is asked again, without those that are answered.

Source: learn.microsoft.com, "Combine multiple HTTP requests using JSON batching".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from mcp_local_graph.errors import LocalGraphError, ServiceUnavailable, TokenRejected
from mcp_local_graph.graph import failures
from mcp_local_graph.graph.ask import Ask
from mcp_local_graph.graph.retry import PASSING, Pace, pause_after
from mcp_local_graph.graph.transport import sign_in_needed

if TYPE_CHECKING:
    from mcp_local_graph.graph.caller import Caller

# The most parts that Graph takes at a time.
SIZE = 20
# A part was left out because another one failed.
_DEPENDED = 424
# Sends several as one; the second argument is an earlier answer that did not like the token, where there was one.
Send = Callable[[Sequence[Ask], TokenRejected | None], Awaitable[dict[str, Any]]]
Outcome = dict[str, Any] | LocalGraphError


class Part(NamedTuple):
    """The answer to one part; whether to ask again, and after how many seconds Graph wants that."""

    outcome: Outcome
    again: bool = False
    pause: float | None = None


async def answers(asks: Sequence[Ask], send: Send, caller: Caller, deadline: float, pace: Pace) -> list[Outcome]:
    """The answers to at most twenty reads, in their order.

    Raises:
        SignInNeeded: the token was refused for one of them, and a new one too.
        LocalGraphError: the request as a whole failed.
    """
    outcomes: dict[int, Outcome] = {}
    waiting, attempts, refused, renewed = list(range(len(asks))), 0, None, False
    while waiting:
        attempts += 1
        some = [asks[place] for place in waiting]
        parts = read(await send(some, refused), some, caller)
        outcomes |= zip(waiting, (part.outcome for part in parts), strict=True)
        refused = _refused(parts)
        if refused is not None and renewed:
            raise sign_in_needed(_scopes(asks), refused) from refused
        renewed = renewed or refused is not None
        waits = [pause_after(attempts, part.pause, deadline, pace) if part.again else None for part in parts]
        waiting = [place for place, wait in zip(waiting, waits, strict=True) if wait is not None]
        if waiting and refused is None:
            await anyio.sleep(max(wait for wait in waits if wait is not None))
    return [outcomes[place] for place in range(len(asks))]


def joined(asks: Sequence[Ask], base_url: str) -> Ask:
    """One request of several, which are known by their place, from 1."""
    requests = [_part(str(number), ask, base_url) for number, ask in enumerate(asks, 1)]
    return Ask(f"{base_url}/$batch", _scopes(asks), body={"requests": requests})


def read(answer: dict[str, Any], asks: Sequence[Ask], caller: Caller) -> list[Part]:
    """The answers, in the order of the questions. What is missing, there twice or no part at all is asked again."""
    parts = answer.get("responses")
    by_id: dict[object, list[dict[str, Any]]] = {}
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(name := part.get("id"), str):
            by_id.setdefault(name, []).append(part)
    return [_read(by_id.get(str(number), []), ask, caller) for number, ask in enumerate(asks, 1)]


def _scopes(asks: Sequence[Ask]) -> frozenset[str]:
    return frozenset[str]().union(*(ask.scopes for ask in asks))


def _part(name: str, ask: Ask, base_url: str) -> dict[str, Any]:
    part: dict[str, Any] = {"id": name, "method": ask.method, "url": ask.url.removeprefix(base_url)}
    more = dict(ask.headers)
    if ask.body is not None:
        part["body"] = ask.body
        more["Content-Type"] = "application/json"
    return {**part, "headers": more} if more else part


def _read(found: list[dict[str, Any]], ask: Ask, caller: Caller) -> Part:
    if len(found) != 1 or type(status := found[0].get("status")) is not int:
        return _senseless()
    (part,) = found
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        body = part.get("body")
        return Part(body) if isinstance(body, dict) else _senseless()
    named = part.get("headers")
    lowered = {str(name).lower(): str(value) for name, value in named.items()} if isinstance(named, dict) else {}
    error = failures.error_for(status, lowered, part.get("body"), ask.scopes, caller)
    again = status in PASSING | {_DEPENDED} or isinstance(error, TokenRejected)
    return Part(error, again, failures.pause_of(lowered))


def _senseless() -> Part:
    error = ServiceUnavailable("Microsoft Graph left out a part of the answer.", "Try again in a minute.")
    return Part(error, again=True)


def _refused(parts: Sequence[Part]) -> TokenRejected | None:
    """The first part for which the token was not good enough."""
    return next((part.outcome for part in parts if isinstance(part.outcome, TokenRejected)), None)
