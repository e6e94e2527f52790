"""`--credential managed-identity`: the real azure-identity against services as machines in Azure have them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.credentials import Identity
from mcp_local_graph.config import Credential
from mcp_local_graph.errors import LocalGraphError, RegistrationWrong, ServiceUnavailable, SignInFailed, Throttled
from tests.auth.elsewhere import CHALLENGE, SCOPES, jwt, nightly, no_azure, tokens
from tests.auth.kit import failure
from tests.graph.rig import Peer, Server, answering, http

if TYPE_CHECKING:
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio

KIND = Credential.MANAGED_IDENTITY
HEADER = "s3cret-of-the-machine"
NONE_HERE = "This machine has no managed identity that gives tokens for Microsoft Graph."


@pytest.fixture(autouse=True)
def _no_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    no_azure(monkeypatch)


def given(token: str) -> bytes:
    """A token as App Service and a virtual machine give it."""
    said = {"access_token": token, "expires_on": str(int(time.time()) + 3600), "expires_in": "3600", "resource": "r"}
    return http(200, json.dumps({**said, "token_type": "Bearer"}).encode(), content_type="application/json")


def said(status: int, body: object = None, **headers: str) -> bytes:
    return http(status, json.dumps(body or {}).encode(), content_type="application/json", **headers)


def app_service(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", HEADER)


def virtual_machine(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """The address of a machine's metadata service, which is else 169.254.169.254."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{port}")


Machine = Callable[[pytest.MonkeyPatch, int], None]
MACHINES: list[Machine] = [app_service, virtual_machine]


@pytest.mark.parametrize("machine", MACHINES)
async def test_the_machine_gives_a_token_for_graph_and_is_asked_once(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    with Server(answering(given("token-of-the-machine"))) as server:
        machine(monkeypatch, server.port)
        auth = tokens(tenant, KIND)
        assert await auth.token(SCOPES) == await auth.token({"Mail.Read"}) == "token-of-the-machine"
    (head,) = server.heads
    assert f"resource={tenant.graph_url} " in head[0]
    assert server.header("metadata") == ["true"]
    assert (await auth.status()).identity is Identity.APP


@pytest.mark.parametrize("machine", MACHINES)
async def test_a_user_assigned_identity_is_named_by_its_variable(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555")
    with Server(answering(given("t"))) as server:
        machine(monkeypatch, server.port)
        await tokens(tenant, KIND).token(SCOPES)
    assert "client_id=11111111-2222-3333-4444-555555555555" in server.heads[0][0]


async def test_what_is_on_the_machine_is_not_asked_through_a_proxy(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(answering(said(200))) as proxy, Server(answering(given("t"))) as server:
        app_service(monkeypatch, server.port)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await tokens(tenant, KIND).token(SCOPES)
        assert proxy.connections == 0
    assert server.header("x-identity-header") == [HEADER]


@pytest.mark.parametrize("machine", MACHINES)
async def test_after_a_challenge_and_after_a_refusal_the_machine_is_asked_again(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    with Server(answering(given("old"), given("challenged"), given("renewed"))) as server:
        machine(monkeypatch, server.port)
        auth = tokens(tenant, KIND)
        assert await auth.token(SCOPES) == "old"
        assert await auth.token(SCOPES, CHALLENGE) == await auth.token(SCOPES) == "challenged"
        assert await auth.token(SCOPES, instead_of="challenged") == await auth.token(SCOPES) == "renewed"


async def test_a_person_in_azures_own_shell_is_known_by_the_token(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(answering(given(jwt(idtyp="user", scp="User.Read", upn="ines@brackwater.example")))) as server:
        app_service(monkeypatch, server.port)
        auth = tokens(tenant, KIND)
        await auth.token(SCOPES)
    auth.require_person()
    assert (await auth.status()).identity is Identity.PERSON


async def test_a_workloads_environment_does_not_turn_it_into_another_kind(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "/no/such/file"
    nightly(tenant, monkeypatch, AZURE_FEDERATED_TOKEN_FILE=file, AZURE_AUTHORITY_HOST=tenant.login_url)
    with Server(answering(given("t"))) as server:
        virtual_machine(monkeypatch, server.port)
        assert await tokens(tenant, KIND).token(SCOPES) == "t"
    assert tenant.control.requests() == []


ANSWERS: list[tuple[bytes, type[LocalGraphError], str]] = [
    (
        said(400, {"error": "invalid_request", "error_description": "Identity not found s3cret"}),
        SignInFailed,
        NONE_HERE,
    ),
    (said(403, {"message": "s3cret"}), SignInFailed, NONE_HERE),
    (said(401, {"statusCode": 401, "message": "s3cret"}), SignInFailed, NONE_HERE),
    (http(200, b"<html>s3cret</html>", content_type="text/html"), SignInFailed, NONE_HERE),
    (said(200, {"access_token": "", "message": "s3cret"}), SignInFailed, NONE_HERE),
    (said(404), ServiceUnavailable, "This machine's identity service has a fault (HTTP 404)."),
    (said(410), ServiceUnavailable, "This machine's identity service has a fault (HTTP 410)."),
    (said(500), ServiceUnavailable, "This machine's identity service has a fault (HTTP 500)."),
    (said(503, retry_after="600"), ServiceUnavailable, "This machine's identity service has a fault (HTTP 503)."),
    (said(429, retry_after="9"), Throttled, "This machine's identity service asks for a pause."),
    (
        http(200, b"half", content_length="400"),
        ServiceUnavailable,
        "This machine's identity service did not finish its answer.",
    ),
]


@pytest.mark.parametrize(("answer", "kind", "what"), ANSWERS)
@pytest.mark.parametrize("machine", MACHINES)
async def test_a_machine_that_gives_no_token_says_so_at_once_and_is_asked_again_next_time(
    *,
    tenant: DemoTenant,
    monkeypatch: pytest.MonkeyPatch,
    machine: Machine,
    answer: bytes,
    kind: type[LocalGraphError],
    what: str,
) -> None:
    def handle(peer: Peer) -> None:
        peer.head()
        peer.send(answer if server.connections == 1 else given("t"))

    with Server(handle) as server:
        machine(monkeypatch, server.port)
        auth = tokens(tenant, KIND)
        began = time.monotonic()
        error = await failure(auth.token(SCOPES))
        assert (type(error), error.what) == (kind, what)
        assert error.retry_after == (9 if kind is Throttled else None)
        assert "s3cret" not in error.text()
        assert await auth.token(SCOPES) == "t"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("machine", MACHINES)
async def test_an_aadsts_number_among_the_machines_words_is_understood(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    answer = said(
        400,
        {"error": "invalid_request", "error_description": "AADSTS700016: s3cret", "message": "AADSTS700016: s3cret"},
    )
    with Server(answering(answer)) as server:
        machine(monkeypatch, server.port)
        error = await failure(tokens(tenant, KIND).token(SCOPES))
    assert (type(error), error.trace.code) == (RegistrationWrong, "AADSTS700016")
    assert "s3cret" not in error.text()


@pytest.mark.parametrize("machine", MACHINES)
async def test_where_no_service_answers_there_is_no_managed_identity(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    with Server(answering(b"")) as gone:
        pass
    machine(monkeypatch, gone.port)
    error = await failure(tokens(tenant, KIND).token(SCOPES))
    assert (type(error), error.what) == (SignInFailed, NONE_HERE)
    assert "another --credential" in error.remedy
