"""`mail_read`: one message, or the whole conversation it belongs to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from mcp_local_graph.jobs import days, messages, zones
from mcp_local_graph.jobs.lines import beyond, counted, end_of_part, rest_of
from mcp_local_graph.safety.untrusted import Links, Untrusted, line
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools.clock import Clock, clock, whole
from mcp_local_graph.tools.files import EXPANDED, File, files
from mcp_local_graph.tools.mail.toolset import MAIL, SHARED, owner_of, scope_of, shown
from mcp_local_graph.tools.mailboxes import domain
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.tools.needs import Ask, Found

_ONE = (*messages.SUMMARY, "ccRecipients", "replyTo", "body", "importance", "internetMessageHeaders")
_EACH = (
    "id",
    "subject",
    "from",
    "replyTo",
    "receivedDateTime",
    "uniqueBody",
    "conversationId",
    "isDraft",
    "internetMessageHeaders",
)
_MOST_IN_THREAD = 50
# What a post may not say as if it were the line above another.
_IMITATED = re.compile(r"^-- (?=m[a-z2-7]{8})", re.MULTILINE)
# Names that are listed of each line of recipients.
_MOST_NAMES = 12
# The headers that tell where a mail came from; the rest is for machines.
_HEADERS = {"from", "reply-to", "return-path", "received", "authentication-results", "message-id", "list-unsubscribe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Reading):
    """A message, or a part of it. `hints` are our own words on how to get what is not there."""

    subject: Untrusted
    sender: Untrusted
    answers_to: Untrusted
    doubts: tuple[str, ...]
    draft: bool
    to: Untrusted
    cc: Untrusted
    when: str
    files: tuple[File, ...]
    headers: tuple[Untrusted, ...]
    text: Untrusted
    links: tuple[str, ...]
    hints: tuple[str, ...]

    def lines(self) -> list[str]:
        """Who, when and what; then the text."""
        named = {
            "Subject": self.subject,
            "From": self.sender,
            "Reply-To": self.answers_to,
            "To": self.to,
            "Cc": self.cc,
            "Draft, not sent" if self.draft else "Date": self.when,
        }
        return [
            *(f"{name}: {value}" for name, value in named.items() if value),
            *(file.line() for file in self.files),
            *self.headers,
            "",
            self.text or "(no text)",
            *(["", *self.links] if self.links else []),  # a paragraph of its own: no backtick pairs with one above
        ]

    def notes(self) -> list[str]:
        """What speaks against the sender, and how to get the rest."""
        return [*([f"Sender: {'; '.join(self.doubts)}."] if self.doubts else []), *self.hints]


class Post(NamedTuple):
    """A message of a conversation, without what it quotes."""

    ref: str
    sender: Untrusted
    when: str
    files: tuple[File, ...]
    text: Untrusted
    doubts: tuple[str, ...]

    def lines(self) -> list[str]:
        """Whose it is, its files and its text."""
        return [
            f"-- {self.ref} {self.when} {self.sender}",
            *(file.line() for file in self.files),
            _IMITATED.sub(r"\\-- ", self.text),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread(Reading):
    """A conversation, the oldest message first. `links` and `hints` as in Message."""

    subject: Untrusted
    posts: tuple[Post, ...]
    links: tuple[str, ...]
    hints: tuple[str, ...]

    def lines(self) -> list[str]:
        """The subject, then each message below a line that says whose it is."""
        return [f"Subject: {self.subject}", *(line_ for post in self.posts for line_ in post.lines()), *self.links]

    def notes(self) -> list[str]:
        """What speaks against a sender, and how to get the rest."""
        doubts = [f"Sender of {post.ref}: {'; '.join(post.doubts)}." for post in self.posts if post.doubts]
        return [*doubts, *self.hints]


@MAIL.tool("Read mail", effect=Effect.READ, scopes={"Mail.Read"}, when_asked={SHARED})
async def mail_read(
    graph: Graph,
    ref: Annotated[str, Field(description="Handle of a message")],
    thread: Annotated[bool, Field(description="Its whole conversation")] = False,
    quoted: Annotated[bool, Field(description="With quoted mails")] = False,
    headers: bool = False,
    links: Annotated[bool, Field(description="List where links lead")] = False,
    offset: Annotated[int, Field(ge=0)] = 0,
    max_chars: Annotated[int, Field(ge=500, le=24000)] = 8000,
) -> Message | Thread:
    """Read a mail as text, with its files and warnings about its sender. Read a file with attachment_read."""
    found = graph.find(ref, Kind.MESSAGE)
    size, shows = Size(offset, max_chars), _Shows(quoted=quoted, headers=headers, links=links)
    if thread:
        return await _thread(graph, found, shows, size)
    return await _message(graph, found, shows, size)


class Size(NamedTuple):
    """Which part of a text: from which character on, and how many."""

    offset: int
    most: int


class _Shows(NamedTuple):
    quoted: bool
    headers: bool
    links: bool


async def _message(graph: Graph, found: Found, shows: _Shows, size: Size) -> Message:
    scope = scope_of(found.path)
    ask = graph.ask(found.path, select=_ONE, expand=EXPANDED, scope=scope)
    sender = json.loads(found.note or "{}").get("sender") or ""
    stranger = bool(sender) and not messages.is_inside(sender, domain(graph))
    asks = [ask, _earlier(graph, found, sender)] if stranger else [ask]
    message, *earlier = await graph.batch(asks) if stranger else [await graph.get(ask)]
    first = bool(earlier) and isinstance(earlier[0], dict) and len(earlier[0].get("value", ())) < 2  # noqa: PLR2004 - this one, and one before
    item = whole(message)
    read = partial(_read, graph, found, item, shows, size, first=first)
    return await in_thread(read) if messages.is_large(item) else read()


def _earlier(graph: Graph, found: Found, sender: str) -> Ask:
    """Whether there is another mail of this sender."""
    address = sender.replace("'", "''")
    return graph.ask(
        (*owner_of(found.path), "messages"),
        select=("id",),
        filter=f"from/emailAddress/address eq '{address}'",
        top=2,
        scope=scope_of(found.path),
    )


def _read(graph: Graph, found: Found, item: Mapping[str, Any], shows: _Shows, size: Size, *, first: bool) -> Message:
    time, links = clock(graph), Links()
    all_text = messages.text_of(item.get("body"), links)
    text = all_text if shows.quoted else messages.without_quoted(all_text, str(item.get("subject")))
    end = end_of_part(text, size.offset, size.most)
    attached = files(graph, found.path, item)
    listed = links.lines_of(text)
    return Message(
        subject=line(item.get("subject") or "(no subject)"),
        sender=messages.full(item.get("from")),
        answers_to=_names(messages.answers_elsewhere(item)),
        doubts=tuple(messages.doubts(item, domain(graph), first=first)),
        draft=bool(item.get("isDraft")),
        to=_names(item.get("toRecipients")),
        cc=_names(item.get("ccRecipients")),
        when=_when(item, time),
        files=attached.listed,
        headers=_header_lines(item) if shows.headers else (),
        text=text.part(size.offset, end),
        links=tuple(listed) if shows.links else (),
        hints=(
            *rest_of(len(text), end),
            *_left_out(len(all_text) - len(text), 0 if shows.links else len(listed)),
            *attached.notes(),
        ),
    )


def _left_out(quoted: int, links: int) -> list[str]:
    """What is not there, and how to get it."""
    return [
        *([f"{quoted} characters of quoted mails left out: quoted=true, or thread=true"] if quoted else []),
        *([f"{counted(links, 'link')}: links=true lists where they lead"] if links else []),
    ]


def _names(recipients: list[dict[str, Any]] | None) -> Untrusted:
    everybody = recipients or []
    names = [messages.full(one) for one in everybody[:_MOST_NAMES]]
    more = [f"and {len(everybody) - _MOST_NAMES} more"] if len(everybody) > _MOST_NAMES else []
    return line(", ".join([*names, *more]))


def _when(item: Mapping[str, Any], time: Clock) -> str:
    when = zones.moment(item.get("receivedDateTime"), time.zone)
    return f"{days.stamp(when, time.now)} ({time.name})" if when else ""


def _header_lines(item: Mapping[str, Any]) -> tuple[Untrusted, ...]:
    headers = item.get("internetMessageHeaders") or ()
    return tuple(
        line(f"{one.get('name')}: {one.get('value')}") for one in headers if str(one.get("name")).lower() in _HEADERS
    )


async def _thread(graph: Graph, found: Found, shows: _Shows, size: Size) -> Thread:
    scope, mailbox = scope_of(found.path), owner_of(found.path)
    thread = json.loads(found.note or "{}").get("thread")
    if not thread:
        one = await graph.get(found.path, select=("conversationId",), scope=scope)
        thread = str(one.get("conversationId"))
    quoted = str(thread).replace("'", "''")
    page = await graph.page(
        (*mailbox, "messages"),
        limit=_MOST_IN_THREAD,
        filter=f"conversationId eq '{quoted}'",  # Graph sorts no such filter: it is done here
        select=_EACH,
        expand=EXPANDED,
        scope=scope,
    )
    items = sorted(page.items, key=lambda item: str(item.get("receivedDateTime")))
    read = partial(_conversation, graph, mailbox, items, shows, size, complete=not page.cursor)
    return await in_thread(read) if messages.is_large(*items) else read()


def _conversation(
    graph: Graph, mailbox: tuple[str, ...], items: list[dict[str, Any]], shows: _Shows, size: Size, *, complete: bool
) -> Thread:
    if 0 < size.offset >= len(items):
        raise beyond("conversation", counted(len(items), "message"))
    time, left = clock(graph), size.most
    posts: list[Post] = []
    links = Links() if shows.links else None
    for item in items[size.offset :]:
        new = messages.without_quoted(messages.text_of(item.get("uniqueBody"), links), str(item.get("subject")))
        if posts and len(new) > left:
            break
        posts.append(_post(graph, mailbox, item, new.part(0, end_of_part(new, 0, size.most)), time))
        left -= len(new)
    unread = len(items) - size.offset - len(posts)
    return Thread(
        subject=line(items[0].get("subject") if items else "(nothing left)"),
        posts=tuple(posts),
        links=tuple(links.lines_of(*(post.text for post in posts))) if links else (),
        hints=(
            f"{counted(len(items), 'message')}, quoted mails left out; times: {time.name}.",
            *(["quoted and headers are of single mails: leave thread out."] if shows.quoted or shows.headers else []),
            *([f"{unread} later ones: offset={size.offset + len(posts)}"] if unread > 0 else []),
            *([] if complete else [f"The conversation is longer: only {_MOST_IN_THREAD} messages were looked at."]),
        ),
    )


def _post(graph: Graph, mailbox: tuple[str, ...], item: Mapping[str, Any], text: Untrusted, time: Clock) -> Post:
    when = zones.moment(item.get("receivedDateTime"), time.zone)
    return Post(
        ref=shown(graph, mailbox, [item])[0],
        sender=messages.short(item.get("from"), domain(graph)),
        when=" ".join(
            [*(["[draft, not sent]"] if item.get("isDraft") else []), *([days.stamp(when, time.now)] if when else [])]
        ),
        files=files(graph, (*mailbox, "messages", str(item.get("id", ""))), item).listed,
        text=text,
        doubts=tuple(messages.signs_of_forgery(item)),
    )
