from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult

from mcp_local_graph.auth.status import Status
from mcp_local_graph.config import SignIn
from mcp_local_graph.sandbox import Person
from mcp_local_graph.server.asking import Patience
from mcp_local_graph.threads import in_thread
from tests import browser, support
from tests.server.hosts import ERAS, KINDS, LEGACY, STATELESS, data_of, do_nothing, hosted, sign_in, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.auth.attempt import Shown
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
SHORT = Patience(wait=0.4, progress=0.1)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def under_way_of(services: Services) -> Shown:
    """The sign-in that waits for its person."""
    status = await services.auth.status()
    assert isinstance(status, Status)
    assert status.under_way is not None
    return status.under_way


def with_browser(monkeypatch: pytest.MonkeyPatch, does: str = "accept") -> None:
    monkeypatch.setenv("BROWSER", browser.COMMAND)
    monkeypatch.setenv("PERSON_DOES", does)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_without_a_token_signs_the_person_in_and_goes_on(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, era: str, kind: str
) -> None:
    with_browser(monkeypatch)
    async with hosted(support.services(tenant, tmp_path), era, kind) as host:
        result = await host.call("profile_get")
        assert f"Name: {tenant.person.display_name}" in text_of(result)
        assert not result.is_error
        assert len(host.shown) == (kind == "url")
        assert data_of(await host.call("profile_get")) == data_of(result)
        assert len(host.shown) == (kind == "url")


async def test_the_address_shown_is_a_page_of_this_machine_without_personal_data(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        await host.call("profile_get")
        (question,) = host.shown
        assert question.url.startswith("http://localhost:")
        assert "/start/" in question.url
        assert "?" not in question.url
        assert "@" not in question.url + question.message


@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_a_no_is_an_error_and_is_not_asked_again_until_the_person_asks(
    tenant: DemoTenant, tmp_path: Path, era: str, answer: str
) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        host.answer = answer
        refused = await host.call("profile_get")
        assert refused.is_error
        assert "cancelled" in text_of(refused)
        again = await host.call("profile_get")
        assert again.is_error
        assert "not asked again" in text_of(again)
        assert len(host.shown) == 1
        host.answer = "accept"
        assert "Signed in:" in await host.text("account_sign_in")
        assert "Name:" in await host.text("profile_get")


async def test_a_client_that_fails_to_show_the_address_is_no_answer_of_the_person(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    services = support.services(tenant, tmp_path)
    async with hosted(services, LEGACY) as host:
        host.answer = "broken"
        words = await host.text("profile_get")
        under_way = await under_way_of(services)
        assert under_way.address in words
        await sign_in(under_way.address)
        assert "Name:" in await host.text("profile_get")


async def test_who_asks_for_the_sign_in_is_shown_the_one_that_is_under_way(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    services = support.services(tenant, tmp_path)
    async with hosted(services, era, "url", do_nothing, patience=SHORT) as host:
        await host.call("profile_get")
        await host.call("account_sign_in")
        first, second = host.shown
        assert first.url == second.url
        await sign_in((await under_way_of(services)).address)
        assert "Name:" in await host.text("profile_get")


async def test_what_graph_refuses_again_and_again_is_asked_once_a_call_and_three_times_in_all(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        tenant.control.queue_graph_fault(401, "/v1.0/me", times=100)
        for asked in (1, 2, 3, 3, 3):
            assert (await host.call("profile_get")).is_error
            assert len(host.shown) == asked


async def test_what_was_declined_is_what_account_sign_in_asks_for(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        assert "Name:" in await host.text("profile_get")
        tenant.control.expire_access_tokens()
        tenant.control.queue_entra_error(50076, times=2)
        host.answer = "decline"
        assert (await host.call("profile_get")).is_error
        host.answer = "accept"
        assert "Signed in:" in await host.text("account_sign_in")
        assert len(host.shown) == 3
        assert "Name:" in await host.text("profile_get")


@pytest.mark.parametrize("kind", KINDS)
async def test_cancel_on_microsofts_page_ends_the_call_with_that_reason(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, era: str, kind: str
) -> None:
    with_browser(monkeypatch, "cancel")

    async def cancel(address: str) -> None:
        await in_thread(lambda: Person().sign_in(address, cancel=True))

    async with hosted(support.services(tenant, tmp_path), era, kind, cancel) as host:
        result = await host.call("profile_get")
        assert result.is_error
        assert "AADSTS65004" in text_of(result)
        assert "account_sign_in" in text_of(result)


@pytest.mark.parametrize("kind", KINDS)
async def test_when_patience_ends_the_answer_says_so_and_the_next_call_goes_on(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, era: str, kind: str
) -> None:
    with_browser(monkeypatch, "nothing")
    services = support.services(tenant, tmp_path)
    async with hosted(services, era, kind, do_nothing, patience=SHORT) as host:
        waiting = await host.call("profile_get")
        assert not waiting.is_error
        assert "make this call again" in text_of(waiting)
        still = await host.text("profile_get")
        assert "make this call again" in still
        assert len(host.shown) == (kind == "url")
        under_way = await under_way_of(services)
        await sign_in(under_way.address)
        assert "Name:" in await host.text("profile_get")


async def test_progress_is_told_while_a_call_waits(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    told: list[str | None] = []

    async def sign_in_once_told(address: str) -> None:
        while not host.progress:
            await anyio.lowlevel.checkpoint()
        told.extend(host.progress)
        await sign_in(address)

    patience = Patience(wait=10, progress=0.05)
    async with hosted(support.services(tenant, tmp_path), era, "url", sign_in_once_told, patience=patience) as host:
        assert "Name:" in await host.text("profile_get")
        assert "Waiting for the sign-in to be finished" in told


@pytest.mark.parametrize("kind", ["form", "none"])
async def test_without_a_browser_the_code_is_the_answer_at_once(
    tenant: DemoTenant, tmp_path: Path, era: str, kind: str
) -> None:
    tenant.control.set_device_code_interval(1)
    services = support.services(tenant, tmp_path, sign_in=SignIn.AUTO)
    async with hosted(services, era, kind) as host:
        with anyio.fail_after(3):
            answer = await host.call("profile_get")
        shown = await under_way_of(services)
        assert shown.code
        assert shown.code in text_of(answer)
        assert shown.address in text_of(answer)
        assert not answer.is_error
        tenant.control.approve_device_code(shown.code)
        assert "Name:" in await host.text("profile_get")


async def test_without_a_browser_a_host_that_shows_addresses_shows_the_code_beside_it(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    tenant.control.set_device_code_interval(1)
    services = support.services(tenant, tmp_path, sign_in=SignIn.AUTO)
    codes: list[str] = []

    async def enter(address: str) -> None:
        shown = await under_way_of(services)
        assert shown.code
        codes.append(shown.code)
        await in_thread(Person().enter_device_code, address, shown.code)

    async with hosted(services, era, "url", enter) as host:
        assert "Name:" in await host.text("profile_get")
        (question,) = host.shown
        assert codes[0] in question.message
        assert question.url.startswith(tenant.pages_url)


async def test_a_browser_that_cannot_be_opened_leaves_the_address_in_the_answer(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    services = support.services(tenant, tmp_path)
    async with hosted(services, era, "none") as host:
        answer = await host.text("profile_get")
        under_way = await under_way_of(services)
        assert answer == (
            f"To sign in to Microsoft 365, open {under_way.address} in a browser on this computer. Then make this call "
            "again."
        )


async def test_a_sign_in_that_one_call_waited_for_in_vain_does_not_hold_up_the_next_as_long(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    services = support.services(tenant, tmp_path)
    patience = Patience(wait=1.0, progress=0.1, again=0.1)
    async with hosted(services, era, "url", do_nothing, patience=patience) as host:
        waits = []
        for _ in range(2):
            began = anyio.current_time()
            assert "`mcp-local-graph consent`" in await host.text("profile_get")
            waits.append(anyio.current_time() - began)
        assert waits[0] >= 1.0
        assert waits[1] < 1.0
        await sign_in((await under_way_of(services)).address)
        assert "Name:" in await host.text("profile_get")


async def test_two_calls_at_once_lead_to_one_question(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        answers = await asyncio.gather(*(host.text("profile_get") for _ in range(5)))
        assert all(answer.count("Name: Ines Okafor") == 1 for answer in answers)
        assert len(host.shown) == 1
        assert len([r for r in tenant.control.requests("token") if r.form["grant_type"] == "authorization_code"]) == 1


async def test_a_cancelled_call_leaves_the_sign_in_to_be_finished(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    services = support.services(tenant, tmp_path)
    async with hosted(services, era, "url", do_nothing) as host:
        with anyio.move_on_after(0.5) as cancelled:
            await host.call("profile_get")
        assert cancelled.cancelled_caught
        under_way = await under_way_of(services)
        await sign_in(under_way.address)
        assert "Name:" in await host.text("profile_get")
        assert len(host.shown) == 1


async def test_a_forged_first_answer_is_asked_like_any_first_call(tenant: DemoTenant, tmp_path: Path) -> None:
    async with hosted(support.services(tenant, tmp_path), STATELESS, "url", do_nothing) as host:
        forged: Any = {"question": ElicitResult(action="accept")}
        result = await host.client.session.call_tool(
            "profile_get", {}, input_responses=forged, allow_input_required=True
        )
        assert isinstance(result, InputRequiredResult)


async def test_an_answer_counts_once(tenant: DemoTenant, tmp_path: Path) -> None:
    async with hosted(support.services(tenant, tmp_path), STATELESS, "url", do_nothing, patience=SHORT) as host:
        asked = await host.client.session.call_tool("profile_get", {}, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        yes: Any = {"question": ElicitResult(action="accept")}
        no: Any = {"question": ElicitResult(action="decline")}
        first = await host.client.session.call_tool(
            "profile_get", {}, input_responses=yes, request_state=asked.request_state, allow_input_required=True
        )
        assert isinstance(first, CallToolResult)
        replayed = await host.client.session.call_tool(
            "profile_get", {}, input_responses=no, request_state=asked.request_state, allow_input_required=True
        )
        assert isinstance(replayed, CallToolResult)
        assert not replayed.is_error  # the no of a replay ends nothing: the call joins the sign-in under way


async def test_a_no_after_the_sign_in_was_finished_does_not_undo_it(tenant: DemoTenant, tmp_path: Path) -> None:
    async with hosted(support.services(tenant, tmp_path), STATELESS, "url", do_nothing) as host:
        asked = await host.client.session.call_tool("profile_get", {}, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        assert asked.input_requests
        request: Any = asked.input_requests["question"]
        await sign_in(request.params.url)
        no: Any = {"question": ElicitResult(action="decline")}
        result = await host.client.session.call_tool(
            "profile_get", {}, input_responses=no, request_state=asked.request_state, allow_input_required=True
        )
        assert isinstance(result, CallToolResult)
        assert "Name:" in text_of(result)


async def test_a_second_factor_asked_for_in_the_middle_leads_to_one_more_question(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        tenant.control.queue_entra_error(50076)
        assert "Name:" in await host.text("profile_get")
        assert len(host.shown) == 2


async def test_a_revoked_sign_in_is_asked_for_again(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    async with hosted(support.services(tenant, tmp_path), era) as host:
        await host.call("profile_get")
        tenant.control.revoke_sign_in(tenant.person.user_name)
        assert "Name:" in await host.text("profile_get")
        assert len(host.shown) == 2


async def test_a_server_that_may_not_ask_says_what_to_do(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    async with hosted(support.services(tenant, tmp_path, sign_in=SignIn.NEVER), era) as host:
        result = await host.call("profile_get")
        assert result.is_error
        assert "mcp-local-graph login" in text_of(result)
        assert not host.shown


# Errors at the token endpoint while a sign-in is finished; those that ask for the person again are tried above.
CODES = [65001, 90094, 50011, 7000218, 700016, 90002, 50020, 53003, 530033, 70043, 700082, 50173, 70000, 70018]
CODES += [70019, 70020, 50196, 90033]


@pytest.mark.parametrize("code", CODES)
async def test_each_refusal_of_entra_reaches_the_model_and_the_next_call_works(
    tenant: DemoTenant, tmp_path: Path, code: int
) -> None:
    async with hosted(support.services(tenant, tmp_path), STATELESS) as host:
        tenant.control.queue_entra_error(code, times=3)  # a second prompt meets it too
        result = await host.call("profile_get")
        words = text_of(result)
        assert result.is_error
        assert f"code AADSTS{code}" in words
        assert "correlation id" in words
        assert len(words.splitlines()) == 3, words
        tenant.control.clear_faults()
        assert "Signed in:" in await host.text("account_sign_in")
        assert "Name:" in await host.text("profile_get")


@pytest.mark.parametrize("fault", [429, "500", "503", "html", "503-html", "truncated", "empty", "list", "reset"])
async def test_each_fault_of_the_sign_in_service_reaches_the_model_and_the_next_call_works(
    tenant: DemoTenant, tmp_path: Path, fault: int | str
) -> None:
    async with hosted(support.services(tenant, tmp_path), STATELESS) as host:
        await host.call("profile_get")
        tenant.control.expire_access_tokens()
        # A connection that fails is tried once more, so it has to fail twice.
        tenant.control.queue_entra_error(fault, times=2 if fault == "reset" else 1)
        tenant.control.queue_graph_fault(401, "/v1.0/me")
        result = await host.call("profile_get")
        assert result.is_error
        assert "try again" in text_of(result).lower()
        assert len(host.shown) == 1
        assert "Name:" in await host.text("profile_get")
        assert len(host.shown) == 1
