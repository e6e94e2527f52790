"""Permissions that only an administrator may approve: the link, who is asked again, and what an approval changes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from mcp_local_graph.auth.accounts import Account, Accounts
from mcp_local_graph.auth.consent import explained, link
from mcp_local_graph.auth.registration import Registration
from mcp_local_graph.clouds import CLOUDS
from mcp_local_graph.config import SignIn, TokenStore
from mcp_local_graph.errors import AdminConsentNeeded, Need, SignInNeeded
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC, SOON, ended, failure, service, sign_in
from tests.support import approve, without_consent

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant, Page

MAIL = frozenset({"Mail.Read", "User.Read"})
MAIL_ONLY = frozenset({"Mail.Read"})
INES = Account("o.t", "ines@brackwater.example", "5b7c1f0e-93a4-4d0b-8c39-6e2f10a7d4b1")


def registration(directory: Path, tenant: str = "organizations", cloud: str = "global") -> Registration:
    return Registration(
        client_id="7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203",
        tenant=tenant,
        cloud=CLOUDS[cloud],
        ca_file=None,
        sign_in=SignIn.AUTO,
        token_store=TokenStore.MEMORY,
        state_dir=directory,
    )


async def refused(auth: AuthenticationService, scopes: frozenset[str] = MAIL) -> tuple[AdminConsentNeeded, Page]:
    needed = await failure(auth.token(scopes))
    assert isinstance(needed, SignInNeeded)
    attempt, _ = await auth.begin(needed.need)
    page = await in_thread(without_consent, attempt.shown.address)
    error = await failure(ended(attempt))
    assert isinstance(error, AdminConsentNeeded)
    return error, page


async def approved(auth: AuthenticationService) -> str:
    """The token, once it is given: MSAL remembers the refusal for a second."""
    async with asyncio.timeout(SOON):
        while True:
            with contextlib.suppress(SignInNeeded):
                return await auth.token(MAIL)


# The link


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_link_names_the_tenant_the_app_and_each_permission_in_full(tmp_path: Path, cloud: str) -> None:
    parts = urlsplit(link(registration(tmp_path, cloud=cloud), INES, MAIL))
    graph = CLOUDS[cloud].graph_url
    assert f"{parts.scheme}://{parts.netloc}" == CLOUDS[cloud].login_url
    assert parts.path == f"/{INES.tenant_id}/v2.0/adminconsent"
    assert parse_qs(parts.query) == {
        "client_id": ["7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203"],
        "scope": [f"{graph}/Mail.Read {graph}/User.Read"],
        "redirect_uri": ["http://localhost"],
        "state": ["mcp-local-graph"],
    }


def test_a_space_in_the_link_is_none_that_a_mail_program_would_break(tmp_path: Path) -> None:
    assert "%20" in link(registration(tmp_path), INES, MAIL)
    assert "+" not in link(registration(tmp_path), INES, MAIL)


@pytest.mark.parametrize("tenant", ["organizations", "brackwater.example"])
def test_before_anybody_has_signed_in_the_tenant_is_that_of_the_settings_and_openid_is_asked_for_too(
    tmp_path: Path, tenant: str
) -> None:
    parts = urlsplit(link(registration(tmp_path, tenant), None, BASIC))
    assert parts.path.startswith(f"/{tenant}/")
    assert parse_qs(parts.query)["scope"] == ["https://graph.microsoft.com/User.Read openid profile offline_access"]


def test_where_there_is_no_administrator_or_nothing_to_approve_there_is_no_link(tmp_path: Path) -> None:
    assert link(registration(tmp_path, "consumers"), None, MAIL) == ""
    assert link(registration(tmp_path, "9188040d-6c67-4c5b-b112-36a304b66dad"), None, MAIL) == ""
    assert link(registration(tmp_path), INES, frozenset()) == ""
    assert explained(AdminConsentNeeded("X."), MAIL_ONLY, "").remedy.endswith(
        "`mcp-local-graph consent Mail.Read` prints."
    )


# A whole refusal


@pytest.mark.anyio
async def test_a_refusal_names_what_is_missing_and_no_more_and_its_link_is_right(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    error, page = await refused(auth)
    assert error.what == "An administrator has to approve these permissions for your organisation: Mail.Read."
    assert error.scopes == MAIL_ONLY
    assert error.trace.code == "AADSTS90094"
    assert error.trace.correlation_id
    assert f"`mcp-local-graph consent Mail.Read` prints, or this link: {error.link}" in error.remedy
    # The person reads it on the last page too.
    assert (page.title, error.link in page.text) == ("Not signed in", True)
    assert (await in_thread(approve, tenant, error.link)).status == 302


@pytest.mark.anyio
async def test_the_refusal_of_one_permission_loses_no_other(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    before = await auth.token(BASIC)
    await refused(auth)
    assert await auth.token(BASIC) == before
    assert await auth.token(BASIC, instead_of=before) != before
    assert await auth.granted() == BASIC


@pytest.mark.anyio
async def test_after_a_refusal_nobody_is_asked_in_a_loop(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    error, _ = await refused(auth)
    asked = len(tenant.control.requests("authorize"))
    for need in (Need(MAIL), Need(MAIL | {"Calendars.Read"})):
        again = await failure(auth.begin(need))
        assert (type(again), again.text()) == (AdminConsentNeeded, error.text())
    assert len(tenant.control.requests("authorize")) == asked
    # Something else may be asked for.
    (await auth.begin(Need(frozenset({"Contacts.Read"}))))[0].cancel()


@pytest.mark.anyio
async def test_what_an_administrator_has_to_approve_adds_up_until_it_is_granted(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    await refused(auth)
    await refused(auth, frozenset({"Calendars.Read"}))
    assert (await auth.status()).waiting == MAIL_ONLY | {"Calendars.Read"}
    link = (await auth.approval(MAIL_ONLY)).link
    await in_thread(approve, tenant, link)
    assert await approved(auth)
    assert (await auth.status()).waiting == {"Calendars.Read"}


@pytest.mark.anyio
async def test_once_an_administrator_has_approved_the_call_works_without_a_prompt(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    error, _ = await refused(auth)
    assert (await auth.status()).waiting == MAIL_ONLY
    assert any("An administrator has to approve: Mail.Read." in line for line in (await auth.status()).lines())
    await in_thread(approve, tenant, error.link)
    assert await approved(auth)
    assert (await auth.status()).waiting == frozenset()
    # Who asks for the sign-in hears that there is nothing left to do.
    assert await Accounts(auth).require() == await auth.status()


@pytest.mark.anyio
async def test_a_first_sign_in_that_waits_for_an_administrator_is_possible_afterwards(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    tenant.control.require_admin_consent("User.Read")
    auth = service(tenant, tmp_path)
    error, _ = await refused(auth, BASIC)
    assert error.scopes == BASIC
    await in_thread(approve, tenant, error.link)
    needed = await failure(Accounts(auth).require())
    assert isinstance(needed, SignInNeeded)
    assert (await sign_in(auth, need=needed.need, asked=needed.asked)).user_name == tenant.person.user_name


@pytest.mark.anyio
async def test_another_process_knows_what_waits_and_the_ids_of_the_refusal(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth)
    error, _ = await refused(auth)
    later = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    approval = await later.approval(MAIL)
    assert approval.account is not None
    assert (approval.account.user_name, approval.scopes, approval.link) == (
        tenant.person.user_name,
        MAIL_ONLY,
        error.link,
    )
    assert approval.trace == error.trace.line()
    assert (await later.approval(frozenset({"Calendars.Read"}))).trace == ""


@pytest.mark.anyio
async def test_a_refresh_that_only_an_administrator_could_help_has_the_link_as_well(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    tenant.control.set_token_lifetime(1)
    await sign_in(auth)
    tenant.control.queue_entra_error(90094)
    error = await failure(auth.token(MAIL))
    assert isinstance(error, AdminConsentNeeded)
    assert error.scopes == MAIL_ONLY
    assert error.link
