"""What calendars are made from: the demo tenant's data in the words of people, not of Graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.sandbox.data import ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from mcp_local_graph.sandbox.data.mail import File


class Address(NamedTuple):
    """Somebody by name and address. The name is the sender's own choice, so it can be anything."""

    name: str
    address: str


def message_id(key: str, sender: Address) -> str:
    """The Message-ID of a mail by its key, which does not show in it, and its sender."""
    return f"<{ids.guid('mail', key)}@{sender.address.rpartition('@')[2]}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What makes a mail one of the calendar's: `kind` is Graph's meetingMessageType."""

    kind: str
    event: Event


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is asked to a meeting. `kind`: required, optional, resource; `response` as Graph has it."""

    who: Address
    response: str = "accepted"
    kind: str = "required"


@dataclass(frozen=True, slots=True)
class Repeat:
    """How an event repeats: Graph's recurrencePattern, then until a day, a number of times, or without end."""

    pattern: Mapping[str, Any]
    until: date | None = None
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One occurrence that differs, by its day in the series; `cancelled` takes it out, else `changed` changes fields."""

    day: date
    cancelled: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as its organizer made it. `start` and `end` are naive, on the clocks of `zone` (a Windows name)."""

    key: str
    subject: str
    start: datetime
    end: datetime
    organizer: Address
    zone: str = "GMT Standard Time"
    all_day: bool = False
    attendees: tuple[Attendee, ...] = ()
    location: str = ""
    online: bool = False
    html: str = ""
    show_as: str = "busy"
    sensitivity: str = "normal"
    importance: str = "normal"
    categories: tuple[str, ...] = ()
    reminder: int = 15
    cancelled: bool = False
    repeat: Repeat | None = None
    changes: tuple[Change, ...] = ()
    # The key of a calendar of the organizer's, where it is not the default one.
    calendar: str = "calendar"
    attachments: tuple[File, ...] = ()
