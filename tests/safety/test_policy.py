"""Which tools the settings leave."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mcp_local_graph.errors import SettingsError
from mcp_local_graph.safety.policy import Policy, offered


@dataclass(frozen=True)
class Thing:
    name: str
    toolset: str
    scopes: frozenset[str]


TOOLS = [
    Thing("account_status", "account", frozenset()),
    Thing("mail_search", "mail", frozenset({"Mail.Read"})),
    Thing("mail_read", "mail", frozenset({"Mail.Read"})),
    Thing("calendar_list", "calendar", frozenset({"Calendars.Read"})),
    Thing("briefing", "briefing", frozenset({"Mail.Read", "Calendars.Read"})),
]


def names(policy: Policy) -> list[str]:
    return [tool.name for tool in offered(TOOLS, policy)]


def test_without_a_limit_everything_is_offered_in_its_order() -> None:
    assert names(Policy()) == [tool.name for tool in TOOLS]


def test_a_toolset_comes_with_the_account() -> None:
    assert names(Policy(toolsets=frozenset({"mail"}))) == ["account_status", "mail_search", "mail_read"]


def test_single_tools_come_on_top_of_toolsets() -> None:
    policy = Policy(toolsets=frozenset({"calendar"}), tools=frozenset({"mail_read"}))
    assert names(policy) == ["account_status", "mail_read", "calendar_list"]


def test_what_is_excluded_is_not_offered_whatever_else_is_said() -> None:
    policy = Policy(tools=frozenset({"mail_read", "briefing"}), exclude=frozenset({"mail_read", "account"}))
    assert names(policy) == ["briefing"]


def test_a_tool_whose_permissions_are_ruled_out_is_not_offered() -> None:
    assert names(Policy(scopes=frozenset({"Mail.Read"}))) == ["account_status", "mail_search", "mail_read"]
    assert Policy(scopes=frozenset({"Mail.Read"})).allows({"Mail.Read", "People.Read"}) == {"Mail.Read"}


@pytest.mark.parametrize(
    ("policy", "flag"),
    [
        (Policy(toolsets=frozenset({"post"})), "--toolsets"),
        (Policy(tools=frozenset({"mail"})), "--tools"),
        (Policy(exclude=frozenset({"post"})), "--exclude"),
    ],
)
def test_a_name_that_there_is_not_is_told_with_those_there_are(policy: Policy, flag: str) -> None:
    with pytest.raises(SettingsError) as refused:
        offered(TOOLS, policy)
    assert refused.value.what.startswith(flag)
    assert "mail" in refused.value.remedy


def test_settings_that_leave_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="no tool"):
        offered(TOOLS, Policy(exclude=frozenset({"account", "mail", "calendar", "briefing"})))
