from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.auth.ladder import TABLE, Abilities, Row, closed_by, rungs
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import BlockedByPolicy, BrokerUnusable, SignInDeclined, Trace
from tests.auth.kit import BASIC, BASIC_NEED, browse, device_service, ended, failure

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

BROKER, BROWSER, DEVICE = Rung.BROKER, Rung.BROWSER, Rung.DEVICE


@pytest.mark.parametrize(
    ("no_broker", "browser", "order"),
    [
        ("", True, (BROKER, BROWSER, DEVICE)),
        ("absent", True, (BROWSER, DEVICE)),
        ("absent", False, (DEVICE,)),
        ("", False, (BROKER, DEVICE)),
    ],
)
def test_the_order_is_what_the_machine_can_show(no_broker: str, browser: bool, order: tuple[Rung, ...]) -> None:  # noqa: FBT001 - a column of the table
    assert rungs(SignIn.AUTO, Abilities(no_broker, browser)) == order


@pytest.mark.parametrize("chosen", [SignIn.BROKER, SignIn.BROWSER, SignIn.DEVICE])
def test_a_setting_pins_a_rung_whatever_the_machine_has(chosen: SignIn) -> None:
    assert rungs(chosen, Abilities("absent", browser=False)) == (Rung(chosen.value),)


def test_never_means_no_rung() -> None:
    assert rungs(SignIn.NEVER, Abilities("", browser=True)) == ()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.why)
def test_each_row_closes_its_rungs_and_no_other_failure_does(row: Row) -> None:
    for rung in row.rungs:
        for code in row.codes or {""}:
            assert closed_by(rung, row.kind("It failed.", trace=Trace(code=code))) == row.closes
        assert closed_by(rung, SignInDeclined("No.", trace=Trace(code="AADSTS65004"))) == frozenset()


def test_a_device_policy_never_leads_to_a_code() -> None:
    refused = BlockedByPolicy("Only managed devices.", trace=Trace(code="AADSTS530033"))
    assert DEVICE in closed_by(DEVICE, refused)
    assert DEVICE in closed_by(BROWSER, refused)


def test_a_broker_that_cannot_be_used_leaves_the_browser() -> None:
    assert closed_by(BROKER, BrokerUnusable("Not here.")) == {BROKER}


@pytest.mark.anyio
async def test_where_codes_are_blocked_the_browser_is_next_and_stays_next(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = device_service(tenant, tmp_path, sign_in=SignIn.AUTO)
    attempt, _ = await auth.begin(BASIC_NEED)
    assert attempt.shown.rung is DEVICE
    monkeypatch.setenv("BROWSER", "true")
    tenant.control.queue_entra_error(53003)
    refused = await failure(ended(attempt))
    assert getattr(refused, "another_way", False)
    monkeypatch.delenv("BROWSER")
    assert "No way of signing in is left" in (await failure(auth.begin(BASIC_NEED))).what


@pytest.mark.anyio
async def test_where_the_registration_allows_no_codes_the_browser_is_next_and_the_remedy_is_told(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = tenant.no_public_flows_client_id
    auth = device_service(tenant, tmp_path, sign_in=SignIn.AUTO, client_id=client_id)
    tenant.control.hold("token")
    attempt, _ = await auth.begin(BASIC_NEED)
    assert attempt.shown.rung is DEVICE
    monkeypatch.setenv("BROWSER", "true")
    tenant.control.release("token")
    refused = await failure(ended(attempt))
    assert (getattr(refused, "another_way", False), refused.trace.code) == (True, "AADSTS7000218")
    assert "Allow public client flows" in refused.remedy
    attempt, _ = await auth.begin(BASIC_NEED)
    assert attempt.shown.rung is BROWSER
    await browse(attempt)
    assert (await ended(attempt)).user_name == tenant.person.user_name
    assert await auth.token(BASIC)
    assert "Allow public client flows" in " ".join((await auth.status()).closed)


@pytest.mark.anyio
async def test_where_codes_are_blocked_and_nothing_else_is_there_the_policy_is_told(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    auth = device_service(tenant, tmp_path, sign_in=SignIn.AUTO)
    attempt, _ = await auth.begin(BASIC_NEED)
    tenant.control.queue_entra_error(53003)
    assert isinstance(await failure(ended(attempt)), BlockedByPolicy)
