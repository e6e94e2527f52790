"""Microsoft Search: messages, events and files by words, one kind at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.diary.recur import Occurrence
from mcp_local_graph.sandbox.data.drive import DRIVES
from mcp_local_graph.sandbox.graph import mailboxes
from mcp_local_graph.sandbox.graph.calendar import events
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.files.drives import ROOT, Place
from mcp_local_graph.sandbox.graph.files.items import item as drive_item
from mcp_local_graph.sandbox.graph.mail import bodies
from mcp_local_graph.sandbox.graph.mail.shapes import LISTED
from mcp_local_graph.sandbox.graph.mail.store import message_of
from mcp_local_graph.sandbox.graph.odata.search import words
from mcp_local_graph.sandbox.graph.router import Query, Workload, names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item

SEARCH = Workload()

_FILES = "Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All"
_SUMMARY = 120
_MAIL = names(
    """createdDateTime lastModifiedDateTime receivedDateTime sentDateTime hasAttachments internetMessageId subject
    importance parentFolderId conversationId isRead isDraft sender from replyTo"""
)
_EVENT = names("subject isAllDay showAs start end organizer location type sensitivity webLink")
_FILE = names(
    "id name webUrl createdDateTime lastModifiedDateTime createdBy lastModifiedBy parentReference fileSystemInfo"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One entity type: the permissions any one of which it takes, how many a page may have, and what is found."""

    scopes: frozenset[str]
    most: int
    find: Callable[[Query, str], list[dict[str, Any]]]


# What each kind takes is looked at with the kind; chats, which are none here, have theirs among these.
_ANY = f"Mail.Read Mail.ReadWrite Calendars.Read Calendars.ReadWrite Chat.Read {_FILES}"


@SEARCH.post("/search/query", scopes=_ANY, personal=False)
def search(query: Query) -> dict[str, Any]:
    """The hits of one request."""
    requests = query.body.get("requests")
    if not isinstance(requests, list) or len(requests) != 1 or not isinstance(requests[0], dict):
        raise _wrong("Expected exactly one search request.")
    text, kind, start, size = _asked(query, requests[0])
    hits = kind.find(query, text)
    shown = [{**hit, "rank": rank} for rank, hit in enumerate(hits[start : start + size], start + 1)]
    container = {"hits": shown, "total": len(hits), "moreResultsAvailable": start + size < len(hits)}
    answer = {"searchTerms": words(text), "hitsContainers": [container]}
    return {"@odata.context": f"{query.root}/$metadata#Collection(microsoft.graph.searchResponse)", "value": [answer]}


def _asked(query: Query, request: dict[str, Any]) -> tuple[str, _Kind, int, int]:
    found = request.get("query")
    text = found.get("queryString") if isinstance(found, dict) else None
    kinds = request.get("entityTypes")
    if not isinstance(text, str) or not text.strip():
        raise _wrong("The query string is missing.")
    if not isinstance(kinds, list) or len(kinds) != 1 or kinds[0] not in _KINDS:
        raise _wrong("This combination of entity types is not supported.")
    kind = _KINDS[kinds[0]]
    if not query.token.scopes & kind.scopes:
        text = f"Access to {kinds[0]} requires one of these permissions: {', '.join(sorted(kind.scopes))}."
        raise GraphRefused(403, "Forbidden", text)
    start, size = request.get("from", 0), request.get("size", 25)
    if not isinstance(start, int) or not isinstance(size, int) or start < 0 or not 1 <= size <= kind.most:
        raise _wrong(f"The size of a page must be between 1 and {kind.most}.")
    return text, kind, start, size


def _wrong(text: str) -> GraphRefused:
    return GraphRefused(400, "BadRequest", text)


def _messages(query: Query, text: str) -> list[dict[str, Any]]:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    test = LISTED.search(query, f'"{quoted}"') if LISTED.search else None
    items = [one.item for one in mailboxes.of(query).inside()]
    found = sorted(filter(test, items), key=lambda item: str(item["sentDateTime"]), reverse=True)
    return [_hit("message", item, message_of(item).id, bodies.as_text(message_of(item).mail), _MAIL) for item in found]


def _events(query: Query, text: str) -> list[dict[str, Any]]:
    account = mailboxes.of(query).account
    wanted, hits = words(text), []
    for one in diary.of(query.state.days, account.address):
        said = bodies.text_of(one.html) if one.html else ""
        if _all(wanted, f"{one.subject} {one.location} {one.organizer.name} {said}"):
            item = events.shown(account, Occurrence(one, None), query.state.days)
            hits.append(_hit("event", item, item["id"], said, _EVENT))
    return hits


def _files(query: Query, text: str) -> list[dict[str, Any]]:
    """Files of the caller's own, and those that others share with them."""
    wanted, hits = words(re.sub(r"\b(filename|filetype|path):", "", text)), []
    for account in (one.account for one in query.state.profiles.values() if one.account.user_name in DRIVES):
        for place in Place(account, ROOT).inside:
            mine = account == query.account or query.account.user_name in place.node.shared
            if mine and _all(wanted, f"{place.node.name} {place.node.says}"):
                hits.append(_hit("driveItem", drive_item(query, place), place.id, place.node.says, _FILE))
    return hits


def _all(wanted: Sequence[str], text: str) -> bool:
    found = words(text)
    return bool(wanted) and all(any(word.startswith(one) for word in found) for one in wanted)


def _hit(kind: str, item: Item, hit_id: str, text: str, shown: Sequence[str]) -> dict[str, Any]:
    """A hit: the beginning of its text, and what a search shows of the thing itself."""
    resource = {name: item[name] for name in shown if name in item}
    summary = " ".join(text.split())[:_SUMMARY]
    return {"hitId": hit_id, "summary": summary, "resource": {"@odata.type": f"#microsoft.graph.{kind}", **resource}}


_KINDS = {
    "message": _Kind(scopes=frozenset({"Mail.Read", "Mail.ReadWrite"}), most=25, find=_messages),
    "event": _Kind(scopes=frozenset({"Calendars.Read", "Calendars.ReadWrite"}), most=25, find=_events),
    "driveItem": _Kind(scopes=frozenset(_FILES.split()), most=500, find=_files),
}
