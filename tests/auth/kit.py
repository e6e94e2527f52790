"""What the tests of signing in share: a person who signs in, and services that lead to a demo tenant."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from mcp_local_graph.auth.service import AuthenticationService
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import LocalGraphError, Need
from mcp_local_graph.sandbox import Person
from mcp_local_graph.threads import in_thread
from tests.support import services

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Attempt
    from mcp_local_graph.sandbox import DemoTenant
    from mcp_local_graph.sandbox.person import Page

BASIC = frozenset({"User.Read"})
BASIC_NEED = Need(BASIC)
# Seconds within which anything on loopback is done.
SOON = 10.0


def service(tenant: DemoTenant, directory: Path, /, **changes: Any) -> AuthenticationService:  # noqa: ANN401 - any setting
    """The authentication service behind the settings of `tests.support`."""
    auth = services(tenant, directory, **changes).auth
    assert isinstance(auth, AuthenticationService)
    return auth


def device_service(tenant: DemoTenant, directory: Path, /, **changes: Any) -> AuthenticationService:  # noqa: ANN401 - as above
    """One that asks by a code, at a tenant that may be polled without a pause."""
    tenant.control.set_device_code_interval(0)
    return service(tenant, directory, **{"sign_in": SignIn.DEVICE, **changes})


async def browse(attempt: Attempt, account: str | None = None, *, consent: bool = True, cancel: bool = False) -> Page:
    """Let a person go through the pages of a browser attempt; the page they end on."""
    return await in_thread(Person(account).sign_in, attempt.shown.address, consent=consent, cancel=cancel)


async def sign_in(
    auth: AuthenticationService, account: str | None = None, need: Need = BASIC_NEED, *, asked: bool = True
) -> Account:
    """Sign in through the browser pages, as whomever; as the expected account where the need names one."""
    attempt, began = await auth.begin(need, asked=asked, anyone=need.account is None)
    assert began
    await browse(attempt, account)
    return await ended(attempt)


async def ended(attempt: Attempt) -> Account:
    """The account an attempt ends with. Raises the error it ends with instead."""
    assert await attempt.wait(SOON), "the attempt does not end"
    return attempt.outcome.result(0)


async def failure(call: Awaitable[object]) -> LocalGraphError:
    """The error of ours that a call ends with."""
    try:
        await call
    except LocalGraphError as error:
        return error
    raise AssertionError("the call succeeded")


def refuses(port: int) -> bool:
    """Whether nobody listens on a port of loopback, in either family."""
    for host in ("127.0.0.1", "::1"):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            continue
        return False
    return True
