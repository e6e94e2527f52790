from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from mcp import Client
from pydantic import Field

from mcp_local_graph.safety import logs
from mcp_local_graph.server import build
from mcp_local_graph.tools.needs import Accounts, Effect, Tool, Toolset
from tests import support
from tests.server.hosts import ERAS, TOOLS, hosted, text_of

if TYPE_CHECKING:
    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
SNAPSHOT = Path(__file__).parents[1] / "snapshots" / "tools.json"


@dataclass
class Said:
    words: str

    def lines(self) -> list[str]:
        return [self.words]


TRIAL = Toolset("trial", "Tools that only these tests have")


@TRIAL.tool("Count", effect=Effect.WRITE)
async def trial_count(accounts: Accounts, times: Annotated[int, Field(ge=1, le=3)], words: str = "tick") -> Said:
    """Say words as often as told."""
    assert isinstance(accounts, Accounts)
    return Said(" ".join([words] * times))


@TRIAL.tool("Fail", effect=Effect.DESTROY)
async def trial_fail() -> Said:
    """Fail in a way nobody foresaw."""
    raise RuntimeError("the secret is swordfish")


@TRIAL.tool("Fail in a group", effect=Effect.READ)
async def trial_fail_in_group() -> Said:
    """Fail as a task group does."""
    raise ExceptionGroup("several", [RuntimeError("the secret is swordfish")])


async def listed(services: Services, era: str, tools: tuple[Tool, ...] = TOOLS) -> list[dict[str, Any]]:
    async with Client(build.server(tools, services), mode=era) as client:
        return [tool.model_dump(exclude_none=True, by_alias=True) for tool in (await client.list_tools()).tools]


@pytest.fixture
def services(tenant: DemoTenant, tmp_path: Path) -> Services:
    return support.services(tenant, tmp_path)


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_of_tools_is_the_committed_one_in_both_eras(services: Services, era: str) -> None:
    assert await listed(services, era) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_has_a_title_a_description_and_all_four_hints(services: Services, era: str) -> None:
    for tool in await listed(services, era):
        assert tool["title"]
        assert tool["description"]
        hints = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert {name for name, value in tool["annotations"].items() if isinstance(value, bool)} == hints
        assert tool["inputSchema"]["additionalProperties"] is False


async def test_the_hints_follow_the_effect(services: Services) -> None:
    hints = {tool["name"]: tool["annotations"] for tool in await listed(services, "legacy", tuple(TRIAL.tools))}
    assert hints["trial_fail_in_group"]["readOnlyHint"] is True
    assert hints["trial_count"] == {
        "readOnlyHint": False,
        "destructiveHint": False,
        "idempotentHint": False,
        "openWorldHint": True,
    }
    assert hints["trial_fail"]["destructiveHint"] is True


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_argument_is_refused_and_what_it_takes_is_said(services: Services, era: str) -> None:
    async with Client(build.server(TRIAL.tools, services), mode=era) as client:
        result = await client.call_tool("trial_count", {"times": 1, "confirm": True})
        assert result.is_error
        assert text_of(result) == "trial_count has no argument confirm. It takes: times, words."
    async with hosted(services, era) as host:
        assert (
            await host.text("profile_get", account="me")
            == "profile_get has no argument account. It takes: no arguments."
        )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"times": "swordfish"}, "times: Input should be a valid integer"),
        ({"times": 9}, "times: Input should be less than or equal to 3"),
        ({}, "times: Field required"),
        ({"times": 1, "words": ["swordfish"]}, "words: Input should be a valid string"),
    ],
    ids=str,
)
async def test_a_wrong_argument_is_named_and_its_value_is_not(
    services: Services, wrong: dict[str, Any], named: str
) -> None:
    async with Client(build.server(TRIAL.tools, services), mode="legacy") as client:
        result = await client.call_tool("trial_count", wrong)
        assert result.is_error
        words = text_of(result)
        assert words.startswith(f"trial_count cannot use these arguments. {named}")
        assert "swordfish" not in words
        assert "pydantic" not in words
        assert len(words) < 200


async def test_arguments_reach_the_tool_and_what_is_given_cannot_be_named(services: Services) -> None:
    async with Client(build.server(TRIAL.tools, services), mode="legacy") as client:
        assert text_of(await client.call_tool("trial_count", {"times": 2})) == "tick tick"
        refused = await client.call_tool("trial_count", {"times": 2, "accounts": "mine"})
        assert refused.is_error


@pytest.mark.parametrize("name", ["trial_fail", "trial_fail_in_group"])
async def test_of_what_nobody_foresaw_only_the_class_is_told(services: Services, name: str) -> None:
    async with Client(build.server(TRIAL.tools, services), mode="2026-07-28") as client:
        result = await client.call_tool(name)
        assert result.is_error
        assert (
            text_of(result)
            == f"{name} failed by a mistake in mcp-local-graph (RuntimeError). Report it, or try another way."
        )


@pytest.mark.parametrize("era", ERAS)
async def test_what_nobody_foresaw_is_logged_without_its_words(
    services: Services, era: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Client(build.server(TRIAL.tools, services), mode=era) as client:
        await client.call_tool("trial_fail")
    (record,) = [record for record in caplog.records if record.name == "mcp_local_graph.server.build"]
    assert logs.Formatter().format(record).endswith("ERROR mcp_local_graph.server.build trial_fail failed RuntimeError")


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_that_there_is_not_is_refused_and_those_that_there_are_are_named(
    services: Services, era: str
) -> None:
    async with Client(build.server(TRIAL.tools, services), mode=era) as client:
        result = await client.call_tool("mail_send")
        assert result.is_error
        assert text_of(result) == (
            "There is no tool mail_send. There are: trial_count, trial_fail, trial_fail_in_group."
        )


@pytest.mark.parametrize("era", ["legacy", "auto"])  # a client that is told the era does not ask
async def test_only_tools_are_offered(services: Services, era: str) -> None:
    async with Client(build.server(TRIAL.tools, services), mode=era) as client:
        offered = client.server_capabilities
        assert offered.tools is not None
        assert (offered.resources, offered.prompts) == (None, None)


@pytest.mark.parametrize("era", ERAS)
async def test_without_a_client_id_the_tools_are_listed_and_each_says_how_to_get_one(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    async with hosted(support.services(tenant, tmp_path, client_id=None), era) as host:
        offered = (await host.client.list_tools()).tools
        assert {tool.name for tool in offered} == {tool.name for tool in TOOLS}
        for tool in offered:
            needed = dict.fromkeys(tool.input_schema.get("required", []), "x")
            assert "MCP_LOCAL_GRAPH_CLIENT_ID" in await host.text(tool.name, **needed)
        assert not host.shown
    assert tenant.control.requests() == []


@pytest.mark.parametrize("era", ERAS)
async def test_listing_tools_touches_neither_network_nor_disk(tenant: DemoTenant, tmp_path: Path, era: str) -> None:
    services = support.services(tenant, tmp_path)
    await listed(services, era)
    assert tenant.control.requests() == []
    assert not (tmp_path / "state").exists()


async def test_the_instructions_are_short_enough_to_be_read(services: Services) -> None:
    async with Client(build.server(TOOLS, services), mode="legacy") as client:
        assert client.instructions == build.INSTRUCTIONS
    assert len(build.INSTRUCTIONS) <= 1500
