"""Between HTTP and Graph's door: requests as the door takes them, answers as they go out."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import Response

from mcp_local_graph.sandbox.graph import batch, errors, throttle
from mcp_local_graph.sandbox.graph.router import Asked

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

    from mcp_local_graph.sandbox.graph.errors import GraphRefused
    from mcp_local_graph.sandbox.graph.router import Reply
    from mcp_local_graph.sandbox.graph.throttle import Ticket
    from mcp_local_graph.sandbox.state import State

# Below this many bytes an archive is no smaller.
_WORTH_PACKING = 256


def asked(scope: Scope, content: bytes) -> Asked:
    """A request that came over HTTP."""
    return Asked(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii").partition("?")[0],
        query=scope["query_string"].decode("ascii"),
        headers=dict(Headers(scope=scope)),
        content=content,
    )


def enter(state: State, scope: Scope, content: bytes) -> Ticket:
    """Take the places that a request needs while it is answered."""
    request = asked(scope, content)
    return throttle.enter(state, request, batch.at_once(request) if request.path == batch.PATH else None)


def refusal(request: Request, refused: GraphRefused) -> Response:
    """A refusal as an answer to a request."""
    return response(errors.reply(refused, request.headers.get("client-request-id")))


def response(reply: Reply, accepted: str = "") -> Response:
    """An answer as HTTP has it; `accepted` is the request's Accept-Encoding."""
    body = reply.body
    content = errors.json_bytes(body) if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    headers = {**reply.headers, "Vary": "Accept-Encoding"}
    if "gzip" in accepted and len(content) >= _WORTH_PACKING:
        content, headers["Content-Encoding"] = gzip.compress(content, 1), "gzip"
    return Response(content, reply.status, headers)
