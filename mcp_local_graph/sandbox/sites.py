"""Which path of which host leads where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mcp_local_graph.sandbox import control_http
from mcp_local_graph.sandbox.entra import adminconsent, authorize, device, devicepage, discovery, markup, signin, token
from mcp_local_graph.sandbox.entra.call import Call, endpoint, refuse_in_json
from mcp_local_graph.sandbox.graph import service, wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_local_graph.sandbox.control import Control
    from mcp_local_graph.sandbox.state import State

_POST = ["GET", "POST"]


def entra_app(state: State) -> ASGIApp:
    """The Entra API."""

    def route(path: str, handler: Callable[[Call], Response], methods: list[str] | None = None) -> Route:
        return Route(path, endpoint(state, handler, refuse_in_json), methods=methods)

    return Starlette(
        routes=[
            route("/common/discovery/instance", discovery.instance),
            route("/{tenant}/v2.0/.well-known/openid-configuration", discovery.openid_configuration),
            route("/{tenant}/discovery/v2.0/keys", discovery.keys),
            route("/{tenant}/oauth2/v2.0/token", token.token, _POST),
            route("/{tenant}/oauth2/v2.0/devicecode", device.devicecode, _POST),
            route("/{tenant}/v2.0/adminconsent", adminconsent.to_pages),
        ]
    )


def graph_app(state: State) -> ASGIApp:
    """Microsoft Graph."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked = wire.asked(scope, await Request(scope, receive).body())
        with state.lock:
            reply = service.answer(state, asked, scope["record"], scope["ticket"])
            scope["record"].answer = reply.body if isinstance(reply.body, dict) else None
        await wire.response(reply, asked.headers.get("accept-encoding", ""))(scope, receive, send)

    return app


def pages_app(state: State, control: Control) -> ASGIApp:
    """What a person sees, and the control side."""

    def route(path: str, handler: Callable[[Call], Response], methods: list[str] | None = None) -> Route:
        return Route(path, endpoint(state, handler, authorize.refuse_on_page), methods=methods)

    return Starlette(
        routes=[
            route("/{tenant}/oauth2/v2.0/authorize", authorize.authorize),
            route("/{tenant}/oauth2/v2.0/logout", authorize.logout),
            route("/{tenant}/v2.0/adminconsent", adminconsent.admin_consent, _POST),
            route(signin.PATH, signin.step, ["POST"]),
            route("/device", devicepage.device, _POST),
            Route("/demo.css", _file(markup.STYLE, "text/css")),
            Route("/demo.js", _file(markup.SCRIPT, "text/javascript")),
            *control_http.routes(state, control),
        ]
    )


def _file(text: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return PlainTextResponse(text, media_type=media_type)

    return serve
