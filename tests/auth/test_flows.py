"""Whole sign-ins by the two ways to ask, with a person at the pages of the demo tenant."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mcp_local_graph.auth.attempt import Attempt, Rung
from mcp_local_graph.config import SignIn, TokenStore
from mcp_local_graph.errors import Need, SignInDeclined, SignInExpired, SignInFailed
from mcp_local_graph.sandbox import Fault, Person
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC, BASIC_NEED, SOON, browse, device_service, ended, failure, refuses, service, sign_in
from tests.auth.test_cache import coded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant
    from mcp_local_graph.sandbox.person import Page

pytestmark = pytest.mark.anyio


def port(attempt: Attempt) -> int:
    return urlsplit(attempt.shown.address).port or 0


def threads_named(*names: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name in names]


async def nobody_listens(attempt: Attempt) -> bool:
    assert await in_thread(attempt.closed.wait, SOON)
    for thread in threads_named(f"sign-in page {port(attempt)}"):
        await in_thread(thread.join, SOON)
    return refuses(port(attempt)) and not threads_named(f"sign-in page {port(attempt)}")


# In the browser


async def test_a_person_signs_in_through_the_pages(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    attempt, began = await auth.begin(BASIC_NEED)
    assert began
    assert (attempt.shown.rung, attempt.shown.code) == (Rung.BROWSER, None)
    page = await browse(attempt)
    account = await ended(attempt)
    assert page.title == "You are signed in"
    assert f"Account: {tenant.person.user_name}" in page.text
    assert (account.user_name, account.home_account_id) == (tenant.person.user_name, tenant.person.home_account_id)
    assert (await auth.status()).account == account


async def test_what_is_shown_to_a_person_names_neither_them_nor_a_secret(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(Need(BASIC, account="u.t", hint=tenant.person.user_name))
    address = urlsplit(attempt.shown.address)
    assert (address.scheme, address.hostname, address.query, address.fragment) == ("http", "localhost", "", "")
    assert address.path.startswith("/start/")
    assert tenant.person.user_name.partition("@")[0] not in attempt.shown.address
    attempt.cancel()


async def test_microsoft_is_asked_with_pkce_a_state_a_nonce_and_a_form(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    await sign_in(auth)
    asked = tenant.control.requests("authorize")[0].query
    assert (asked["response_type"], asked["response_mode"], asked["prompt"]) == ("code", "form_post", "select_account")
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) >= 16 for name in ("code_challenge", "state", "nonce"))
    assert asked["redirect_uri"].startswith("http://localhost:")
    assert set(asked["scope"].split()) == {f"{tenant.graph_url}/User.Read", "openid", "profile", "offline_access"}
    assert "CP1" in asked["claims"] or "cp1" in asked["claims"]
    redeemed = tenant.control.requests("token")[0].form
    assert redeemed["code_verifier"]


async def test_nobody_listens_after_a_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(BASIC_NEED)
    assert not refuses(port(attempt))
    await browse(attempt)
    await ended(attempt)
    assert await nobody_listens(attempt)


async def test_nobody_listens_after_a_sign_in_that_failed(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(BASIC_NEED)
    await browse(attempt, cancel=True)
    await failure(ended(attempt))
    assert await nobody_listens(attempt)


async def test_nobody_listens_after_a_sign_in_that_was_cancelled_before_it_was_opened(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(BASIC_NEED)
    attempt.cancel()
    assert type(await failure(ended(attempt))) is SignInDeclined
    assert await nobody_listens(attempt)


@pytest.mark.parametrize("cancel", [True, False], ids=["at the accounts", "at the permissions"])
async def test_a_person_who_cancels_at_microsoft_is_heard(tenant: DemoTenant, tmp_path: Path, *, cancel: bool) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    page = await browse(attempt, consent=False, cancel=cancel)
    error = await failure(ended(attempt))
    assert type(error) is SignInDeclined
    assert error.trace.code == "AADSTS65004"
    assert (page.title, error.what in page.text) == ("Not signed in", True)
    assert (await auth.status()).accounts == ()


async def test_an_idle_connection_does_not_hold_up_a_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await service(tenant, tmp_path).begin(BASIC_NEED)
    with socket.create_connection(("127.0.0.1", port(attempt))), socket.create_connection(("::1", port(attempt))):
        await browse(attempt)
        assert (await ended(attempt)).user_name == tenant.person.user_name


async def test_another_browser_neither_begins_nor_ends_a_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    person, stranger = Person(), Person()
    there = await in_thread(person.submit, await in_thread(person.browse, attempt.shown.address))
    assert there.title.startswith("Choose an account")
    refused = await in_thread(stranger.submit, await in_thread(stranger.browse, attempt.shown.address))
    assert (refused.status, refused.title) == (403, "Begun in another browser")
    away = await in_thread(stranger.browse, f"http://localhost:{port(attempt)}/finish")
    assert away.status == 403
    # The first goes on undisturbed.
    there = await in_thread(person.submit, there, tenant.person.user_name)
    there = await in_thread(person.submit, there, "accept")
    assert (await in_thread(person.submit, there)).title == "You are signed in"
    await ended(attempt)


async def test_an_answer_to_another_question_changes_nothing(tenant: DemoTenant, tmp_path: Path) -> None:
    """Login CSRF by an answer: an attacker's own code, posted here, with a state that is not ours."""
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    other, _ = await service(tenant, tmp_path / "other").begin(BASIC_NEED)
    person = Person()
    page = await in_thread(person.submit, await in_thread(person.browse, other.shown.address))
    page = await in_thread(person.submit, page, tenant.people[1].user_name)
    page = await in_thread(person.submit, page, "accept")
    page.forms[0].action = f"http://localhost:{port(attempt)}/"
    refused = await in_thread(person.submit, page)
    assert (refused.status, attempt.over, tenant.control.requests("token")) == (400, False, [])
    assert (await sign_in_at(attempt)).user_name == tenant.person.user_name
    other.cancel()


async def sign_in_at(attempt: Attempt, account: str | None = None) -> Account:
    await browse(attempt, account)
    return await ended(attempt)


async def test_a_token_that_was_issued_for_another_question_is_refused(tenant: DemoTenant, tmp_path: Path) -> None:
    """A nonce that is not ours, in an id token that is otherwise right."""
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    foreign = {
        "id_token": f"e30.{coded({'sub': 'x', 'nonce': 'foreign'})}.x",
        "access_token": "EwX",
        "expires_in": 3600,
    }
    tenant.control.queue_entra_error(Fault(body=json.dumps(foreign).encode()))
    page = await browse(attempt)
    error = await failure(ended(attempt))
    assert type(error) is SignInFailed
    assert "does not fit the question" in error.what
    assert page.title == "Not signed in"


async def test_reloading_the_last_page_asks_microsoft_nothing(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    first = await sign_in(auth)
    attempt, _ = await auth.begin(Need(BASIC, account="somebody.else", hint=first.user_name))
    person = Person(first.user_name)
    question = await in_thread(person.sign_in, attempt.shown.address)
    assert question.title == "Is this the right account?"
    count = len(tenant.control.requests("token"))
    again = await in_thread(person.browse, f"http://localhost:{port(attempt)}/finish")
    assert (again.title, len(tenant.control.requests("token"))) == (question.title, count)
    attempt.cancel()


async def press(person: Person, page: Page, action: str) -> Page:
    """Press the button that posts to `action`."""
    page.forms[0].action = action
    return await in_thread(person.submit, page)


async def question_about_another_account(
    tenant: DemoTenant, auth: AuthenticationService
) -> tuple[Attempt, Person, Page]:
    """Ines is signed in and needed again; Marit signs in."""
    ines = await sign_in(auth)
    attempt, _ = await auth.begin(Need(BASIC, account=ines.home_account_id, hint=ines.user_name))
    person = Person()
    page = await in_thread(person.sign_in, attempt.shown.address, account=tenant.people[1].user_name)
    assert page.title == "Is this the right account?"
    assert tenant.people[1].user_name in page.text
    assert not attempt.over
    return attempt, person, page


async def test_another_account_is_kept_when_the_person_says_so(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    attempt, person, page = await question_about_another_account(tenant, auth)
    assert (await press(person, page, "/keep")).title == "You are signed in"
    assert (await ended(attempt)).user_name == tenant.people[1].user_name
    status = await auth.status()
    assert status.account is not None
    assert status.account.user_name == tenant.people[1].user_name
    assert len(status.accounts) == 2
    assert await nobody_listens(attempt)


async def test_a_double_click_does_not_take_the_account_away_again(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    attempt, person, page = await question_about_another_account(tenant, auth)
    await asyncio.gather(*(press(person, page, "/keep") for _ in range(2)), return_exceptions=True)
    assert (await ended(attempt)).user_name == tenant.people[1].user_name
    assert await nobody_listens(attempt)
    assert len((await auth.status()).accounts) == 2


async def test_another_account_that_is_not_wanted_leaves_no_token_behind(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    attempt, person, page = await question_about_another_account(tenant, auth)
    assert (await press(person, page, "/cancel")).title == "Not signed in"
    assert type(await failure(ended(attempt))) is SignInDeclined
    await only_ines_is_left(tenant, auth, tmp_path)


async def test_another_account_that_nobody_confirms_leaves_no_token_behind(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    attempt, person, page = await question_about_another_account(tenant, auth)
    attempt.end(SignInExpired("Nobody finished the sign-in in time."))
    await failure(ended(attempt))
    await only_ines_is_left(tenant, auth, tmp_path)
    # The page is still there for a moment; it must not say that anything was kept.
    try:
        late = await press(person, page, "/keep")
    except OSError:  # it was gone already
        return
    assert late.title == "Not signed in"


async def only_ines_is_left(tenant: DemoTenant, auth: AuthenticationService, directory: Path) -> None:
    status = await auth.status()
    assert [account.user_name for account in status.accounts] == [tenant.person.user_name]
    assert status.account == status.accounts[0]
    (stored,) = (directory / "state").glob("tokens-*.json")
    assert tenant.people[1].home_account_id not in stored.read_text()
    assert await auth.token(BASIC)


async def test_a_sign_in_that_was_cancelled_while_microsoft_answered_is_not_kept(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.hold("token")
    page = asyncio.ensure_future(browse(attempt))
    await in_thread(tenant.control.wait_for_request, "token")
    attempt.cancel()
    tenant.control.release("token")
    assert (await page).title == "Not signed in"
    assert type(await failure(ended(attempt))) is SignInDeclined
    assert (await auth.status()).accounts == ()


async def test_a_claims_challenge_that_makes_no_sense_opens_no_page(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path)
    error = await failure(auth.begin(Need(BASIC, claims="no json")))
    assert type(error) is SignInFailed
    assert "claims challenge" in error.what
    await sign_in(auth)


# By a code


async def test_a_person_signs_in_by_a_code(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = device_service(tenant, tmp_path)
    attempt, began = await auth.begin(BASIC_NEED)
    assert began
    assert (attempt.shown.rung, attempt.shown.address) == (Rung.DEVICE, f"{tenant.pages_url}/device")
    tenant.control.wait_for_request("token", 2)  # it waits
    page = await in_thread(Person().enter_device_code, attempt.shown.address, attempt.shown.code or "")
    assert page.title.startswith("You have signed in")
    account = await ended(attempt)
    assert account.home_account_id == tenant.person.home_account_id
    assert (await auth.status()).account == account
    assert await auth.token(BASIC)


async def test_a_code_that_is_declined_ends_the_attempt(tenant: DemoTenant, tmp_path: Path) -> None:
    attempt, _ = await device_service(tenant, tmp_path).begin(BASIC_NEED)
    code = attempt.shown.code or ""
    await in_thread(Person().enter_device_code, attempt.shown.address, code, accept=False)
    assert type(await failure(ended(attempt))) is SignInDeclined


async def test_a_code_that_nobody_enters_expires(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_device_code_lifetime(0)
    attempt, _ = await device_service(tenant, tmp_path).begin(BASIC_NEED)
    error = await failure(ended(attempt))
    assert type(error) is SignInExpired
    assert "in time" in error.what or "expired" in error.what


async def test_a_device_that_is_told_to_slow_down_does(tenant: DemoTenant, tmp_path: Path) -> None:
    slow = Fault(status=400, body=b'{"error": "slow_down", "error_codes": [70016]}')
    tenant.control.queue_entra_error(slow)
    attempt, _ = await device_service(tenant, tmp_path).begin(BASIC_NEED)
    tenant.control.wait_for_request("token")
    tenant.control.approve_device_code(attempt.shown.code or "")
    # Unhindered, it asks some hundred times a second here; now the next time is in five.
    assert not await attempt.wait(0.3)
    assert len(tenant.control.requests("token")) == 1
    attempt.cancel()


async def test_a_cancelled_code_is_not_asked_for_any_more(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = device_service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.wait_for_request("token")
    attempt.cancel()
    assert type(await failure(ended(attempt))) is SignInDeclined
    for thread in threads_named("_poll"):
        await in_thread(thread.join, SOON)
        assert not thread.is_alive()
    tenant.control.approve_device_code(attempt.shown.code or "")
    assert (await auth.status()).accounts == ()


async def test_a_code_that_is_approved_while_the_attempt_is_cancelled_signs_nobody_in(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = device_service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.wait_for_request("token")
    tenant.control.hold("token")
    tenant.control.wait_for_request("token", len(tenant.control.requests("token")) + 1)
    tenant.control.approve_device_code(attempt.shown.code or "")
    attempt.cancel()
    tenant.control.release("token")
    for thread in threads_named("_poll"):
        await in_thread(thread.join, SOON)
    status = await auth.status()
    assert (status.account, status.accounts) == (None, ())


async def test_another_account_by_code_than_the_one_in_use_is_not_kept(tenant: DemoTenant, tmp_path: Path) -> None:
    """There is no page of ours on which a person could be asked whether it is right."""
    auth = device_service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.approve_device_code(attempt.shown.code or "")
    ines = await ended(attempt)
    attempt, _ = await auth.begin(Need(BASIC, account=ines.home_account_id, hint=ines.user_name))
    tenant.control.approve_device_code(attempt.shown.code or "", tenant.people[1].user_name)
    error = await failure(ended(attempt))
    assert "Another account" in error.what
    assert "login --again" in error.remedy
    status = await auth.status()
    assert (status.account, status.accounts) == (ines, (ines,))


async def test_the_same_account_by_code_is_kept(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = device_service(tenant, tmp_path)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.approve_device_code(attempt.shown.code or "")
    ines = await ended(attempt)
    attempt, _ = await auth.begin(Need(frozenset({"Contacts.Read"}), account=ines.home_account_id))
    tenant.control.approve_device_code(attempt.shown.code or "")
    assert await ended(attempt) == ines
    assert await auth.granted() == {"User.Read", "Contacts.Read"}


# An attempt


async def test_only_the_first_word_on_an_attempt_counts() -> None:
    attempt = Attempt(BASIC_NEED, 60)
    attempt.cancel()
    attempt.end(SignInExpired("Too late."))
    assert type(await failure(ended(attempt))) is SignInDeclined
    assert attempt.over


async def test_an_attempt_ends_when_its_time_is_over() -> None:
    attempt = Attempt(BASIC_NEED, 0.02)
    assert not attempt.over
    error = await failure(ended(attempt))
    assert type(error) is SignInExpired
    assert "account_sign_in" in error.remedy


async def test_waiting_for_an_attempt_takes_no_longer_than_asked_and_ends_nothing() -> None:
    attempt = Attempt(BASIC_NEED, 60)
    assert not await attempt.wait(0.01)
    assert not attempt.over
    attempt.cancel()
    assert await attempt.wait()
    assert await attempt.wait(0)


# Where nothing can listen


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open nothing more: neither a file nor a socket to listen with."""
    with Path(os.devnull).open() as lowest:
        free = lowest.fileno()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_browser_that_was_asked_for_and_cannot_be_answered_is_an_error_with_a_way_out(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = service(tenant, tmp_path)
    (await auth.begin(BASIC_NEED))[0].cancel()
    with no_more_files():
        error = await failure(auth.begin(BASIC_NEED, asked=True))
    assert isinstance(error, SignInFailed)
    assert "--sign-in device" in error.remedy
    await sign_in(auth)


async def test_where_no_browser_can_be_answered_a_code_is_shown_in_its_place(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "/bin/true %s")
    tenant.control.set_device_code_interval(0)
    auth = service(tenant, tmp_path, sign_in=SignIn.AUTO)
    first, _ = await auth.begin(BASIC_NEED)
    first.cancel()
    assert first.shown.rung is Rung.BROWSER
    with no_more_files():
        second, _ = await auth.begin(BASIC_NEED, asked=True)
    assert second.shown.rung is Rung.DEVICE
    tenant.control.approve_device_code(second.shown.code or "")
    assert (await ended(second)).user_name == tenant.person.user_name
