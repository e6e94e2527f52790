"""`--credential` over the wire: the real azure-identity against the demo tenant's Entra and a metadata service."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from mcp_local_graph import clouds
from mcp_local_graph.config import Credential
from mcp_local_graph.errors import (
    AdminConsentNeeded,
    BlockedByPolicy,
    GraphRefused,
    LocalGraphError,
    RegistrationWrong,
    ServiceUnavailable,
    SettingsError,
    SignInFailed,
    SignInNeeded,
    Throttled,
)
from mcp_local_graph.graph.client import Connection
from mcp_local_graph.sandbox import Fault
from tests.auth.elsewhere import CHALLENGE, SCOPES, nightly, no_azure, tokens, workload
from tests.auth.kit import failure
from tests.graph.rig import Server, answering

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.auth.credentials import CredentialTokens
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio

# Both ways in which an app proves to Entra who it is.
BY_ENTRA = [Credential.ENVIRONMENT, Credential.WORKLOAD_IDENTITY]


@pytest.fixture(autouse=True)
def _no_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    no_azure(monkeypatch)


@pytest.fixture
def cluster_file(tmp_path: Path) -> Path:
    return tmp_path / "workload-token"


@pytest.fixture(params=BY_ENTRA)
def app(
    request: pytest.FixtureRequest, tenant: DemoTenant, cluster_file: Path, monkeypatch: pytest.MonkeyPatch
) -> CredentialTokens:
    """The nightly app, whichever way it proves who it is."""
    if request.param is Credential.ENVIRONMENT:
        nightly(tenant, monkeypatch)
    else:
        workload(tenant, monkeypatch, cluster_file)
    return tokens(tenant, request.param)


async def ask(tenant: DemoTenant, auth: CredentialTokens, path: str) -> dict[str, Any]:
    """Ask Graph through the product's own transport."""
    connection = Connection(tenant.graph_url, auth.token, tenant.ca_file)
    client = (await connection.open()).client
    try:
        answer = await client.get(f"{tenant.graph_url}/v1.0{path}", extensions={"scopes": SCOPES})
        said: dict[str, Any] = answer.json()
        return said
    finally:
        await connection.close()


# An app that proves itself to Entra


async def test_an_app_reads_what_its_roles_allow(tenant: DemoTenant, app: CredentialTokens) -> None:
    people = await ask(tenant, app, "/users?$select=displayName")
    assert "Ines Okafor" in {person["displayName"] for person in people["value"]}
    (asked,) = tenant.control.requests("token")
    assert asked.form["grant_type"] == "client_credentials"
    assert asked.form["scope"] == f"{tenant.graph_url}/.default"
    assert json.loads(asked.form["claims"]) == {"access_token": {"xms_cc": {"values": ["CP1"]}}}


async def test_graph_itself_refuses_an_app_what_is_about_me(tenant: DemoTenant, app: CredentialTokens) -> None:
    error = await failure(ask(tenant, app, "/me"))
    assert type(error) is GraphRefused
    with pytest.raises(SettingsError, match="no signed-in person"):
        app.require_person()


async def test_one_request_serves_until_shortly_before_the_end(tenant: DemoTenant, app: CredentialTokens) -> None:
    first = await asyncio.gather(*(app.token(SCOPES) for _ in range(50)))
    assert {await app.token(SCOPES), *first} == {first[0]}
    assert len(tenant.control.requests("token")) == 1


async def test_a_token_without_a_life_is_asked_for_anew_each_time(tenant: DemoTenant, app: CredentialTokens) -> None:
    tenant.control.set_token_lifetime(0)
    assert await app.token(SCOPES) != await app.token(SCOPES)


async def test_renewing_asks_entra_and_no_cache(tenant: DemoTenant, app: CredentialTokens) -> None:
    old = await app.token(SCOPES)
    assert await app.token(SCOPES, instead_of=old) != old


async def test_a_challenge_of_graph_is_passed_on_and_its_answer_is_what_counts_from_then_on(
    tenant: DemoTenant, app: CredentialTokens
) -> None:
    packed = base64.b64encode(CHALLENGE.encode()).decode()
    challenge = {"WWW-Authenticate": f'Bearer realm="", error="insufficient_claims", claims="{packed}"'}
    old = await app.token(SCOPES)
    tenant.control.queue_graph_fault(401, headers=challenge)
    assert (await ask(tenant, app, "/users"))["value"]
    answered = tenant.control.requests("token")[-1]
    nbf = {"nbf": {"essential": True, "value": "1763731200"}}
    assert json.loads(answered.form["claims"]) == {"access_token": {**nbf, "xms_cc": {"values": ["CP1"]}}}
    new = await app.token(SCOPES)
    assert new != old
    assert tenant.control.requests("graph")[-1].headers["authorization"] == f"Bearer {new}"
    assert len(tenant.control.requests("token")) == 2


async def test_a_token_that_graph_refuses_twice_needs_a_sign_in_which_is_elsewhere(
    tenant: DemoTenant, app: CredentialTokens
) -> None:
    tenant.control.queue_graph_fault(401, times=2)
    needed = await failure(ask(tenant, app, "/users"))
    assert isinstance(needed, SignInNeeded)
    assert "Nobody signs in here" in (await failure(app.begin(needed.need))).what


WRONG: list[tuple[int, type[LocalGraphError], str]] = [
    (7000215, RegistrationWrong, "AZURE_CLIENT_SECRET"),
    (700016, RegistrationWrong, "AZURE_CLIENT_ID"),
    (700213, RegistrationWrong, "federated credential"),
    (700024, RegistrationWrong, "AZURE_FEDERATED_TOKEN_FILE"),
    (90094, AdminConsentNeeded, "Send these lines"),
    (53003, BlockedByPolicy, "Send these lines"),
    (65001, SignInFailed, "Send these lines"),
    (50173, SignInFailed, "Send these lines"),
    (70003, SignInFailed, "error?code=70003"),
    (90033, ServiceUnavailable, "in a minute"),
    (429, Throttled, "in 7 seconds"),
]
FAULTS = ["500", "503", "503-html", "html", "truncated", "empty", "list", "reset", "cut"]


@pytest.mark.parametrize(("code", "kind", "remedy"), WRONG)
async def test_a_refusal_of_entra_is_explained_for_an_app(
    tenant: DemoTenant, app: CredentialTokens, code: int, kind: type[LocalGraphError], remedy: str
) -> None:
    tenant.control.queue_entra_error(code, headers={"Retry-After": "7"})
    error = await failure(app.token(SCOPES))
    assert type(error) is kind
    assert remedy in error.remedy
    assert "mcp-local-graph login" not in error.text()
    assert tenant.nightly_secret not in error.text()
    assert error.trace.code == f"AADSTS{90055 if code == 429 else code}"
    assert error.trace.correlation_id
    assert error.retry_after == (7 if code == 429 else None)
    assert len(tenant.control.requests("token")) == 1
    assert await app.token(SCOPES), "neither MSAL nor azure-core remembers the refusal"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("endpoint", ["token", "discovery"])
async def test_what_is_no_answer_of_entra_is_a_passing_fault_and_not_waited_for(
    tenant: DemoTenant, app: CredentialTokens, fault: str, endpoint: str
) -> None:
    tenant.control.queue_entra_error(fault, endpoint)
    began = time.monotonic()
    # A workload needs no discovery: there the fault waits in vain.
    if endpoint == "token" or (await app.status()).credential is Credential.ENVIRONMENT:
        assert type(await failure(app.token(SCOPES))) is ServiceUnavailable
    assert await app.token(SCOPES)
    assert time.monotonic() - began < 3


async def test_an_answer_without_a_token_and_without_a_reason_is_no_token(
    tenant: DemoTenant, app: CredentialTokens
) -> None:
    tenant.control.queue_entra_error(Fault(body=b'{"s3cret": 1}'))
    error = await failure(app.token(SCOPES))
    assert type(error) is SignInFailed
    assert error.what.endswith(" gave no token.")
    assert "s3cret" not in error.text()


async def test_a_network_that_is_down_is_no_matter_of_signing_in(tenant: DemoTenant, app: CredentialTokens) -> None:
    kind = (await app.status()).credential
    with Server(answering(b"")) as gone:
        pass
    cloud = clouds.custom(gone.origin, tenant.graph_url)
    error = await failure(tokens(tenant, kind, cloud=cloud).token(SCOPES))
    assert type(error) is ServiceUnavailable
    assert "cannot be reached" in error.what


async def test_only_our_own_trust_counts(
    tenant: DemoTenant, app: CredentialTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = (await app.status()).credential
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
    error = await failure(tokens(tenant, kind, ca_file=None).token(SCOPES))
    assert "certificate" in error.what
    assert "--ca-file" in error.remedy
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    assert await app.token(SCOPES)


async def test_the_login_host_is_the_chosen_clouds_whatever_the_environment_says(
    tenant: DemoTenant, app: CredentialTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.example.invalid")
    assert await app.token(SCOPES)


# What the environment says


@pytest.mark.parametrize(
    ("changed", "kind", "code", "remedy"),
    [
        ({"AZURE_CLIENT_SECRET": "wr0ng-s3cret"}, RegistrationWrong, "AADSTS7000215", "AZURE_CLIENT_SECRET"),
        (
            {"AZURE_CLIENT_ID": "11111111-2222-3333-4444-555555555555"},
            RegistrationWrong,
            "AADSTS700016",
            "AZURE_CLIENT",
        ),
        ({"AZURE_TENANT_ID": "nowhere.example"}, RegistrationWrong, "AADSTS90002", "AZURE_TENANT_ID"),
        ({"AZURE_TENANT_ID": "no tenant"}, SettingsError, "", "Check AZURE_TENANT_ID"),
    ],
)
async def test_a_wrong_variable_is_named(
    *,
    tenant: DemoTenant,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str],
    kind: type[LocalGraphError],
    code: str,
    remedy: str,
) -> None:
    nightly(tenant, monkeypatch, **changed)
    error = await failure(tokens(tenant, Credential.ENVIRONMENT).token(SCOPES))
    assert (type(error), error.trace.code) == (kind, code)
    assert remedy in error.remedy
    assert "wr0ng-s3cret" not in error.text()


async def test_a_public_app_cannot_act_as_itself(tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    nightly(tenant, monkeypatch, AZURE_CLIENT_ID=tenant.client_id)
    error = await failure(tokens(tenant, Credential.ENVIRONMENT).token(SCOPES))
    assert (type(error), error.trace.code) == (RegistrationWrong, "AADSTS700025")


@pytest.mark.parametrize(
    ("kind", "absent", "named"),
    [
        (Credential.ENVIRONMENT, "AZURE_TENANT_ID", "lacks: AZURE_TENANT_ID."),
        (Credential.ENVIRONMENT, "AZURE_CLIENT_SECRET", "lacks: AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH."),
        (Credential.WORKLOAD_IDENTITY, "AZURE_CLIENT_ID", "lacks: AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE."),
    ],
)
async def test_a_missing_variable_is_named_before_any_request(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, kind: Credential, absent: str, named: str
) -> None:
    nightly(tenant, monkeypatch, **{absent: ""})
    error = await failure(tokens(tenant, kind).token(SCOPES))
    assert type(error) is SettingsError
    assert named in error.what
    assert tenant.control.requests() == []


async def test_a_persons_password_in_the_environment_is_not_taken(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly(tenant, monkeypatch, AZURE_CLIENT_SECRET="", AZURE_USERNAME="ines", AZURE_PASSWORD="s3cret")
    assert isinstance(await failure(tokens(tenant, Credential.ENVIRONMENT).token(SCOPES)), SettingsError)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_certificate_that_cannot_be_read_is_a_matter_of_settings(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "app.pem"
    if content:
        file.write_text(content)
    nightly(tenant, monkeypatch, AZURE_CLIENT_CERTIFICATE_PATH=str(file))
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    error = await failure(tokens(tenant, Credential.ENVIRONMENT).token(SCOPES))
    assert type(error) is SettingsError
    assert "AZURE_CLIENT_CERTIFICATE_PATH" in error.remedy


async def test_a_certificate_is_shown_to_entra(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "app.pem"
    issued = trustme.CA().issue_cert("app.example", key_type=trustme.KeyType.RSA)
    file.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    nightly(tenant, monkeypatch, AZURE_CLIENT_CERTIFICATE_PATH=str(file))
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    await failure(tokens(tenant, Credential.ENVIRONMENT).token(SCOPES))
    (asked,) = tenant.control.requests("token")
    assert asked.form["client_assertion"].count(".") == 2
    assert "client_secret" not in asked.form


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "system:serviceaccount:reports:other"}, "AADSTS700213"),
        ({"iss": "https://cluster.example"}, "AADSTS700211"),
        ({"aud": "api://something"}, "AADSTS700212"),
        ({"exp": 1}, "AADSTS700024"),
    ],
)
async def test_a_workload_that_the_app_does_not_trust_is_told_so(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, cluster_file: Path, claims: dict[str, object], code: str
) -> None:
    workload(tenant, monkeypatch, cluster_file, **claims)
    error = await failure(tokens(tenant, Credential.WORKLOAD_IDENTITY).token(SCOPES))
    assert (type(error), error.trace.code) == (RegistrationWrong, code)
    assert cluster_file.read_text() not in error.text()


async def test_a_workloads_token_is_read_anew_for_each_request(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, cluster_file: Path
) -> None:
    workload(tenant, monkeypatch, cluster_file, exp=1)
    auth = tokens(tenant, Credential.WORKLOAD_IDENTITY)
    await failure(auth.token(SCOPES))
    workload(tenant, monkeypatch, cluster_file)
    assert await auth.token(SCOPES)


async def test_a_workloads_missing_file_is_a_matter_of_settings(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, cluster_file: Path
) -> None:
    workload(tenant, monkeypatch, cluster_file)
    cluster_file.unlink()
    error = await failure(tokens(tenant, Credential.WORKLOAD_IDENTITY).token(SCOPES))
    assert type(error) is SettingsError
    assert "AZURE_FEDERATED_TOKEN_FILE" in error.remedy
