"""Several reads in one request.

Source: learn.microsoft.com, "Combine multiple HTTP requests using JSON batching".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import LocalGraphError, ServiceUnavailable
from mcp_local_graph.graph import failures
from mcp_local_graph.graph.ask import Ask

if TYPE_CHECKING:
    from collections.abc import Sequence

# The most that Graph takes at a time.
SIZE = 20


def joined(asks: Sequence[Ask], base_url: str) -> Ask:
    """One request of several, which are known by their place, from 1."""
    requests = [_part(str(number), ask, base_url) for number, ask in enumerate(asks, 1)]
    scopes = frozenset[str]().union(*(ask.scopes for ask in asks))
    return Ask(f"{base_url}/$batch", scopes, body={"requests": requests})


def read(answer: dict[str, Any], asks: Sequence[Ask]) -> list[dict[str, Any] | LocalGraphError]:
    """The answers, in the order of the questions."""
    parts = answer.get("responses")
    parts = parts if isinstance(parts, list) else []
    by_id = {part.get("id"): part for part in parts if isinstance(part, dict)}
    return [_read(by_id.get(str(number)), ask) for number, ask in enumerate(asks, 1)]


def _part(name: str, ask: Ask, base_url: str) -> dict[str, Any]:
    part: dict[str, Any] = {"id": name, "method": ask.method, "url": ask.url.removeprefix(base_url)}
    more = dict(ask.headers)
    if ask.body is not None:
        part["body"] = ask.body
        more["Content-Type"] = "application/json"
    return {**part, "headers": more} if more else part


def _read(part: dict[str, Any] | None, ask: Ask) -> dict[str, Any] | LocalGraphError:
    status = part.get("status") if part else None
    if part is None or not isinstance(status, int):
        return ServiceUnavailable("Microsoft Graph left out a part of the answer.", "Try again in a minute.")
    body = part.get("body")
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP
        named = part.get("headers")
        lowered = {str(name).lower(): str(value) for name, value in named.items()} if isinstance(named, dict) else {}
        return failures.error_for(status, lowered, body, ask.scopes)
    if not isinstance(body, dict):
        return ServiceUnavailable("Microsoft Graph's answer has no sense.", "Try again in a minute.")
    return body
