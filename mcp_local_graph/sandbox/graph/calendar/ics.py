"""An event in iCalendar, as an attachment's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.diary.recur import moment
from mcp_local_graph.sandbox.graph.mail import bodies

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Event

# A line has no more bytes than this; what is longer goes on in the next, after a space (RFC 5545, 3.1).
_WIDTH = 75


def of(event: Event) -> bytes:
    """An event, its times in UTC or as whole days."""
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{ids.guid('ical', event.key)}",
        f"SUMMARY:{_escaped(event.subject)}",
        *_times(event),
        f"ORGANIZER;CN={event.organizer.name}:mailto:{event.organizer.address}",
        *(f"ATTENDEE;CN={one.who.name}:mailto:{one.who.address}" for one in event.attendees),
        *((f"LOCATION:{_escaped(event.location)}",) if event.location else ()),
        *((f"DESCRIPTION:{_escaped(bodies.text_of(event.html))}",) if event.html else ()),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _times(event: Event) -> tuple[str, str]:
    if event.all_day:
        return f"DTSTART;VALUE=DATE:{event.start:%Y%m%d}", f"DTEND;VALUE=DATE:{event.end:%Y%m%d}"
    return f"DTSTART:{_utc(moment(event, event.start))}", f"DTEND:{_utc(moment(event, event.end))}"


def _utc(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A line with its ends, parted between characters."""
    parts, used = [""], 0
    for character in line:
        length = len(character.encode())
        if used + length > _WIDTH:
            parts.append(" ")
            used = 1
        parts[-1] += character
        used += length
    return "\r\n".join([*parts, ""]).encode()
