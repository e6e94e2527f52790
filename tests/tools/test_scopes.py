"""What each tool needs, and what it says when that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.config import SignIn
from mcp_local_graph.sandbox import DemoTenant
from mcp_local_graph.tools import TOOLSETS
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.tools.needs import Tool

pytestmark = pytest.mark.anyio
TOOLS = [tool for toolset in TOOLSETS for tool in toolset.tools if tool.scopes]
# How each is called; `$tool:kind` is the first handle of that kind in the answer of another tool.
CALLS: dict[str, dict[str, Any]] = {
    "mail_read": {"ref": "$mail_search:m"},
    "attachment_read": {"ref": "$mail_read:a"},
    "calendar_read": {"ref": "$calendar_list:e"},
    "calendar_list": {"start": "tomorrow", "days": 7},
    "people_find": {"query": "tomasz"},
    "graph_get": {"path": "/me"},
    "mail_search": {"query": "budget plan", "has_files": True},
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoTenant]:
    with DemoTenant(tmp_path_factory.mktemp("company")) as tenant:
        yield tenant


async def call(desk: Desk, name: str) -> tuple[str, bool]:
    arguments = dict(CALLS.get(name, {}))
    for key, value in arguments.items():
        if isinstance(value, str) and value.startswith("$"):
            other, kind = value[1:].split(":")
            await call(desk, other)
            arguments[key] = desk.last.handle(kind)
    answer = await desk.ask(name, **arguments)
    return answer.text, answer.is_error


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_a_tool_works_with_exactly_the_permissions_that_it_declares(
    company: DemoTenant, tmp_path_factory: pytest.TempPathFactory, tool: Tool
) -> None:
    company.control.forget_consent()
    desk = Desk(company, tmp_path_factory.mktemp("exact"), sign_in=SignIn.BROWSER)
    await desk.sign_in(*tool.scopes)
    async with desk.open():
        text, is_error = await call(desk, tool.name)
    assert not is_error, text


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.scopes != {"User.Read"}], ids=lambda tool: tool.name)
async def test_a_tool_names_the_permissions_that_it_lacks(
    company: DemoTenant, tmp_path_factory: pytest.TempPathFactory, tool: Tool
) -> None:
    company.control.forget_consent()
    directory = tmp_path_factory.mktemp("without")
    await Desk(company, directory).sign_in("User.Read")
    desk = Desk(company, directory, sign_in=SignIn.NEVER)
    arguments = {name: "x" for name in CALLS.get(tool.name, {}) if name == "ref"} or CALLS.get(tool.name, {})
    async with desk.open():
        answer = await desk.ask(tool.name, **arguments)
    assert answer.is_error
    assert all(scope in answer.text for scope in tool.scopes), answer.text
    assert answer.requests == []


async def test_what_the_settings_rule_out_is_neither_asked_for_nor_used(
    company: DemoTenant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    company.control.forget_consent()
    desk = Desk(company, tmp_path_factory.mktemp("limit"), sign_in=SignIn.BROWSER)
    await desk.sign_in("User.Read", "Mail.Read", "Mail.Read.Shared", "Calendars.Read", "MailboxSettings.Read")
    shared: dict[str, Any] = {"mailbox": "support@brackwater.example", "limit": 1}
    async with desk.open():
        assert "cursor=" in (await desk.ask("mail_search", **shared)).text
        cursor = desk.last.text.rpartition("cursor=")[2].strip()
    async with desk.open(scopes=frozenset({"User.Read", "Mail.Read"}), sign_in=SignIn.NEVER):
        for name, arguments in [
            ("mail_search", shared),
            ("mail_search", {"cursor": cursor}),
            ("graph_get", {"path": "/me/events"}),
            ("graph_get", {"path": "/me", "expand": "events($top=1)"}),
            ("graph_get", {"path": "/me/somethingNew"}),
        ]:
            answer = await desk.ask(name, **arguments)
            assert "--scopes" in answer.text
            assert answer.is_error
            assert answer.requests == []
        assert not (await desk.ask("graph_get", path="/me/messages", top=1)).is_error
        assert not (await desk.ask("profile_get")).is_error
        assert [request.path for request in desk.last.requests] == ["/v1.0/me"]
