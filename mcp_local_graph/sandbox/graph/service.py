"""Graph's door: the token first, then the path, the method, the permission, the query options; only then an answer."""

from __future__ import annotations

import base64
import json
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from starlette.responses import JSONResponse, PlainTextResponse, Response

from mcp_local_graph.sandbox.graph import errors
from mcp_local_graph.sandbox.graph.directory import DIRECTORY
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mailbox import MAILBOX
from mcp_local_graph.sandbox.graph.router import Query, Route
from mcp_local_graph.sandbox.scopes import GRAPH_APP_ID, GRAPH_PUBLIC_URL
from mcp_local_graph.sandbox.state import now

if TYPE_CHECKING:
    from starlette.requests import Request

    from mcp_local_graph.sandbox.state import AccessToken, State

# A new workload is one file and one name here.
WORKLOADS = (DIRECTORY, MAILBOX)
ROUTES: tuple[Route, ...] = tuple(chain.from_iterable(workload.routes for workload in WORKLOADS))
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def answer(state: State, request: Request) -> Response:
    """Answer one request to Graph."""
    caller = request.headers.get("client-request-id")
    try:
        content = _content(state, request)
    except GraphRefused as refused:
        return errors.response(refused, caller)
    headers = errors.ids(caller) | {"OData-Version": "4.0", "Cache-Control": "no-cache"}
    if isinstance(content, str):
        return PlainTextResponse(content, 200, headers)
    return JSONResponse(content, 200, headers | {"Content-Type": _JSON})


def _content(state: State, request: Request) -> dict[str, object] | str:
    token = _token(state, request)
    route, ids = _route(request)
    if token.app_only and route.path.split("/")[1] == "me":
        raise GraphRefused(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    if token.account.personal and not route.personal:
        raise GraphRefused(400, "BadRequest", "This is not there for personal accounts.")
    if not route.scopes & token.scopes:
        raise GraphRefused(403, route.denied, "Insufficient privileges to complete the operation.")
    options = _options(request, route)
    return route.handler(Query(state=state, request=request, token=token, ids=ids, options=options))


def _token(state: State, request: Request) -> AccessToken:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise _unauthorized(state, "Access token is empty.")
    token = state.access_tokens.get(value)
    if token is None:
        raise _unauthorized(state, "The access token is none that this service knows.")
    if token.audience != GRAPH_PUBLIC_URL:
        raise _unauthorized(state, "Access token validation failure. Invalid audience.")
    if now() >= token.expires_at:
        raise _unauthorized(state, "Lifetime validation failed, the token is expired.")
    _continuous_access(state, token)
    return token


def _continuous_access(state: State, token: AccessToken) -> None:
    """Refuse a token that something has happened to since, with a challenge where the client can answer one."""
    oid = token.account.oid
    revoked = token.serial <= state.revoked.get(oid, 0) or oid in state.disabled
    challenged = token.serial <= state.challenged.get(oid, 0)
    if token.handles_challenges and (revoked or challenged):
        claims = {"access_token": {"nbf": {"essential": True, "value": str(int(now()))}}}
        packed = base64.b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode()
        raise _unauthorized(
            state,
            "Continuous access evaluation resulted in challenge with result: InteractionRequired "
            "and code: TokenCreatedWithOutdatedPolicies",
            f', error="insufficient_claims", claims="{packed}"',
        )
    if revoked:
        raise _unauthorized(state, "The access token was revoked.")


def _unauthorized(state: State, message: str, more: str = "") -> GraphRefused:
    address = f"{state.pages_url}/common/oauth2/authorize"
    challenge = f'Bearer realm="", authorization_uri="{address}", client_id="{GRAPH_APP_ID}"{more}'
    return GraphRefused(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def _route(request: Request) -> tuple[Route, tuple[str, ...]]:
    raw = request.scope["raw_path"].decode("ascii").split("?")[0]
    version, *segments = (unquote(segment) for segment in raw.removeprefix("/").split("/"))
    if version != "v1.0":
        raise GraphRefused(400, "BadRequest", "Invalid version: the demo tenant has v1.0 only.")
    if not segments or not all(segments):
        raise GraphRefused(400, "BadRequest", "The path has an empty segment.")
    found = [(route, ids) for route in ROUTES if (ids := route.match(segments)) is not None]
    if not found:
        raise GraphRefused(400, "BadRequest", f"Resource not found for the segment '{segments[-1]}'.")
    for route, ids in found:
        if route.method == request.method:
            return route, ids
    allowed = ", ".join(sorted({route.method for route, _ in found}))
    raise GraphRefused(405, "Request_BadRequest", "The method is not allowed here.", {"Allow": allowed})


def _options(request: Request, route: Route) -> dict[str, str]:
    """The query options. Names that do not begin with `$` are the caller's own affair, as in OData."""
    pairs = [pair for pair in parse_qsl(request.url.query, keep_blank_values=True) if pair[0].startswith("$")]
    options = dict(pairs)
    if len(options) != len(pairs):
        raise GraphRefused(400, "BadRequest", "A query option is there more than once.")
    if unknown := sorted(options.keys() - route.options):
        raise GraphRefused(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported here.")
    return options
