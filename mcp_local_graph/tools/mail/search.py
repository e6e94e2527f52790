"""`mail_search`: a list of messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import days, mail_query, messages
from mcp_local_graph.jobs.lines import counted
from mcp_local_graph.tools import facts
from mcp_local_graph.tools.clock import Clock, clock, timed, whole
from mcp_local_graph.tools.mail.folders import folder_path
from mcp_local_graph.tools.mail.toolset import MAIL, SHARED, Mailbox, owner_of, scope_of, shown
from mcp_local_graph.tools.mailboxes import domain, own_address, owner
from mcp_local_graph.tools.needs import Effect, Graph, Reading

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Page

# What a search cannot be asked exactly is looked for in so many of its results.
_LOOKED_AT = 100

After = Annotated[str, Field(description="Date, weekday, `last week` (its Monday) or `3 days ago`; included")]
Before = Annotated[str, Field(description="As after; not included")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageList(Reading):
    """Messages, the newest first. `where` and `how` say what was asked; `more` how to get the rest."""

    messages: tuple[messages.Summary, ...]
    where: str
    how: str
    now: datetime
    zone: str
    more: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line for each message, below one for its day."""
        return messages.by_days(self.messages, self.now)

    def notes(self) -> list[str]:
        """Where and how it was looked for, and how to get more."""
        if not self.messages:
            return [f"Nothing found: {self.where}, {self.how}.", *self.more]
        return [f"{self.where}, {self.how}. {messages.MARKS}; times: {self.zone}.", *self.more]


@MAIL.tool("Search mail", effect=Effect.READ, scopes={"Mail.Read"}, when_asked={SHARED}, optional=facts.SCOPES)
async def mail_search(
    graph: Graph,
    query: Annotated[
        str, Field(description='All words must occur; "phrase", OR, NOT, wor*, from: to: subject: work too')
    ] = "",
    sender: Annotated[str, Field(description="Name or address")] = "",
    recipient: str = "",
    subject: str = "",
    after: After = "",
    before: Before = "",
    unread: bool = False,
    flagged: bool = False,
    has_files: bool = False,
    folder: Annotated[str, Field(description="Name, path or handle; default: inbox, or all when searching")] = "",
    mailbox: Mailbox = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 25,
    cursor: str = "",
) -> MessageList:
    """Find mail, newest first; without arguments the inbox. One line each; read one with mail_read."""
    time = clock(graph)
    wanted = mail_query.Wanted(
        words=query,
        sender=sender.strip(),
        recipient=recipient,
        subject=subject,
        after=days.moment(after, time.now, past=True) if after else None,
        before=days.moment(before, time.now, past=True) if before else None,
        unread=unread,
        flagged=flagged,
        attachments=has_files,
    )
    if cursor:
        return await _rest(graph, cursor, wanted)
    return await _found(graph, await _asked(graph, wanted, owner(graph, mailbox), folder), limit)


class _Asked(NamedTuple):
    """A question as it was put first; a cursor brings it back."""

    wanted: mail_query.Wanted
    owner: tuple[str, ...]
    path: tuple[str, ...]
    where: str

    def note(self) -> str:
        return json.dumps({"wanted": self.wanted.stored(), "owner": self.owner, "path": self.path, "where": self.where})

    @classmethod
    def of(cls, note: str) -> _Asked:
        facts = json.loads(note)
        wanted = mail_query.Wanted.restored(facts["wanted"])
        return cls(wanted=wanted, owner=tuple(facts["owner"]), path=tuple(facts["path"]), where=facts["where"])


async def _asked(graph: Graph, wanted: mail_query.Wanted, owner_: tuple[str, ...], folder: str) -> _Asked:
    if not folder and (wanted.is_search or wanted.sender):
        return _Asked(wanted=wanted, owner=owner_, path=owner_, where="All folders")
    path, name = await folder_path(graph, owner_, folder or "inbox")
    return _Asked(wanted=wanted, owner=owner_of(path), path=path, where=name)


async def _found(graph: Graph, asked: _Asked, limit: int) -> MessageList:
    plan = mail_query.planned(asked.wanted)
    most = _LOOKED_AT if plan.drops else limit
    ask = graph.ask(
        (*asked.path, "messages"), select=messages.SUMMARY, top=most, scope=scope_of(asked.owner), **plan.options
    )
    time, _, (answer,) = await timed(graph, lambda _: [ask])
    page = graph.paged(ask, whole(answer), most, note=asked.note())
    if (enough := _enough(page, plan, limit)) < len(page.items):
        page = graph.paged(ask, whole(answer), enough, note=asked.note())
    if not page.items and page.cursor:  # Graph may send an empty page and go on
        page = await graph.page(None, limit=most, cursor=page.cursor)
    return _listed(graph, time, page)


def _enough(page: Page, plan: mail_query.Plan, limit: int) -> int:
    """How many results there are up to the last one that is shown: the cursor goes on behind it."""
    fitting = [number for number, item in enumerate(page.items, 1) if plan.keep(item)]
    return fitting[limit - 1] if len(fitting) >= limit else len(page.items)


async def _rest(graph: Graph, cursor: str, wanted: mail_query.Wanted) -> MessageList:
    """What comes after; the question may be put again with the cursor, but no other one."""
    page = await graph.page(None, cursor=cursor)
    asked = _Asked.of(page.note).wanted
    if wanted not in {mail_query.Wanted(), asked}:
        said = mail_query.planned(asked).said
        raise RequestRefused(f"This cursor goes on with another search: {said}.", "Leave out the cursor, or the rest.")
    return _listed(graph, clock(graph), page)


def _listed(graph: Graph, time: Clock, page: Page) -> MessageList:
    asked = _Asked.of(page.note)
    plan = mail_query.planned(asked.wanted)
    kept = [item for item in page.items if plan.keep(item)]
    own = own_address(graph) if asked.owner == ("me",) else asked.owner[1]
    return MessageList(
        messages=messages.summaries(kept, shown(graph, asked.owner, kept), time.zone, domain(graph), own),
        where=asked.where if asked.owner == ("me",) else f"{asked.where} of {asked.owner[1]}",
        how=plan.said,
        now=time.now,
        zone=time.name,
        more=tuple(_more(page, plan, found=bool(kept))),
    )


def _more(page: Page, plan: mail_query.Plan, *, found: bool) -> list[str]:
    """What was not shown, and how to get it."""
    notes, looked = [], counted(len(page.items), "result")
    if plan.local:
        notes.append(f"Graph cannot search for {plan.local}: looked for among {looked} of this search.")
    if page.cursor and not found:
        notes.append(f"None of {looked} fits: narrow the dates, add words, or go on.")
    if page.cursor:
        notes.append(f"There is more: cursor={page.cursor}")
    return notes + ([page.truncated] if page.truncated else [])
