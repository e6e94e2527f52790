"""An event as Graph shows it: one copy in one calendar, with the times in the zone that the caller prefers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.company import Account
from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.diary.online import join_url
from mcp_local_graph.sandbox.data.diary.recur import Occurrence, moment, once
from mcp_local_graph.sandbox.data.staff import ROOMS
from mcp_local_graph.sandbox.graph import attached, odata, zones
from mcp_local_graph.sandbox.graph.errors import denied
from mcp_local_graph.sandbox.graph.mail import bodies
from mcp_local_graph.sandbox.graph.router import Query, names
from mcp_local_graph.sandbox.graph.types import complex_type, define

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.seeds import Attendee, Event
    from mcp_local_graph.sandbox.graph.odata.rules import Item

_RESPONSE = "none|organizer|tentativelyAccepted|accepted|declined|notResponded"
complex_type("responseStatus", f"response:{_RESPONSE} time:time")
complex_type("attendee", "type:required|optional|resource status:responseStatus emailAddress:emailAddress")
complex_type("location", "displayName:text locationType:text uniqueId:text uniqueIdType:text locationUri:text")
EVENT = define(
    "event",
    """id:text createdDateTime:time lastModifiedDateTime:time changeKey:id categories:*text transactionId:text
    originalStartTimeZone:text originalEndTimeZone:text iCalUId:id reminderMinutesBeforeStart:int isReminderOn:bool
    hasAttachments:bool subject:text bodyPreview:text importance:low|normal|high
    sensitivity:normal|personal|private|confidential isAllDay:bool isCancelled:bool isOrganizer:bool
    responseRequested:bool seriesMasterId:id showAs:free|tentative|busy|oof|workingElsewhere|unknown
    type:singleInstance|occurrence|exception|seriesMaster webLink:text onlineMeetingUrl:text isOnlineMeeting:bool
    onlineMeetingProvider:unknown|teamsForBusiness|skypeForBusiness|skypeForConsumer allowNewTimeProposals:bool
    isDraft:bool hideAttendees:bool responseStatus:responseStatus body:itemBody start:dateTimeTimeZone
    end:dateTimeTimeZone location:location locations:*location recurrence:patternedRecurrence attendees:*attendee
    organizer:recipient onlineMeeting:onlineMeetingInfo originalStart:time cancelledOccurrences:*text""",
)
_HIDDEN = names("originalStart cancelledOccurrences")
_FILTERABLE = names(
    """subject start/dateTime end/dateTime isAllDay isCancelled isOrganizer importance sensitivity showAs type
    seriesMasterId hasAttachments iCalUId createdDateTime lastModifiedDateTime organizer/emailAddress/address
    organizer/emailAddress/name location/displayName isOnlineMeeting categories"""
)
# How far from today an occurrence can be asked for by its id.
_KNOWN_DAYS = 400
_NEVER = "0001-01-01T00:00:00Z"
_PRIVATE = "Private Appointment"
_WEB = "https://outlook.office365.com/owa/"


def shown(account: Account, one: Occurrence, days: Days, *, immutable: bool = False, stranger: bool = False) -> Item:
    """One copy of an event, its times in UTC. A `stranger` sees of what is private only that there is something."""
    event, key = one.event, _key(one)
    closed = stranger and event.sensitivity == "private"
    files = () if closed else event.attachments
    created = min(moment(event, event.start) - timedelta(days=6), days.now - timedelta(days=1))
    changed = f"{created + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    above = attached.Above(ids.item(account.oid, key), ids.item(account.oid, key, immutable=True), changed)
    shown: dict[str, Any] = {
        "_attachments": attached.items(above, files),
        "id": ids.item(account.oid, key, immutable=immutable),
        "createdDateTime": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "lastModifiedDateTime": changed,
        "changeKey": ids.change_key(account.oid, key),
        "categories": [] if closed else list(event.categories),
        "originalStartTimeZone": event.zone,
        "originalEndTimeZone": event.zone,
        "iCalUId": f"040000008200E00074C5B7101A82E008{ids.guid('ical', event.key).replace('-', '').upper()}",
        "reminderMinutesBeforeStart": event.reminder,
        "isReminderOn": event.reminder > 0,
        "hasAttachments": bool(files),
        "subject": _PRIVATE if closed else event.subject,
        "importance": event.importance,
        "sensitivity": event.sensitivity,
        "isAllDay": event.all_day,
        "isCancelled": event.cancelled,
        "isOrganizer": event.organizer.address == account.address,
        "responseRequested": True,
        "showAs": show_as(event, account.address),
        "webLink": f"{_WEB}?itemid={ids.guid(account.oid, key)}&exvsurl=1&path=/calendar/item",
        "allowNewTimeProposals": True,
        "isDraft": False,
        "hideAttendees": False,
        "responseStatus": _status(event, account.address, created),
        "start": zones.shown(one.start, "UTC"),
        "end": zones.shown(one.end, "UTC"),
        "organizer": {"emailAddress": event.organizer._asdict()},
        **_series(account, one, immutable=immutable),
        **_online(event, closed=closed),
        **_places("" if closed else event.location),
        "attendees": [] if closed else [_attendee(each, created) for each in event.attendees],
        "_html": "" if closed else event.html,
    }
    return shown


def _key(one: Occurrence) -> str:
    return f"event:{one.event.key}:{one.day or ''}"


def _series(account: Account, one: Occurrence, *, immutable: bool) -> dict[str, Any]:
    event = one.event
    if event.repeat is None:
        return {"type": "singleInstance"}
    if one.day is None:
        return {"type": "seriesMaster", "recurrence": recurrence(event)}
    return {
        "type": "exception" if one.changed else "occurrence",
        "seriesMasterId": ids.item(account.oid, _key(Occurrence(event, None)), immutable=immutable),
        "originalStart": f"{one.planned:%Y-%m-%dT%H:%M:%SZ}",
    }


def recurrence(event: Event) -> dict[str, Any] | None:
    """How a series repeats, as Graph has it: every member of the pattern, whether it means anything or not."""
    if event.repeat is None:
        return None
    given = {"month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first", **event.repeat.pattern}
    repeat, ends = event.repeat, "noEnd"
    if repeat.until or repeat.times:
        ends = "numbered" if repeat.times else "endDate"
    return {
        "pattern": given,
        "range": {
            "type": ends,
            "startDate": f"{event.start:%Y-%m-%d}",
            "endDate": f"{repeat.until or '0001-01-01'}",
            "recurrenceTimeZone": event.zone,
            "numberOfOccurrences": repeat.times,
        },
    }


def _online(event: Event, *, closed: bool) -> dict[str, Any]:
    if not event.online or closed:
        return {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown"}
    return {
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "onlineMeeting": {"joinUrl": join_url(event.key)},
    }


def _places(location: str) -> dict[str, Any]:
    """Where it is; a room is named by its address, too."""
    if not location:
        return {"location": {"displayName": "", "locationType": "default", "uniqueIdType": "unknown"}, "locations": []}
    room = next((one for one in ROOMS if one.display_name == location), None)
    place = {"displayName": location, "locationType": "default", "uniqueId": location, "uniqueIdType": "private"}
    if room is not None:
        found = {"locationType": "conferenceRoom", "uniqueId": room.user_name, "uniqueIdType": "directory"}
        place |= {**found, "locationUri": room.user_name}
    return {"location": place, "locations": [place]}


def _attendee(attendee: Attendee, created: datetime) -> dict[str, Any]:
    status = {"response": attendee.response, "time": _answered(attendee.response, created)}
    return {"type": attendee.kind, "status": status, "emailAddress": attendee.who._asdict()}


def _status(event: Event, address: str, created: datetime) -> dict[str, Any]:
    response = "organizer" if event.organizer.address == address else _response(event, address)
    return {"response": response, "time": _answered(response, created)}


def _response(event: Event, address: str) -> str:
    return next((one.response for one in event.attendees if one.who.address == address), "none")


def _answered(response: str, created: datetime) -> str:
    if response in {"none", "notResponded", "organizer"}:
        return _NEVER
    return f"{created + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"


def show_as(event: Event, address: str) -> str:
    """How busy somebody is by an event: who did not accept it (yet) is so by half."""
    undecided = event.organizer.address != address and _response(event, address) != "accepted"
    return "tentative" if undecided and event.show_as in {"busy", "oof"} else event.show_as


def hanging(event: Event, days: Days) -> Item:
    """An event that hangs at a mail: it lies in no calendar."""
    nobody = Account(user_name="", display_name="", oid="00000000-0000-0000-0000-000000000000")
    return {**shown(nobody, Occurrence(event, None), days), "id": ""}


def find(days: Days, account: Account, wanted: str) -> Occurrence | None:
    """An event, a series or an occurrence by its id in somebody's calendars."""
    return _index(days, account.oid, account.address).get(wanted)


@lru_cache(maxsize=8)
def _index(days: Days, oid: str, address: str) -> dict[str, Occurrence]:
    """Everything that has an id, by both of its ids."""
    first, last = days.now - timedelta(days=_KNOWN_DAYS), days.now + timedelta(days=_KNOWN_DAYS)
    found = []
    for event in diary.of(days, address):
        found.append(Occurrence(event, None))
        found += [one for one in once(event, last) if one.end > first]
    return {ids.item(oid, _key(one), immutable=immutable): one for one in found for immutable in (False, True)}


def _body(query: Query, item: Item) -> object:
    if not query.whole:
        return odata.ABSENT
    if query.prefer.get("outlook.body-content-type", "").lower() == "text":
        return {"contentType": "text", "content": bodies.text_of(item["_html"]) if item["_html"] else ""}
    return {"contentType": "html", "content": item["_html"]}


def _preview(query: Query, item: Item) -> object:
    if not query.whole:
        return odata.ABSENT
    return bodies.preview(bodies.text_of(item["_html"])) if item["_html"] else ""


def attachments(query: Query, item: Item) -> list[Item]:
    """What hangs at an event.

    Raises:
        GraphRefused: the token is good for the basic properties only.
    """
    if not query.whole:
        raise denied("ErrorAccessDenied")
    found: list[Item] = item["_attachments"]
    return found


def _time(name: str) -> Callable[[Query, Item], object]:
    def value(query: Query, item: Item) -> object:
        zone = zones.preferred(query)
        stored = item[name]["dateTime"]
        return zones.shown(zones.moment(stored, "UTC"), zone, floating=item["isAllDay"])

    return value


def context(account: Account, path: str) -> str:
    """What @odata.context says of something in a mailbox."""
    return f"users('{account.oid}')/{path}"


EVENTS = odata.Rules(
    type=EVENT,
    dialect=odata.OUTLOOK,
    default=tuple(name for name in EVENT.properties if name not in _HIDDEN),
    always=("id",),
    filterable=frozenset(_FILTERABLE),
    sortable=frozenset(_FILTERABLE),
    lambdas=frozenset({"categories", "attendees"}),
    order=lambda _query, items: sorted(items, key=lambda item: str(item["start"]["dateTime"])),
    compute={"body": _body, "bodyPreview": _preview, "start": _time("start"), "end": _time("end")},
    annotate=lambda _query, item: {"@odata.etag": f'W/"{item["changeKey"]}"'},
    expands={"attachments": odata.Expand(rules=attached.ATTACHMENT, of=attachments)},
)
ATTACHED = replace(EVENTS, always=(), annotate=lambda _query, _item: {"@odata.type": "#microsoft.graph.event"})
