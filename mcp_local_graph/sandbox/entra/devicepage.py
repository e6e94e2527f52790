"""The page on which a person enters the code that a device shows."""

from __future__ import annotations

import hmac
from html import escape
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.entra import markup, signin
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.state import DeviceFlow, SignIn, State, now

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_local_graph.sandbox.entra.call import Call


def device(call: Call) -> Response:
    """Ask for a code; with one, go on to the account.

    Raises:
        EntraRefused: the form is not from this browser's own page.
    """
    session = signin.session_of(call)
    if call.request.method == "GET":
        return signin.with_session(call, session, _enter(session.csrf, call.request.query_params.get("otc", "")))
    if not hmac.compare_digest(call.form.get("csrf", ""), session.csrf):
        raise EntraRefused(9002313, "The form does not come from this page.")
    flow = waiting(call.state, call.form.get("code", ""))
    if flow is None:
        return _enter(
            session.csrf, "", "This code is unknown, or has expired. Look again, or start anew on the device."
        )
    # A code that is being answered is always shown whose it is, so nobody approves one by a link alone.
    sign_in = SignIn(ask=flow.ask, goal=flow, session=session, prompt="select_account")
    return signin.begin(call, sign_in)


def waiting(state: State, user_code: str) -> DeviceFlow | None:
    """The device flow of a user code that still waits for its person."""
    wanted = user_code.strip().upper()
    return next(
        (
            flow
            for flow in state.device_flows.values()
            if flow.user_code == wanted and flow.answer is None and now() < flow.expires_at
        ),
        None,
    )


def _enter(csrf: str, code: str, problem: str = "") -> Response:
    warning = f'<p class="warn" role="alert">{problem}</p>' if problem else ""
    field = (
        '<p><label for="code">The code that your app or device shows</label></p>'
        f'<input type="text" id="code" name="code" value="{escape(code)}" autocomplete="off" '
        'autocapitalize="characters" spellcheck="false" required autofocus>'
    )
    inside = field + markup.row('<button class="first">Next</button>')
    return markup.page("Enter the code", warning + markup.form("/device", {"csrf": csrf}, inside))
