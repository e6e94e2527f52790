"""Attachments of messages."""

from __future__ import annotations

from typing import Any

from mcp_local_graph.sandbox.data.mail import File, Mail
from mcp_local_graph.sandbox.data.seeds import Event
from mcp_local_graph.sandbox.graph import attached, mailboxes, odata
from mcp_local_graph.sandbox.graph.calendar import ics
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.files import ATTACHMENT, attachments
from mcp_local_graph.sandbox.graph.mail.messages import message_of_path
from mcp_local_graph.sandbox.graph.mail.mime import mime
from mcp_local_graph.sandbox.graph.mail.shapes import READ
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Reply, Workload

ATTACHMENTS = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_OPTIONS = LIST - {"$search", "$skiptoken"}


@ATTACHMENTS.get("/messages/{id}/attachments", scopes=READ, options=_OPTIONS)
@ATTACHMENTS.get("/mailFolders/{id}/messages/{id}/attachments", scopes=READ, options=_OPTIONS)
def listed(query: Query) -> dict[str, Any]:
    """All attachments of a message; without $select with all their bytes."""
    box = mailboxes.of(query)
    message = message_of_path(box, query.ids)
    return odata.collection(query, ATTACHMENT, attachments(query, message), _context(query, box.account.oid))


@ATTACHMENTS.get("/messages/{id}/attachments/{id}/$value", scopes=READ, options=frozenset())
@ATTACHMENTS.get("/mailFolders/{id}/messages/{id}/attachments/{id}/$value", scopes=READ, options=frozenset())
def value(query: Query) -> Reply:
    """The bytes of an attachment; a mail in MIME, an event in iCalendar."""
    part = _found(query)["_part"]
    if isinstance(part, File):
        return Reply(body=attached.content(part), headers={"Content-Type": part.content_type})
    if isinstance(part, Mail):
        return Reply(body=mime(part), headers={"Content-Type": "message/rfc822"})
    if isinstance(part, Event):
        return Reply(body=ics.of(part), headers={"Content-Type": "text/calendar"})
    raise GraphRefused(405, "ErrorInvalidRequest", "The attachment has no content of its own.")


@ATTACHMENTS.get("/messages/{id}/attachments/{id}", scopes=READ, options=ONE | {"$expand"})
@ATTACHMENTS.get("/mailFolders/{id}/messages/{id}/attachments/{id}", scopes=READ, options=ONE | {"$expand"})
def one(query: Query) -> dict[str, Any]:
    """One attachment."""
    found = _found(query)
    return odata.entity(query, ATTACHMENT, found, _context(query, mailboxes.of(query).account.oid))


def _found(query: Query) -> dict[str, Any]:
    *path, name = query.ids
    message = message_of_path(mailboxes.of(query), tuple(path))
    look_at(name)
    for each in attachments(query, message):
        if name in attached.ids_of(each):
            return dict(each)
    raise not_found()


def _context(query: Query, oid: str) -> str:
    message = query.ids[-1] if query.path.endswith("/attachments") else query.ids[-2]
    return f"users('{oid}')/messages('{message}')/attachments"
