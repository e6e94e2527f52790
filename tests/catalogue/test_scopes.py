from __future__ import annotations

import pytest

from mcp_local_graph.catalogue.scopes import SCOPES, WORKLOADS, Grant, for_first_sign_in, grant_of
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


def test_the_first_sign_in_asks_only_for_what_a_person_may_grant() -> None:
    assert for_first_sign_in({"Mail.Read", "Files.Read", "User.Read.All"}) == {"Files.Read", "User.Read"}
