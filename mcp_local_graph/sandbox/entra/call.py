"""What an endpoint gets: the request, read, beside the tenant's memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.entra.errors import KINDS, EntraRefused, Ids, body
from mcp_local_graph.sandbox.records import form_of
from mcp_local_graph.sandbox.scopes import ScopeRefused, check_personal, read, read_personal
from mcp_local_graph.sandbox.state import Ask, Registration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.state import State

ALIASES = frozenset({"organizations", "consumers", "common"})
# Where nobody but personal accounts signs in.
PERSONAL_TENANTS = frozenset({"consumers", company.PERSONAL_TENANT_ID})
_TENANTS = {
    company.TENANT_ID: company.TENANT_ID,
    company.DOMAIN: company.TENANT_ID,
    company.OTHER_TENANT_ID: company.OTHER_TENANT_ID,
    company.PERSONAL_TENANT_ID: company.PERSONAL_TENANT_ID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to an endpoint; `segment` is the tenant as the path says it."""

    state: State
    request: Request
    form: Mapping[str, str]
    segment: str
    ids: Ids


def endpoint(
    state: State, handler: Callable[[Call], Response], refuse: Callable[[Call, EntraRefused], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """A handler as Starlette wants it: it runs under the tenant's lock, and `refuse` answers where it refuses."""

    async def run(request: Request) -> Response:
        form = form_of(await request.body())
        query = request.query_params
        correlation = request.headers.get("client-request-id") or query.get("client-request-id")
        segment = request.path_params.get("tenant", "").lower()
        call = Call(state=state, request=request, form=form, segment=segment, ids=Ids.of(correlation))
        with state.lock:
            try:
                return handler(call)
            except EntraRefused as refused:
                return refuse(call, refused)

    return run


def refuse_in_json(call: Call, refused: EntraRefused) -> Response:
    """A refusal as the token endpoint says it."""
    return answer(call, body(refused, call.ids), KINDS[refused.code].status)


def answer(call: Call, content: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer with Entra's headers."""
    headers = {
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "x-ms-request-id": call.ids.trace,
        "client-request-id": call.ids.correlation,
    }
    return JSONResponse(content, status, headers)


def tenant_of(segment: str) -> str:
    """The tenant id of a path's first segment; an alias stays as it is.

    Raises:
        EntraRefused: there is no such tenant.
    """
    if segment in ALIASES:
        return segment
    if segment not in _TENANTS:
        raise EntraRefused(90002)
    return _TENANTS[segment]


def needed(values: Mapping[str, str], name: str) -> str:
    """A parameter that has to be there.

    Raises:
        EntraRefused: it is not.
    """
    if not values.get(name):
        raise EntraRefused(900144, f"The request lacks the parameter '{name}'.")
    return values[name]


def registration_of(state: State, client_id: str, tenant: str) -> Registration:
    """The app registration of a client id in a tenant.

    Raises:
        EntraRefused: the tenant does not know it, or it is for one tenant and none was named.
    """
    registration = state.registrations.get(client_id.lower())
    if registration is None:
        raise EntraRefused(700016)
    if registration.tenant_id is not None and registration.tenant_id != tenant:
        raise EntraRefused(50194 if tenant in ALIASES and registration.tenant_id == company.TENANT_ID else 700016)
    return registration


def ask_of(call: Call, values: Mapping[str, str]) -> Ask:
    """Who asks for what, from the parameters that authorize, devicecode and token share.

    Raises:
        EntraRefused: the tenant, the app, the scope or the claims cannot be.
    """
    tenant = tenant_of(call.segment)
    registration = registration_of(call.state, needed(values, "client_id"), tenant)
    try:
        reads = read_personal if tenant in PERSONAL_TENANTS else read
        asked = reads(needed(values, "scope"), call.state.graph_url)
    except ScopeRefused as error:
        raise _wrong_scope(error) from error
    handles = handles_challenges(values.get("claims"))
    return Ask(tenant=tenant, registration=registration, asked=asked, handles_challenges=handles)


def check_scopes(account: Account, ask: Ask) -> None:
    """Pass, if the kind of account has what is asked for.

    Raises:
        EntraRefused: it has not.
    """
    try:
        if account.personal:
            check_personal(ask.asked)
    except ScopeRefused as error:
        raise _wrong_scope(error) from error


def _wrong_scope(error: ScopeRefused) -> EntraRefused:
    return EntraRefused(error.code, str(error), numbered=not error.personal)


def handles_challenges(claims: str | None) -> bool:
    """Whether the claims parameter declares the capability CP1.

    Raises:
        EntraRefused: it is no JSON object.
    """
    if not claims:
        return False
    try:
        parsed = json.loads(claims)
        capabilities = parsed.get("access_token", {}).get("xms_cc", {}).get("values", [])
    except (ValueError, AttributeError) as error:
        raise EntraRefused(9002313, "The claims parameter is no JSON object of the known shape.") from error
    return "cp1" in {str(value).lower() for value in capabilities}


def account_in(state: State, account: Account, tenant: str) -> Account:
    """The account as a tenant knows it: itself at home, another one where the person is a guest.

    Raises:
        EntraRefused: it is switched off, or a stranger there.
    """
    person = account.person
    fits = {"common": True, "organizations": not person.personal, "consumers": person.personal}
    here = person if fits.get(tenant, person.tenant_id == tenant) else _guest(state, person, tenant)
    if here is None:
        raise EntraRefused(50020, f"The account {person.user_name} is no member or guest of this tenant.")
    if person.oid in state.disabled:
        raise EntraRefused(50057)
    return here


def _guest(state: State, person: Account, tenant: str) -> Account | None:
    known = (profile.account for profile in state.profiles.values())
    return next((one for one in known if one.home == person and one.tenant_id == tenant), None)
