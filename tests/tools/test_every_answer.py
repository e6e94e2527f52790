"""Every field of every answer: what strangers write comes through to a reader's eye, and nothing else of it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from mcp.types import TextContent

from mcp_local_graph.documents.service import Documents
from mcp_local_graph.graph.client import Kind
from mcp_local_graph.server import boundary
from mcp_local_graph.tools import TOOLSETS
from mcp_local_graph.tools.mail.attachments import text_of
from mcp_local_graph.tools.needs import Reading
from tests.graph.rig import Authority, Server, caller
from tests.safety.strings import HOSTILE, WRITING, Hostile, hidden_in, rendered_in, squeezed
from tests.tools.world import EVENT, MESSAGE, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp_local_graph.graph.client import Graph

pytestmark = pytest.mark.anyio
TOOLS = {tool.name: tool for toolset in TOOLSETS for tool in toolset.tools}
EVERYTHING = frozenset[str]().union(*(tool.scopes | tool.optional | tool.when_asked for tool in TOOLS.values()))
# Tools that show nothing of Microsoft 365, and the one whose answer is made by a process of its own (tests/documents).
ELSEWHERE = {"account_status", "account_sign_in", "attachment_read"}
# What to ask of each; a list of several makes every field appear.
ASKED: dict[str, list[dict[str, Any]]] = {
    "profile_get": [{}],
    "briefing": [{}],
    "mail_search": [{}, {"query": "x"}],
    "mail_read": [{"ref": MESSAGE, "headers": True, "links": True, "quoted": True}, {"ref": MESSAGE, "thread": True}],
    "mail_folders": [{}],
    "calendar_list": [{"days": 2}],
    "calendar_read": [{"ref": EVENT, "links": True}],
    "calendar_free": [{"people": ["a@b.example"]}],
    "people_find": [{"query": "x", "manager": True}],
    "graph_get": [{"path": "/me/messages"}, {"path": "/me/messages/m-1"}],
}


def test_every_tool_that_shows_something_is_looked_at() -> None:
    assert ASKED.keys() == TOOLS.keys() - ELSEWHERE


async def answers(authority: Authority, text: str) -> AsyncIterator[tuple[str, str]]:
    """Each tool's name and what a model reads."""
    by = caller("mail_search", scopes=EVERYTHING, granted=EVERYTHING)
    with Server(World(text), authority.server()) as server:
        async with authority.graph(server, by) as graph:
            for name, arguments in [(name, each) for name, asked in ASKED.items() for each in asked]:
                result = await TOOLS[name].function(graph=graph, **given(graph, arguments))
                assert isinstance(result, Reading)
                (block,) = boundary.rendered(result, structured=True).content
                assert isinstance(block, TextContent)  # an answer without images is one text
                yield name, block.text


def given(graph: Graph, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, with handles in place of paths."""
    kinds = {MESSAGE: Kind.MESSAGE, EVENT: Kind.EVENT}
    return {
        name: graph.show(kinds[value], *value) if isinstance(value, tuple) else value
        for name, value in arguments.items()
    }


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
async def test_nothing_hidden_or_live_gets_through_any_field(authority: Authority, hostile: Hostile) -> None:
    async for name, said in answers(authority, hostile.text):
        assert rendered_in(said) == [], name
        assert [each for each in hidden_in(said) if each not in hidden_in(hostile.visible)] == [], name
        assert len(re.findall("(?m)^-----(?:DATA|END) [a-z2-7]{24}-----$", said)) == 2, name
        assert squeezed(hostile.visible)[:12] in squeezed(said), name


@pytest.mark.parametrize("language", WRITING)
async def test_writing_comes_through_every_tool_as_it_is(authority: Authority, language: str) -> None:
    async for name, said in answers(authority, WRITING[language]):
        assert WRITING[language][:40] in said, name


async def test_a_file_is_cleaned_like_everything_else(authority: Authority) -> None:
    texts = [hostile.text for hostile in HOSTILE if "\0" not in hostile.text]
    content = "\n\n".join(texts).encode("utf-8", "replace")
    document = await Documents().read(content, name="notes.txt", max_chars=24_000)
    (block,) = boundary.rendered(text_of("notes.txt", document, wants_image=False)).content
    assert isinstance(block, TextContent)
    said = block.text
    assert rendered_in(said) == []
    assert len(re.findall("(?m)^-----(?:DATA|END) [a-z2-7]{24}-----$", said)) == 2


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())
