"""Drives and their items as Graph shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.files import content
from mcp_local_graph.sandbox.graph.files.drives import ROOT, Place, drive_id, web_root
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.data.mail import File
    from mcp_local_graph.sandbox.graph.odata.rules import Item
    from mcp_local_graph.sandbox.graph.router import Query

_QUOTA = 1 << 40
_USED = 31_457_280
_DOWNLOAD = "@microsoft.graph.downloadUrl"
# An item has those of these that fit what it is, and not the others.
_FACETS = ("file", "folder", "package", "root", "shared", "image", "description")

DRIVE_ITEM = define(
    "driveItem",
    """createdDateTime:time eTag:id cTag:id id:id lastModifiedDateTime:time name:text webUrl:text size:int
    createdBy:identitySet lastModifiedBy:identitySet parentReference:itemReference fileSystemInfo:fileSystemInfo
    file:file folder:folder package:package root:root shared:shared image:image description:text""",
)
_DRIVE = define(
    "drive",
    """createdDateTime:time description:text id:id lastModifiedDateTime:time name:text webUrl:text
    driveType:personal|business|documentLibrary createdBy:identitySet lastModifiedBy:identitySet owner:identitySet
    quota:quota""",
)
DRIVES = odata.Rules(type=_DRIVE, dialect=odata.FILES, default=tuple(_DRIVE.properties), page=200)


def drive(query: Query, account: Account) -> Item:
    """A drive."""
    created = f"{query.state.days.at(-700, '08:00'):%Y-%m-%dT%H:%M:%SZ}"
    who = _identity(account)
    return {
        "createdDateTime": created,
        "description": "",
        "id": drive_id(account),
        "lastModifiedDateTime": f"{query.state.days.at(-1, '17:00'):%Y-%m-%dT%H:%M:%SZ}",
        "name": "OneDrive",
        "webUrl": web_root(account),
        "driveType": "personal" if account.personal else "business",
        "createdBy": who,
        "lastModifiedBy": who,
        "owner": who,
        "quota": {"deleted": 0, "remaining": _QUOTA - _USED, "state": "normal", "total": _QUOTA, "used": _USED},
    }


def item(query: Query, place: Place) -> Item:
    """An item of a drive."""
    node, days = place.node, query.state.days
    changed = f"{days.at(-node.changed, '16:20'):%Y-%m-%dT%H:%M:%SZ}"
    created = f"{days.at(-node.changed, '09:05') - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    unique = ids.guid(place.account.oid, node.path).upper()
    shown: dict[str, Any] = {
        "_place": place,
        "createdDateTime": created,
        "eTag": f'"{{{unique}}},2"',
        "cTag": f'"c:{{{unique}}},2"',
        "id": place.id,
        "lastModifiedDateTime": changed,
        "name": node.name or "root",
        "webUrl": place.web_url,
        "createdBy": _identity(place.account),
        "lastModifiedBy": _identity(node.by if node.path else place.account),
        "parentReference": _parent(place),
        "fileSystemInfo": {"createdDateTime": created, "lastModifiedDateTime": changed},
        **_facets(place),
    }
    return shown


def _facets(place: Place) -> dict[str, Any]:
    node, found = place.node, dict[str, Any]()
    if node.file is not None:
        found["file"] = {"mimeType": node.file.content_type}
        if node.file.content_type.startswith("image/"):
            found["image"] = {"height": 200, "width": 320}
    elif node.package:
        found["package"] = {"type": node.package}
    else:
        found["folder"] = {"childCount": len(place.children)}
    if node == ROOT:
        found["root"] = {}
    if node.shared:
        found["shared"] = {"scope": "users"}
    return found


def _parent(place: Place) -> dict[str, Any]:
    kind = "personal" if place.account.personal else "business"
    drive = {"driveType": kind, "driveId": drive_id(place.account)}
    if place.node == ROOT:
        return drive
    above = place.node.path.rpartition("/")[0]
    parent = next(
        (one for one in Place(place.account, ROOT).inside if one.node.path == above), Place(place.account, ROOT)
    )
    path = f"/drives/{drive['driveId']}/root:" + (f"/{quote(above)}" if above else "")
    return {**drive, "id": parent.id, "name": parent.node.name or "Documents", "path": path}


def _identity(account: Account) -> dict[str, Any]:
    named = {"email": account.user_name, "id": account.oid, "displayName": account.display_name}
    return {"user": {name: value for name, value in named.items() if name != "email" or not account.personal}}


def _size(_query: Query, item: Item) -> int:
    place: Place = item["_place"]
    files = [place.node.file] if place.node.file else [one.node.file for one in place.inside]
    return sum(_length(file) for file in files if file is not None)


def _length(file: File) -> int:
    return len(content.of(file))


def _download(query: Query, item: Item) -> object:
    """An address that is good for a while without a token; folders have none."""
    place: Place = item["_place"]
    return content.address(query.state, place.node.file) if place.node.file else odata.ABSENT


def _beyond(query: Query, item: Item) -> dict[str, Any]:
    address = _download(query, item)
    return {} if address is odata.ABSENT else {_DOWNLOAD: address}


def _facet(name: str) -> Callable[[Query, Item], object]:
    return lambda _query, item: item.get(name, odata.ABSENT)


ITEMS = odata.Rules(
    type=DRIVE_ITEM,
    dialect=odata.FILES,
    default=tuple(DRIVE_ITEM.properties),
    page=200,
    most=999,
    filterable=frozenset({"name", "lastModifiedDateTime", "createdDateTime"}),
    sortable=frozenset({"name", "lastModifiedDateTime", "createdDateTime"}),
    compute={
        "size": _size,
        _DOWNLOAD: _download,
        **{name: _facet(name) for name in _FACETS},
    },
    beyond=_beyond,
    casts=frozenset({_DOWNLOAD}),
)
