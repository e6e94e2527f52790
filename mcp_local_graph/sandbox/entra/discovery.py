"""Discovery: what MSAL and other clients read before anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.entra.call import ALIASES, Call, answer, tenant_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_local_graph.sandbox.state import State


def openid_configuration(call: Call) -> Response:
    """The OpenID discovery document of a tenant."""
    tenant = tenant_of(call.segment)
    path = company.PERSONAL_TENANT_ID if tenant == "consumers" else tenant
    # Entra leaves the tenant open in the issuer of the aliases that stand for many.
    issuer = "{tenantid}" if tenant in ALIASES - {"consumers"} else path
    api, pages = f"{call.state.login_url}/{tenant}", f"{call.state.pages_url}/{tenant}"
    return answer(
        call,
        {
            "token_endpoint": f"{api}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{api}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{call.state.login_url}/{issuer}/v2.0",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{pages}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{api}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{pages}/oauth2/v2.0/logout",
            "http_logout_supported": True,
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "oid", "tid", "ver"],
            "tenant_region_scope": None,
            "cloud_instance_name": "localhost",
            "cloud_graph_host_name": "localhost",
            "msgraph_host": call.state.graph_url.removeprefix("https://"),
        },
    )


def instance(call: Call) -> Response:
    """Which hosts are one cloud: this one is alone."""
    host = call.state.login_url.removeprefix("https://")
    return answer(
        call,
        {
            "tenant_discovery_endpoint": f"{call.state.login_url}/common/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


def keys(call: Call) -> Response:
    """The public key of the id tokens."""
    tenant_of(call.segment)
    return answer(call, {"keys": [public_key(call.state)]})


def public_key(state: State) -> dict[str, Any]:
    """The signing key's public half as a JSON web key."""
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(state.signing_key.public_key()))
    return {**key, "use": "sig", "kid": state.key_id, "alg": "RS256"}
