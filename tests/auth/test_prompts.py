"""How often a person may be asked, and what stands after a no."""

from __future__ import annotations

import time

import pytest

from mcp_local_graph.auth.prompts import PROMPTS, WINDOW, Refusals, check_times, recent
from mcp_local_graph.errors import (
    AdminConsentNeeded,
    BlockedByPolicy,
    LocalGraphError,
    Need,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    Trace,
)

PROFILE, MAIL = Need(frozenset({"User.Read"})), Need(frozenset({"User.Read", "Mail.Read"}))
TRACE = Trace(code="AADSTS90094", correlation_id="c-1")


def test_prompts_of_an_hour_ago_and_of_a_clock_that_ran_ahead_do_not_count() -> None:
    now = time.time()
    assert recent([now - 3600, now - WINDOW - 1, now - 1, now + 3600]) == [now - 1]
    check_times([now - WINDOW - 1] * PROMPTS)
    check_times([now + 3600] * PROMPTS)
    with pytest.raises(SignInFailed, match="3 times within 10 minutes"):
        check_times([now - WINDOW + 60, now - 60, now - 1])


@pytest.mark.parametrize("kind", [SignInDeclined, SignInExpired])
def test_a_no_is_an_answer_to_every_question(kind: type[SignInFailed]) -> None:
    refusals = Refusals()
    refusals.ended(PROFILE, kind("No.", trace=TRACE))
    for need in (PROFILE, MAIL):
        with pytest.raises(kind, match="not asked again by itself") as raised:
            refusals.check(need, asked=False)
        assert raised.value.trace == TRACE
    assert refusals.last == PROFILE
    refusals.check(MAIL, asked=True)
    refusals.check(MAIL, asked=False)


def test_what_waits_for_an_administrator_is_no_answer_to_any_other_question() -> None:
    refusals = Refusals()
    refusals.ended(MAIL, AdminConsentNeeded("No.", "Send it.", trace=TRACE, scopes=frozenset({"Mail.Read"}), link="x"))
    refusals.check(PROFILE, asked=False)
    with pytest.raises(AdminConsentNeeded, match=r"^No\.$") as raised:
        refusals.check(MAIL, asked=False)
    again = raised.value
    assert (again.remedy, again.trace, again.scopes, again.link) == ("Send it.", TRACE, frozenset({"Mail.Read"}), "x")
    refusals.check(MAIL, asked=True)


@pytest.mark.parametrize("error", [None, BlockedByPolicy("Not here."), LocalGraphError("Broken.")])
def test_only_what_was_answered_is_remembered(error: LocalGraphError | None) -> None:
    refusals = Refusals()
    refusals.ended(PROFILE, error)
    refusals.check(PROFILE, asked=False)
    assert refusals.last is None


def test_who_signs_in_lifts_every_no() -> None:
    refusals = Refusals()
    refusals.ended(PROFILE, SignInDeclined("No."))
    refusals.ended(PROFILE, None)
    refusals.check(PROFILE, asked=False)
    assert refusals.last is None
