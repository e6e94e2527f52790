"""Graph's door: the token first, then the path, the method, the permission, the query options; only then an answer."""

from __future__ import annotations

import base64
import json
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mcp_local_graph.sandbox.graph import batch, elsewhere, errors
from mcp_local_graph.sandbox.graph.calendar.files import EVENT_FILES
from mcp_local_graph.sandbox.graph.calendar.routes import CALENDAR
from mcp_local_graph.sandbox.graph.calendar.schedule import SCHEDULE
from mcp_local_graph.sandbox.graph.contacts import CONTACTS_OF
from mcp_local_graph.sandbox.graph.directory import DIRECTORY
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.files import content
from mcp_local_graph.sandbox.graph.files.routes import FILES
from mcp_local_graph.sandbox.graph.groups import GROUPS_OF, TEAMS
from mcp_local_graph.sandbox.graph.mail.attachments import ATTACHMENTS
from mcp_local_graph.sandbox.graph.mail.delta import DELTA
from mcp_local_graph.sandbox.graph.mail.folder_routes import FOLDERS
from mcp_local_graph.sandbox.graph.mail.messages import MESSAGES
from mcp_local_graph.sandbox.graph.mailbox import MAILBOX
from mcp_local_graph.sandbox.graph.people import PEOPLE, PLACES
from mcp_local_graph.sandbox.graph.router import Query, Reply, Route
from mcp_local_graph.sandbox.graph.search import SEARCH
from mcp_local_graph.sandbox.graph.tasks import TASKS
from mcp_local_graph.sandbox.scopes import GRAPH_APP_ID, GRAPH_PUBLIC_URL
from mcp_local_graph.sandbox.state import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_local_graph.sandbox.graph.router import Asked
    from mcp_local_graph.sandbox.graph.throttle import Ticket
    from mcp_local_graph.sandbox.records import RequestRecord
    from mcp_local_graph.sandbox.state import AccessToken, State

# A new workload is one file and one name here.
WORKLOADS = (
    DIRECTORY,
    MAILBOX,
    FOLDERS,
    DELTA,
    MESSAGES,
    ATTACHMENTS,
    CALENDAR,
    EVENT_FILES,
    SCHEDULE,
    PEOPLE,
    CONTACTS_OF,
    PLACES,
    FILES,
    SEARCH,
    TASKS,
    GROUPS_OF,
    TEAMS,
)
ROUTES: tuple[Route, ...] = tuple(chain.from_iterable(workload.routes for workload in WORKLOADS))
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def answer(state: State, asked: Asked, record: RequestRecord, ticket: Ticket) -> Reply:
    """Answer one request on the wire. The parts of a batch are noted in its record."""

    def whole() -> Reply:
        _token(state, asked)
        return batch.answer(state, asked, single, record, ticket)

    if asked.path == content.PATH:
        return content.answer(state, asked)
    return _finished(asked, whole) if asked.path == batch.PATH else single(state, asked)


def single(state: State, asked: Asked) -> Reply:
    """Answer one request that is no batch, be it a part of one."""
    return _finished(asked, lambda: _reply(state, asked))


def _finished(asked: Asked, answered: Callable[[], Reply]) -> Reply:
    """A reply, or the refusal in place of one, with the headers that all answers have."""
    caller = asked.headers.get("client-request-id")
    try:
        reply = answered()
    except GraphRefused as refused:
        return errors.reply(refused, caller)
    common = errors.ids(caller) | {"OData-Version": "4.0", "Cache-Control": "no-cache", **errors.HEADERS}
    if isinstance(reply.body, dict):
        common["Content-Type"] = _JSON
    elif isinstance(reply.body, str):
        common["Content-Type"] = "text/plain; charset=utf-8"
    reply.headers = common | reply.headers
    return reply


def _reply(state: State, asked: Asked) -> Reply:
    token = _token(state, asked)
    route, ids = _route(asked)
    if token.app_only and route.path.split("/")[1] == "me":
        raise GraphRefused(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    if token.account.personal and not route.personal:
        raise GraphRefused(400, "BadRequest", "This is not there for personal accounts.")
    if not route.scopes & token.scopes:
        raise GraphRefused(403, route.denied, errors.DENIED[route.denied])
    options, parameters = _options(asked, route)
    body = _body(asked) if asked.method == "POST" else {}
    whose, ids = (ids[0], ids[1:]) if route.path.startswith("/users/{id}/") else ("", ids)
    query = Query(
        state=state,
        asked=asked,
        token=token,
        ids=ids,
        options=options,
        scopes=route.scopes,
        parameters=parameters,
        whose=whose,
        body=body,
    )
    content = route.handler(query)
    reply = content if isinstance(content, Reply) else Reply(body=content)
    if query.applied:
        reply.headers["Preference-Applied"] = ", ".join(query.applied)
    return reply


def _token(state: State, asked: Asked) -> AccessToken:
    scheme, _, value = asked.headers.get("authorization", "").partition(" ")
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
    oid = token.account.person.oid
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


def _route(asked: Asked) -> tuple[Route, tuple[str, ...]]:
    version, _, rest = asked.path.removeprefix("/").partition("/")
    if version != "v1.0":
        raise GraphRefused(400, "BadRequest", "Invalid version: the demo tenant has v1.0 only.")
    if not rest or not all(rest.split("/")):
        raise GraphRefused(400, "BadRequest", "The path has an empty segment.")
    found = [(route, ids) for route in ROUTES if (ids := route.match(f"/{rest}")) is not None]
    if not found and asked.method == "GET" and (lacking := elsewhere.lacks(rest)):
        raise lacking
    if not found:
        raise GraphRefused(400, "BadRequest", f"Resource not found for the segment '{rest.rsplit('/', 1)[-1]}'.")
    for route, ids in found:
        if route.method == asked.method:
            return route, ids
    allowed = ", ".join(sorted({route.method for route, _ in found}))
    raise GraphRefused(405, "Request_BadRequest", "The method is not allowed here.", {"Allow": allowed})


def _options(asked: Asked, route: Route) -> tuple[dict[str, str], dict[str, str]]:
    """The query options, and the parameters: names without `$` are the caller's own affair, as in OData."""
    pairs = parse_qsl(asked.query, keep_blank_values=True)
    given = [(name.lower(), value) for name, value in pairs if name.startswith("$")]
    options = dict(given)
    if len(options) != len(given):
        raise GraphRefused(400, "BadRequest", "A query option is there more than once.")
    if unknown := sorted(options.keys() - route.options):
        raise GraphRefused(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported here.")
    return options, {name: value for name, value in pairs if not name.startswith("$")}


def _body(asked: Asked) -> Mapping[str, Any]:
    """The JSON object of a POST.

    Raises:
        GraphRefused: it is none, or says that it is something else.
    """
    kind = asked.headers.get("content-type", "")
    if not kind:
        text = "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        raise GraphRefused(400, "BadRequest", text)
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise GraphRefused(415, "UnsupportedMediaType", f"The Content-Type '{kind}' is not supported.")
    return errors.json_object(asked.content)
