"""A broker that does not answer, and what is done without a window: renewing a token, signing out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.auth.broker.machine import established
from mcp_local_graph.errors import BrokerUnusable, ServiceUnavailable, SignInNeeded
from tests.auth.broker_rig import ALEX, WINDOW, Rig, account, failure, rigged
from tests.auth.kit import BASIC, BASIC_NEED, SOON
from tests.auth.stand_in_runtime import CANARY, Failure, Hangs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.sandbox import DemoTenant


# The patience of somebody who waits for what will not come.
AT_ONCE = 0.05


@pytest.fixture
def rig(tenant: DemoTenant) -> Iterator[Rig]:
    with rigged(tenant) as rig:
        yield rig


def test_a_broker_that_does_not_answer_leads_to_the_browser(rig: Rig) -> None:
    rig.runtime.silent = Hangs()
    error = failure(rig.broker(AT_ONCE).begin(BASIC_NEED, WINDOW, rig.kept.ending()))
    assert isinstance(error, BrokerUnusable)
    assert "does not answer" in error.what
    rig.runtime.held.get(timeout=SOON)(ALEX)
    assert rig.kept.changed.wait(SOON)
    assert (rig.kept.kept, rig.kept.late) == ([], [ALEX.home_account_id]), "an account that came too late was kept"


def test_no_window_opens_for_an_attempt_that_is_over(rig: Rig) -> None:
    rig.runtime.silent = Hangs()
    failure(rig.broker(AT_ONCE).begin(BASIC_NEED, WINDOW, rig.kept.ending()))
    (asking,) = (thread for thread in threading.enumerate() if thread.name == "_ask")
    rig.runtime.held.get(timeout=SOON)(Failure("InteractionRequired"))
    asking.join(SOON)
    assert not asking.is_alive()
    assert "signin_interactively" not in rig.runtime.calls


def test_one_window_at_a_time(rig: Rig) -> None:
    rig.runtime.window = Hangs()
    broker = rig.broker()
    attempt = broker.begin(BASIC_NEED, WINDOW, rig.kept.ending())
    answer = rig.runtime.held.get(timeout=SOON)
    with pytest.raises(BrokerUnusable, match="busy"):
        broker.begin(BASIC_NEED, WINDOW, rig.kept.ending())
    answer(ALEX)
    assert account(attempt).user_name == ALEX.name
    rig.runtime.silent = ALEX
    account(broker.begin(BASIC_NEED, WINDOW, rig.kept.ending()))
    assert rig.runtime.calls.count("signin_interactively") == 1


def test_the_person_has_longer_than_the_broker(rig: Rig) -> None:
    rig.runtime.window = Hangs()
    attempt = rig.broker(0.5).begin(BASIC_NEED, WINDOW, rig.kept.ending())
    answer = rig.runtime.held.get(timeout=SOON)
    with pytest.raises(TimeoutError):
        attempt.outcome.result(0.6)
    answer(ALEX)
    assert account(attempt).user_name == ALEX.name


def test_the_persons_time_has_an_end_too(rig: Rig) -> None:
    rig.runtime.window = Hangs()
    attempt = rig.broker(lifetime=0.05).begin(BASIC_NEED, WINDOW, rig.kept.ending())
    assert "in time" in failure(attempt).what


@pytest.fixture
def signed_in(rig: Rig) -> dict[str, Any]:
    """MSAL's entry of an account that the broker established."""
    rig.runtime.silent = ALEX
    account(rig.asked())
    (entry,) = rig.app.get_accounts()
    rig.runtime.calls.clear()
    return dict(entry)


def renewed(rig: Rig, entry: dict[str, Any], patience: float = SOON) -> Any:  # noqa: ANN401 - MSAL's
    return rig.broker(patience).silently(
        lambda app: app.acquire_token_silent_with_error(sorted(BASIC), entry, force_refresh=True), BASIC_NEED
    )


def test_an_account_says_that_the_broker_established_it(rig: Rig, signed_in: dict[str, Any]) -> None:
    assert established(signed_in)
    assert not established({**signed_in, "account_source": "authorization_code"})


def test_a_silent_call_goes_to_the_broker(rig: Rig, signed_in: dict[str, Any]) -> None:
    rig.runtime.named = ALEX
    assert renewed(rig, signed_in)["access_token"] == f"token of {ALEX.name}"
    assert rig.runtime.calls == [f"acquire_token_silently {ALEX.name}"]


@pytest.mark.parametrize("status", ["InteractionRequired", "FallbackToNativeMsal", "Unexpected"])
def test_a_silent_call_that_the_broker_cannot_answer_needs_the_person(
    rig: Rig, signed_in: dict[str, Any], status: str
) -> None:
    rig.runtime.named = Failure(status)
    with pytest.raises(SignInNeeded) as caught:
        renewed(rig, signed_in)
    assert caught.value.need == BASIC_NEED
    assert CANARY not in caught.value.text()


def test_a_silent_call_that_hangs_has_a_deadline(rig: Rig, signed_in: dict[str, Any]) -> None:
    rig.runtime.named = Hangs()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        renewed(rig, signed_in, AT_ONCE)


def test_a_service_that_is_down_is_said_as_it_is(rig: Rig) -> None:
    down = ServiceUnavailable("Microsoft's sign-in service has a fault.")

    def call(_: object) -> None:
        raise down

    with pytest.raises(ServiceUnavailable) as caught:
        rig.broker().silently(call, BASIC_NEED)
    assert caught.value is down


def test_signing_out_reaches_the_broker_and_the_cache(rig: Rig, signed_in: dict[str, Any]) -> None:
    assert rig.broker().sign_out(signed_in)
    assert rig.runtime.calls == [f"signout_silently {ALEX.name}"]
    assert rig.app.get_accounts() == []


@pytest.mark.parametrize("answer", [Hangs(), RuntimeError(CANARY)], ids=["hangs", "fails"])
def test_where_the_broker_does_not_sign_out_that_is_said(
    rig: Rig, signed_in: dict[str, Any], answer: Hangs | Exception
) -> None:
    rig.runtime.sign_out = answer
    assert not rig.broker(AT_ONCE).sign_out(signed_in)
