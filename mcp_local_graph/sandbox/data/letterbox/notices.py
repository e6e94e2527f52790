"""What machines send: notifications, reminders, tickets, bounces, automatic replies."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.company import DOMAIN
from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.files import texts
from mcp_local_graph.sandbox.data.hands import INES, Hand
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.letterbox.projects import MY_FILES, for_ines
from mcp_local_graph.sandbox.data.letters import Client, Letter, Quote, Signature, Tags, marked_up
from mcp_local_graph.sandbox.data.mail import File, Mail
from mcp_local_graph.sandbox.data.posts import in_plain_text, write
from mcp_local_graph.sandbox.data.seeds import Address

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days

_TO = (INES.who,)
_AUTOMATIC = Post(extra=(("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")))
_REPLY = Post(extra=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")))
_ROW = "<tr><td style=\"padding:6px 24px;font-family:'Segoe UI',Tahoma,sans-serif;font-size:14px;color:#242424\">{0}</td></tr>\r\n"
_CARD = Tags(
    paragraph=_ROW.format,
    listed=lambda _tag, items: _ROW.format(f"<ul>{items}</ul>"),
)


def _card(text: str, _signature: Signature, _quote: Quote | None) -> Letter:
    frame = '<table role="presentation" width="600" cellpadding="0" cellspacing="0" style="border:1px solid #E0E0E0">'
    foot = _ROW.format(
        '<span style="font-size:11px;color:#616161">This is an automatic message, nobody reads answers.</span>'
    )
    body = f'<table role="presentation" width="100%"><tr><td align="center">{frame}{marked_up(text, _CARD)}{foot}</table></td></tr></table>'
    return Letter(
        f"<html><head><style>.a {{color:#0F6CBD}}</style></head><body>\r\n{body}\r\n</body></html>", body, body
    )


_MACHINE = Client(name="", write=_card)


def _machine(name: str, address: str) -> Hand:
    return Hand(Address(name, address), _MACHINE)


_TEAMS = _machine("Ines's colleagues in Teams", "noreply@teams.mail.example")
_FILES = _machine("SharePoint Online", "no-reply@sharepointonline.example")
_EXPENSES = _machine("Brackwater Expenses", f"expenses@{DOMAIN}")
_TICKETS = _machine("IT Service Desk", f"servicedesk@{DOMAIN}")
_PLANNER = _machine("Microsoft Planner", "noreply@planner.mail.example")
_ACCOUNT = _machine("Microsoft 365 security", f"account-security@{DOMAIN}")
_PORTLINE = _machine("Portline Travel", "booking@portline.example")
_POSTMASTER = _machine("Mail Delivery System", f"postmaster@{DOMAIN}")
_PARCEL = _machine("Saltmere Parcel", "tracking@saltmere-parcel.example")
_PAY = _machine("Brackwater People", f"people@{DOMAIN}")


def mails(days: Days) -> list[Mail]:
    """All of them."""
    say = partial(write, to=_TO, post=_AUTOMATIC)
    out, back = days.weekday(2, 1), days.weekday(2, 2)
    trip_starts = days.at(out, "07:12")
    ticket = File(
        name="itinerary.ics", content_type="text/calendar",
        make=partial(texts.travel, trip_starts, trip_starts + timedelta(hours=3, minutes=40)),
    )  # fmt: skip
    other = for_ines(read=False, focused=False)
    return [
        say("notice-teams", _TEAMS, days.ago(240), subject="You have 3 unread messages in Field Survey",
            text="""**Field Survey** in Teams

Joon-ho Baek: the winch is booked, see the plan

Priya Venkataraman: 40 h and no drift 🎉

Tomasz Halloran: who has the keys of the blue van?""", elsewhere=other),
        say("notice-share", _FILES, days.at(-2, "11:32"), subject='Joon-ho Baek shared "Line plan Kestrel v2.csv" with you',
            text=f"""Joon-ho Baek shared a file with you.

[Line plan Kestrel v2.csv]({MY_FILES}/Line%20plan%20Kestrel%20v2.csv?e=4Qb1sT)

This link works for you only.""", elsewhere=other),
        say("notice-expense", _EXPENSES, days.at(-3, "09:00"), subject="Expense report BW-2207 approved",
            text="""Your report **BW-2207** (GBP 184.20) was approved by Tomasz Halloran. The money comes with the next pay.""",
            elsewhere=for_ines(focused=False)),
        say("notice-expense-2", _EXPENSES, days.at(-24, "09:00"), subject="Expense report BW-2169 approved",
            text="""Your report **BW-2169** (GBP 61.00) was approved by Tomasz Halloran.""",
            elsewhere=for_ines(focused=False, folder="archive")),
        say("notice-ticket", _TICKETS, days.at(-4, "10:22"), subject="[SD-5518] New laptop: ready to collect",
            text="""Your ticket **SD-5518** is solved: the new laptop can be collected from Rui in Harbour House 1.02.

If it is not solved, answer within 5 days.""", elsewhere=for_ines(flag="flagged")),
        say("notice-ticket-2", _TICKETS, days.at(-19, "16:05"), subject="[SD-5471] VPN from the vessel",
            text="""Your ticket **SD-5471** was taken over by Rui Castellane.""", elsewhere=for_ines(focused=False)),
        say("notice-planner", _PLANNER, days.at(-1, "07:00"), subject="You have late tasks: 2",
            text=f"""Late tasks in **Kestrel Sound**

- Order shackles (due {days.said(-3)})
- Risk assessment, second version (due {days.said(-2)})""", elsewhere=other),
        say("notice-password", _ACCOUNT, days.at(-10, "03:00"), subject="Your password expires in 14 days",
            text="""Your password expires in 14 days. Change it at your own PC: press Ctrl+Alt+Del.

We never send a link for this.""", elsewhere=for_ines(focused=False)),
        say("notice-travel", _PORTLINE, days.at(-11, "19:40"), subject="Your booking PLT-88231: Saltmere to Kestrel Sound",
            text=f"""Thank you for your booking **PLT-88231**.

Outward: {days.said(out)}, 07:12, coach C seat 41, arrives 10:52

Return: {days.said(back)}, 17:20, coach A seat 12

The itinerary is attached.""", attachments=(ticket,), elsewhere=for_ines(categories=("Travel",))),
        say("notice-parcel", _PARCEL, days.at(-1, "11:48"), subject="Your parcel arrives today between 14:00 and 16:00",
            text="""Parcel **SP 7731 204 118** from Aldermoor Optics arrives today. Leave it with: reception.""",
            elsewhere=for_ines(focused=False)),
        say("notice-pay", _PAY, days.at(-21, "08:00"), subject="Your payslip",
            text="""Your payslip is attached. It opens with the password that you chose in the portal.""",
            attachments=(File(name="Payslip.pdf", content_type="application/pdf", make=texts.payslip),)),
        *_bounces(days),
    ]  # fmt: skip


def _bounces(days: Days) -> list[Mail]:
    bounce = write(
        "notice-bounce", _POSTMASTER, days.at(-9, "12:31"), _TO, "Undeliverable: Visit of the quay",
        """**Your message to hamish.rowntree@kestrel-sound.example could not be delivered.**

The domain kestrel-sound.example does not exist. Did you mean kestrelsound.example?

Diagnostic: 550 5.4.310 DNS domain does not exist""",
        post=_REPLY,
    )  # fmt: skip
    away = in_plain_text(
        "notice-away", Hand(hands.TOMASZ.who, hands.TOMASZ.client), days.at(-16, "09:01"), _TO,
        "Automatic reply: Crew list January",
        f"I am at sea until {days.said(-13)} and read mail in the evening only. In urgent cases call Ines Okafor.",
        post=_REPLY, elsewhere=for_ines(focused=False),
    )  # fmt: skip
    partner_away = in_plain_text(
        "notice-away-2", Hand(hands.DANA.who, hands.DANA.client), days.at(-8, "09:56"), _TO,
        "Automatic reply: Kestrel Sound: which vessel?",
        f"Thank you for your mail. I am back on {days.said(-5)}.", post=_REPLY, elsewhere=for_ines(focused=False),
    )  # fmt: skip
    return [bounce, away, partner_away]
