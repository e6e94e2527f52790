"""What comes with a message: files, other mails, links to files that lie elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.mail import Mail, Placed
from mcp_local_graph.sandbox.data.seeds import Event
from mcp_local_graph.sandbox.graph import attached, odata
from mcp_local_graph.sandbox.graph.calendar import events
from mcp_local_graph.sandbox.graph.mail import bodies
from mcp_local_graph.sandbox.graph.mail.store import Message, item_of, message_of, web_link
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.odata.rules import Item
    from mcp_local_graph.sandbox.graph.router import Query

# A mail inside a mail has no place of its own.
_INNER = define(
    "message",
    """id:id createdDateTime:time lastModifiedDateTime:time receivedDateTime:time sentDateTime:time hasAttachments:bool
    internetMessageId:id subject:text bodyPreview:text importance:low|normal|high conversationId:id
    conversationIndex:binary isDeliveryReceiptRequested:bool isReadReceiptRequested:bool isRead:bool isDraft:bool
    webLink:text internetMessageHeaders:*internetMessageHeader body:itemBody sender:recipient from:recipient
    toRecipients:*recipient ccRecipients:*recipient flag:followupFlag""",
)


def attachments(_query: Query, message: Message) -> list[Item]:
    """All attachments of a message."""
    above = attached.Above(message.id, message.immutable, message.item["lastModifiedDateTime"])
    return [{**one, "_message": message} for one in attached.items(above, message.mail.attachments)]


def _inner(query: Query, item: Item) -> Item | None:
    """The mail or the event that an attachment is."""
    part, outer = item["_part"], message_of(item)
    if isinstance(part, Event):
        return events.hanging(part, query.state.days)
    if not isinstance(part, Mail):
        return None
    return item_of(Message(outer.owner, part, outer.folder, "", ""), Placed(read=False))


_INNER_RULES = odata.Rules(
    type=_INNER,
    dialect=odata.OUTLOOK,
    default=tuple(_INNER.properties),
    compute={
        "id": lambda _query, _item: "",
        "webLink": lambda _query, item: web_link(message_of(item).mail.key),
        "bodyPreview": lambda _query, item: bodies.preview(bodies.as_text(message_of(item).mail)),
        "body": lambda _query, item: {"contentType": "html", "content": bodies.as_html(message_of(item).mail)},
        "internetMessageHeaders": lambda _query, item: [
            {"name": name, "value": value} for name, value in message_of(item).mail.headers
        ],
    },
    annotate=lambda _query, _item: {"@odata.type": "#microsoft.graph.message"},
)


def _kind(item: Item) -> odata.Rules:
    return _INNER_RULES if "_message" in item else events.ATTACHED


ATTACHMENT = replace(
    attached.ATTACHMENT,
    expands={"microsoft.graph.itemAttachment/item": odata.Expand(rules=_INNER_RULES, of=_inner, kind=_kind)},
)
