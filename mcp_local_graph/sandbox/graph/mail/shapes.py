"""How messages, folders and attachments are shown, and what may be asked of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data.diary.recur import Occurrence
from mcp_local_graph.sandbox.graph import mailboxes, odata
from mcp_local_graph.sandbox.graph.calendar import events
from mcp_local_graph.sandbox.graph.errors import denied
from mcp_local_graph.sandbox.graph.mail import bodies, kql
from mcp_local_graph.sandbox.graph.mail.files import ATTACHMENT, attachments
from mcp_local_graph.sandbox.graph.mail.store import message_id, message_of, web_link
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.graph.odata.rules import Item, Test
    from mcp_local_graph.sandbox.graph.router import Query

READ = "Mail.Read Mail.ReadWrite Mail.Read.Shared Mail.ReadWrite.Shared"
BASIC = f"Mail.ReadBasic Mail.ReadBasic.Shared {READ}"

MESSAGE = define(
    "message",
    """id:id createdDateTime:time lastModifiedDateTime:time changeKey:id categories:*text receivedDateTime:time
    sentDateTime:time hasAttachments:bool internetMessageId:id subject:text bodyPreview:text importance:low|normal|high
    parentFolderId:id conversationId:id conversationIndex:binary isDeliveryReceiptRequested:bool
    isReadReceiptRequested:bool isRead:bool isDraft:bool webLink:text inferenceClassification:focused|other
    body:itemBody uniqueBody:itemBody sender:recipient from:recipient toRecipients:*recipient ccRecipients:*recipient
    bccRecipients:*recipient replyTo:*recipient flag:followupFlag internetMessageHeaders:*internetMessageHeader""",
)
_NAMED = frozenset({"uniqueBody", "internetMessageHeaders"})
_SORTABLE = """receivedDateTime sentDateTime createdDateTime lastModifiedDateTime subject importance isRead isDraft
hasAttachments from/emailAddress/name from/emailAddress/address sender/emailAddress/name sender/emailAddress/address
inferenceClassification flag/flagStatus"""
_TYPES = {"meetingRequest": "eventMessageRequest", "meetingCancelled": "eventMessage"}


def _body(html: Callable[[Any], str], text: Callable[[Any], str]) -> Callable[[Query, Item], object]:
    def body(query: Query, item: Item) -> object:
        mail = message_of(item).mail
        preferred = query.prefer.get("outlook.body-content-type", "").lower()
        if preferred in {"text", "html"} and f'outlook.body-content-type="{preferred}"' not in query.applied:
            query.applied.append(f'outlook.body-content-type="{preferred}"')
        if preferred == "text":
            return {"contentType": "text", "content": text(mail)}
        return {"contentType": "html", "content": html(mail)}

    return _readable(body)


def _readable(compute: Callable[[Query, Item], object]) -> Callable[[Query, Item], object]:
    """Absent where the token is good for the basic properties only."""
    return lambda query, item: compute(query, item) if query.whole else odata.ABSENT


def _attachments(query: Query, item: Item) -> list[Item]:
    if not query.whole:
        raise denied("ErrorAccessDenied")
    return attachments(query, message_of(item))


def _preview(_query: Query, item: Item) -> object:
    return bodies.preview(bodies.as_text(message_of(item).mail))


def _headers(_query: Query, item: Item) -> object:
    return [{"name": name, "value": value} for name, value in message_of(item).mail.headers]


def _annotations(_query: Query, item: Item) -> dict[str, Any]:
    """The derived type of what the calendar sent, and the ETag."""
    kind = item["meetingMessageType"]
    said = {"@odata.type": f"#microsoft.graph.{_TYPES.get(kind, 'eventMessageResponse')}"} if kind else {}
    return {**said, "@odata.etag": f'W/"{item["changeKey"]}"'}


def _meeting(_query: Query, item: Item) -> dict[str, Any]:
    """What the calendar's messages have besides."""
    meeting = message_of(item).mail.meeting
    if meeting is None:
        return {}
    event = meeting.event
    zone = {"timeZone": event.zone}
    return {
        "meetingMessageType": item["meetingMessageType"],
        "type": "seriesMaster" if event.repeat else "singleInstance",
        "isOutOfDate": False,
        "isAllDay": event.all_day,
        "isDelegated": False,
        "startDateTime": {"dateTime": f"{event.start:%Y-%m-%dT%H:%M:%S}.0000000", **zone},
        "endDateTime": {"dateTime": f"{event.end:%Y-%m-%dT%H:%M:%S}.0000000", **zone},
        "location": {"displayName": event.location, "locationType": "default", "uniqueIdType": "unknown"},
        "recurrence": events.recurrence(event),
    }


def _event(query: Query, item: Item) -> Item | None:
    """The event that one of the calendar's messages is about, as it lies in the calendar of whoever got it."""
    meeting = message_of(item).mail.meeting
    if meeting is None:
        return None
    immutable = query.prefer.get("idtype", "").lower() == "immutableid"
    account = mailboxes.of(query).account
    return events.shown(account, Occurrence(meeting.event, None), query.state.days, immutable=immutable)


def newest_first(query: Query, items: list[Item]) -> list[Item]:
    """Newest first; what a search finds by when it was sent; behind a filter oldest first, as Exchange does."""
    name = "sentDateTime" if "$search" in query.options else "receivedDateTime"
    return sorted(
        items, key=lambda item: (item[name], message_of(item).immutable), reverse="$filter" not in query.options
    )


def _search(query: Query, text: str) -> Test:
    """A search, which the permission for the basic properties does not cover."""
    if not query.whole:
        raise denied("ErrorAccessDenied")
    return kql.search(_TEXTS, query.state.days.now.date())(text)


def _people(*names: str) -> Callable[[Item], list[str]]:
    def texts(item: Item) -> list[str]:
        found = []
        for name in names:
            several = item[name] if isinstance(item[name], list) else [item[name]]
            for one in several:
                found += [one["emailAddress"]["name"], one["emailAddress"]["address"]]
        return found

    return texts


def _content(item: Item) -> list[str]:
    return [bodies.as_text(message_of(item).mail)]


def _file_names(item: Item) -> list[str]:
    return [str(getattr(one, "name", "") or getattr(one, "subject", "")) for one in message_of(item).mail.attachments]


_FROM, _TO = _people("from"), _people("toRecipients", "ccRecipients", "bccRecipients")
_TEXTS = {
    "": lambda item: [*_FROM(item), item["subject"], *_content(item)],
    "from": _FROM,
    "to": _people("toRecipients"),
    "cc": _people("ccRecipients"),
    "bcc": _people("bccRecipients"),
    "recipients": _TO,
    "participants": _people("from", "toRecipients", "ccRecipients", "bccRecipients"),
    "subject": lambda item: [item["subject"]],
    "body": _content,
    "attachment": _file_names,
    "category": lambda item: item["categories"],
}

_COMPUTE: dict[str, Callable[[Query, Item], Any]] = {
    "id": lambda query, item: message_id(query, message_of(item)),
    "webLink": lambda query, item: web_link(message_id(query, message_of(item))),
    "bodyPreview": _readable(_preview),
    "body": _body(bodies.as_html, bodies.as_text),
    "uniqueBody": _body(bodies.unique_html, bodies.unique_text),
    # Known of one message only, not of many.
    "internetMessageHeaders": lambda _query, _item: odata.ABSENT,
}
LISTED = odata.Rules(
    type=MESSAGE,
    dialect=odata.OUTLOOK,
    default=tuple(name for name in MESSAGE.properties if name not in _NAMED),
    always=("id",),
    named=_NAMED,
    filterable=frozenset(f"{_SORTABLE} id internetMessageId conversationId parentFolderId".split()),
    sortable=frozenset(_SORTABLE.split()),
    lambdas=frozenset({"categories"}),
    order=newest_first,
    search=_search,
    most_found=1000,
    expands={
        "attachments": odata.Expand(rules=ATTACHMENT, of=_attachments),
        "microsoft.graph.eventMessage/event": odata.Expand(rules=events.EVENTS, of=_event),
    },
    compute=_COMPUTE,
    annotate=_annotations,
    beyond=_meeting,
)
SINGLE = replace(LISTED, compute={**_COMPUTE, "internetMessageHeaders": _readable(_headers)})
