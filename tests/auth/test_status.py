"""What `status` and account_status say."""

from __future__ import annotations

from dataclasses import replace

from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.auth.attempt import Rung, Shown
from mcp_local_graph.auth.status import Grants, Status

INES = Account("i.t", "ines@brackwater.example", "t")
MARIT = Account("m.t", "marit@brackwater.example", "t")
NOBODY = Status(
    needed=frozenset({"User.Read", "Mail.Read"}),
    token_store="sealed somewhere",
    ways=("browser", "device"),
    no_broker="its package is not installed",
)
BOTH = Status(
    account=INES,
    accounts=(INES, MARIT),
    grants={
        "i.t": Grants(frozenset({"User.Read"}), frozenset({"User.Read"})),
        "m.t": Grants(frozenset({"Mail.Read", "User.Read"}), frozenset()),
    },
    needed=frozenset({"User.Read", "Mail.Read", "Files.Read"}),
    waiting=frozenset({"Mail.Read"}),
    token_store="sealed somewhere",
    lasts=True,
    ways=("browser", "device"),
    no_broker="",
    broker_address="ms-appx-web://app",
    closed=("The broker is closed. Mend it.",),
)


def test_a_model_hears_of_the_account_in_use_and_of_what_is_to_be_done() -> None:
    assert BOTH.lines() == [
        "Signed in: ines@brackwater.example (tenant t)",
        "Also signed in: marit@brackwater.example",
        "Granted: User.Read",
        "Asked for when needed: Files.Read",
        "An administrator has to approve: Mail.Read. `mcp-local-graph consent` has the message.",
        "The broker is closed. Mend it.",
        "Tokens: sealed somewhere",
    ]


def test_a_person_sees_each_account_with_what_was_granted_and_used_and_how_one_can_sign_in() -> None:
    assert BOTH.details() == [
        "Signed in: ines@brackwater.example (tenant t), in use",
        "  Granted: User.Read",
        "  Used: User.Read",
        "  Asked for when needed: Files.Read",
        "Signed in: marit@brackwater.example (tenant t)",
        "  Granted: Mail.Read, User.Read",
        "  Used: nothing yet",
        "An administrator has to approve: Mail.Read. `mcp-local-graph consent` has the message.",
        "The broker is closed. Mend it.",
        "Tokens: sealed somewhere",
        "Ways to sign in: browser, device",
        "The system's broker needs this redirect address in the app registration: ms-appx-web://app",
    ]


def test_a_program_gets_the_same_as_facts() -> None:
    facts = BOTH.facts()
    assert facts["accounts"] == [
        {
            "user_name": INES.user_name,
            "tenant_id": "t",
            "in_use": True,
            "granted": ["User.Read"],
            "used": ["User.Read"],
        },
        {
            "user_name": MARIT.user_name,
            "tenant_id": "t",
            "in_use": False,
            "granted": ["Mail.Read", "User.Read"],
            "used": [],
        },
    ]
    assert facts["account"] == INES.user_name
    assert facts["needed"] == ["Files.Read", "Mail.Read", "User.Read"]
    assert facts["waiting_for_administrator"] == ["Mail.Read"]
    assert facts["closed"] == ["The broker is closed. Mend it."]
    assert (NOBODY.facts()["account"], NOBODY.facts()["no_broker"]) == (None, "its package is not installed")


def test_where_nobody_is_signed_in_the_next_step_is_said() -> None:
    assert NOBODY.lines()[0].startswith("Nobody is signed in. Sign in: run `mcp-local-graph login`")
    assert NOBODY.details()[-1] == "The system's broker is not used: its package is not installed."
    assert not NOBODY.is_ready


def test_a_sign_in_that_is_under_way_and_accounts_of_which_none_is_chosen_are_said() -> None:
    under_way = replace(NOBODY, under_way=Shown(Rung.BROWSER, "http://localhost:1/start/x"))
    assert under_way.lines()[0] == "A sign-in is under way."
    unclear = replace(NOBODY, accounts=(INES, MARIT), why_nobody="None is chosen. Choose one.")
    assert unclear.lines()[0] == "None is chosen. Choose one."


def test_where_nobody_may_be_asked_that_is_said() -> None:
    never = replace(NOBODY, ways=())
    assert "Ways to sign in: none (--sign-in never)" in never.details()
