"""What the tests of the demo tenant share: the real MSAL against it, and requests by hand where MSAL would not err."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msal

from mcp_local_graph.sandbox import DemoTenant, Page, Person

if TYPE_CHECKING:
    import requests

# What the dates of the tenant's data are counted from: a Wednesday.
MOMENT = datetime(2026, 11, 25, 9, 37, tzinfo=UTC)
REDIRECT = "http://localhost:49152"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BASIC = "User.Read openid profile offline_access"


@dataclass(frozen=True)
class Rig:
    tenant: DemoTenant
    http: requests.Session

    def app(
        self, client_id: str | None = None, tenant: str | None = None, **options: object
    ) -> msal.PublicClientApplication:
        return msal.PublicClientApplication(
            client_id or self.tenant.client_id,
            authority=f"{self.tenant.login_url}/{tenant or self.tenant.tenant_id}",
            instance_discovery=False,
            http_client=self.http,
            **options,
        )

    def sign_in(
        self, app: msal.PublicClientApplication, scopes: list[str], account: str | None = None, **options: object
    ) -> dict[str, Any]:
        """The whole browser flow by MSAL; the person accepts whatever is asked."""
        flow = app.initiate_auth_code_flow(scopes, redirect_uri=REDIRECT, response_mode="form_post", **options)
        end = walk(Person(), flow["auth_uri"], account or self.tenant.person.user_name)
        result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, dict(end.forms[0].fields))
        return result

    def bearer(
        self,
        scopes: list[str],
        account: str | None = None,
        client_capabilities: list[str] | None = None,
        tenant: str | None = None,
    ) -> str:
        """An access token with these permissions, whoever has to allow them."""
        user_name = account or self.tenant.person.user_name
        self.tenant.control.grant_consent(user_name, scopes)
        app = self.app(tenant=tenant, client_capabilities=client_capabilities)
        return str(self.sign_in(app, scopes, user_name)["access_token"])

    def graph(
        self, path: str, token: str | None = None, method: str = "GET", body: bytes | None = None, /, **headers: str
    ) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        url = f"{self.tenant.graph_url}{path}"
        return self.http.request(method, url, headers=sent, data=body, timeout=10, allow_redirects=False)

    def entra(self, path: str, form: dict[str, str], **headers: str) -> requests.Response:
        """POST to the Entra API; `client_id` is there unless the form says otherwise."""
        url = f"{self.tenant.login_url}/{self.tenant.tenant_id}/oauth2/v2.0/{path}"
        sent = {"client_id": self.tenant.client_id} | form
        return self.http.post(url, data=sent, headers=headers, timeout=10)

    def authorize_url(self, tenant: str | None = None, **changed: str) -> str:
        """A right authorize request with PKCE, but for what is changed; an empty value leaves a parameter out."""
        query = {
            "client_id": self.tenant.client_id,
            "response_type": "code",
            "response_mode": "form_post",
            "redirect_uri": REDIRECT,
            "scope": BASIC,
            "state": "s-1",
            "nonce": "n-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changed
        kept = urlencode({name: value for name, value in query.items() if value})
        return f"{self.tenant.pages_url}/{tenant or self.tenant.tenant_id}/oauth2/v2.0/authorize?{kept}"

    def result(self, person: Person | None = None, account: str | None = None, **changed: str) -> dict[str, str]:
        """What the app is told at the end of an authorize request; the person accepts."""
        end = walk(person or Person(), self.authorize_url(**changed), account or self.tenant.person.user_name)
        return dict(end.forms[0].fields)

    def redeem(self, code: str, **changed: str) -> requests.Response:
        """A right redemption of a code, but for what is changed."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return self.entra("token", {name: value for name, value in (form | changed).items() if value})


def walk(person: Person, url: str, account: str, decision: str = "accept") -> Page:
    """Choose an account, decide where consent is asked; stop before anything is sent to the app."""
    page = person.browse(url)
    if page.title.startswith("Choose an account"):
        page = person.submit(page, account)
    if page.title.startswith("Permissions requested"):
        page = person.submit(page, decision)
    return page


def code_of(response: requests.Response) -> int:
    """The AADSTS number of a refusal, after a look at Entra's shape."""
    said = response.json()
    (code,) = said["error_codes"]
    assert said["error_description"].startswith(f"AADSTS{code}: ")
    assert f"Trace ID: {said['trace_id']} Correlation ID: {said['correlation_id']}" in said["error_description"]
    assert said["error_description"].endswith(f"Timestamp: {said['timestamp']}")
    assert said["error_uri"].endswith(f"code={code}")
    return int(code)
