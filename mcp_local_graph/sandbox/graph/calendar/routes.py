"""Calendars and events: what may be asked, and with which permission."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.diary.recur import Occurrence, occurrences
from mcp_local_graph.sandbox.graph import odata, zones
from mcp_local_graph.sandbox.graph.calendar import access, events
from mcp_local_graph.sandbox.graph.calendar.events import EVENTS
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Workload
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.data.seeds import Event
    from mcp_local_graph.sandbox.graph.calendar.access import Opened
    from mcp_local_graph.sandbox.graph.odata.rules import Item

CALENDAR = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))

# A calendar of somebody else's needs a permission of its own; `access` looks at it.
_READ = "Calendars.ReadBasic Calendars.Read Calendars.ReadWrite Calendars.Read.Shared Calendars.ReadWrite.Shared"
_EVENTS = LIST - {"$search"}
_MOST_DAYS = 1825

_CALENDAR = define(
    "calendar",
    """id:id name:text color:text hexColor:text isDefaultCalendar:bool changeKey:id canShare:bool
    canViewPrivateItems:bool canEdit:bool allowedOnlineMeetingProviders:*text defaultOnlineMeetingProvider:text
    isTallyingResponses:bool isRemovable:bool owner:emailAddress""",
)
_CALENDARS = odata.Rules(
    type=_CALENDAR,
    dialect=odata.OUTLOOK,
    default=tuple(_CALENDAR.properties),
    always=("id",),
    filterable=frozenset({"name", "id"}),
    sortable=frozenset({"name"}),
)


@CALENDAR.get("/calendars", scopes=_READ, options=LIST - {"$search"})
def calendars(query: Query) -> dict[str, Any]:
    """The calendars of a mailbox, and those that others share with it."""
    items = [_calendar(query, one) for one in access.own(query)]
    return odata.collection(query, _CALENDARS, items, _context(query, "calendars"))


@CALENDAR.get("/calendar", scopes=_READ)
def default_calendar(query: Query) -> dict[str, Any]:
    """The calendar of a mailbox that is meant where none is named."""
    return odata.entity(query, _CALENDARS, _calendar(query, access.default(query)), _context(query, "calendar"))


@CALENDAR.get("/calendars/{id}", scopes=_READ)
def one_calendar(query: Query) -> dict[str, Any]:
    """A calendar by its id."""
    item = _calendar(query, access.by_id(query, query.ids[0]))
    return odata.entity(query, _CALENDARS, item, _context(query, "calendars"))


@CALENDAR.get("/calendarView", scopes=_READ, options=_EVENTS)
@CALENDAR.get("/calendar/calendarView", scopes=_READ, options=_EVENTS)
def view(query: Query) -> dict[str, Any]:
    """What takes place between two moments, series by their occurrences."""
    return _view(query, access.default(query))


@CALENDAR.get("/calendars/{id}/calendarView", scopes=_READ, options=_EVENTS)
def view_of(query: Query) -> dict[str, Any]:
    """The same of one calendar."""
    return _view(query, access.by_id(query, query.ids[0]))


@CALENDAR.get("/events", scopes=_READ, options=_EVENTS)
@CALENDAR.get("/calendar/events", scopes=_READ, options=_EVENTS)
def all_events(query: Query) -> dict[str, Any]:
    """Events and series, without the occurrences of series."""
    return _events(query, access.default(query))


@CALENDAR.get("/calendars/{id}/events", scopes=_READ, options=_EVENTS)
def all_events_of(query: Query) -> dict[str, Any]:
    """The same of one calendar."""
    return _events(query, access.by_id(query, query.ids[0]))


@CALENDAR.get("/events/{id}", scopes=_READ, options=ONE | {"$expand"})
@CALENDAR.get("/calendar/events/{id}", scopes=_READ, options=ONE | {"$expand"})
def event(query: Query) -> dict[str, Any]:
    """An event, a series or an occurrence by its id."""
    account, item = event_of_path(query)
    return odata.entity(query, EVENTS, item, events.context(account, "events"))


@CALENDAR.get("/calendars/{id}/events/{id}", scopes=_READ, options=ONE | {"$expand"})
def event_of(query: Query) -> dict[str, Any]:
    """An event by its id, in one calendar."""
    account, item = event_of_calendar(query)
    return odata.entity(query, EVENTS, item, events.context(account, "events"))


def event_of_path(query: Query) -> tuple[Account, Item]:
    """The event whose id stands first in the path, and whose copy of it that is.

    Raises:
        GraphRefused: there is none.
    """
    account, one = _found(query)
    return account, _item(query, _opened(query, account), one)


def event_of_calendar(query: Query) -> tuple[Account, Item]:
    """The event whose id stands behind that of a calendar, and whose copy of it that is.

    Raises:
        GraphRefused: there is none.
    """
    calendar, wanted, *_ = query.ids
    opened = access.by_id(query, calendar)
    look_at(wanted)
    one = events.find(query.state.days, opened.account, wanted)
    if one is None:
        raise not_found()
    return opened.account, _item(query, opened, one)


@CALENDAR.get("/events/{id}/instances", scopes=_READ, options=_EVENTS)
def instances(query: Query) -> dict[str, Any]:
    """The occurrences of a series between two moments."""
    account, one = _found(query)
    start, end = _window(query)
    opened = _opened(query, account)
    items = [_item(query, opened, each) for each in occurrences(one.event, start, end)]
    return odata.collection(query, EVENTS, items, events.context(account, "events"))


def _calendar(query: Query, opened: Opened) -> Item:
    calendar, account = opened.calendar, opened.account
    mine = account == query.account
    return {
        "id": opened.id,
        "name": calendar.name,
        "color": calendar.color,
        "hexColor": calendar.hex_color,
        "isDefaultCalendar": mine and calendar.key == "calendar",
        "changeKey": ids.change_key(opened.id),
        "canShare": mine and calendar.writable,
        "canViewPrivateItems": mine,
        "canEdit": mine and calendar.writable,
        "allowedOnlineMeetingProviders": [] if account.personal else ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "unknown" if account.personal else "teamsForBusiness",
        "isTallyingResponses": calendar.key == "calendar",
        "isRemovable": calendar.key != "calendar" or not mine,
        "owner": {"name": account.display_name, "address": account.address},
    }


def _view(query: Query, opened: Opened) -> dict[str, Any]:
    start, end = _window(query)
    found = [one for each in _planned(query, opened) for one in occurrences(each, start, end)]
    items = [_item(query, opened, one) for one in found]
    return odata.collection(query, EVENTS, items, events.context(opened.account, "calendarView"))


def _events(query: Query, opened: Opened) -> dict[str, Any]:
    items = [_item(query, opened, Occurrence(each, None)) for each in _planned(query, opened)]
    return odata.collection(query, EVENTS, items, events.context(opened.account, "events"))


def _planned(query: Query, opened: Opened) -> list[Event]:
    """The events in a calendar; what others ask to lies in the default one."""
    found = diary.of(query.state.days, opened.account.address)
    return [one for one in found if _place(one, opened.account.address) == opened.calendar.key]


def _place(event: Event, address: str) -> str:
    return event.calendar if event.organizer.address == address else "calendar"


def _item(query: Query, opened: Opened, one: Occurrence) -> Item:
    immutable = query.prefer.get("idtype", "").lower() == "immutableid"
    return events.shown(opened.account, one, query.state.days, immutable=immutable, stranger=opened.stranger)


def _found(query: Query) -> tuple[Account, Occurrence]:
    """An event by its id: in the mailbox of the path, or in a calendar that is shared with its owner."""
    look_at(query.ids[0])
    owners = dict.fromkeys(one.account for one in access.own(query))
    for account in owners:
        if one := events.find(query.state.days, account, query.ids[0]):
            return account, one
    raise not_found()


def _opened(query: Query, account: Account) -> Opened:
    return next(one for one in access.own(query) if one.account == account)


def _window(query: Query) -> tuple[datetime, datetime]:
    """The two moments of a view; without an offset they are in UTC, whatever zone is preferred.

    Raises:
        GraphRefused: one is missing or none, or they are too far apart.
    """
    given = {name.lower(): value for name, value in query.parameters.items()}
    if not {"startdatetime", "enddatetime"} <= given.keys():
        text = "This request requires a time window specified by the query string parameters"
        raise GraphRefused(400, "ErrorInvalidParameter", f"{text} StartDateTime and EndDateTime.")
    start, end = _moment(given["startdatetime"], "StartDateTime"), _moment(given["enddatetime"], "EndDateTime")
    if end < start:
        raise GraphRefused(400, "ErrorCalendarEndDateIsEarlierThanStartDate", "EndDateTime lies before StartDateTime.")
    if end - start > timedelta(days=_MOST_DAYS):
        text = "Your request can't be completed. The range between the start and end dates is greater than the allowed"
        raise GraphRefused(400, "ErrorInvalidRequest", f"{text} range. Maximum number of days: {_MOST_DAYS}")
    return start, end


def _moment(text: str, name: str) -> datetime:
    try:
        # A plus that was not encoded has become a space.
        return zones.moment(text.strip().replace(" ", "+"), "UTC")
    except ValueError as error:
        text = f"The value '{text}' of parameter '{name}' is invalid."
        raise GraphRefused(400, "ErrorInvalidParameter", text) from error


def _context(query: Query, path: str) -> str:
    return events.context(access.mailbox(query), path)
