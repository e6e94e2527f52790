"""What comes with a message: files, other mails, links to files that lie elsewhere."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.mail import File, Link, Mail, Placed
from mcp_local_graph.sandbox.data.seeds import Event
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.calendar import events
from mcp_local_graph.sandbox.graph.mail import bodies
from mcp_local_graph.sandbox.graph.mail.store import Message, item_of, message_id, message_of, web_link
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.odata.rules import Item
    from mcp_local_graph.sandbox.graph.router import Query

# What Exchange counts of an attachment besides its bytes.
_OVERHEAD = 182
# How long the answer's head of an attached mail is that nobody has counted.
_ITEM_SIZE = 4096
# Graph's names for the three kinds.
_KINDS = {File: "fileAttachment", Link: "referenceAttachment"}

_ATTACHMENT = define("attachment", "id:id lastModifiedDateTime:time name:text contentType:text size:int isInline:bool")
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
    return [_attachment(message, number, part) for number, part in enumerate(message.mail.attachments)]


def content(part: File) -> bytes:
    """A file's bytes; they are made once."""
    if part not in _made:
        _made[part] = part.make()
    return _made[part]


_made: dict[File, bytes] = {}


def _attachment(message: Message, number: int, part: object) -> dict[str, Any]:
    shared = {"_message": message, "_number": number, "_part": part}
    shared["lastModifiedDateTime"] = message.item["lastModifiedDateTime"]
    if isinstance(part, File):
        return {
            **shared,
            "name": part.name,
            "contentType": part.content_type,
            "isInline": bool(part.content_id),
            "contentId": part.content_id or None,
            "contentLocation": None,
        }
    name = part.name if isinstance(part, Link) else getattr(part, "subject", "")
    return {**shared, "name": name, "contentType": None, "isInline": False}


def attachment_ids(item: Item) -> set[str]:
    """Both ids of an attachment: for each of its message's."""
    message = message_of(item)
    return {_id_below(message.id, item), _id_below(message.immutable, item)}


def _id(query: Query, item: Item) -> str:
    return _id_below(message_id(query, message_of(item)), item)


def _id_below(above: str, item: Item) -> str:
    """An attachment's id begins as that of its message."""
    tail = ids.change_key(message_of(item).immutable, str(item["_number"]))[-24:]
    return f"{above.rstrip('=')}BEgAQA{tail.replace('=', 'A')}="


def _size(_query: Query, item: Item) -> int:
    return len(content(item["_part"])) + _OVERHEAD if isinstance(item["_part"], File) else _ITEM_SIZE


def _bytes(_query: Query, item: Item) -> object:
    return b64encode(content(item["_part"])).decode() if isinstance(item["_part"], File) else odata.ABSENT


def _annotations(_query: Query, item: Item) -> dict[str, Any]:
    said = {"@odata.type": f"#microsoft.graph.{_KINDS.get(type(item['_part']), 'itemAttachment')}"}
    return said | ({"@odata.mediaContentType": item["contentType"]} if isinstance(item["_part"], File) else {})


def _file(query: Query, item: Item) -> dict[str, Any]:
    """What a file has besides what all attachments have."""
    if not isinstance(item["_part"], File):
        return {}
    return {name: item[name] for name in ("contentId", "contentLocation")} | {"contentBytes": _bytes(query, item)}


def _inner(query: Query, item: Item) -> Item | None:
    """The mail or the event that an attachment is."""
    part, outer = item["_part"], message_of(item)
    if isinstance(part, Event):
        return events.attached(part, query.state.days)
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


ATTACHMENT = odata.Rules(
    type=_ATTACHMENT,
    dialect=odata.OUTLOOK,
    default=tuple(_ATTACHMENT.properties),
    always=("id",),
    page=1000,
    filterable=frozenset({"name", "isInline", "contentType", "size"}),
    sortable=frozenset({"name", "size"}),
    compute={"id": _id, "size": _size, "contentBytes": _bytes},
    annotate=_annotations,
    beyond=_file,
    casts=frozenset(
        f"microsoft.graph.fileAttachment/{name}" for name in ("contentBytes", "contentId", "contentLocation")
    ),
    expands={"microsoft.graph.itemAttachment/item": odata.Expand(rules=_INNER_RULES, of=_inner, kind=_kind)},
)
