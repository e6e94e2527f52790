"""When people and rooms are free: getSchedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.diary.calendars import SHARED
from mcp_local_graph.sandbox.data.diary.recur import occurrences
from mcp_local_graph.sandbox.graph import zones
from mcp_local_graph.sandbox.graph.calendar import access
from mcp_local_graph.sandbox.graph.calendar.events import show_as
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import Workload

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account, Profile
    from mcp_local_graph.sandbox.data.diary.recur import Occurrence
    from mcp_local_graph.sandbox.data.seeds import Event
    from mcp_local_graph.sandbox.graph.router import Query

SCHEDULE = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))

_MOST_SCHEDULES = 20
_MOST_DAYS = 62
# How far a whole day may begin from its midnight in UTC.
_FARTHEST = timedelta(hours=14)
_SHORTEST, _USUAL, _LONGEST = 5, 30, 1440
_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
# Where two events fall into one slot, the later in this list is told.
_RANKS = ("free", "workingElsewhere", "tentative", "busy", "oof")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    schedules: list[str]
    start: datetime
    end: datetime
    minutes: int


class _Planned(NamedTuple):
    """What takes somebody's time, from when until when."""

    event: Event
    start: datetime
    end: datetime


@SCHEDULE.post("/calendar/getSchedule", scopes="Calendars.ReadBasic Calendars.Read Calendars.ReadWrite", personal=False)
def get_schedule(query: Query) -> dict[str, Any]:
    """Free and busy times of up to twenty people and rooms of the own organisation."""
    access.mailbox(query)
    asked = _asked(query)
    answers = [_schedule(query, asked, address) for address in asked.schedules]
    context = f"{query.root}/$metadata#Collection(microsoft.graph.scheduleInformation)"
    return {"@odata.context": context, "value": answers}


def _asked(query: Query) -> _Asked:
    given = {name.lower(): value for name, value in query.body.items()}
    schedules, minutes = given.get("schedules"), given.get("availabilityviewinterval") or _USUAL
    if not isinstance(schedules, list) or not schedules or not all(isinstance(one, str) for one in schedules):
        raise GraphRefused(400, "ErrorInvalidParameter", "The parameter 'Schedules' is missing or empty.")
    if len(schedules) > _MOST_SCHEDULES:
        text = f"The number of schedules must not be greater than {_MOST_SCHEDULES}."
        raise GraphRefused(400, "ErrorInvalidParameter", text)
    if not isinstance(minutes, int) or not _SHORTEST <= minutes <= _LONGEST:
        text = f"AvailabilityViewInterval must be between {_SHORTEST} and {_LONGEST} minutes."
        raise GraphRefused(400, "ErrorInvalidMergedFreeBusyInterval", text)
    start, end = _moment(given.get("starttime"), "StartTime"), _moment(given.get("endtime"), "EndTime")
    if end <= start or end - start > timedelta(days=_MOST_DAYS):
        text = (
            "The requested time duration specified for FreeBusyViewOptions.TimeWindow is not within the allowed limits."
        )
        raise GraphRefused(400, "ErrorInvalidTimeInterval", text)
    return _Asked(schedules=schedules, start=start, end=end, minutes=minutes)


def _moment(given: object, name: str) -> datetime:
    if isinstance(given, dict) and isinstance(given.get("dateTime"), str):
        try:
            return zones.moment(given["dateTime"], str(given.get("timeZone") or "UTC"))
        except ValueError:
            pass
    raise GraphRefused(400, "ErrorInvalidParameter", f"The parameter '{name}' is missing or is no time.")


def _schedule(query: Query, asked: _Asked, address: str) -> dict[str, Any]:
    profile = _colleague(query, address)
    if profile is None or profile.mailbox is None:
        text = f"Unable to resolve e-mail address {address} to an Active Directory object."
        return {"scheduleId": address, "error": {"message": text, "responseCode": "5009"}}
    account = profile.account
    planned = [
        _Planned(one.event, *_span(one))
        for each in diary.of(query.state.days, account.address)
        if each.calendar == "calendar"
        for one in occurrences(each, asked.start - _FARTHEST, asked.end + _FARTHEST)
        if show_as(one.event, account.address) != "free"
    ]
    busy = sorted(
        (one for one in planned if one.start < asked.end and one.end > asked.start), key=lambda one: one.start
    )
    return {
        "scheduleId": address,
        "availabilityView": _digits(asked, account, busy),
        "scheduleItems": [_item(query, account, one) for one in busy],
        "workingHours": profile.mailbox["workingHours"],
    }


def _span(one: Occurrence) -> tuple[datetime, datetime]:
    """When it takes time: a whole day by the clocks of whoever made it, unlike in a calendar.

    Source: github.com/microsoftgraph/microsoft-graph-explorer-v4/issues/578.
    """
    if not one.event.all_day:
        return one.start, one.end
    zone = zones.known(one.event.zone)
    begin, end = (local.replace(tzinfo=zone).astimezone(UTC) for local in (one.event.start, one.event.end))
    return begin, end


def _colleague(query: Query, address: str) -> Profile | None:
    """Whose mail address it is: a user name that is none leads nowhere."""
    wanted = address.strip().lower()
    for one in query.state.profiles.values():
        proxies = (each.partition(":")[2].lower() for each in one.user.get("proxyAddresses", ()))
        if one.account.tenant_id == query.account.tenant_id and wanted in {one.account.address.lower(), *proxies}:
            return one
    return None


def _digits(asked: _Asked, account: Account, busy: list[_Planned]) -> str:
    step = timedelta(minutes=asked.minutes)
    digits, slot = "", asked.start
    while slot < asked.end:
        until = min(slot + step, asked.end)
        found = [show_as(one.event, account.address) for one in busy if one.start < until and one.end > slot]
        digits += _DIGITS[max(found, key=_RANKS.index, default="free")]
        slot += step
    return digits


def _item(query: Query, account: Account, one: _Planned) -> dict[str, Any]:
    """A busy time. What it is for is told to oneself, and to those with whom the calendar is shared."""
    zone, event = zones.preferred(query), one.event
    told = query.account == account or query.account.user_name in SHARED.get(account.user_name, frozenset())
    private = event.sensitivity == "private"
    item: dict[str, Any] = {
        "isPrivate": private,
        "status": show_as(event, account.address),
        "start": zones.shown(one.start, zone),
        "end": zones.shown(one.end, zone),
    }
    if told and (not private or query.account == account):
        item |= {"subject": event.subject, "location": event.location}
    return item
