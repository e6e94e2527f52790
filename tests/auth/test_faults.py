"""Everything that the token service can do wrong, at every endpoint, against the real MSAL: what it becomes, and that
the next call works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.wire import seconds
from mcp_local_graph.errors import (
    AdminConsentNeeded,
    BlockedByPolicy,
    LocalGraphError,
    Need,
    RegistrationWrong,
    ServiceUnavailable,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    SignInNeeded,
    Throttled,
)
from mcp_local_graph.sandbox import Fault, Person
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC, BASIC_NEED, browse, device_service, ended, failure, service, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio

REFUSALS: list[tuple[int, type[LocalGraphError]]] = [
    (65001, SignInNeeded),
    (65004, SignInDeclined),
    (90094, AdminConsentNeeded),
    (50011, RegistrationWrong),
    (7000218, RegistrationWrong),
    (700016, RegistrationWrong),
    (90002, RegistrationWrong),
    (50020, BlockedByPolicy),
    (50076, SignInNeeded),
    (53003, BlockedByPolicy),
    (530033, BlockedByPolicy),
    (70043, SignInNeeded),
    (700082, SignInNeeded),
    (50173, SignInNeeded),
    (70000, SignInNeeded),
    (70016, SignInFailed),
    (70018, SignInExpired),
    (70019, SignInExpired),
    (70020, SignInExpired),
    (50196, Throttled),
]
# A connection that fails is tried once more, so it has to fail twice.
TWICE = {"cut", "reset"}
TRANSIENT: list[tuple[int | str, type[LocalGraphError]]] = [
    (90033, ServiceUnavailable),
    (429, Throttled),
    (500, ServiceUnavailable),
    (503, ServiceUnavailable),
    ("503-html", ServiceUnavailable),
    ("html", ServiceUnavailable),
    ("truncated", ServiceUnavailable),
    ("cut", ServiceUnavailable),
    ("empty", ServiceUnavailable),
    ("list", ServiceUnavailable),
    ("reset", ServiceUnavailable),
]


def check_text(error: LocalGraphError, tenant: DemoTenant) -> None:
    """What happened and one remedy; no secret, and none of the service's own words."""
    text = error.text()
    assert error.what
    assert error.remedy
    assert not any(secret in text for secret in tenant.control.issued_secrets())
    for foreign in ("Trace ID", "Timestamp:", "<html", "Guest Wi-Fi", "Come again", "Something failed", "DAQDemo"):
        assert foreign not in text


def check_ids(error: LocalGraphError, tenant: DemoTenant, fault: int | str, endpoint: str = "token") -> None:
    """The code, and the id by which the service knows the very request."""
    code = 90055 if fault == 429 else fault
    assert error.trace.code == f"AADSTS{code}"
    sent = tenant.control.requests(endpoint)[-1].headers
    assert error.trace.correlation_id == sent.get("client-request-id", error.trace.correlation_id)
    assert len(error.trace.correlation_id) == 36
    assert f"code AADSTS{code}; correlation id {error.trace.correlation_id}" in error.text()


async def signed_in_with_a_token_about_to_expire(tenant: DemoTenant, directory: Path) -> AuthenticationService:
    auth = service(tenant, directory)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    tenant.control.set_token_lifetime(3600)
    tenant.control.clear_requests()
    return auth


# A refresh


@pytest.mark.parametrize(("fault", "kind"), REFUSALS, ids=str)
async def test_a_refused_refresh_is_explained_and_the_next_call_or_a_new_sign_in_works_at_once(
    tenant: DemoTenant, tmp_path: Path, fault: int, kind: type[LocalGraphError]
) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    tenant.control.queue_entra_error(fault)
    error = await failure(auth.token(BASIC))
    assert type(error) is kind
    check_text(error, tenant)
    check_ids(error, tenant, fault)
    if kind in {SignInNeeded, Throttled}:
        # Where the same can only be refused again, MSAL's memory spares Entra the question for a minute; consent may
        # come from an administrator, and is asked for again after a second.
        if fault != 65001:
            again = await failure(auth.token(BASIC))
            assert (type(again), len(tenant.control.requests("token"))) == (kind, 1)
        await sign_in(auth)
    assert await auth.token(BASIC)
    assert len(tenant.control.requests("token")) == 2


@pytest.mark.parametrize(("fault", "kind"), TRANSIENT, ids=str)
async def test_a_passing_fault_of_a_refresh_asks_nobody_and_the_next_call_works(
    tenant: DemoTenant, tmp_path: Path, fault: int | str, kind: type[LocalGraphError]
) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    times = 2 if fault in TWICE else 1
    tenant.control.queue_entra_error(fault, times=times)
    error = await failure(auth.token(BASIC))
    assert type(error) is kind
    assert error.retryable
    check_text(error, tenant)
    if isinstance(fault, int) and fault not in {500, 503}:
        check_ids(error, tenant, fault)
    assert await auth.token(BASIC)
    assert len(tenant.control.requests("token")) == times + 1


async def test_a_pause_that_entra_asks_for_is_handed_on(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    tenant.control.queue_entra_error(429, headers={"Retry-After": "7"})
    error = await failure(auth.token(BASIC))
    assert error.retry_after == 7
    assert "7 seconds" in error.remedy


@pytest.mark.parametrize(
    ("header", "pause"),
    [(None, 30), ("", 30), ("soon", 30), ("-5", 30), ("0", 1), ("12", 12), (" 12 ", 12), ("99999", 3600), ("1.5", 30)],
)
def test_a_pause_is_between_a_second_and_an_hour(header: str | None, pause: float) -> None:
    assert seconds(header) == pause


async def test_claims_that_a_refusal_asks_for_reach_the_next_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    tenant.control.queue_entra_error(50076)
    error = await failure(auth.token(BASIC))
    assert isinstance(error, SignInNeeded)
    assert "capolids" in (error.need.claims or "")
    await sign_in(auth, need=error.need)
    assert "capolids" in tenant.control.requests("authorize")[-1].query["claims"]


# A gateway in between, with errors of its own making


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b'{"error": {"code": "BadGateway", "message": "secret words"}}'),
        (500, b'{"message": "secret words"}'),
        (500, b'{"error": "invalid_grant", "error_codes": "secret"}'),
        (504, b""),
    ],
)
async def test_a_server_error_is_never_a_reason_to_sign_in(
    tenant: DemoTenant, tmp_path: Path, status: int, body: bytes
) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    tenant.control.queue_entra_error(Fault(status=status, body=body))
    error = await failure(auth.token(BASIC))
    assert type(error) is ServiceUnavailable
    assert "secret" not in error.text()
    assert await auth.token(BASIC)


async def test_an_error_of_a_shape_that_is_not_entras_is_an_error_of_ours(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    tenant.control.queue_entra_error(Fault(status=400, body=b'{"error": {"code": "x", "message": "secret words"}}'))
    error = await failure(auth.token(BASIC))
    assert isinstance(error, SignInFailed)
    assert "secret" not in error.text()


async def test_a_redirect_is_not_followed(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = await signed_in_with_a_token_about_to_expire(tenant, tmp_path)
    elsewhere = Fault(status=307, headers={"location": f"{tenant.graph_url}/v1.0/me"})
    tenant.control.queue_entra_error(elsewhere)
    assert type(await failure(auth.token(BASIC))) is ServiceUnavailable
    assert tenant.control.requests("graph") == []


# A code out of the browser


@pytest.mark.parametrize(("fault", "kind"), [*REFUSALS, *TRANSIENT], ids=str)
async def test_a_fault_while_a_sign_in_is_finished_is_shown_on_its_page(
    tenant: DemoTenant, tmp_path: Path, fault: int | str, kind: type[LocalGraphError]
) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.queue_entra_error(fault)
    page = await browse(attempt)
    error = await failure(ended(attempt))
    assert type(error) is kind
    check_text(error, tenant)
    assert page.title == "Not signed in"
    assert error.what in page.text
    if isinstance(fault, int) and fault not in {500, 503}:
        check_ids(error, tenant, fault)
        assert error.trace.correlation_id in page.text
    await sign_in(auth)
    assert await auth.token(BASIC)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(65004, SignInDeclined), (90094, AdminConsentNeeded), (50020, BlockedByPolicy), (90033, ServiceUnavailable)],
)
async def test_an_error_on_microsofts_pages_is_explained_with_its_ids(
    tenant: DemoTenant, tmp_path: Path, fault: int, kind: type[LocalGraphError]
) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.queue_entra_error(fault, endpoint="authorize")
    page = await browse(attempt)
    error = await failure(ended(attempt))
    assert type(error) is kind
    check_text(error, tenant)
    assert error.trace.code == f"AADSTS{fault}"
    assert error.trace.correlation_id in page.text
    assert len(error.trace.correlation_id) == 36
    await sign_in(auth)
    assert await auth.token(BASIC)


@pytest.mark.parametrize("scope", ["Chat.Read", "Mail.Raed"])
async def test_a_permission_that_a_personal_account_does_not_have_is_named_as_the_mistake(
    tenant: DemoTenant, tmp_path: Path, scope: str
) -> None:
    auth = service(tenant, tmp_path, tenant="consumers")
    attempt, _ = await auth.begin(Need(frozenset({scope})))
    await browse(attempt, "ines.o@postbox.example")
    error = await failure(ended(attempt))
    assert (type(error), error.trace.code) == (RegistrationWrong, "invalid_scope")
    assert "this kind of account" in error.what
    assert "--scopes" in error.remedy


# A device code


@pytest.mark.parametrize(("fault", "kind"), [*REFUSALS, *TRANSIENT], ids=str)
async def test_a_fault_in_place_of_a_device_code_is_explained_and_the_next_try_works(
    tenant: DemoTenant, tmp_path: Path, fault: int | str, kind: type[LocalGraphError]
) -> None:
    auth = device_service(tenant, tmp_path)
    tenant.control.queue_entra_error(fault, endpoint="devicecode", times=2 if fault in TWICE else 1)
    error = await failure(auth.begin(BASIC_NEED))
    assert type(error) is kind
    check_text(error, tenant)
    if isinstance(fault, int) and fault not in {500, 503}:
        check_ids(error, tenant, fault, "devicecode")
    attempt, began = await auth.begin(BASIC_NEED)
    assert began
    tenant.control.approve_device_code(attempt.shown.code or "")
    await ended(attempt)
    assert await auth.token(BASIC)


TERMINAL = [row for row in REFUSALS if row[0] not in {70016, 50196}]


@pytest.mark.parametrize(("fault", "kind"), TERMINAL, ids=str)
async def test_a_refusal_while_a_device_waits_ends_it(
    tenant: DemoTenant, tmp_path: Path, fault: int, kind: type[LocalGraphError]
) -> None:
    auth = device_service(tenant, tmp_path)
    tenant.control.queue_entra_error(fault)
    attempt, _ = await auth.begin(BASIC_NEED)
    error = await failure(ended(attempt))
    assert type(error) is kind
    check_text(error, tenant)
    check_ids(error, tenant, fault)


@pytest.mark.parametrize("fault", [70016, 50196, *(fault for fault, _ in TRANSIENT)], ids=str)
async def test_a_passing_fault_while_a_device_waits_is_survived(
    tenant: DemoTenant, tmp_path: Path, fault: int | str
) -> None:
    auth = device_service(tenant, tmp_path)
    tenant.control.queue_entra_error(fault, times=2)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.wait_for_request("token", 3)
    tenant.control.approve_device_code(attempt.shown.code or "")
    assert (await ended(attempt)).user_name == tenant.person.user_name


# Discovery


@pytest.mark.parametrize(("fault", "kind"), [*REFUSALS, *TRANSIENT], ids=str)
async def test_a_fault_of_discovery_is_explained_and_the_next_try_works(
    tenant: DemoTenant, tmp_path: Path, fault: int | str, kind: type[LocalGraphError]
) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.queue_entra_error(fault, endpoint="discovery", times=2 if fault in TWICE else 1)
    error = await failure(auth.begin(BASIC_NEED))
    assert type(error) is kind
    check_text(error, tenant)
    if isinstance(fault, int) and fault not in {500, 503}:
        check_ids(error, tenant, fault, "discovery")
    await sign_in(auth)
    assert await auth.token(BASIC)


@pytest.mark.parametrize("body", [b"{}", b'{"token_endpoint": "no address", "authorization_endpoint": ""}'])
async def test_json_that_describes_no_sign_in_service_is_not_taken_for_one(
    tenant: DemoTenant, tmp_path: Path, body: bytes
) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.queue_entra_error(Fault(body=body), endpoint="discovery")
    error = await failure(auth.begin(BASIC_NEED))
    assert type(error) is ServiceUnavailable
    assert "does not describe one" in error.what
    await sign_in(auth)


# The registration and the settings, wrong for real


async def test_a_tenant_that_is_none_is_named_as_the_mistake(tenant: DemoTenant, tmp_path: Path) -> None:
    error = await failure(service(tenant, tmp_path, tenant="none.example").begin(BASIC_NEED))
    assert type(error) is RegistrationWrong
    assert error.trace.code == "AADSTS90002"
    assert "--tenant" in error.remedy


async def test_an_app_of_another_tenant_is_named_as_the_mistake(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = device_service(tenant, tmp_path, client_id=tenant.foreign_client_id)
    error = await failure(auth.begin(BASIC_NEED))
    assert (type(error), error.trace.code) == (RegistrationWrong, "AADSTS700016")


async def test_public_flows_that_are_off_are_named_as_the_mistake(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = device_service(tenant, tmp_path, client_id=tenant.no_public_flows_client_id)
    attempt, _ = await auth.begin(BASIC_NEED)
    error = await failure(ended(attempt))
    assert (type(error), error.trace.code) == (RegistrationWrong, "AADSTS7000218")
    assert "Allow public client flows" in error.remedy


async def test_permissions_that_an_administrator_keeps_are_listed(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(Need(frozenset({"User.Read", "User.Read.All"})))
    person = Person()
    approval = await in_thread(person.sign_in, attempt.shown.address)
    assert approval.title.startswith("Need admin approval")
    await in_thread(person.submit, await in_thread(person.submit, approval, "back"))
    error = await failure(ended(attempt))
    assert type(error) is AdminConsentNeeded
    assert error.scopes == {"User.Read", "User.Read.All"}


# The network


async def test_a_service_that_does_not_listen_is_said_to_be_out_of_reach(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    tenant.stop()
    error = await failure(auth.begin(BASIC_NEED))
    assert type(error) is ServiceUnavailable
    assert "cannot be reached" in error.what


async def test_a_proxy_that_is_not_there_is_named(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    error = await failure(service(tenant, tmp_path).begin(BASIC_NEED))
    assert type(error) is ServiceUnavailable
    assert "HTTPS_PROXY" in error.remedy
    assert tenant.control.requests() == []
