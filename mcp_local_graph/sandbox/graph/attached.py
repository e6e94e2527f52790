"""What hangs at a message or an event: the properties that attachments of both have, and files."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.mail import File, Link
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_local_graph.sandbox.graph.odata.rules import Item
    from mcp_local_graph.sandbox.graph.router import Query

# What Exchange counts of an attachment besides its bytes.
_OVERHEAD = 182
# How long the answer's head of an attached mail is that nobody has counted.
_ITEM_SIZE = 4096
# Graph's names for the three kinds.
_KINDS = {File: "fileAttachment", Link: "referenceAttachment"}

_ATTACHMENT = define("attachment", "id:id lastModifiedDateTime:time name:text contentType:text size:int isInline:bool")


class Above(NamedTuple):
    """What attachments hang at: its two ids, and when it was changed last, as Graph writes that."""

    id: str
    immutable: str
    modified: str


def items(above: Above, parts: Sequence[object]) -> list[dict[str, Any]]:
    """The attachments of a message or an event."""
    return [_item(above, number, part) for number, part in enumerate(parts)]


def content(part: File) -> bytes:
    """A file's bytes; they are made once."""
    if part not in _made:
        _made[part] = part.make()
    return _made[part]


_made: dict[File, bytes] = {}


def ids_of(item: Item) -> set[str]:
    """Both ids of an attachment: for each of what it hangs at."""
    return {_id_below(item["_above"].id, item), _id_below(item["_above"].immutable, item)}


def _item(above: Above, number: int, part: object) -> dict[str, Any]:
    shared = {"_above": above, "_number": number, "_part": part, "lastModifiedDateTime": above.modified}
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


def _id(query: Query, item: Item) -> str:
    above = item["_above"]
    return _id_below(above.immutable if query.prefer.get("idtype", "").lower() == "immutableid" else above.id, item)


def _id_below(above: str, item: Item) -> str:
    """An attachment's id begins as that of what it hangs at."""
    tail = ids.change_key(item["_above"].immutable, str(item["_number"]))[-24:]
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
)
