from __future__ import annotations

import re

import pytest

from mcp_local_graph.catalogue.scopes import (
    SCOPES,
    WORKLOADS,
    Grant,
    advice,
    check_limit,
    for_first_sign_in,
    fuller,
    grant_of,
    named,
)
from mcp_local_graph.errors import SettingsError
from tests.tools import referee


@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
@pytest.mark.parametrize("name", sorted(SCOPES))
def test_each_scope_is_one_of_graphs_and_its_facts_agree_with_microsofts_table(name: str) -> None:
    known = referee.permissions()
    assert name in known
    admin, personal = known[name]
    assert (SCOPES[name].grant is Grant.ADMIN) == admin
    assert SCOPES[name].personal == personal


def test_each_workload_asks_for_scopes_of_the_table() -> None:
    assert all(scopes <= set(SCOPES) for scopes in WORKLOADS.values())


def test_a_scope_that_nobody_knows_is_left_to_the_administrator() -> None:
    assert grant_of("Everything.ReadWrite.All") is Grant.ADMIN


@pytest.mark.parametrize(
    ("scope", "whole"),
    [("User.ReadBasic.All", "User.Read.All"), ("Chat.ReadBasic", "Chat.Read"), ("Mail.Read", ""), ("User.Read", "")],
)
def test_for_a_permission_of_basic_properties_there_is_one_for_all_of_them(scope: str, whole: str) -> None:
    assert fuller(scope) == whole


def test_the_first_sign_in_asks_only_for_what_a_person_may_grant() -> None:
    assert for_first_sign_in({"Mail.Read", "Files.Read", "User.Read.All"}) == {"Files.Read", "User.Read"}


LETTER = "send your administrator what `mcp-local-graph consent {}` prints."


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"Files.Read"}, "You can grant Files.Read yourself: run `mcp-local-graph login --add files`."),
        (
            {"Mail.Read", "MailboxSettings.Read"},
            "To grant Mail.Read, MailboxSettings.Read, run `mcp-local-graph login --add mail`; "
            + LETTER.format("Mail.Read MailboxSettings.Read").replace("send", "if that wants an approval, send"),
        ),
        (
            {"User.Read.All"},
            "Only an administrator can grant User.Read.All: " + LETTER.format("User.Read.All"),
        ),
        ({"User.Read"}, "You can grant User.Read yourself: run `mcp-local-graph login --again`."),
    ],
)
def test_who_can_grant_what_is_missing_and_how_is_said(missing: set[str], words: str) -> None:
    assert advice(missing) == words


def test_missing_permissions_of_several_kinds_are_told_apart() -> None:
    told = advice({"Files.Read", "User.Read.All", "Calendars.Read"})
    for words in ("To grant Calendars.Read, run", "You can grant Files.Read yourself", "can grant User.Read.All: send"):
        assert told.count(words) == 1


def test_a_personal_account_grants_everything_itself() -> None:
    assert advice({"Mail.Read", "User.Read.All"}, personal=True).startswith("You can grant Mail.Read, User.Read.All")


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_the_command_that_is_advised_for_a_permission_asks_for_it(scope: str) -> None:
    words = re.findall(r"`mcp-local-graph (?:login --(?:add )?|consent )(.+?)`", advice({scope}))
    assert words
    assert all(word == "again" if scope == "User.Read" else scope in named(word) for word in words)


def test_a_word_that_is_neither_a_workload_nor_a_permission_names_nothing() -> None:
    assert named("MAIL") == WORKLOADS["mail"]
    assert named("mail.read") == {"Mail.Read"}
    with pytest.raises(KeyError):
        named("Mail.Raed")


def test_a_personal_account_is_asked_for_all_that_tools_need_at_once() -> None:
    assert for_first_sign_in({"Mail.Read", "Contacts.Read"}) == {"User.Read", "Contacts.Read"}
    assert for_first_sign_in({"Mail.Read", "Contacts.Read"}, personal=True) == {
        "User.Read",
        "Mail.Read",
        "Contacts.Read",
    }


@pytest.mark.parametrize("name", [*SCOPES, "Mail.ReadWrite.Shared", "User.ReadWrite", "Group.ReadWrite.All"])
def test_a_limit_may_name_what_tools_use_and_what_covers_it(name: str) -> None:
    check_limit({name})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Mail.Raed", "Mail.Read"), ("mail.read", "Mail.Read"), ("['Mail.Read']", "Mail.Read"), ("Xyz", "")],
)
def test_a_limit_to_what_nothing_uses_is_refused_with_the_nearest_names(name: str, nearest: str) -> None:
    with pytest.raises(SettingsError) as raised:
        check_limit({"User.Read", name})
    assert f"uses: {name}." in raised.value.what
    assert nearest in raised.value.what
    assert ("The nearest" in raised.value.what) == bool(nearest)
