"""Permissions that only an administrator may approve: the link where they do, and the error that carries it.

Source: learn.microsoft.com, "Admin consent on the Microsoft identity platform". The tenant in the link is an id, a
domain or `organizations`, never `common`; the permissions stand there by full name; the redirect address is one of the
registration's, letter for letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from mcp_local_graph.clouds import is_personal
from mcp_local_graph.errors import AdminConsentNeeded

if TYPE_CHECKING:
    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.registration import Registration

_REDIRECT = "http://localhost"
_OPENID = ("openid", "profile", "offline_access")


class Waiting(NamedTuple):
    """What an administrator has to approve, out of all refusals, and the ids of the last one, on one line."""

    scopes: frozenset[str]
    trace: str


class Approval(NamedTuple):
    """What to ask an administrator for: who asks, as which app, for which permissions, where they are approved.

    `trace` has the ids of Entra's refusal, where there was one.
    """

    account: Account | None
    client_id: str
    scopes: frozenset[str]
    link: str
    trace: str


def approval(
    registration: Registration, account: Account | None, missing: frozenset[str], waiting: Waiting | None
) -> Approval:
    """What to ask an administrator for, so that `missing` can be had."""
    return Approval(
        account=account,
        client_id=registration.client_id or "",
        scopes=missing,
        link=link(registration, account, missing),
        trace=waiting.trace if waiting and waiting.scopes & missing else "",
    )


def link(registration: Registration, account: Account | None, scopes: frozenset[str]) -> str:
    """Where an administrator approves these permissions for the whole tenant; empty where there is no administrator.

    Where nobody has signed in yet, what every sign-in asks for is added: it may be missing as well.
    """
    tenant = (account.tenant_id if account else "") or registration.tenant
    if is_personal(registration.tenant) or not scopes:
        return ""
    asked = {
        "client_id": registration.client_id or "",
        "scope": " ".join([*registration.cloud.scopes(scopes), *(() if account else _OPENID)]),
        "redirect_uri": _REDIRECT,
        "state": "mcp-local-graph",
    }
    return f"{registration.cloud.login_url}/{tenant}/v2.0/adminconsent?{urlencode(asked, quote_via=quote, safe=':/')}"


def explained(error: AdminConsentNeeded, missing: frozenset[str], where: str) -> AdminConsentNeeded:
    """The error with what is missing by name, and what to send to whom. `where` is the link."""
    remedy = f"Send your administrator what `mcp-local-graph consent {' '.join(sorted(missing))}` prints"
    return AdminConsentNeeded(
        f"{error.what.removesuffix('.')}: {', '.join(sorted(missing))}.",
        f"{remedy}, or this link: {where}" if where else f"{remedy}.",
        trace=error.trace,
        scopes=missing,
        link=where,
    )
