"""Days as people say them, and days and times as people read them. Agents fail at such sums: they are done here."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from mcp_local_graph.errors import RequestRefused

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEAR = {"yesterday": -1, "today": 0, "tomorrow": 1}
# Far from both ends of what Python can count.
_YEARS = range(1800, 2201)
_AWAY = re.compile(r"([+-]?[0-9]{1,4}) ?d(?:ays?)?( ago)?")


def day(said: str, today: date) -> date:
    """The day that somebody means, seen from today.

    `today`, `tomorrow`, `yesterday`, a weekday (the next one, today included; `next monday`: not today), `3 days`,
    `3 days ago`, or an ISO date, with or without a time.

    Raises:
        RequestRefused: it is none of these.
    """
    words = " ".join(said.lower().split())
    if words in _NEAR:
        return today + timedelta(_NEAR[words])
    if (weekday := words.removeprefix("next ")) in WEEKDAYS:
        first = 1 if words != weekday else 0
        return today + timedelta(first + (WEEKDAYS.index(weekday) - today.weekday() - first) % 7)
    if away := _AWAY.fullmatch(words):
        return today + timedelta(-int(away[1]) if away[2] else int(away[1]))
    read = _iso(said)
    if read is None:
        raise RequestRefused(
            "One of the days is none.", "Say YYYY-MM-DD, today, tomorrow, yesterday, a weekday, or `3 days ago`."
        )
    return read.date()


def moment(said: str, now: datetime) -> datetime:
    """The moment that is meant: the midnight that begins a day, or an ISO time.

    An ISO time without an offset is in `now`'s zone.

    Raises:
        RequestRefused: it is neither.
    """
    read = _iso(said)
    if read is None:
        return midnight(day(said, now.date()), now)
    return read if read.tzinfo is not None else read.replace(tzinfo=now.tzinfo)


def _iso(said: str) -> datetime | None:
    """An ISO date or time of a year that sums can be done with; None for anything else."""
    try:
        read = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    return read if read.year in _YEARS else None


def midnight(of: date, now: datetime) -> datetime:
    """The beginning of a day, in `now`'s zone."""
    return datetime.combine(of, time(), tzinfo=now.tzinfo)


def named(of: date, today: date) -> str:
    """`Mon 23 Nov`, with the year where it is another, and with the word for the days around today."""
    near = next((word for word, away in _NEAR.items() if today + timedelta(away) == of), "")
    year = f" {of.year}" if of.year != today.year else ""
    return f"{of:%a} {of.day} {of:%b}{year}" + (f" ({near})" if near else "")


def stamp(when: datetime, now: datetime) -> str:
    """`Mon 23 Nov 09:12`, with the year where it is another."""
    year = f" {when.year}" if when.year != now.year else ""
    return f"{when:%a} {when.day} {when:%b}{year} {when:%H:%M}"
