"""Graph's events in our words: when, where, who, how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.jobs import days as day_words
from mcp_local_graph.jobs import messages, zones
from mcp_local_graph.jobs.lines import cut, cut_sender
from mcp_local_graph.safety.untrusted import Untrusted, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

SUMMARY = (
    "id",
    "subject",
    "start",
    "end",
    "isAllDay",
    "location",
    "organizer",
    "isOrganizer",
    "responseStatus",
    "isCancelled",
    "isOnlineMeeting",
    "sensitivity",
    "showAs",
    "type",
)
# Bytes of a line of a list.
_LINE = 170
_ANSWERS = {"notResponded": "not answered", "tentativelyAccepted": "tentative", "declined": "declined"}
_ORDER = {"first", "second", "third", "fourth", "last"}


class Summary(NamedTuple):
    """An event of a list. `start` and `end` are in the person's zone; of a whole day they are its midnights."""

    ref: str
    subject: Untrusted
    start: datetime
    end: datetime
    all_day: bool
    where: Untrusted
    organizer: Untrusted
    marks: tuple[str, ...]

    @property
    def last(self) -> date:
        """The last day that it touches."""
        return (self.end - timedelta(microseconds=1) if self.end > self.start else self.end).date()

    def days(self, first: date, last: date) -> Iterable[date]:
        """The days that it touches, of those from `first` to `last`: whoever invites may name any two years."""
        begin, end = max(self.start.date(), first), min(self.last, last)
        return (begin + timedelta(number) for number in range((end - begin).days + 1))


def summary(event: Mapping[str, Any], ref: str, zone: ZoneInfo, domain: str) -> Summary | None:
    """An event of a list; None where Graph gives no time for it."""
    all_day = bool(event.get("isAllDay"))
    start, end = (_time(event.get(name), zone, all_day=all_day) for name in ("start", "end"))
    if start is None or end is None:
        return None
    return Summary(
        ref=ref,
        subject=line(event.get("subject") or "(no subject)"),
        start=start,
        end=end,
        all_day=all_day,
        where=line((event.get("location") or {}).get("displayName")),
        organizer=line("") if event.get("isOrganizer") else messages.short(event.get("organizer"), domain),
        marks=tuple(_marks(event)),
    )


def _time(value: Mapping[str, Any] | None, zone: ZoneInfo, *, all_day: bool) -> datetime | None:
    """A whole day is the same date in every zone: Graph gives midnights, whatever zone it says with them.

    Source: github.com/microsoftgraph/microsoft-graph-docs/issues/1802.
    """
    if not all_day:
        return zones.moment(value, zone)
    said = value.get("dateTime") if isinstance(value, dict) else None
    try:
        return datetime.fromisoformat(str(said)).replace(tzinfo=zone)
    except ValueError:
        return None


def _marks(event: Mapping[str, Any]) -> list[str]:
    answer = _ANSWERS.get(str((event.get("responseStatus") or {}).get("response")))
    facts = (
        ("cancelled", event.get("isCancelled")),
        (answer, answer and not event.get("isOrganizer")),
        ("shown as free", event.get("showAs") == "free" and not event.get("isAllDay")),
        ("out of office", event.get("showAs") == "oof"),
        ("private", event.get("sensitivity") in {"private", "confidential"}),
        ("online", event.get("isOnlineMeeting")),
        ("repeats", event.get("type") in {"occurrence", "exception", "seriesMaster"}),
    )
    return [str(word) for word, on in facts if on]


def view(begin: datetime, end: datetime) -> dict[str, Any]:
    """The options that ask a calendar view for what lies between two times."""
    return {
        "startDateTime": zones.utc(begin),
        "endDateTime": zones.utc(end),
        "select": SUMMARY,
        "orderby": ("start/dateTime",),
    }


def within(found: Iterable[Summary], begin: datetime, end: datetime) -> list[Summary]:
    """Those of them that touch the days from `begin` on, before `end`."""
    first, last = begin.date(), (end - timedelta(microseconds=1)).date()
    return [one for one in found if one.start.date() <= last and one.last >= first]


def by_days(found: Sequence[Summary], begin: datetime, end: datetime, now: datetime) -> list[str]:
    """Events below their days, those of several days below each."""
    last = (end - timedelta(microseconds=1)).date()
    pairs = [(day, one) for one in found for day in one.days(begin.date(), last)]
    result: list[str] = []
    for day in sorted({day for day, _ in pairs}):
        result.append(day_words.named(day, now.date()))
        mine = [one for on, one in pairs if on == day]
        result += [_listed(one, day) for one in sorted(mine, key=lambda one: (not one.all_day, one.start))]
    return result


def _listed(one: Summary, day: date) -> str:
    facts = [cut(one.subject, 80), cut(one.where, 40), cut_sender(one.organizer, 40), ", ".join(one.marks)]
    return cut(f"{one.ref} {clock_times(one, day)} {' | '.join(fact for fact in facts if fact)}", _LINE)


def clock_times(one: Summary, day: date) -> str:
    """When it is on a day: `09:00-10:30`, `all day`, `from 22:00`, `until 06:00`."""
    if one.all_day:
        return "all day"
    starts, ends = one.start.date() == day, one.last <= day
    if (starts and ends) or one.end == one.start:
        return f"{one.start:%H:%M}-{one.end:%H:%M}"
    return f"from {one.start:%H:%M}" if starts else f"until {one.end:%H:%M}" if ends else "all day"


def recurrence(pattern: Mapping[str, Any] | None) -> str:
    """A recurrence in words: `every 2 weeks on Monday and Wednesday, until 2026-12-31`.

    Source: learn.microsoft.com, "recurrencePattern resource type", "recurrenceRange resource type".
    """
    rule, span = (pattern or {}).get("pattern") or {}, (pattern or {}).get("range") or {}
    kind = str(rule.get("type") or "")
    if not kind:
        return ""
    unit = next((unit for unit in ("day", "week", "month", "year") if unit in kind.lower() or unit[:3] in kind), "day")
    number = int(rule.get("interval") or 1)
    words = f"every {unit}" if number == 1 else f"every {number} {unit}s"
    return words + _on(kind, rule) + _until(span)


def _on(kind: str, rule: Mapping[str, Any]) -> str:
    days = _and([str(day).capitalize() for day in rule.get("daysOfWeek") or ()])
    if kind == "weekly":
        return f" on {days}" if days else ""
    month = f" {_month(rule)}" if "early" in kind and rule.get("month") else ""
    if kind.startswith("absolute"):
        return f" on the {rule.get('dayOfMonth')}.{month}"
    if kind.startswith("relative"):
        index = str(rule.get("index"))
        return f" on the {index if index in _ORDER else ''} {days}{' of' + month if month else ''}"
    return ""


def _month(rule: Mapping[str, Any]) -> str:
    number = int(rule["month"])
    return f"{datetime(2000, number, 1):%B}" if number in range(1, 13) else ""  # noqa: DTZ001 - only its name


def _until(span: Mapping[str, Any]) -> str:
    if span.get("type") == "endDate":
        return f", until {span.get('endDate')}"
    return f", {span.get('numberOfOccurrences')} times" if span.get("type") == "numbered" else ""


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
