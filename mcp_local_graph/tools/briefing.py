"""The day at one glance, over mail and calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.jobs import days, events, mail_query, messages
from mcp_local_graph.tools import facts
from mcp_local_graph.tools.calendar.toolset import shown as shown_events
from mcp_local_graph.tools.clock import Answers, Clock, timed
from mcp_local_graph.tools.mail.toolset import shown
from mcp_local_graph.tools.mailboxes import domain
from mcp_local_graph.tools.needs import Effect, Graph, Reading, Toolset

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Ask

BRIEFING = Toolset("briefing", "Today's meetings and what is new, in one answer")

_MOST_UNREAD, _MOST_FLAGGED, _MOST_EVENTS = 10, 5, 30
# Events that are asked for: until the zone is known, the question reaches a day beyond both ends.
_ASKED_EVENTS = 100
# Bytes of a line: this is an overview.
_LINE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing(Reading):
    """Today's and tomorrow's events, unread mail in the inbox (`unread_in_all`, where Graph says), flagged mail.

    `more_events` says that not all of the two days' events are here.
    """

    events: tuple[events.Summary, ...]
    unread: tuple[messages.Summary, ...]
    unread_in_all: int | None
    flagged: tuple[messages.Summary, ...]
    more_events: bool
    now: datetime
    zone: str
    missing: tuple[str, ...]

    def lines(self) -> list[str]:
        """Three parts, each below its title."""
        now = self.now
        begin, end = _two_days(now)
        count = (
            f" ({self.unread_in_all} in all)" if self.unread_in_all and self.unread_in_all > len(self.unread) else ""
        )
        return [
            f"It is {now:%a} {now.day} {now:%b %Y %H:%M}.",
            "# Calendar",
            *(events.by_days(self.events, begin, end, now) or ["nothing today and tomorrow"]),
            f"# Unread in the inbox{count}",
            *(messages.by_days(self.unread, now, _LINE) or ["nothing"]),
            *(["# Flagged", *messages.by_days(self.flagged, now, _LINE)] if self.flagged else []),
        ]

    def notes(self) -> list[str]:
        """What the marks mean, and what could not be had."""
        more = (self.unread_in_all or 0) > len(self.unread)
        return [
            f"{messages.MARKS}; times: {self.zone}.",
            *(["More meetings are not shown: calendar_list with days=2."] if self.more_events else []),
            *(["The other unread ones: mail_search with unread=true."] if more else []),
            *self.missing,
        ]


@BRIEFING.tool("Brief me", effect=Effect.READ, scopes={"Mail.Read", "Calendars.Read"}, optional=facts.SCOPES)
async def briefing(graph: Graph) -> Briefing:
    """What today and tomorrow bring and what is new: events, unread and flagged mail, in one answer."""
    time, _, answers = await timed(graph, lambda time: _asks(graph, time))
    if all(isinstance(answer, LocalGraphError) for answer in answers):
        raise answers[0]  # type: ignore[misc]  # they all are errors
    return _brief(graph, time, answers)


def _asks(graph: Graph, time: Clock) -> list[Ask]:
    begin, end = _two_days(time.now)
    unread, flagged = (mail_query.planned(one).options for one in (_UNREAD, _FLAGGED))
    inbox = ("me", "mailFolders", "inbox", "messages")
    return [
        graph.ask(
            ("me", "calendarView"),
            top=_ASKED_EVENTS,
            **events.view(begin - time.slack, end + time.slack),
        ),
        graph.ask(inbox, select=messages.SUMMARY, top=_MOST_UNREAD, count=True, **unread),
        graph.ask(("me", "messages"), select=messages.SUMMARY, top=_MOST_FLAGGED, **flagged),
    ]


_UNREAD, _FLAGGED = mail_query.Wanted(unread=True), mail_query.Wanted(flagged=True)


def _two_days(now: datetime) -> tuple[datetime, datetime]:
    return days.midnight(now.date(), now), days.midnight(now.date() + timedelta(2), now)


def _brief(graph: Graph, time: Clock, answers: Answers) -> Briefing:
    calendar, unread, flagged = (answer if isinstance(answer, dict) else {} for answer in answers)

    def mails(answer: dict[str, Any]) -> tuple[messages.Summary, ...]:
        items = answer.get("value", ())
        return messages.summaries(items, shown(graph, ("me",), items), time.zone, domain(graph))

    found = shown_events(graph, ("me",), calendar.get("value", ()), time.zone)
    begin, end = _two_days(time.now)
    wanted = events.within(found, begin, end)
    # They come by their start: one that begins later ends the two days.
    goes_on = "@odata.nextLink" in calendar and not (found and found[-1].start >= end)
    return Briefing(
        events=tuple(wanted[:_MOST_EVENTS]),
        unread=mails(unread),
        unread_in_all=unread.get("@odata.count"),
        flagged=mails(flagged),
        more_events=goes_on or len(wanted) > _MOST_EVENTS,
        now=time.now,
        zone=time.name,
        missing=tuple(f"Missing: {answer.text()}" for answer in answers if isinstance(answer, LocalGraphError)),
    )
