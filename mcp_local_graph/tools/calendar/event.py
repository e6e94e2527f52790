"""`calendar_read`: one event with everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.jobs import days, events, messages
from mcp_local_graph.jobs.lines import counted, end_of_part, rest_of
from mcp_local_graph.safety.untrusted import Links, Untrusted, line
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools.calendar.toolset import CALENDAR, SHARED, scope_of
from mcp_local_graph.tools.clock import Clock, clock
from mcp_local_graph.tools.files import EXPANDED, File, files
from mcp_local_graph.tools.mailboxes import domain
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.tools.needs import Found

_ALL = (*events.SUMMARY, "body", "attendees", "recurrence", "onlineMeeting", "seriesMasterId")
# People that are listed by name.
_MOST = 25
_RESPONSES = {"accepted": "yes", "declined": "no", "tentativelyAccepted": "maybe", "organizer": "organizer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Reading):
    """An event. `when`, `repeats` and `marks` are our words."""

    subject: Untrusted
    when: str
    repeats: str
    where: Untrusted
    organizer: Untrusted
    people: Untrusted
    join: Untrusted
    marks: tuple[str, ...]
    files: tuple[File, ...]
    text: Untrusted
    links: tuple[str, ...]
    hints: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line for each fact, then the text."""
        facts = {
            "Subject": self.subject,
            "When": self.when,
            "Repeats": self.repeats,
            "Where": self.where,
            "Organizer": self.organizer,
            "People": self.people,
            "Join": self.join,
            "Status": ", ".join(self.marks),
        }
        return [
            *(f"{name}: {value}" for name, value in facts.items() if value),
            *(file.line() for file in self.files),
            *(["", self.text] if self.text else []),
            *(["", *self.links] if self.links else []),  # a paragraph of its own: no backtick pairs with one above
        ]

    def notes(self) -> list[str]:
        """How to get the rest."""
        return list(self.hints)


@CALENDAR.tool("Read event", effect=Effect.READ, scopes={"Calendars.Read"}, when_asked={SHARED})
async def calendar_read(
    graph: Graph,
    ref: Annotated[str, Field(description="Handle of an event")],
    links: Annotated[bool, Field(description="List where links lead, the join link too")] = False,
    offset: Annotated[int, Field(ge=0)] = 0,
    max_chars: Annotated[int, Field(ge=500, le=24000)] = 6000,
) -> Event:
    """Read an event: time, place, people and their answers, files, how it repeats, text."""
    found = graph.find(ref, Kind.EVENT)
    time = clock(graph)
    scope = scope_of(graph, found.path)
    item = await graph.get(found.path, select=_ALL, expand=EXPANDED, scope=scope)
    read = partial(_read, graph, found, item, time, (offset, max_chars), with_links=links)
    return await in_thread(read) if messages.is_large(item) else read()


def _read(
    graph: Graph, found: Found, item: Mapping[str, Any], time: Clock, size: tuple[int, int], *, with_links: bool
) -> Event:
    links = Links()
    join = str((item.get("onlineMeeting") or {}).get("joinUrl") or "")
    shown = events.summary(item, "", time.zone, domain(graph))
    text = messages.text_of(item.get("body"), links)
    join_number = links.add(join) if join else 0
    end = end_of_part(text, *size)
    attached = files(graph, found.path, item)
    return Event(
        subject=line(item.get("subject") or "(no subject)"),
        when=_when(shown, time) if shown else "",
        repeats=_repeats(item),
        where=line((item.get("location") or {}).get("displayName")),
        organizer=messages.full(item.get("organizer")),
        people=_people(item.get("attendees") or []),
        join=line(f"online, link [{join_number}]" if join else ""),
        marks=shown.marks if shown else (),
        files=attached.listed,
        text=text.part(size[0], end),
        links=tuple(links.lines()) if with_links else (),
        hints=(
            *rest_of(len(text), end),
            *(
                [f"{counted(len(links), 'link')}: links=true lists where they lead"]
                if len(links) and not with_links
                else []
            ),
            *attached.notes(),
        ),
    )


def _when(one: events.Summary, time: Clock) -> str:
    first, last = one.start.date(), one.last
    span = days.named(first, time.now.date())
    if last != first and one.all_day:
        return f"{span} to {days.named(last, time.now.date())}, all day"
    if last != first:
        return f"{span} {one.start:%H:%M} to {days.named(last, time.now.date())} {one.end:%H:%M} ({time.name})"
    return f"{span} {events.clock_times(one, first)} ({time.name})"


def _repeats(item: Mapping[str, Any]) -> str:
    """An occurrence does not say how its series repeats, only that it belongs to one."""
    return events.recurrence(item.get("recurrence")) or ("one of a series" if item.get("seriesMasterId") else "")


def _people(attendees: list[dict[str, Any]]) -> Untrusted:
    told = [_person(one) for one in attendees[:_MOST]]
    more = [f"and {len(attendees) - _MOST} more"] if len(attendees) > _MOST else []
    return line("; ".join([*told, *more]))


def _person(attendee: Mapping[str, Any]) -> str:
    status = attendee.get("status")
    response = _RESPONSES.get(str(status.get("response")) if isinstance(status, dict) else "", "no answer")
    kind = attendee.get("type")
    said = [response, *([str(kind)] if kind in {"optional", "resource"} else [])]
    return f"{messages.full(attendee)} - {', '.join(said)}"
