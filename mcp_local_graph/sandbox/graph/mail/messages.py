"""Messages: of a whole mailbox, of a folder, one by one, and as they travelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import mailboxes, odata
from mcp_local_graph.sandbox.graph.mail.folder_routes import folder_of
from mcp_local_graph.sandbox.graph.mail.mime import mime
from mcp_local_graph.sandbox.graph.mail.shapes import BASIC, LISTED, READ, SINGLE
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found
from mcp_local_graph.sandbox.graph.router import COUNT, LIST, ONE, Query, Reply, Workload

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.mail.folders import Folder
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox, Message

MESSAGES = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_SINGLE = ONE | {"$expand"}


@MESSAGES.get("/messages", scopes=BASIC, options=LIST)
def messages(query: Query) -> dict[str, Any]:
    """All messages, whatever folder they lie in."""
    box = mailboxes.of(query)
    return odata.collection(query, LISTED, _items(box), f"{_whose(box)}/messages")


@MESSAGES.get("/messages/$count", scopes=BASIC, options=COUNT)
def messages_count(query: Query) -> str:
    """How many they are."""
    return odata.count(query, LISTED, _items(mailboxes.of(query)))


@MESSAGES.get("/mailFolders/{id}/messages", scopes=BASIC, options=LIST)
def in_folder(query: Query) -> dict[str, Any]:
    """The messages of a folder, not of those inside it."""
    box = mailboxes.of(query)
    folder = folder_of(box, query.ids[0])
    context = f"{_whose(box)}/mailFolders('{query.ids[0]}')/messages"
    return odata.collection(query, LISTED, _items(box, folder), context)


@MESSAGES.get("/mailFolders/{id}/messages/$count", scopes=BASIC, options=COUNT)
def in_folder_count(query: Query) -> str:
    """How many they are."""
    box = mailboxes.of(query)
    return odata.count(query, LISTED, _items(box, folder_of(box, query.ids[0])))


@MESSAGES.get("/messages/{id}/$value", scopes=READ, options=frozenset())
@MESSAGES.get("/mailFolders/{id}/messages/{id}/$value", scopes=READ, options=frozenset())
def value(query: Query) -> Reply:
    """A message in MIME."""
    found = message_of_path(mailboxes.of(query), query.ids)
    return Reply(body=mime(found.mail), headers={"Content-Type": "text/plain"})


@MESSAGES.get("/messages/{id}", scopes=BASIC, options=_SINGLE)
@MESSAGES.get("/mailFolders/{id}/messages/{id}", scopes=BASIC, options=_SINGLE)
def message(query: Query) -> dict[str, Any]:
    """One message."""
    box = mailboxes.of(query)
    found = message_of_path(box, query.ids)
    return odata.entity(query, SINGLE, found.item, f"{_whose(box)}/messages")


def message_of_path(box: Mailbox, ids: tuple[str, ...]) -> Message:
    """The message that a path names, alone or inside its folder.

    Raises:
        GraphRefused: there is none, or it lies elsewhere.
    """
    *folder, name = ids
    look_at(name)
    found = box.message(name)
    if found is None or (folder and folder_of(box, folder[0]) is not found.folder):
        raise not_found()
    return found


def _whose(box: Mailbox) -> str:
    return f"users('{box.account.oid}')"


def _items(box: Mailbox, folder: Folder | None = None) -> list[dict[str, Any]]:
    return [one.item for one in box.inside(folder)]
