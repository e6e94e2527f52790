"""Rules about all tools, over the list itself."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, get_args

import pytest
from mcp import Client

from mcp_local_graph.errors import HandleUnknown, RequestRefused
from mcp_local_graph.graph.handles import Kind, find
from mcp_local_graph.graph.store import Store
from mcp_local_graph.jobs import denied
from mcp_local_graph.server import build
from mcp_local_graph.tools import TOOLSETS
from mcp_local_graph.tools.needs import GIVEN, Effect, Graph, Tool, Toolset
from tests.support import services
from tests.tools import referee

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

ALL = [tool for toolset in TOOLSETS for tool in toolset.tools]
# A job over all workloads has one word; an attachment is of a mail or of an event.
NAMED_OTHERWISE = {"briefing", "attachment_read"}
every_tool = pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)


def arguments(tool: Tool) -> dict[str, inspect.Parameter]:
    """The parameters that the model fills in."""
    annotations = inspect.get_annotations(tool.function, eval_str=True)
    parameters = inspect.signature(tool.function).parameters
    return {name: each for name, each in parameters.items() if annotations[name] not in GIVEN}


@every_tool
def test_its_name_is_short_plain_and_begins_with_its_toolset(tool: Tool) -> None:
    assert tool.name == tool.function.__name__
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", tool.name)
    assert len(tool.name) <= 24
    assert tool.name.startswith(f"{tool.toolset}_") or tool.name in NAMED_OTHERWISE


@every_tool
def test_its_title_is_a_few_words(tool: Tool) -> None:
    assert 1 <= len(tool.title.split()) <= 4
    assert tool.title[0].isupper()
    assert not tool.title.endswith(".")


@every_tool
def test_its_description_is_short_and_whole_sentences(tool: Tool) -> None:
    assert 20 <= len(tool.description) <= 300
    assert tool.description.endswith(".")
    first = re.split(r"(?<=\.)\s", tool.description)[0]
    assert first.endswith(".")
    assert first[0].isupper()
    assert "\n" not in tool.description
    assert "  " not in tool.description


@every_tool
def test_a_model_reads_nothing_but_ascii(tool: Tool) -> None:
    texts = [
        tool.name,
        tool.title,
        tool.description,
        *arguments(tool),
        *(str(each) for each in arguments(tool).values()),
    ]
    assert all(text.isascii() and text.isprintable() for text in texts)


@every_tool
def test_nothing_in_it_lets_the_model_choose_an_account_or_confirm(tool: Tool) -> None:
    forbidden = ("account", "tenant", "user", "confirm", "token", "approve")
    assert not [name for name in arguments(tool) if any(word in name.lower() for word in forbidden)]


@every_tool
def test_it_is_a_coroutine_with_a_type_for_everything(tool: Tool) -> None:
    assert inspect.iscoroutinefunction(tool.function)
    annotations = inspect.get_annotations(tool.function, eval_str=True)
    assert set(annotations) == {*inspect.signature(tool.function).parameters, "return"}
    returned = annotations["return"]
    assert all(callable(kind.lines) for kind in get_args(returned) or (returned,))


@every_tool
def test_what_it_asks_of_graph_and_its_scopes_agree(tool: Tool) -> None:
    given = set(inspect.get_annotations(tool.function, eval_str=True).values())
    assert (Graph in given) == bool(tool.scopes)
    assert tool.scopes.isdisjoint(tool.optional | tool.when_asked)
    assert tool.optional.isdisjoint(tool.when_asked)
    assert not (tool.local and tool.scopes)


@every_tool
@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
def test_its_scopes_exist(tool: Tool) -> None:
    assert tool.scopes | tool.optional | tool.when_asked <= referee.permissions().keys()


@every_tool
@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
def test_a_tool_that_only_reads_has_no_scope_to_write(tool: Tool) -> None:
    if tool.effect is Effect.READ:
        assert not [
            scope for scope in tool.scopes | tool.optional | tool.when_asked if re.search(r"Write|Send|Manage", scope)
        ]


def test_no_two_tools_have_one_name() -> None:
    assert [name for name, count in Counter(tool.name for tool in ALL).items() if count > 1] == []
    assert [name for name, count in Counter(toolset.name for toolset in TOOLSETS).items() if count > 1] == []


def test_every_toolset_is_described_and_not_empty() -> None:
    assert all(toolset.tools and toolset.description.isascii() for toolset in TOOLSETS)
    assert {tool.toolset for tool in ALL} == {toolset.name for toolset in TOOLSETS}


@pytest.mark.anyio
async def test_a_host_is_told_all_four_hints_and_they_are_true(tenant: DemoTenant, tmp_path: Path) -> None:
    async with Client(build.server(ALL, services(tenant, tmp_path)), mode="legacy") as client:
        offered = (await client.list_tools()).tools
    hints = {tool.name: tool.annotations for tool in offered}
    assert hints.keys() == {tool.name for tool in ALL}
    for tool in ALL:
        told = hints[tool.name]
        assert told is not None
        reads = tool.effect is Effect.READ
        assert (told.read_only_hint, told.idempotent_hint) == (reads, reads)
        assert told.destructive_hint is (tool.effect is Effect.DESTROY)
        assert told.open_world_hint is (not tool.local)


def test_a_tool_is_recorded_and_its_function_stays_a_function() -> None:
    toolset = Toolset("paper", "Paper")

    @toolset.tool("Fold paper", effect=Effect.WRITE, scopes={"Notes.Create"}, optional={"Notes.Read"})
    async def paper_fold() -> Paper:
        """Fold a sheet
        of paper."""
        return Paper()

    (tool,) = toolset.tools
    assert tool.function is paper_fold
    assert (tool.name, tool.title, tool.toolset) == ("paper_fold", "Fold paper", "paper")
    assert tool.description == "Fold a sheet of paper."
    assert tool.scopes == {"Notes.Create"}
    assert tool.optional == {"Notes.Read"}
    assert (tool.effect, tool.local) == (Effect.WRITE, False)


class Paper:
    """A result."""

    def lines(self) -> list[str]:
        return []


def test_every_tool_that_a_refusal_sends_to_is_one() -> None:
    said = []
    for kind in Kind:
        with pytest.raises(HandleUnknown) as raised:
            find(Store(None), "", (kind,))
        said.append(raised.value.remedy)
    for path in (("me", "messages", "1", "$value"), ("me", "drive", "items", "1", "content"), ("me", "calendarView")):
        with pytest.raises(RequestRefused) as refused:
            denied.check(path, ())
        said.append(refused.value.remedy)
    named = {word for remedy in said for word in re.findall(r"[a-z]+_[a-z_]+", remedy)}
    assert len(named) >= 6
    assert named <= {tool.name for tool in ALL}


@pytest.mark.anyio
async def test_a_model_can_afford_the_list(tenant: DemoTenant, tmp_path: Path) -> None:
    """In tokens, as a quarter of the bytes of name, description and input schema."""
    async with Client(build.server(ALL, services(tenant, tmp_path)), mode="legacy") as client:
        offered = (await client.list_tools()).tools
    sizes = {
        tool.name: len(json.dumps([tool.name, tool.description, tool.input_schema], separators=(",", ":")).encode()) / 4
        for tool in offered
    }
    assert sum(sizes.values()) <= 2400
    assert max(sizes.values()) <= 400
