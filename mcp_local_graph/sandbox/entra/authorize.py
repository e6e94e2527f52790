"""The authorize endpoint: what an app asks for is checked here, before a person sees anything."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from mcp_local_graph.sandbox.entra import markup, signin
from mcp_local_graph.sandbox.entra.call import Call, ask_of, needed, registration_of, tenant_of
from mcp_local_graph.sandbox.entra.errors import EntraRefused, description
from mcp_local_graph.sandbox.state import Redirect, Registration, SignIn

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PROMPTS = {"", "none", "login", "select_account", "consent"}


def authorize(call: Call) -> Response:
    """Begin a sign-in in a browser.

    Raises:
        EntraRefused: the app or its redirect URI is not known, so that nothing may be sent there.
    """
    query = call.request.query_params
    registration = registration_of(call.state, needed(query, "client_id"), tenant_of(call.segment))
    goal = _goal(query, registration)
    try:
        sign_in = _sign_in(call, query, goal)
    except EntraRefused as refused:
        return signin.send_error(call, goal, refused)
    response = signin.begin(call, sign_in)
    return signin.with_session(call, sign_in.session, response)


def _goal(query: Mapping[str, str], registration: Registration) -> Redirect:
    uri = needed(query, "redirect_uri")
    if not any(_same_redirect(uri, registered) for registered in registration.redirect_uris):
        raise EntraRefused(50011)
    mode = query.get("response_mode", "query")
    if mode not in {"query", "form_post"}:
        raise EntraRefused(70007)
    return Redirect(
        uri=uri,
        state=query.get("state", ""),
        challenge=query.get("code_challenge", ""),
        nonce=query.get("nonce", ""),
        in_query=mode == "query",
        client_info=query.get("client_info") == "1",
    )


def _same_redirect(uri: str, registered: str) -> bool:
    """Whether a redirect URI is the registered one. All of those are on http://localhost, where any port will do."""
    try:
        asked, known = urlsplit(uri), urlsplit(registered)
        port = asked.port
    except ValueError:
        return False
    host = "localhost" if port is None else f"localhost:{port}"
    return uri == f"http://{host}{known.path}"


def _sign_in(call: Call, query: Mapping[str, str], goal: Redirect) -> SignIn:
    if needed(query, "response_type") != "code":
        raise EntraRefused(700054)
    prompt = query.get("prompt", "")
    if prompt not in _PROMPTS:
        raise EntraRefused(9002313, "The prompt is none of none, login, select_account, consent.")
    method = query.get("code_challenge_method", "")
    if (goal.challenge or method) and not (method == "S256" and _CHALLENGE.fullmatch(goal.challenge)):
        raise EntraRefused(50147)
    ask, session = ask_of(call, query), signin.session_of(call)
    return SignIn(ask=ask, goal=goal, session=session, prompt=prompt, hint=query.get("login_hint", ""))


def refuse_on_page(call: Call, refused: EntraRefused) -> Response:
    """A refusal that only the person may see."""
    text = escape(description(refused.code, call.ids, str(refused)))
    content = f'<p>This sign-in cannot go on.</p><p class="warn">{text}</p>'
    return markup.page("Sorry, we cannot sign you in", content, status=400)


def logout(call: Call) -> Response:
    """Forget this browser. An app's own page is only gone to where that app has registered it."""
    tenant_of(call.segment)
    call.state.sessions.pop(call.request.cookies.get(signin.COOKIE, ""), None)
    after = call.request.query_params.get("post_logout_redirect_uri", "")
    known = {uri for one in call.state.registrations.values() for uri in one.redirect_uris}
    if after and any(_same_redirect(after, registered) for registered in known):
        response: Response = RedirectResponse(after, 302)
    else:
        response = markup.page("You are signed out", "<p>You can close this page.</p>")
    response.delete_cookie(signin.COOKIE)
    return response
