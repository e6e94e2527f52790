"""Events from a few words: times on the organizer's own clocks, the text of an invitation, the lines to join online."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.clients.modern import OUTLOOK_365
from mcp_local_graph.sandbox.data.diary.online import join_url
from mcp_local_graph.sandbox.data.letters import Signature
from mcp_local_graph.sandbox.data.seeds import Address, Attendee, Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.sandbox.company import Account

_RULE = (
    '<div style="color:#5F5F5F">________________________________________________________________________________</div>'
)
_JOIN = """{rule}
<div style="font-family:'Segoe UI','Helvetica Neue',Helvetica,Arial,sans-serif; color:#242424">
<div style="font-size:20px; font-weight:bold"><span>Microsoft Teams</span> <a href="https://aka.ms/JoinTeamsMeeting?omkt=en-GB" style="font-size:14px">Need help?</a></div>
<div style="font-size:20px"><a id="meet_invite_block.action.join_link" href="{url}" style="font-size:20px; font-weight:600">Join the meeting now</a></div>
<div style="font-size:14px"><span>Meeting ID: </span><span>{number}</span></div>
<div style="font-size:14px"><span>Passcode: </span><span>{code}</span></div>
</div>
{rule}
"""


def event(
    key: str,
    organizer: Address,
    day: date,
    clock: str,
    minutes: int,
    subject: str,
    text: str = "",
    **more: Any,
) -> Event:
    """An event on a day from `HH:MM` on, in the zone of its organizer."""
    start = datetime.combine(day, time.fromisoformat(clock))
    html = invitation(key, text, online=bool(more.get("online"))) if text or more.get("online") else ""
    end = start + timedelta(minutes=minutes)
    return Event(key=key, subject=subject, organizer=organizer, start=start, end=end, html=html, **more)


def whole_days(key: str, organizer: Address, first: date, number: int, subject: str, **more: Any) -> Event:
    """An event of whole days."""
    return event(key, organizer, first, "00:00", number * 24 * 60, subject, all_day=True, **more)


def asked(
    people: Iterable[Account | Address], response: str = "accepted", kind: str = "required"
) -> tuple[Attendee, ...]:
    """People who are asked to a meeting, with one answer of all of them."""
    found = (one if isinstance(one, Address) else Address(one.display_name, one.address) for one in people)
    return tuple(Attendee(one, response, kind) for one in found)


def invitation(key: str, text: str, *, online: bool) -> str:
    """The HTML of an invitation."""
    written = OUTLOOK_365.write(text or " ", Signature(), None).document
    if not online:
        return written
    number = f"{ids.number(10**12, 'number', key):012d}"
    spaced = " ".join(number[place : place + 3] for place in range(0, 12, 3))
    join = _JOIN.format(rule=_RULE, url=join_url(key), number=spaced, code=ids.guid("code", key)[:6])
    return written.replace("</body>", f"{join}</body>")
