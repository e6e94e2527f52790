"""An app that acts as itself: it proves who it is by a secret or by a workload's token, and gets an app-only token."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import jwt

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.company import Account
from mcp_local_graph.sandbox.entra import lifetimes
from mcp_local_graph.sandbox.entra.call import handles_challenges, needed
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.scopes import GRAPH_APP_ID, GRAPH_PUBLIC_URL, STORES_API
from mcp_local_graph.sandbox.state import NIGHTLY, AccessToken, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.sandbox.entra.call import Call
    from mcp_local_graph.sandbox.state import Registration, State

_AUDIENCE = "api://AzureADTokenExchange"
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def prove(call: Call, registration: Registration) -> None:
    """Check the secret or the assertion of an app that has one.

    Raises:
        EntraRefused: there is none, or it is wrong.
    """
    if "client_assertion" in call.form:
        _check_assertion(call, registration)
    elif not call.form.get("client_secret"):
        raise EntraRefused(7000216 if call.form.get("grant_type") == "client_credentials" else 7000218)
    elif not hmac.compare_digest(call.form["client_secret"].encode(), registration.secret.encode()):
        raise EntraRefused(7000215)


def by_itself(call: Call, registration: Registration) -> dict[str, Any]:
    """The token endpoint's answer: an access token with the app's roles. No refresh token, no id token, no scope.

    Raises:
        EntraRefused: the scope is not a resource's `.default`.
    """
    resource = _resource(call)
    value = call.state.secret("EwDemo")
    handles = handles_challenges(call.form.get("claims"))
    life = lifetimes.of(call.state, handles_challenges=handles)
    call.state.access_tokens[value] = AccessToken(
        account=_principal(registration),
        client_id=registration.client_id,
        audience=resource,
        scopes=registration.roles if resource == GRAPH_PUBLIC_URL else frozenset(),
        expires_at=now() + life["expires_in"],
        serial=call.state.serial(),
        handles_challenges=handles,
        app_only=True,
    )
    return {"token_type": "Bearer", **life, "access_token": value}


def workload_token(state: State, changed: Mapping[str, object]) -> str:
    """A token of the cluster in which the nightly report runs, but for what is changed."""
    issued = int(now())
    claims = {"iss": _issuer(state), "sub": NIGHTLY.workload, "aud": _AUDIENCE, "iat": issued, "exp": issued + 3600}
    return jwt.encode({**claims, **changed}, state.signing_key, algorithm="RS256")


def _resource(call: Call) -> str:
    resource, _, name = needed(call.form, "scope").rpartition("/")
    if name != ".default" or " " in resource:
        raise EntraRefused(1002012)
    if resource.rstrip("/") in {GRAPH_PUBLIC_URL, call.state.graph_url, GRAPH_APP_ID}:
        return GRAPH_PUBLIC_URL
    if resource != STORES_API:
        raise EntraRefused(500011)
    return resource


def _check_assertion(call: Call, registration: Registration) -> None:
    if call.form.get("client_assertion_type") != _JWT_BEARER:
        raise EntraRefused(700021)
    key = call.state.signing_key.public_key()
    try:
        # Who it is for is looked at below: Entra has a number of its own for each.
        claims = jwt.decode(call.form["client_assertion"], key, ["RS256"], options={"verify_aud": False})
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise EntraRefused(700024) from error
    except jwt.InvalidTokenError as error:
        raise EntraRefused(50027) from error
    expected = {
        "iss": (_issuer(call.state), 700211),
        "aud": (_AUDIENCE, 700212),
        "sub": (registration.workload, 700213),
    }
    for name, (value, code) in expected.items():
        if claims.get(name) != value:
            raise EntraRefused(code)


def _issuer(state: State) -> str:
    return f"{state.pages_url}/cluster"


def _principal(registration: Registration) -> Account:
    """The app's own account in the tenant: nobody can sign in with it."""
    return Account(
        user_name="",
        display_name=registration.name,
        oid=str(uuid5(NAMESPACE_URL, registration.client_id)),
        tenant_id=registration.tenant_id or company.TENANT_ID,
    )
