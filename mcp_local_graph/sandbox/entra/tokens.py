"""Issuing tokens: who gets which, for how long, and what the answer says."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jwt

from mcp_local_graph.sandbox.entra import lifetimes
from mcp_local_graph.sandbox.entra.call import check_scopes
from mcp_local_graph.sandbox.entra.errors import EntraRefused
from mcp_local_graph.sandbox.scopes import GRAPH_PUBLIC_URL, OIDC
from mcp_local_graph.sandbox.state import AccessToken, RefreshToken, now

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.state import Ask, State


def issue(state: State, ask: Ask, account: Account, *, nonce: str = "", refresh: bool) -> dict[str, Any]:
    """The token endpoint's answer for an account: access token, id token, refresh token where one is due.

    An access token carries everything that was ever allowed for its resource, not only what was asked for.

    Raises:
        EntraRefused: something was asked for that nobody has allowed, or that the account cannot have.
    """
    check_scopes(account, ask)
    granted = state.granted(account, ask.registration.client_id)
    if missing := sorted(ask.asked.names - granted):
        raise _unconsented(account, " ".join(missing))
    scopes = _scopes(ask, granted)
    life = lifetimes.of(state, handles_challenges=ask.handles_challenges, personal=account.personal)
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join([*_spelled(ask, scopes), *sorted(ask.asked.oidc - {"offline_access"})]),
        **life,
        "access_token": _access_token(state, ask, account, scopes, life["expires_in"]),
    }
    if refresh:
        answer["refresh_token"] = _refresh_token(state, ask, account)
    if "openid" in ask.asked.oidc:
        answer["id_token"] = id_token(state, ask, account, nonce)
    return answer


def _unconsented(account: Account, missing: str) -> EntraRefused:
    """Personal accounts are told by the number of a grant that is not valid, and without the word consent_required.

    Reports: AzureAD/microsoft-authentication-library-for-js#3303, Azure-Samples/ms-identity-java-webapi#16.
    """
    if account.personal:
        return EntraRefused(70000, f"Unauthorized or expired, for the person to grant: {missing}.")
    return EntraRefused(65001, f"Nobody has consented to {missing} for this application.")


def client_info(account: Account) -> str:
    """The client_info parameter: the account's home ids, base64url."""
    text = json.dumps({"uid": account.person.oid, "utid": account.person.tenant_id}).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def id_token(state: State, ask: Ask, account: Account, nonce: str) -> str:
    """A signed id token."""
    issued = int(now())
    client_id = ask.registration.client_id
    claims: dict[str, Any] = {
        "aud": client_id,
        "iss": f"{state.login_url}/{account.tenant_id}/v2.0",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 3600,
        "sub": hashlib.sha256(f"{account.oid} {client_id}".encode()).hexdigest()[:43],
        "tid": account.tenant_id,
        "uti": uuid4().hex[:22],
        "ver": "2.0",
    }
    if nonce:
        claims["nonce"] = nonce
    if "profile" in ask.asked.oidc:
        claims |= {"name": account.display_name, "oid": account.oid, "preferred_username": account.person.user_name}
    if "email" in ask.asked.oidc:
        claims["email"] = account.person.user_name
    token = jwt.encode(claims, state.signing_key, algorithm="RS256", headers={"kid": state.key_id})
    state.secrets.add(token)
    return token


def _spelled(ask: Ask, scopes: frozenset[str]) -> list[str]:
    """Scopes in an answer are spelt as in the question: by short name, or by full name."""
    short = ask.asked.resource == GRAPH_PUBLIC_URL
    return sorted(ask.asked.prefix + scope if short else scope for scope in scopes)


def _scopes(ask: Ask, granted: set[str]) -> frozenset[str]:
    """All scopes that were allowed for the resource asked for, as the resource spells them."""
    if ask.asked.resource == GRAPH_PUBLIC_URL:
        return frozenset(scope for scope in granted - OIDC if "/" not in scope)
    return frozenset(scope for scope in granted if scope.startswith(f"{ask.asked.resource}/"))


def _access_token(state: State, ask: Ask, account: Account, scopes: frozenset[str], lifetime: int) -> str:
    value = state.secret("EwDemo")
    state.access_tokens[value] = AccessToken(
        account=account,
        client_id=ask.registration.client_id,
        audience=ask.asked.resource,
        scopes=scopes,
        expires_at=now() + lifetime,
        serial=state.serial(),
        handles_challenges=ask.handles_challenges,
    )
    return value


def _refresh_token(state: State, ask: Ask, account: Account) -> str:
    value = state.secret("1.AdDemo")
    state.refresh_tokens[value] = RefreshToken(
        account=account,
        client_id=ask.registration.client_id,
        expires_at=now() + state.lifetimes.refresh_token,
        serial=state.serial(),
    )
    return value
