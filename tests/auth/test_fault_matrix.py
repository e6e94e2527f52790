"""What the token service, the way there and the clock can do wrong while a token is renewed, a row for each.

A row names the fault, the error of ours that it becomes (or that the call is served), and what makes the next call
work. `test_faults` has the same for every other endpoint, `test_cache_matrix` for the cache.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import trustme

from mcp_local_graph import clouds
from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import LocalGraphError, ServiceUnavailable, SignInNeeded, Throttled
from mcp_local_graph.sandbox import Fault
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tls import client_context
from tests.auth.kit import BASIC, BASIC_NEED, SOON, failure, service, sign_in
from tests.server.hosts import STATELESS
from tests.stress import tokens
from tests.stress.tokens import Asked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
CALLS = 10


@dataclass
class Scene:
    """Somebody is signed in, and the token that is kept is of no use any more: a call needs the service."""

    tenant: DemoTenant
    directory: Path
    auth: AuthenticationService

    @property
    def token_requests(self) -> int:
        return len(self.tenant.control.requests("token"))

    async def call(self) -> str | LocalGraphError:
        """What a call for a token ends with."""
        try:
            return await self.auth.token(BASIC)
        except LocalGraphError as error:
            return error


async def signed_in(tenant: DemoTenant, directory: Path, seconds_left: int) -> Scene:
    auth = service(tenant, directory, token_store=TokenStore.PLAINTEXT)
    tenant.control.set_token_lifetime(seconds_left)
    await sign_in(auth)
    tenant.control.set_token_lifetime(3600)
    tenant.control.clear_requests()
    return Scene(tenant, directory, auth)


# The token service


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault.

    `becomes` is what the call ends with (None: it is served), after `requests` for a token; `says` looks at the error;
    `then` is what has to be done so that the next call works.
    """

    fault: str
    happens: Callable[[Scene], None]
    becomes: type[LocalGraphError] | None
    requests: int = 1
    says: Callable[[LocalGraphError], None]
    then: Callable[[Scene], Awaitable[None]]


def queued(fault: int | str | Fault, times: int = 1, **headers: str) -> Callable[[Scene], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda scene: scene.tenant.control.queue_entra_error(fault, times=times, headers=named)


def passes(error: LocalGraphError) -> None:
    """It passes by itself: nobody is sent to sign in."""
    assert error.retryable
    assert "mcp-local-graph login" not in error.text()


def pauses(error: LocalGraphError) -> None:
    passes(error)
    assert error.retry_after == 1


def asks_for_the_person(error: LocalGraphError) -> None:
    assert isinstance(error, SignInNeeded)
    assert error.need.claims is None


def asks_for_another_proof(error: LocalGraphError) -> None:
    assert isinstance(error, SignInNeeded)
    assert "capolids" in (error.need.claims or "")


def is_never_raised(error: LocalGraphError) -> None:
    raise error


async def nothing(_scene: Scene) -> None:
    """The fault is over."""


async def wait_for_the_pause(scene: Scene) -> None:
    """Nobody is asked again before it is over."""
    while isinstance(error := await scene.call(), Throttled):
        assert 0 < (error.retry_after or 0) <= 1
        assert scene.token_requests == 1
    assert not isinstance(error, LocalGraphError)


async def one_sign_in(scene: Scene) -> None:
    """The same question is not asked again; one sign-in with what was asked for, and the next call works at once."""
    error = await scene.call()
    assert isinstance(error, SignInNeeded)
    assert scene.token_requests == 1
    await sign_in(scene.auth, need=error.need, asked=False)
    (asked,) = scene.tenant.control.requests("authorize")
    assert (error.need.claims or "") in asked.query.get("claims", "") or "capolids" in asked.query["claims"]


SERVICE = [
    Row(
        fault="429 with Retry-After",
        happens=queued(429, Retry_After="1"),
        becomes=Throttled,
        says=pauses,
        then=wait_for_the_pause,
    ),
    Row(fault="429 without", happens=queued(429), becomes=Throttled, says=passes, then=nothing),
    Row(fault="503, HTML", happens=queued("503-html"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="500", happens=queued("500"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="200, a captive portal", happens=queued("html"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="200, truncated", happens=queued("truncated"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="200, empty", happens=queued("empty"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="200, []", happens=queued("list"), becomes=ServiceUnavailable, says=passes, then=nothing),
    Row(fault="invalid_grant", happens=queued(70000), becomes=SignInNeeded, says=asks_for_the_person, then=one_sign_in),
    Row(fault="expired", happens=queued(700082), becomes=SignInNeeded, says=asks_for_the_person, then=one_sign_in),
    Row(
        fault="revoked",
        happens=lambda scene: scene.tenant.control.revoke_sign_in(scene.tenant.person.user_name),
        becomes=SignInNeeded,
        says=asks_for_the_person,
        then=one_sign_in,
    ),
    Row(
        fault="interaction_required with claims",
        happens=queued(50076),
        becomes=SignInNeeded,
        says=asks_for_another_proof,
        then=one_sign_in,
    ),
    Row(fault="reset, once", happens=queued("reset"), becomes=None, requests=2, says=is_never_raised, then=nothing),
    Row(
        fault="reset, twice",
        happens=queued("reset", times=2),
        becomes=ServiceUnavailable,
        requests=2,
        says=passes,
        then=nothing,
    ),
    Row(
        fault="cut amid the answer", happens=queued("cut"), becomes=None, requests=2, says=is_never_raised, then=nothing
    ),
]


@pytest.mark.parametrize("row", SERVICE, ids=lambda row: row.fault)
async def test_a_fault_of_the_token_service(tenant: DemoTenant, tmp_path: Path, row: Row) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left=1)
    row.happens(scene)
    ended = await scene.call()
    assert scene.token_requests == row.requests
    if row.becomes is None:
        assert not isinstance(ended, LocalGraphError)
    else:
        assert type(ended) is row.becomes
        row.says(ended)
    await row.then(scene)
    assert await scene.auth.token(BASIC)


# The way there


async def test_a_name_that_nobody_knows_is_no_matter_of_signing_in(tenant: DemoTenant, tmp_path: Path) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left=1)
    lost = service(tenant, tmp_path, cloud=clouds.custom("https://login.invalid", tenant.graph_url))
    error = await failure(lost.begin(BASIC_NEED))
    assert type(error) is ServiceUnavailable
    passes(error)
    assert await scene.auth.token(BASIC)


async def test_a_service_that_says_nothing_is_given_up(tenant: DemoTenant) -> None:
    client = EntraClient(client_context(tenant.ca_file), timeout=(SOON, 0.2))
    address = f"{tenant.login_url}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration"
    tenant.control.hold("discovery")
    with pytest.raises(ServiceUnavailable, match="did not answer in time"):
        await in_thread(client.get, address)
    assert len(tenant.control.requests("discovery")) == 2, "it was tried once more"
    tenant.control.release()
    assert (await in_thread(client.get, address)).status_code == 200
    client.close()


async def test_a_certificate_of_somebody_else_is_not_trusted_and_not_tried_twice(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left=1)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other-ca.pem")
    other = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT, ca_file=tmp_path / "other-ca.pem")
    error = await failure(other.token(BASIC))
    assert type(error) is ServiceUnavailable
    assert "certificate" in error.what
    assert scene.token_requests == 0
    assert await scene.auth.token(BASIC)


@pytest.mark.parametrize("seconds_left", [120, 3600])
async def test_offline_a_token_that_is_still_good_serves(tenant: DemoTenant, tmp_path: Path, seconds_left: int) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left)
    tenant.stop()
    tokens = {await scene.auth.token(BASIC) for _ in range(3)}
    assert len(tokens) == 1
    assert await service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT).token(BASIC) in tokens, (
        "for a new server, too"
    )


async def test_many_calls_with_an_expired_token_make_one_request(tenant: DemoTenant, tmp_path: Path) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left=1)
    assert len(set(await asyncio.gather(*(scene.auth.token(BASIC) for _ in range(200))))) == 1
    assert scene.token_requests == 1


# The clock


TWO_HOURS = 7200


@pytest.mark.parametrize("ahead", [TWO_HOURS, -TWO_HOURS])
async def test_a_sign_in_under_a_wrong_clock_holds(tenant: DemoTenant, tmp_path: Path, ahead: int) -> None:
    asked = await tokens.calls_of_one(tenant, tmp_path, STATELESS, CALLS, ahead=ahead)
    assert asked == Asked(calls=CALLS, answered=CALLS, prompts=1, token_requests=1)


@pytest.mark.parametrize(("ahead", "refreshes"), [(TWO_HOURS, 1), (-TWO_HOURS, 0)])
async def test_a_clock_that_jumps_leads_to_one_refresh_at_the_most(
    tenant: DemoTenant, tmp_path: Path, ahead: int, refreshes: int
) -> None:
    await signed_in(tenant, tmp_path, seconds_left=3600)
    asked = await tokens.calls_of_one(tenant, tmp_path, STATELESS, CALLS, ahead=ahead)
    assert asked == Asked(calls=CALLS, answered=CALLS, prompts=0, token_requests=refreshes)


async def test_a_token_that_only_this_machine_finds_good_is_renewed_once(tenant: DemoTenant, tmp_path: Path) -> None:
    await signed_in(tenant, tmp_path, seconds_left=3600)
    tenant.control.expire_access_tokens()
    asked = await tokens.calls_of_one(tenant, tmp_path, STATELESS, CALLS, ahead=-TWO_HOURS)
    assert asked == Asked(calls=CALLS, answered=CALLS, prompts=0, token_requests=1)


async def test_where_entra_finds_a_time_wrong_the_clock_is_named(tenant: DemoTenant, tmp_path: Path) -> None:
    scene = await signed_in(tenant, tmp_path, seconds_left=1)
    body = b'{"error":"invalid_grant","error_codes":[500133],"error_description":"AADSTS500133: x"}'
    tenant.control.queue_entra_error(Fault(status=400, body=body))
    error = await failure(scene.auth.token(BASIC))
    assert "clock" in error.remedy
    assert await scene.auth.token(BASIC)
