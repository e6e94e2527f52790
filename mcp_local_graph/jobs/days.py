"""Days as people say them, and days and times as people read them. Agents fail at such sums: they are done here."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from mcp_local_graph.errors import RequestRefused

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEAR = {"yesterday": -1, "today": 0, "tomorrow": 1}
# Far from both ends of what Python can count.
_YEARS = range(1800, 2201)
_WEEKS = {"last week": -7, "this week": 0, "next week": 7}
_AWAY = re.compile(r"([+-]?[0-9]{1,4}) ?(d|day|days|w|week|weeks)( ago)?")
# How people write a date: `25 Nov`, `25 November 2026`, `Nov 25, 2026`.
_WRITTEN = ("%d %b", "%d %B", "%b %d", "%B %d")
_HALF_A_YEAR = timedelta(183)


def day(said: str, today: date, *, past: bool = False) -> date:
    """The day that somebody means, seen from today.

    `today`, `tomorrow`, `yesterday`; a weekday, today included: the next one, or with `past` the latest; `next monday`
    and `last monday`: not today; `last week`: its Monday; `3 days`, `2 weeks ago`; `25 Nov`: the nearest one; or an ISO
    date, with or without a time.

    Raises:
        RequestRefused: it is none of these.
    """
    words = " ".join(said.lower().split())
    if words in _NEAR:
        return today + timedelta(_NEAR[words])
    if words in _WEEKS:
        return today + timedelta(_WEEKS[words] - today.weekday())
    if away := _AWAY.fullmatch(words):
        return today + int(away[1]) * (-1 if away[3] else 1) * timedelta(7 if away[2].startswith("w") else 1)
    if found := _weekday(words, today, past=past) or _written(words, today):
        return found
    read = _iso(said)
    if read is None:
        raise RequestRefused(
            f"{said[:_SHOWN]!r} is no day that is known here.",
            "Say YYYY-MM-DD, `25 Nov`, today, tomorrow, a weekday, `next week` or `last week` (Monday), `3 days ago`.",
        )
    return read.date()


# Characters of what cannot be read that are said again.
_SHOWN = 40


def _weekday(words: str, today: date, *, past: bool) -> date | None:
    which, _, name = words.rpartition(" ")
    if name not in WEEKDAYS or which not in {"", "this", "next", "last"}:
        return None
    weekday = WEEKDAYS.index(name)
    if which == "last" or (past and not which):
        return today - timedelta((today.weekday() - weekday - (which == "last")) % 7 + (which == "last"))
    return today + timedelta((weekday - today.weekday() - (which == "next")) % 7 + (which == "next"))


def _written(words: str, today: date) -> date | None:
    """A date with the name of its month; without a year the nearest one."""
    plain = words.replace(",", " ").replace(".", " ")
    for form in _WRITTEN:
        for year in ("", *(f" {today.year + away}" for away in (0, 1, -1))):
            try:
                read = datetime.strptime(" ".join(plain.split()) + year, f"{form} %Y").date()  # noqa: DTZ007 - a date
            except ValueError:
                continue
            if read.year in _YEARS and (not year or abs(read - today) <= _HALF_A_YEAR):
                return read
    return None


def moment(said: str, now: datetime, *, past: bool = False) -> datetime:
    """The moment that is meant: the midnight that begins a day, or an ISO time. `past` is as in `day`.

    An ISO time without an offset is in `now`'s zone.

    Raises:
        RequestRefused: it is neither.
    """
    read = _iso(said)
    if read is None:
        return midnight(day(said, now.date(), past=past), now)
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
