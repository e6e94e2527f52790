"""OneDrive: what may be asked, and with which permission."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.files import content, drives
from mcp_local_graph.sandbox.graph.files.drives import ROOT, Place
from mcp_local_graph.sandbox.graph.files.items import DRIVES, ITEMS, drive, item
from mcp_local_graph.sandbox.graph.odata.search import words
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Reply, Workload

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.router import Handler

FILES = Workload(denied="accessDenied")

_DRIVE = "Files.Read Files.ReadWrite Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All"
_MINE = f"User.Read {_DRIVE}"
_ITEM = f"{_DRIVE} Group.Read.All Group.ReadWrite.All"
# The table asks for more here than for any other reading: whoever opens a link may be given the file for good.
_SHARE = "Files.ReadWrite Files.ReadWrite.All Sites.ReadWrite.All"
_LIST = LIST - {"$search", "$skip"}
_EXPANDABLE = ONE | {"$expand"}


@FILES.get("/me/drive", scopes=_MINE)
def my_drive(query: Query) -> dict[str, Any]:
    """The caller's drive."""
    return odata.entity(query, DRIVES, drive(query, drives.own(query)), "drives")


@FILES.get("/me/drives", scopes=_MINE, options=_LIST)
def my_drives(query: Query) -> dict[str, Any]:
    """All drives of the caller."""
    return odata.collection(query, DRIVES, [drive(query, drives.own(query))], "drives")


@FILES.get("/drives/{id}", scopes=_DRIVE)
def one_drive(query: Query) -> dict[str, Any]:
    """A drive by its id."""
    return odata.entity(query, DRIVES, drive(query, drives.of_id(query, query.ids[0])), "drives")


def _both(path: str, scopes: str, options: frozenset[str] = _EXPANDABLE) -> Callable[[Handler], Handler]:
    """Declare a path below the caller's drive and below any drive by its id."""

    def declare(handler: Handler) -> Handler:
        FILES.get(f"/me/drive{path}", scopes=scopes, options=options)(handler)
        return FILES.get(f"/drives/{{id}}{path}", scopes=scopes, options=options)(handler)

    return declare


@_both("/root/children", _DRIVE, _LIST)
def root_children(query: Query) -> dict[str, Any]:
    """What lies at the top of a drive."""
    account, _ = _asked(query)
    return _listed(query, drives.allowed(query, Place(account, ROOT)).children)


@_both("/items/{id}/children", _DRIVE, _LIST)
def children(query: Query) -> dict[str, Any]:
    """What lies in a folder."""
    account, (wanted,) = _asked(query)
    return _listed(query, drives.by_id(query, account, wanted).children)


@_both("/root:/{path}:/children", _DRIVE, _LIST)
def children_by_path(query: Query) -> dict[str, Any]:
    """What lies in a folder that is named by its path."""
    account, (path,) = _asked(query)
    return _listed(query, drives.by_path(query, account, path).children)


@_both("/root/search(q='{id}')", _DRIVE, _LIST)
@_both("/items/{id}/search(q='{id}')", _DRIVE, _LIST)
@_both("/search(q='{id}')", _DRIVE, _LIST)
def search(query: Query) -> dict[str, Any]:
    """What has all the words, in its name or in its content, below a folder or anywhere."""
    account, asked = _asked(query)
    above = drives.by_id(query, account, asked[0]) if len(asked) > 1 else drives.allowed(query, Place(account, ROOT))
    wanted = words(asked[-1].replace("''", "'"))
    found = [one for one in above.inside if wanted and _has(one, wanted)]
    return _listed(query, found)


@_both("/items/{id}/content", _DRIVE, frozenset())
def item_content(query: Query) -> Reply:
    """Where the bytes of a file are."""
    account, (wanted,) = _asked(query)
    return _content(query, drives.by_id(query, account, wanted))


@_both("/root:/{path}:/content", _DRIVE, frozenset())
def content_by_path(query: Query) -> Reply:
    """The same of a file that is named by its path."""
    account, (path,) = _asked(query)
    return _content(query, drives.by_path(query, account, path))


@_both("/root", _ITEM)
def root(query: Query) -> dict[str, Any]:
    """The top of a drive."""
    account, _ = _asked(query)
    return _one(query, drives.allowed(query, Place(account, ROOT)))


@_both("/items/{id}", _ITEM)
def item_by_id(query: Query) -> dict[str, Any]:
    """A file or a folder."""
    account, (wanted,) = _asked(query)
    return _one(query, drives.by_id(query, account, wanted))


@_both("/root:/{path}", _ITEM)
def item_by_path(query: Query) -> dict[str, Any]:
    """A file or a folder that is named by its path."""
    account, (path,) = _asked(query)
    return _one(query, drives.by_path(query, account, path.removesuffix(":")))


@FILES.get("/shares/{id}/driveItem", scopes=_SHARE)
def shared_item(query: Query) -> dict[str, Any]:
    """A file or a folder by a link that somebody shared."""
    return _one(query, _shared(query))


@FILES.get("/shares/{id}/driveItem/content", scopes=_SHARE, options=frozenset())
def shared_content(query: Query) -> Reply:
    """The bytes of such a file."""
    return _content(query, _shared(query))


def _asked(query: Query) -> tuple[Account, tuple[str, ...]]:
    """The owner of the drive that the path is about, and the ids behind it."""
    if query.path.lower().startswith("/v1.0/me/"):
        return drives.own(query), query.ids
    return drives.of_id(query, query.ids[0]), query.ids[1:]


def _shared(query: Query) -> Place:
    """What a sharing token (`u!` and the address in base64) stands for."""
    kind, _, packed = query.ids[0].partition("!")
    try:
        url = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise GraphRefused(400, "invalidRequest", "The sharing token is malformed.") from error
    if kind != "u":
        raise GraphRefused(400, "invalidRequest", "The sharing token is malformed.")
    return drives.by_web_url(query, url)


def _one(query: Query, place: Place) -> dict[str, Any]:
    return odata.entity(query, ITEMS, item(query, place), f"drives('{drives.drive_id(place.account)}')/items")


def _listed(query: Query, places: list[Place]) -> dict[str, Any]:
    items = [item(query, one) for one in places if _visible(query, one)]
    return odata.collection(query, ITEMS, items, "Collection(driveItem)")


def _visible(query: Query, place: Place) -> bool:
    return place.account == query.account or query.account.user_name in place.node.shared


def _has(place: Place, wanted: list[str]) -> bool:
    found = words(f"{place.node.name} {place.node.says}")
    return all(any(word.startswith(one) for word in found) for one in wanted)


def _content(query: Query, place: Place) -> Reply:
    if place.node.file is None:
        raise GraphRefused(400, "invalidRequest", "You cannot get content for a folder.")
    if "format" in query.parameters:
        raise GraphRefused(406, "notSupported", "The conversion is not there in the demo tenant.")
    return Reply(status=302, headers={"Location": content.address(query.state, place.node.file)})
