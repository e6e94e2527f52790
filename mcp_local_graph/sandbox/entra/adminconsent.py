"""The admin consent endpoint: an administrator approves an app's permissions for the whole tenant.

Source: learn.microsoft.com, "Admin consent on the Microsoft identity platform". What was asked for travels in the
form, and is checked anew at each step.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.entra import markup, signin
from mcp_local_graph.sandbox.entra.call import Call, account_in, needed, registration_of, tenant_of
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.scopes import OIDC, Asked, ScopeRefused, read
from mcp_local_graph.sandbox.state import EVERYBODY, Registration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.state import Session

_PARAMETERS = ("client_id", "scope", "redirect_uri", "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is to be approved, and the parameters as they came."""

    registration: Registration
    asked: Asked
    given: dict[str, str]


def to_pages(call: Call) -> Response:
    """The API's host sends a browser on to the pages."""
    return RedirectResponse(f"{call.state.pages_url}{call.request.url.path}?{call.request.url.query}", 302)


def admin_consent(call: Call) -> Response:
    """The next page, or the way back to the app.

    Raises:
        EntraRefused: the tenant, the app, the redirect address or a permission cannot be.
    """
    posted = call.request.method == "POST"
    wanted = _read(call, call.form if posted else call.request.query_params)
    session = signin.session_of(call)
    response = _step(call, wanted, session) if posted else _pick(call, wanted, session)
    return signin.with_session(call, session, response)


def _read(call: Call, given: Mapping[str, str]) -> _Request:
    tenant = tenant_of(call.segment)
    if tenant in {"common", "consumers"}:
        raise EntraRefused(9002313, "Only a tenant has an administrator: name one, or organizations.")
    registration = registration_of(call.state, needed(given, "client_id"), tenant)
    if needed(given, "redirect_uri") not in registration.redirect_uris:
        raise EntraRefused(50011)
    words = needed(given, "scope").split()
    try:
        asked = read(" ".join(words), call.state.graph_url)
    except ScopeRefused as error:
        raise EntraRefused(error.code, str(error)) from error
    if short := sorted(word for word in words if "/" not in word and word not in OIDC):
        raise EntraRefused(70011, f"Here a permission is named together with its resource, not {' '.join(short)}.")
    kept = {name: given[name] for name in _PARAMETERS if given.get(name)}
    return _Request(registration=registration, asked=asked, given=kept)


def _step(call: Call, wanted: _Request, session: Session) -> Response:
    if not hmac.compare_digest(call.form.get("csrf", ""), session.csrf):
        raise EntraRefused(9002313, "The form does not come from this page.")
    if call.form.get("decision") == "cancel":
        return _back(wanted, {"error": "permission_denied", "error_description": "The admin canceled the request"})
    account = call.state.account(call.form.get("account", ""))
    if account is None:
        return _pick(call, wanted, session)
    if not account.is_admin:
        return _no_admin(call, wanted, session, account)
    account_in(call.state, account, tenant_of(call.segment))
    if call.form.get("decision") != "accept":
        return _review(call, wanted, session, account)
    call.state.grant(EVERYBODY, wanted.registration.client_id, wanted.asked.names)
    return _back(wanted, {"admin_consent": "True", "tenant": account.tenant_id, "scope": wanted.given["scope"]})


def _back(wanted: _Request, fields: dict[str, str]) -> Response:
    """To the app's address, though nobody may listen there."""
    told = fields | {name: wanted.given[name] for name in ("state",) if name in wanted.given}
    return RedirectResponse(f"{wanted.given['redirect_uri']}?{urlencode(told)}", 302, {"Cache-Control": "no-store"})


def _page(
    call: Call, wanted: _Request, session: Session, title: str, *content: str, account: Account | None = None
) -> Response:
    """A page whose form goes on here; the last piece of `content` is inside the form."""
    hidden = wanted.given | {"csrf": session.csrf} | ({"account": account.user_name} if account else {})
    *above, inside = content
    form = markup.form(call.request.url.path, hidden, inside)
    return markup.page(title, "".join(above) + form, target=wanted.given["redirect_uri"])


def _pick(call: Call, wanted: _Request, session: Session) -> Response:
    buttons = markup.picker(company.PEOPLE, session.accounts)
    cancel = markup.row(markup.button("decision", "cancel", "Cancel"))
    return _page(call, wanted, session, "Choose an account", f"<p>to approve {_app(wanted)}</p>", buttons + cancel)


def _no_admin(call: Call, wanted: _Request, session: Session, account: Account) -> Response:
    lead = f'<p class="warn">{escape(account.user_name)} is no administrator of {company.COMPANY}.</p>'
    buttons = markup.row(
        markup.button("decision", "other", "Use an administrator's account", kind="first"),
        markup.button("decision", "cancel", "Cancel"),
    )
    return _page(call, wanted, session, "Need an administrator", lead, buttons)


def _review(call: Call, wanted: _Request, session: Session, account: Account) -> Response:
    lead = f"<p>{_app(wanted)} asks, for everybody in {company.COMPANY}:</p>"
    buttons = markup.row(
        markup.button("decision", "accept", "Accept", kind="first"), markup.button("decision", "cancel", "Cancel")
    )
    listed = markup.scope_list(wanted.asked.names)
    return _page(call, wanted, session, "Permissions requested", lead, listed, buttons, account=account)


def _app(wanted: _Request) -> str:
    return f"<strong>{escape(wanted.registration.name)}</strong>"
