"""The device authorization endpoint: a code for the app, a shorter one for the person."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.entra.call import Call, answer, ask_of
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.state import DeviceFlow, now

if TYPE_CHECKING:
    from starlette.responses import Response

# No letters or digits that look like others.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def devicecode(call: Call) -> Response:
    """Begin a device flow.

    Raises:
        EntraRefused: the tenant, the app, the scope or the claims cannot be.
    """
    if call.request.method != "POST":
        raise EntraRefused(900561)
    ask = ask_of(call, call.form)
    lifetimes = call.state.lifetimes
    user_code = "".join(secrets.choice(_ALPHABET) for _ in range(9))
    device_code = call.state.secret("DAQDemo")
    call.state.device_flows[device_code] = DeviceFlow(
        ask=ask, user_code=user_code, expires_at=now() + lifetimes.device_code, interval=lifetimes.device_interval
    )
    page = f"{call.state.pages_url}/device"
    return answer(
        call,
        {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": lifetimes.device_code,
            "interval": lifetimes.device_interval,
            "message": f"To sign in, open the page {page} in a web browser and enter the code {user_code}.",
        },
    )
