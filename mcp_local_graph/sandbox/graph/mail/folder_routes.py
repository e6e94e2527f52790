"""Mail folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import mailboxes, odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.shapes import BASIC
from mcp_local_graph.sandbox.graph.mail.store import is_missing, look_at, not_found
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Workload
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.mail.folders import Folder
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox
    from mcp_local_graph.sandbox.graph.odata.rules import Item

FOLDERS = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_OPTIONS = LIST - {"$search"}

FOLDER = define(
    "mailFolder",
    """id:id displayName:text parentFolderId:id childFolderCount:int unreadItemCount:int totalItemCount:int
    isHidden:bool""",
)
_COUNTS = "childFolderCount unreadItemCount totalItemCount"
_INNER = odata.Rules(type=FOLDER, dialect=odata.OUTLOOK, default=tuple(FOLDER.properties), always=("id",), page=1000)
RULES = odata.Rules(
    type=FOLDER,
    dialect=odata.OUTLOOK,
    default=tuple(FOLDER.properties),
    always=("id",),
    most=1000,
    filterable=frozenset(f"displayName isHidden parentFolderId {_COUNTS}".split()),
    sortable=frozenset(f"displayName {_COUNTS}".split()),
    expands={
        "childFolders": odata.Expand(
            rules=_INNER,
            of=lambda query, item: _children(query, item["_box"], item["_folder"]),
            page=10,
            at=lambda query, item: f"{_under(query)}/mailFolders/{item['id']}/childFolders",
        )
    },
)


@FOLDERS.get("/mailFolders", scopes=BASIC, options=_OPTIONS)
def folders(query: Query) -> dict[str, Any]:
    """The folders at the top."""
    box = mailboxes.of(query)
    return odata.collection(
        query, RULES, _children(query, box, box.folders["msgfolderroot"]), f"{_whose(box)}/mailFolders"
    )


@FOLDERS.get("/mailFolders/{id}/childFolders", scopes=BASIC, options=_OPTIONS)
def child_folders(query: Query) -> dict[str, Any]:
    """The folders inside another."""
    box = mailboxes.of(query)
    context = f"{_whose(box)}/mailFolders('{query.ids[0]}')/childFolders"
    return odata.collection(query, RULES, _children(query, box, folder_of(box, query.ids[0])), context)


@FOLDERS.get("/mailFolders/{id}/childFolders/{id}", scopes=BASIC, options=ONE | {"$expand"})
@FOLDERS.get("/mailFolders/{id}", scopes=BASIC, options=ONE | {"$expand"})
def folder(query: Query) -> dict[str, Any]:
    """One folder, by its id or its well-known name."""
    box = mailboxes.of(query)
    return odata.entity(query, RULES, _item(box, folder_of(box, *query.ids)), f"{_whose(box)}/mailFolders")


def folder_of(box: Mailbox, name: str, *inside: str) -> Folder:
    """A folder by its id or its well-known name, or one that lies inside it.

    Raises:
        GraphRefused: there is none.
    """
    found = box.folder(name)
    if found is None:
        raise _unknown(name)
    for each in inside:
        inner = folder_of(box, each)
        if inner.parent != found.path:
            raise not_found()
        found = inner
    return found


def _unknown(name: str) -> GraphRefused:
    if is_missing(name):
        return GraphRefused(404, "ErrorFolderNotFound", "The specified folder could not be found in the store.")
    look_at(name)
    return not_found()


def _children(query: Query, box: Mailbox, parent: Folder) -> list[Item]:
    """By their names; the hidden ones only where they are asked for."""
    hidden = query.parameters.get("includeHiddenFolders", "").lower() == "true"
    inside = [one for one in box.folders.values() if one.parent == parent.path and (hidden or not one.hidden)]
    return [_item(box, one) for one in sorted(inside, key=lambda one: one.name.casefold())]


def _item(box: Mailbox, folder: Folder) -> dict[str, Any]:
    messages = box.inside(folder)
    children = [one for one in box.folders.values() if one.parent == folder.path]
    return {
        "_box": box,
        "_folder": folder,
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": box.folders[folder.parent].id if folder.parent else "",
        "childFolderCount": sum(not one.hidden for one in children),
        "unreadItemCount": sum(not one.item["isRead"] for one in messages),
        "totalItemCount": len(messages),
        "isHidden": folder.hidden,
    }


def _under(query: Query) -> str:
    """The beginning of the paths that lead to where this one leads."""
    return f"/users/{query.whose}" if query.whose else "/me"


def _whose(box: Mailbox) -> str:
    return f"users('{box.account.oid}')"
