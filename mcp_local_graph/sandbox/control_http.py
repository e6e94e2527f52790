"""The control side over HTTP, for a person who plays the administrator with curl. Guarded by the tenant's key."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from mcp_local_graph.sandbox.control import Control
    from mcp_local_graph.sandbox.state import State

    Act = Callable[[Control, dict[str, Any]], object]


def _approve(control: Control, said: dict[str, Any]) -> object:
    control.approve_device_code(said["user_code"], said.get("user_name"))
    return None


def _decline(control: Control, said: dict[str, Any]) -> object:
    control.decline_device_code(said["user_code"])
    return None


def _revoke(control: Control, said: dict[str, Any]) -> object:
    control.revoke_sign_in(said["user_name"])
    return None


def _queue(control: Control, said: dict[str, Any]) -> object:
    if said.get("host") == "graph":
        control.queue_graph_fault(said["fault"], said.get("path", ""), said.get("times", 1))
    else:
        control.queue_entra_error(said["fault"], said.get("endpoint", "token"), said.get("times", 1))
    return None


def _requests(control: Control, _said: dict[str, Any]) -> object:
    # What could hold a secret stays out: neither query, nor headers, nor form.
    return [
        {"host": one.host, "method": one.method, "path": one.path, "status": one.status, "authorized": one.authorized}
        for one in control.requests()
    ]


_ACTS: dict[str, Act] = {
    "approve": _approve,
    "decline": _decline,
    "revoke": _revoke,
    "queue": _queue,
    "requests": _requests,
}


def routes(state: State, control: Control) -> list[Route]:
    """One POST route for each act: a JSON object in, `{"result": …}` out, 400 where it cannot be done."""
    return [Route(f"/control/{name}", _guarded(act, state, control), methods=["POST"]) for name, act in _ACTS.items()]


def _guarded(act: Act, state: State, control: Control) -> Callable[[Request], Awaitable[Response]]:
    wanted = f"Bearer {state.control_key}"

    async def run(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            return JSONResponse({"error": "The control key is missing or wrong."}, 401)
        try:
            return JSONResponse({"result": act(control, _object(await request.body()))})
        except (LookupError, PermissionError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return run


def _object(body: bytes) -> dict[str, Any]:
    said = json.loads(body or b"{}")
    if not isinstance(said, dict):
        raise ValueError("The body is no JSON object.")  # noqa: TRY004 (for the caller a wrong value, not a wrong type)
    return said
