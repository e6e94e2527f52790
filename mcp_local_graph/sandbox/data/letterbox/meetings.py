"""What the calendar sends by mail: invitations, cancellations, and the answers of those who were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.diary.all import events
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.letterbox.projects import for_ines
from mcp_local_graph.sandbox.data.letters import Signature
from mcp_local_graph.sandbox.data.mail import Mail
from mcp_local_graph.sandbox.data.posts import arrived, write
from mcp_local_graph.sandbox.data.seeds import Meeting

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.hands import Hand
    from mcp_local_graph.sandbox.data.seeds import Event

# Graph's meetingMessageType, and what Outlook puts before the subject.
_ANSWERS = {
    "meetingAccepted": "Accepted: ",
    "meetingTentativelyAccepted": "Tentative: ",
    "meetingDeclined": "Declined: ",
}


def mails(days: Days) -> list[Mail]:
    """All of them, as they lie with Ines."""
    planned = events(days)
    unread = for_ines(read=False)
    return [
        _request("invite-review", planned["review"], days.at(-3, "14:30"), elsewhere=for_ines()),
        _request("invite-drill", planned["drill"], days.ago(170), elsewhere=unread),
        _request("invite-sync", planned["sync"], days.at(-1, "23:05"), elsewhere=unread),
        _request("invite-northmole", planned["northmole"], days.at(-23, "10:10"), elsewhere=for_ines(folder="archive")),
        _request("invite-tank", planned["tank-day"], days.at(-2, "16:20"), elsewhere=unread),
        _cancellation("cancel-webinar", planned["webinar"], days.ago(75), elsewhere=unread),
        _answer("answer-1", "meetingAccepted", planned["kick-off"], hands.DANA, days.at(-4, "09:12")),
        _answer("answer-2", "meetingAccepted", planned["go"], hands.TOMASZ, days.at(-1, "15:31")),
        _answer(
            "answer-3", "meetingDeclined", planned["kick-off"], hands.TOMASZ, days.at(-3, "17:02"),
            "Sorry, the insurance people come at three. Joon-ho knows what I know.",
        ),
        write(
            "attached-event", hands.KONRAD, days.at(-2, "08:20"), (hands.INES.who,), "Termin OceanExpo",
            """Moin Ines, der Termin der Messe hängt an. Ich hole dich am Bahnhof ab.

Konrad""",
            attachments=(planned["fair"],), elsewhere=for_ines(folder="inbox/Besprechungen"),
        ),
        _answer("answer-4", "meetingTentativelyAccepted", planned["go"], hands.MARIT, days.ago(300), "If the bank lets me go."),
    ]  # fmt: skip


def _request(key: str, event: Event, at: datetime, **more: Any) -> Mail:
    return _sent(key, "meetingRequest", event, at, event.subject, **more)


def _cancellation(key: str, event: Event, at: datetime, **more: Any) -> Mail:
    return _sent(key, "meetingCancelled", event, at, event.subject, importance="high", **more)


def _sent(key: str, kind: str, event: Event, at: datetime, subject: str, **more: Any) -> Mail:
    people = tuple(one.who for one in event.attendees if one.kind != "resource")
    mail = Mail(
        key=key, sender=event.organizer, to=people, subject=subject, at=at, html=event.html or _bare(""),
        meeting=Meeting(kind=kind, event=event), **more,
    )  # fmt: skip
    return arrived(mail, Post())


def _answer(key: str, kind: str, event: Event, hand: Hand, at: datetime, text: str = "") -> Mail:
    mail = Mail(
        key=key, sender=hand.who, to=(event.organizer,), subject=f"{_ANSWERS[kind]}{event.subject}", at=at,
        html=_bare(text), meeting=Meeting(kind=kind, event=event), elsewhere=for_ines(read=bool(not text)),
    )  # fmt: skip
    return arrived(mail, Post())


def _bare(text: str) -> str:
    return hands.INES.client.write(text or " ", Signature(), None).document
