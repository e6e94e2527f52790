"""Asking through the broker: who signs in, with how many windows, and what each failure becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.auth.broker.asking import Broker
from mcp_local_graph.auth.broker.machine import application, has_broker, redirect_uri
from mcp_local_graph.clouds import CLOUDS
from mcp_local_graph.errors import (
    BrokerUnusable,
    Need,
    ServiceUnavailable,
    SignInDeclined,
)
from tests.auth.broker_rig import (
    ALEX,
    BEA,
    CLIENT,
    LINUX,
    MACHINES,
    WINDOW,
    Makes,
    Rig,
    account,
    expecting,
    failure,
    rigged,
)
from tests.auth.kit import BASIC, BASIC_NEED
from tests.auth.stand_in_runtime import CANARY, CONSOLE_WINDOW, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.sandbox import DemoTenant

GLOBAL = CLOUDS["global"]


@pytest.fixture
def rig(tenant: DemoTenant) -> Iterator[Rig]:
    with rigged(tenant) as rig:
        yield rig


def test_the_application_uses_the_broker_and_the_same_cache(rig: Rig) -> None:
    assert has_broker(rig.app)
    assert rig.app.token_cache is rig.make.cache


def test_where_something_speaks_against_it_the_application_is_a_plain_one(rig: Rig) -> None:
    assert not has_broker(application(rig.make, LINUX._replace(display=False), GLOBAL))


def test_where_msal_drops_the_broker_the_application_is_a_plain_one(rig: Rig) -> None:
    rig.runtime.starts = False
    assert not has_broker(application(rig.make, MACHINES["linux"], GLOBAL))


def test_without_the_package_the_application_is_a_plain_one(tenant: DemoTenant) -> None:
    assert not has_broker(application(Makes(tenant), LINUX, GLOBAL))


def test_with_no_account_expected_the_systems_own_signs_in_without_a_window(rig: Rig) -> None:
    rig.runtime.silent = ALEX
    attempt = rig.asked()
    assert account(attempt).home_account_id == ALEX.home_account_id
    assert account(attempt).user_name == ALEX.name
    assert (attempt.shown.rung, attempt.shown.address) == (Rung.BROKER, "")
    assert rig.kept.kept == [ALEX.home_account_id]
    assert rig.runtime.calls == ["signin_silently"]
    assert rig.kept.windows == 0


@pytest.mark.parametrize("status", ["InteractionRequired", "AccountUnusable"])
def test_where_that_does_not_do_the_broker_shows_its_window_before_ours(rig: Rig, status: str) -> None:
    rig.runtime.silent, rig.runtime.window = Failure(status), ALEX
    assert account(rig.asked()).user_name == ALEX.name
    assert rig.runtime.calls == ["signin_silently", "signin_interactively"]
    assert rig.runtime.parent == WINDOW
    assert rig.kept.windows == 1


def test_without_a_window_of_ours_the_broker_looks_for_the_console(rig: Rig) -> None:
    rig.runtime.window = ALEX
    account(rig.asked(window=None))
    assert rig.runtime.parent == CONSOLE_WINDOW


def test_the_scopes_the_challenge_and_the_capability_reach_the_broker(rig: Rig) -> None:
    rig.runtime.silent = ALEX
    need = Need(frozenset({"User.Read", "Mail.Read"}), claims='{"access_token": {"nbf": {"value": "1"}}}')
    account(rig.asked(need))
    assert rig.runtime.asked is not None
    assert rig.runtime.asked.scopes == [f"https://graph.microsoft.com/{name}" for name in ("Mail.Read", "User.Read")]
    assert "nbf" in rig.runtime.asked.claims
    assert "CP1" in rig.runtime.asked.claims


def test_an_expected_account_that_the_broker_knows_needs_no_window(rig: Rig) -> None:
    rig.runtime.silent = ALEX
    account(rig.asked())
    rig.runtime.calls.clear()
    rig.runtime.named = ALEX
    assert account(rig.asked(expecting(ALEX))).user_name == ALEX.name
    assert rig.runtime.calls == [f"acquire_token_silently {ALEX.name}"]


def test_where_another_account_is_expected_than_the_systems_own_the_window_asks_for_it(rig: Rig) -> None:
    rig.runtime.silent, rig.runtime.window = ALEX, BEA
    assert account(rig.asked(expecting(BEA))).user_name == BEA.name
    assert rig.runtime.calls == ["signin_silently", "signin_interactively"]
    assert rig.runtime.hint == BEA.name
    assert rig.kept.kept == [BEA.home_account_id]


def test_the_ladder_judges_each_failure_as_the_brokers(rig: Rig) -> None:
    rig.runtime.silent = Failure("Unexpected")
    error = failure(rig.asked())
    assert rig.kept.judged == [error]


def test_who_wants_to_choose_sees_the_window_at_once(rig: Rig) -> None:
    rig.runtime.silent, rig.runtime.window = ALEX, BEA
    assert account(rig.asked(Need(BASIC, hint=ALEX.name), choose=True)).user_name == BEA.name
    assert rig.runtime.calls == ["signin_interactively"]
    assert rig.runtime.hint is None


def test_who_closes_the_window_has_declined(rig: Rig) -> None:
    error = failure(rig.asked())
    assert isinstance(error, SignInDeclined)
    assert "UserCanceled" in error.trace.code


@pytest.mark.parametrize("code", ["AADSTS50011", "AADSTS7000218"])
def test_a_redirect_address_that_is_not_registered_leads_to_the_browser_and_is_told(rig: Rig, code: str) -> None:
    rig.runtime.silent = Failure("Unexpected", f"{code}: {CANARY}")
    error = failure(rig.asked())
    assert isinstance(error, BrokerUnusable)
    assert redirect_uri(LINUX, CLIENT) in error.remedy
    assert "redirect address" in error.what


@pytest.mark.parametrize("raised", [RuntimeError(CANARY), OSError(CANARY), ValueError(CANARY), AssertionError(CANARY)])
def test_whatever_its_package_raises_leads_to_the_browser(rig: Rig, raised: Exception) -> None:
    rig.runtime.silent = raised
    error = failure(rig.asked())
    assert isinstance(error, BrokerUnusable)
    assert type(raised).__name__ in error.what


def test_a_window_that_asks_for_a_window_leads_to_the_browser(rig: Rig) -> None:
    rig.runtime.window = Failure("InteractionRequired")
    assert isinstance(failure(rig.asked()), BrokerUnusable)


def test_no_network_is_not_a_matter_of_signing_in(rig: Rig) -> None:
    rig.runtime.silent = Failure("NoNetwork")
    assert isinstance(failure(rig.asked()), ServiceUnavailable)


def test_without_the_broker_nothing_is_asked(rig: Rig) -> None:
    with pytest.raises(BrokerUnusable, match="does not use it"):
        Broker(rig.make(), LINUX, CLOUDS["global"]).begin(BASIC_NEED, WINDOW, rig.kept.ending())
