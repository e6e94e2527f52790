"""ics: events and tasks, one after another; times with their zones, as they are written."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.formats.lines import Line, Thing, things
from mcp_local_graph.documents.parsed import Parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.documents.parsed import Hints

_TITLES = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Journal", "VFREEBUSY": "Free/busy"}
_TIMES = {"DTSTART": "Start", "DTEND": "End", "DUE": "Due", "DURATION": "Duration", "RECURRENCE-ID": "Instead of"}
_SERIES = {"RDATE": "Also", "EXDATE": "Except"}
_TEXTS = {"LOCATION": "Where", "STATUS": "Status", "URL": "Link", "CATEGORIES": "Categories"}
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_EVERY = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year", "HOURLY": "hour"}


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its events, in the order of the file."""
    text, notes = decoded(content, hints.charset)
    calendars, bad = things(text)
    if bad:
        notes.append(("unread_parts", bad))
    return Parsed(lambda _part: _lines(calendars), notes=notes)


def _lines(calendars: list[Thing]) -> Iterator[str]:
    for calendar in calendars:
        for name, title in {"METHOD": "Method", "X-WR-CALNAME": "Calendar"}.items():
            yield from [f"{title}: {calendar.value(name)}"] if calendar.value(name) else []
        for thing in calendar.inner if calendar.name == "VCALENDAR" else [calendar]:
            if thing.name in _TITLES:
                yield from ["", *_entry(thing)]


def _entry(thing: Thing) -> Iterator[str]:
    yield f"{_TITLES[thing.name]}: {_one_line(thing.value('SUMMARY')) or '(no title)'}"
    for name, title in _TIMES.items():
        yield from (f"{title}: {_last_day(line) if name == 'DTEND' else moment(line)}" for line in thing.all(name))
    yield from (f"Repeats: {rule(line.value)}" for line in thing.all("RRULE"))
    for name, title in _SERIES.items():
        yield from (f"{title}: {moment(line)}" for line in thing.all(name))
    for name, title in _TEXTS.items():
        yield from (f"{title}: {_one_line(line.value)}" for line in thing.all(name))
    yield from (f"Organizer: {_person(line)}" for line in thing.all("ORGANIZER"))
    yield from (f"Attendee: {_person(line)}" for line in thing.all("ATTENDEE"))
    yield from (["Description:", thing.value("DESCRIPTION")] if thing.value("DESCRIPTION") else [])


def moment(line: Line) -> str:
    """`2026-03-01 10:00 (Europe/Berlin)`; `UTC` where it says so; nothing where no zone is named."""
    zone = line.parameters.get("TZID", "")
    shown = [_stamp(each) for each in line.value.split(",")]
    return ", ".join(shown) + (f" ({zone})" if zone else "")


def _last_day(line: Line) -> str:
    """When it ends. Where days are written without times, the one that is written is the first that is free again."""
    try:
        return f"{date.fromisoformat(line.value) - timedelta(1)} (whole day)"
    except ValueError:
        return moment(line)


def _stamp(text: str) -> str:
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return text
    year, month, day, hour, minute, second, utc = match.groups()
    time = f" {hour}:{minute}{'' if second == '00' else f':{second}'}" if hour else ""
    return f"{year}-{month}-{day}{time}{' UTC' if utc else ''}"


def rule(text: str) -> str:
    """A recurrence rule: the simple part in words, the rest as RFC 5545 writes it."""
    parts = dict(part.partition("=")[::2] for part in text.upper().split(";") if part)
    unit = _EVERY.get(parts.pop("FREQ", ""), "")
    if not unit:
        return text
    interval = parts.pop("INTERVAL", "1")
    words = [f"every {unit}" if interval == "1" else f"every {interval} {unit}s"]
    for name, says in (("BYDAY", "on {}"), ("COUNT", "{} times"), ("UNTIL", "until {}")):
        if name in parts:
            value = parts.pop(name)
            words.append(says.format(_stamp(value) if name == "UNTIL" else value))
    return ", ".join([*words, *(f"{name}={value}" for name, value in parts.items() if name != "WKST")])


def _person(line: Line) -> str:
    address = re.sub("(?i)^mailto:", "", line.value)
    name = line.parameters.get("CN", "")
    facts = [line.parameters[key].lower() for key in ("ROLE", "PARTSTAT") if key in line.parameters]
    return " | ".join([f"{name} <{address}>" if name and name != address else address, *facts])


def _one_line(text: str) -> str:
    return " ".join(text.split())
