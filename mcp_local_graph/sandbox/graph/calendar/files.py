"""Attachments of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import attached, odata
from mcp_local_graph.sandbox.graph.attached import ATTACHMENT
from mcp_local_graph.sandbox.graph.calendar import events
from mcp_local_graph.sandbox.graph.calendar.routes import event_of_calendar, event_of_path
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Reply, Workload

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.odata.rules import Item

EVENT_FILES = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_READ = "Calendars.Read Calendars.ReadWrite Calendars.Read.Shared Calendars.ReadWrite.Shared"
_OPTIONS = LIST - {"$search", "$skiptoken"}


@EVENT_FILES.get("/events/{id}/attachments", scopes=_READ, options=_OPTIONS)
@EVENT_FILES.get("/calendar/events/{id}/attachments", scopes=_READ, options=_OPTIONS)
@EVENT_FILES.get("/calendars/{id}/events/{id}/attachments", scopes=_READ, options=_OPTIONS)
def listed(query: Query) -> dict[str, Any]:
    """All attachments of an event; without $select with all their bytes."""
    account, event = _event(query)
    return odata.collection(query, ATTACHMENT, events.attachments(query, event), _context(account, event))


@EVENT_FILES.get("/events/{id}/attachments/{id}/$value", scopes=_READ, options=frozenset())
@EVENT_FILES.get("/calendar/events/{id}/attachments/{id}/$value", scopes=_READ, options=frozenset())
@EVENT_FILES.get("/calendars/{id}/events/{id}/attachments/{id}/$value", scopes=_READ, options=frozenset())
def value(query: Query) -> Reply:
    """The bytes of an attachment."""
    part = _found(query, _event(query)[1])["_part"]
    return Reply(body=attached.content(part), headers={"Content-Type": part.content_type})


@EVENT_FILES.get("/events/{id}/attachments/{id}", scopes=_READ, options=ONE | {"$expand"})
@EVENT_FILES.get("/calendar/events/{id}/attachments/{id}", scopes=_READ, options=ONE | {"$expand"})
@EVENT_FILES.get("/calendars/{id}/events/{id}/attachments/{id}", scopes=_READ, options=ONE | {"$expand"})
def one(query: Query) -> dict[str, Any]:
    """One attachment."""
    account, event = _event(query)
    return odata.entity(query, ATTACHMENT, _found(query, event), _context(account, event))


def _event(query: Query) -> tuple[Account, Item]:
    return event_of_calendar(query) if "/calendars/" in query.path.lower() else event_of_path(query)


def _found(query: Query, event: Item) -> Item:
    """The attachment whose id stands last in the path."""
    name = query.ids[-1]
    look_at(name)
    found = next((each for each in events.attachments(query, event) if name in attached.ids_of(each)), None)
    if found is None:
        raise not_found()
    return found


def _context(account: Account, event: Item) -> str:
    return events.context(account, f"events('{event['id']}')/attachments")
