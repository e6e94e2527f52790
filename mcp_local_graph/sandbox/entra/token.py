"""The token endpoint: codes, refresh tokens and device codes are redeemed here, each by its own rules."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.company import Account
from mcp_local_graph.sandbox.entra import application
from mcp_local_graph.sandbox.entra.call import (
    Call,
    account_in,
    answer,
    ask_of,
    handles_challenges,
    needed,
    registration_of,
    tenant_of,
)
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.entra.tokens import client_info, issue
from mcp_local_graph.sandbox.state import now

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_local_graph.sandbox.state import Code, DeviceFlow, RefreshToken, Registration

# Clients that poll a little early, by their clock or ours, are not told to slow down.
_EARLY = 0.8
_SLOW_DOWN_SECONDS = 5
# The grant of a device code under the name of the standard, and under an older one.
_DEVICE_GRANTS = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")


def token(call: Call) -> Response:
    """Redeem a grant for tokens.

    Raises:
        EntraRefused: in any of the ways in which Entra does.
    """
    if call.request.method != "POST":
        raise EntraRefused(900561)
    registration = _client(call)
    if call.form.get("grant_type") == "client_credentials":
        return answer(call, application.by_itself(call, registration))
    grants = {
        "authorization_code": _by_code,
        "refresh_token": _by_refresh_token,
        **dict.fromkeys(_DEVICE_GRANTS, _by_device_code),
    }
    grant = grants.get(needed(call.form, "grant_type"))
    if grant is None:
        raise EntraRefused(70003)
    account, tokens = grant(call, registration)
    if call.form.get("client_info") == "1":
        tokens["client_info"] = client_info(account)
    return answer(call, tokens)


def _client(call: Call) -> Registration:
    tenant = tenant_of(call.segment)
    registration = registration_of(call.state, needed(call.form, "client_id"), tenant)
    if registration.secret:
        application.prove(call, registration)
        return registration
    if "client_secret" in call.form or "client_assertion" in call.form or "authorization" in call.request.headers:
        raise EntraRefused(700025)
    if call.form.get("grant_type") == "client_credentials":
        raise EntraRefused(7000216)
    # A redirect to http://localhost marks a public client in any case; a device code marks nothing.
    if call.form.get("grant_type") in _DEVICE_GRANTS and not registration.public_client_flows:
        raise EntraRefused(7000218)
    return registration


def _by_code(call: Call, registration: Registration) -> tuple[Account, dict[str, Any]]:
    code = call.state.codes.get(needed(call.form, "code"))
    if code is None or code.ask.registration is not registration:
        raise EntraRefused(70000, "The authorization code is not valid for this application.")
    if code.used:
        raise EntraRefused(54005)
    # A code is spent by the first try, right or wrong.
    code.used = True
    _check_code(call, code)
    account = account_in(call.state, code.account, tenant_of(call.segment))
    ask = replace(code.ask, handles_challenges=_handles(call, declared=code.ask.handles_challenges))
    refresh = "offline_access" in ask.asked.oidc
    return account, issue(call.state, ask, account, nonce=code.nonce, refresh=refresh)


def _check_code(call: Call, code: Code) -> None:
    if now() >= code.expires_at:
        raise EntraRefused(70008)
    if needed(call.form, "redirect_uri") != code.redirect_uri:
        raise EntraRefused(50011, "The redirect URI is not the one that the code was asked for with.")
    verifier = call.form.get("code_verifier", "")
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if verifier else ""
    if not hmac.compare_digest(challenge, code.challenge):
        raise EntraRefused(501481)


def _by_refresh_token(call: Call, registration: Registration) -> tuple[Account, dict[str, Any]]:
    found = call.state.refresh_tokens.get(needed(call.form, "refresh_token"))
    if found is None or found.client_id != registration.client_id:
        raise EntraRefused(70000, "The refresh token is not valid for this application.")
    _check_refresh_token(call, found)
    account = account_in(call.state, found.account, tenant_of(call.segment))
    ask = ask_of(call, call.form)
    # Any consented scope will do, whatever the token was first issued for: that is how an app grows its scopes.
    tokens = issue(call.state, ask, account, refresh="offline_access" in ask.asked.oidc)
    found.used = True
    return account, tokens


def _check_refresh_token(call: Call, found: RefreshToken) -> None:
    if found.serial <= call.state.revoked.get(found.account.person.oid, 0):
        raise EntraRefused(50173)
    if now() >= found.expires_at:
        raise EntraRefused(700082)
    if found.used and call.state.strict_rotation:
        raise EntraRefused(70000, "The refresh token was used before.")


def _by_device_code(call: Call, registration: Registration) -> tuple[Account, dict[str, Any]]:
    # Entra takes the parameter under the name of the standard and under an older one.
    value = call.form.get("device_code") or call.form.get("code") or needed(call.form, "device_code")
    flow = call.state.device_flows.get(value)
    if flow is None or flow.used or flow.ask.registration is not registration:
        raise EntraRefused(70019)
    if now() >= flow.expires_at:
        raise EntraRefused(70020)
    if flow.answer is False:
        raise EntraRefused(70018, error="authorization_declined")
    if not isinstance(flow.answer, Account):
        raise _not_yet(flow)
    flow.used = True
    ask = replace(flow.ask, handles_challenges=_handles(call, declared=flow.ask.handles_challenges))
    account = account_in(call.state, flow.answer, ask.tenant)
    return account, issue(call.state, ask, account, refresh="offline_access" in ask.asked.oidc)


def _not_yet(flow: DeviceFlow) -> EntraRefused:
    last, flow.polled_at = flow.polled_at, now()
    if last is not None and now() - last < flow.interval * _EARLY:
        flow.interval += _SLOW_DOWN_SECONDS
        return EntraRefused(70016, "The device asks too often.", "slow_down")
    return EntraRefused(70016)


def _handles(call: Call, *, declared: bool) -> bool:
    """Whether the client handles claims challenges: said at the start of the flow, or now."""
    return handles_challenges(call.form.get("claims")) or declared
