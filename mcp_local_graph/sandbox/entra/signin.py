"""A sign-in under way: choose an account, consent, and send the result where it belongs."""

from __future__ import annotations

import hmac
import secrets
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.entra import markup
from mcp_local_graph.sandbox.entra.call import Call, account_in, check_scopes
from mcp_local_graph.sandbox.entra.errors import EntraRefused, body, description
from mcp_local_graph.sandbox.entra.tokens import client_info
from mcp_local_graph.sandbox.scopes import GRAPH_SCOPES, Consent
from mcp_local_graph.sandbox.state import EVERYBODY, Code, Redirect, Session, SignIn, now

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.state import Ask, State

COOKIE = "demo_session"
PATH = "/signin"


def begin(call: Call, sign_in: SignIn) -> Response:
    """The first page of a sign-in, or its end where no page is needed."""
    if sign_in.prompt == "none":
        return _silently(call, sign_in)
    here = _already_here(call, sign_in)
    return _pick(call, sign_in) if here is None else _chosen(call, sign_in, here)


def step(call: Call) -> Response:
    """Go on with a sign-in by what the person pressed.

    Raises:
        EntraRefused: the form is not from this browser's own page.
    """
    sign_in = call.state.sign_ins.get(call.form.get("sign_in", ""))
    session = call.state.sessions.get(call.request.cookies.get(COOKIE, ""))
    if sign_in is None or session is not sign_in.session:
        raise EntraRefused(9002313, "This sign-in is over, or was begun in another browser.")
    if not hmac.compare_digest(call.form.get("csrf", ""), session.csrf):
        raise EntraRefused(9002313, "The form does not come from this page.")
    if user_name := call.form.get("account"):
        account = call.state.account(user_name)
        if account is None:
            raise EntraRefused(9002313, "There is no such account.")
        return _chosen(call, sign_in, account)
    return _decided(call, sign_in, call.form.get("decision", ""))


def session_of(call: Call) -> Session:
    """The browser's session; a new one where it has none."""
    found = call.state.sessions.get(call.request.cookies.get(COOKIE, ""))
    return found or Session(csrf=secrets.token_urlsafe(24))


def with_session(call: Call, session: Session, response: Response) -> Response:
    """The response, with the cookie where the browser does not have it yet."""
    if session not in call.state.sessions.values():
        cookie = call.state.secret()
        call.state.sessions[cookie] = session
        response.set_cookie(COOKIE, cookie, httponly=True, samesite="lax")
    return response


def missing(state: State, account: Account, ask: Ask) -> frozenset[str]:
    """What was asked for and nobody has allowed yet."""
    return ask.asked.names - state.granted(account, ask.registration.client_id)


def needs_admin(state: State, account: Account, scopes: frozenset[str]) -> frozenset[str]:
    """Which of these permissions the person may not allow."""
    if account.is_admin or account.personal:
        return frozenset()
    reserved = {Consent.POLICY, Consent.ADMIN}
    return frozenset(
        scope for scope in scopes if scope in state.admin_scopes or GRAPH_SCOPES.get(scope, Consent.USER) in reserved
    )


def send_error(call: Call, goal: Redirect, refused: EntraRefused, subcode: str = "") -> Response:
    """Tell the app that there is no code."""
    said = body(refused, call.ids)
    fields = {name: said[name] for name in ("error", "error_description", "error_uri")}
    if not refused.numbered:
        fields = {"error": refused.error, "error_description": str(refused)}
    if subcode:
        fields["error_subcode"] = subcode
    return _send(goal, fields)


def _silently(call: Call, sign_in: SignIn) -> Response:
    try:
        account = _ready(call, sign_in)
    except EntraRefused as refused:
        return _end_with_error(call, sign_in, refused)
    return _finish(call, sign_in, account)


def _ready(call: Call, sign_in: SignIn) -> Account:
    """The account for which everything is settled."""
    account = _already_here(call, sign_in)
    if account is None:
        raise EntraRefused(50058)
    account = account_in(call.state, account, sign_in.ask.tenant)
    if missing(call.state, account, sign_in.ask):
        raise EntraRefused(65001, error="interaction_required")
    return account


def _already_here(call: Call, sign_in: SignIn) -> Account | None:
    """The account that needs no choosing: signed in here, and the one that was hinted at, if any."""
    if sign_in.prompt in {"login", "select_account"}:
        return None
    hinted = call.state.account(sign_in.hint)
    here = sign_in.session.accounts
    if sign_in.hint:
        return hinted if hinted in here else None
    return here[0] if len(here) == 1 else None


def _chosen(call: Call, sign_in: SignIn, person: Account) -> Response:
    try:
        account = account_in(call.state, person, sign_in.ask.tenant)
    except EntraRefused as refused:
        return _stranger(call, sign_in, refused)
    try:
        check_scopes(account, sign_in.ask)
    except EntraRefused as refused:
        return _end_with_error(call, sign_in, refused)
    sign_in.account = account
    if person not in sign_in.session.accounts:
        sign_in.session.accounts.append(person)
    lacking = missing(call.state, account, sign_in.ask)
    if reserved := needs_admin(call.state, account, lacking):
        return _need_admin(call, sign_in, reserved)
    if lacking or sign_in.prompt == "consent" or not isinstance(sign_in.goal, Redirect):
        return _ask_consent(call, sign_in, account, lacking)
    return _finish(call, sign_in, account)


def _decided(call: Call, sign_in: SignIn, decision: str) -> Response:
    account = sign_in.account
    if decision == "other":
        return _pick(call, sign_in)
    if decision == "cancel":
        return _end_with_error(call, sign_in, EntraRefused(65004), "cancel")
    if decision == "back":
        return _end_with_error(call, sign_in, EntraRefused(90094), "cancel")
    if decision != "accept" or account is None:
        raise EntraRefused(9002313, "The form says nothing that could be done now.")
    lacking = missing(call.state, account, sign_in.ask)
    if reserved := needs_admin(call.state, account, lacking):
        return _need_admin(call, sign_in, reserved)
    for_all = account.is_admin and call.form.get("everybody") == "on"
    owner = EVERYBODY if for_all else account.oid
    call.state.grant(owner, sign_in.ask.registration.client_id, sign_in.ask.asked.names)
    return _finish(call, sign_in, account)


def _finish(call: Call, sign_in: SignIn, account: Account) -> Response:
    if fault := call.state.take_fault("authorize result", ""):
        return _end_with_error(call, sign_in, EntraRefused(fault.entra_code or 9002313))
    _close(call, sign_in)
    if not isinstance(sign_in.goal, Redirect):
        sign_in.goal.answer = account
        return markup.page("You have signed in", f"<p>{_app(sign_in)} goes on by itself. You can close this page.</p>")
    goal, value = sign_in.goal, call.state.secret("1.AcDemo")
    call.state.codes[value] = Code(
        ask=sign_in.ask,
        account=account,
        redirect_uri=goal.uri,
        challenge=goal.challenge,
        nonce=goal.nonce,
        expires_at=now() + call.state.lifetimes.code,
    )
    fields = {"code": value, "session_state": call.ids.trace}
    if goal.client_info:
        fields["client_info"] = client_info(account)
    return _send(goal, fields)


def _end_with_error(call: Call, sign_in: SignIn, refused: EntraRefused, subcode: str = "") -> Response:
    _close(call, sign_in)
    if isinstance(sign_in.goal, Redirect):
        return send_error(call, sign_in.goal, refused, subcode)
    sign_in.goal.answer = False
    return markup.page(
        "The sign-in was cancelled", f"<p>{_app(sign_in)} was given nothing. You can close this page.</p>"
    )


def _close(call: Call, sign_in: SignIn) -> None:
    for name in [name for name, one in call.state.sign_ins.items() if one is sign_in]:
        del call.state.sign_ins[name]


def _send(goal: Redirect, fields: dict[str, str]) -> Response:
    """To the app's own address: by a form that sends itself, or by a redirect."""
    if goal.state:
        fields["state"] = goal.state
    if goal.in_query:
        return RedirectResponse(f"{goal.uri}?{urlencode(fields)}", 302, {"Cache-Control": "no-store"})
    go_on = markup.row('<button class="first">Continue</button>')
    content = "<p>Taking you back to the app.</p>" + markup.form(goal.uri, fields, go_on)
    return markup.page("One moment", content, target=_origin(goal.uri), submit=True)


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _app(sign_in: SignIn) -> str:
    return f"<strong>{escape(sign_in.ask.registration.name)}</strong>"


def _page(call: Call, sign_in: SignIn, title: str, *content: str, status: int = 200) -> Response:
    """A page whose form goes on with the sign-in; the last piece of `content` is inside the form."""
    name = next((name for name, one in call.state.sign_ins.items() if one is sign_in), None)
    if name is None:
        name = secrets.token_urlsafe(24)
        call.state.sign_ins[name] = sign_in
    hidden = {"sign_in": name, "csrf": sign_in.session.csrf}
    *above, inside = content
    target = _origin(sign_in.goal.uri) if isinstance(sign_in.goal, Redirect) else ""
    return markup.page(title, "".join(above) + markup.form(PATH, hidden, inside), status=status, target=target)


def _pick(call: Call, sign_in: SignIn) -> Response:
    hinted = call.state.account(sign_in.hint)
    accounts = sorted(company.PEOPLE, key=lambda one: one is not hinted)
    lead = f"<p>to go on to {_app(sign_in)}</p>"
    buttons = markup.picker(accounts, sign_in.session.accounts)
    return _page(
        call, sign_in, "Choose an account", lead, buttons + markup.row(markup.button("decision", "cancel", "Cancel"))
    )


def _ask_consent(call: Call, sign_in: SignIn, account: Account, lacking: frozenset[str]) -> Response:
    for_all = '<p><label><input type="checkbox" name="everybody"> Allow it for everybody in the company</label></p>'
    device = "<p>A device shows a code and waits for you. Is it yours?</p>"
    lead = f'<p>{_app(sign_in)} asks, for <span class="soft">{escape(account.person.user_name)}</span>:</p>'
    accept = markup.button("decision", "accept", "Accept", kind="first")
    buttons = markup.row(accept, markup.button("decision", "cancel", "Cancel"))
    return _page(
        call,
        sign_in,
        "Permissions requested",
        "" if isinstance(sign_in.goal, Redirect) else device,
        lead,
        markup.scope_list(lacking or sign_in.ask.asked.names),
        (for_all if account.is_admin else "") + buttons,
    )


def _need_admin(call: Call, sign_in: SignIn, reserved: frozenset[str]) -> Response:
    text = escape(description(90094, call.ids))
    lead = f"<p>{_app(sign_in)} needs what only an administrator of {company.COMPANY} can allow:</p>"
    buttons = markup.row(
        markup.button("decision", "back", "Return without consent", kind="first"),
        markup.button("decision", "other", "Use an administrator's account"),
    )
    return _page(
        call, sign_in, "Need admin approval", lead, markup.scope_list(reserved), f"<small>{text}</small>", buttons
    )


def _stranger(call: Call, sign_in: SignIn, refused: EntraRefused) -> Response:
    text = escape(description(refused.code, call.ids, str(refused)))
    buttons = markup.row(
        markup.button("decision", "other", "Use another account", kind="first"),
        markup.button("decision", "cancel", "Cancel"),
    )
    return _page(call, sign_in, "This account cannot sign in here", f'<p class="warn">{text}</p>', buttons, status=400)
