# ruff: noqa: INP001 - a script, not a package
"""What a model pays: the list of tools, answers of jobs in tokens (a quarter of the bytes), and requests to Graph."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_local_graph.documents.service import Documents
from mcp_local_graph.safety.untrusted import Links, from_html
from mcp_local_graph.sandbox import DemoTenant
from mcp_local_graph.server import boundary
from mcp_local_graph.tools import TOOLSETS
from mcp_local_graph.tools.mail.attachments import text_of
from scripts.benchmarks.figures import Figure, at_most
from tests.safety.newsletter import newsletter
from tests.safety.test_html import FIXTURES
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from mcp import Client

    from tests.tools.desk import Answer

ALL, ONE, LIST, DAY, FRAME, REPLY, NEWS, PAGE = 2400, 400, 1500, 1500, 80, 90, 350, 6000
SCOPES = frozenset[str]().union(*(tool.scopes | tool.optional for toolset in TOOLSETS for tool in toolset.tools))
EVERYTHING = 24_000  # characters: the longest page that a document is read in


async def figures() -> AsyncIterator[Figure]:
    """All of them, at a demo tenant in this process."""
    with tempfile.TemporaryDirectory() as name, DemoTenant(Path(name)) as tenant:
        desk = Desk(tenant, Path(name))
        await desk.sign_in(*SCOPES)
        async with desk.open() as client:
            for figure in await tools(client):
                yield figure
            async for figure in jobs(desk):
                yield figure
    for figure in texts():
        yield figure
    yield await page()


async def tools(client: Client) -> list[Figure]:
    """The list, whole and by tool: name, description and input schema."""
    sizes = {
        tool.name: len(json.dumps([tool.name, tool.description, tool.input_schema], separators=(",", ":")).encode())
        for tool in (await client.list_tools()).tools
    }
    whole, largest = sum(sizes.values()), max(sizes, key=sizes.__getitem__)
    return [
        Figure(", ".join(f"{name} {size / 4:.0f}" for name, size in sizes.items())),
        at_most(f"tools/list, {len(sizes)} tools, {whole} bytes", whole / 4, ALL, "tokens"),
        at_most(f"the largest, {largest}, {sizes[largest]} bytes", sizes[largest] / 4, ONE, "tokens"),
    ]


async def jobs(desk: Desk) -> AsyncIterator[Figure]:
    """What people want most, each with its requests."""
    listed = await desk.ask("mail_search")
    yield at_most(f"{sum(line.startswith('m') for line in listed.data)} messages listed", listed.tokens, LIST, "tokens")
    yield at_most("the frame around them", frame(listed), FRAME, "tokens")
    yield priced("unread mail", await desk.ask("mail_search", unread=True))
    yield priced("mail from X about Y", await desk.ask("mail_search", sender="Zoë Lindqvist", subject="budget plan"))
    found = await desk.ask("mail_search", subject="which vessel", limit=50)
    yield priced("a conversation", await desk.ask("mail_read", ref=found.handle("m"), thread=True))
    yield priced("tomorrow's meetings", await desk.ask("calendar_list", start="tomorrow"))
    others = [person.user_name for person in desk.tenant.people[1:3]]
    yield priced("a free hour with two others", await desk.ask("calendar_free", people=others, minutes=60))
    briefing = await desk.ask("briefing")
    yield priced("briefing", briefing)
    yield at_most("briefing", briefing.tokens, DAY, "tokens")
    yield priced("somebody and their manager", await desk.ask("people_find", query="ines okafor", manager=True), 2)
    mail = await desk.ask("mail_search", query="budget plan", has_files=True)
    read = await desk.ask("mail_read", ref=mail.handle("m"))
    yield priced("a file of a mail", await desk.ask("attachment_read", ref=read.handle("a")), 2)


def priced(job: str, answer: Answer, most: int = 1) -> Figure:
    """How often Graph was asked for it."""
    if answer.is_error:
        return Figure(f"{job}: {answer.text}", good=False)
    return at_most(f"{job} ({answer.tokens:.0f} tokens), requests", len(answer.requests), most, "")


def frame(answer: Answer) -> float:
    """Tokens of an answer beside its data and the words behind it."""
    inside = sum(len(line.encode()) + 1 for line in [*answer.data, *answer.notes])
    return answer.tokens - inside / 4


def texts() -> Iterator[Figure]:
    """Mails as mail programs write them."""
    html = newsletter()
    yield at_most(f"a newsletter of {len(html.encode()) / 1000:.0f} KB", tokens(html), NEWS, "tokens")
    for path in sorted(FIXTURES.glob("ms_outlook_*.html")):
        reply = path.read_text(encoding="utf-8")
        yield at_most(f"{path.stem}, a reply of {len(reply.encode()) / 1000:.1f} KB", tokens(reply), REPLY, "tokens")


def tokens(html: str) -> float:
    """Of the text of a mail."""
    return len(from_html(html, Links()).encode()) / 4


async def page() -> Figure:
    """The longest page of a document that there is a lot of."""
    words = "The buoy was lifted at the second attempt and brought to the yard.\n" * 2000
    document = await Documents().read(words.encode(), name="log.txt", max_chars=EVERYTHING)
    said = boundary.rendered(text_of("log.txt", document, wants_image=False)).content[0]
    size = len(getattr(said, "text", "").encode()) / 4
    return at_most(f"a page of {EVERYTHING} characters of a document", size, PAGE, "tokens")
