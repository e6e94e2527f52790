"""Single mails: questions of colleagues, drafts, what was filed, thrown away or taken for junk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.clients.others import GMAIL
from mcp_local_graph.sandbox.data.files import office, texts
from mcp_local_graph.sandbox.data.files.kinds import XLSX
from mcp_local_graph.sandbox.data.hands import INES, Hand
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.letterbox.projects import for_ines
from mcp_local_graph.sandbox.data.mail import File, Mail, Placed
from mcp_local_graph.sandbox.data.posts import in_plain_text, reply, write
from mcp_local_graph.sandbox.data.seeds import Address

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days

_TO = (INES.who,)
_LIST = Address("Field Survey Team", f"field-survey@{company.DOMAIN}")
_LEV = Hand(Address(company.LEV.display_name, company.LEV.user_name), hands.JOON.client)


def mails(days: Days) -> list[Mail]:
    """All of them."""
    return [*_questions(days), *_longer_ago(days), *_drafts(days), *_sent(days), *_thrown_away(days)]


def _questions(days: Days) -> list[Mail]:
    to_me = partial(write, to=_TO)
    return [
        to_me("ask-keys", hands.TOMAS, days.ago(25), subject="Blue van",
              text="""Ines, have you got the keys of the blue van? Workshop needs it at two.

Tomas""", elsewhere=for_ines(read=False)),
        to_me("ask-leave", hands.JOON, days.at(-1, "17:12"), subject="Leave before Christmas",
              text=f"""May I take {days.said(days.weekday(3, 0))} to {days.said(days.weekday(3, 4))} off? Nasrin covers the processing.

Joon-ho""", elsewhere=for_ines(read=False)),
        to_me("ask-order", hands.INES_OCAMPO, days.at(-2, "10:40"), subject="Order 4500-2231: lenses",
              text="""Hi namesake,

Aldermoor wants a VAT number on the order. Shall I use ours or the one of the Lisbon branch?

Ines O.""", elsewhere=for_ines(read=False)),
        to_me("ask-list", hands.NASRIN, days.at(-3, "16:33"), subject="Tide gauge: two days missing",
              text="""Hi Ines,

The tide data of last week has a gap of two days. I can close it with the gauge of the pilot station, if Hamish lets me
have the file.

Nasrin""", elsewhere=for_ines(flag="flagged", due=days.at(0, "17:00"))),
        to_me("ask-stock", hands.TOMAS, days.at(-6, "07:20"), subject="Stock list, 400 lines",
              text="""As you wished: the whole store, as a table. Anything below 20 I reorder on Friday.""",
              attachments=(File(name="Stock list.xlsx", content_type=XLSX, make=office.stock_list),)),
        to_me("ask-notes", hands.KONRAD, days.at(-10, "18:55"), subject="Notizen von Tonne 14",
              text="""Moin Ines, meine Notizen von gestern, als Textdatei. Die Umlaute stimmen hoffentlich.""",
              attachments=(File(name="Notizen.txt", content_type="text/plain", make=texts.notes),)),
        to_me("ask-benedict", hands.BENEDICT, days.at(-2, "19:08"), subject="Sunday?",
              text="""Hi! Are we on for the coast path on Sunday? Call me on +44 7700 900 144, my mail is slow.""",
              elsewhere=for_ines(read=False)),
        write("ask-all", hands.MARIT, days.at(-4, "12:00"), (_LIST,), "Thank you for Sandray",
              """All,

the client has paid for Sandray, in full and early. That has not happened since 2019. Cake at four.

Marit""", bcc=_TO),
        write("ask-receipt", hands.RUI, days.at(-5, "08:45"), _TO, "Please confirm: new laptop",
              """Please confirm by a read receipt that you got this. Your old laptop will be wiped on the 15th.

Rui""", read_receipt=True),
    ]  # fmt: skip


def _longer_ago(days: Days) -> list[Mail]:
    archive = for_ines(folder="archive")
    sandray = for_ines(folder="inbox/Sandray 2026")
    to_me = partial(write, to=_TO)
    offer = to_me("old-offer", hands.DANA, days.at(-30, "11:30"), subject="Kestrel Sound: you have it",
                  text="""Hi Ines,

The board has chosen Brackwater. The signed offer (GBP 48,500 all in) follows by post. Congratulations!

Best
Dana""", elsewhere=archive)  # fmt: skip
    thanks = reply(
        offer,
        "old-offer-2",
        INES,
        days.at(-30, "11:55"),
        """Wonderful! We are looking forward to it.

Ines""",
    )
    return [
        offer, thanks,
        to_me("old-tide", hands.NASRIN, days.at(-28, "09:14"), subject="Sandray: tide correction, final", elsewhere=sandray,
              text="""The final correction is 4 cm. The blocks 1 to 6 are reprocessed, 7 follows."""),
        to_me("old-report", hands.JOON, days.at(-27, "16:48"), subject="Sandray: report is out", elsewhere=sandray,
              text="""Report sent, 88 pages. Nobody asked about the roll. 😇"""),
        to_me("old-invoice", hands.ZOE, days.at(-26, "10:10"), subject="Sandray: final invoice", elsewhere=sandray,
              text="""Hello Ines,

the final invoice (GBP 61,200) went out today. Please file the timesheets.

Kind regards
Zoë"""),
        to_me("old-lev", _LEV, days.at(-29, "17:30"), subject="Goodbye and thank you", elsewhere=archive,
              text="""Dear all,

today is my last day. It was a good time. You find me at lev@postbox.example.

Lev"""),
        to_me("old-marit", hands.MARIT, days.at(-23, "09:00"), subject="Your salary review", elsewhere=archive, importance="high",
              text="""Ines, well done this year. Let us talk on Friday.

Marit"""),
        to_me("old-visit", hands.HAMISH, days.at(-20, "14:14"), subject="Your visit", elsewhere=archive,
              text="""Dear Ms Okafor

You are welcome at the pilot station at any time before the ferry season.

Yours sincerely"""),
    ]  # fmt: skip


def _drafts(days: Days) -> list[Mail]:
    draft = partial(write, hand=INES, draft=True, elsewhere=for_ines(folder="drafts"))
    return [
        draft("draft-sunniva", at=days.ago(30), to=(hands.SUNNIVA.who,), subject="Re: Halcyon: I need a yes by tomorrow noon",
              text="""Dear Sunniva,

Yes, we take the Halcyon. Fuel"""),
        draft("draft-team", at=days.at(-2, "18:03"), to=(_LIST,), subject="Crew for January",
              text="""Hi all,

who would like to be on the Halcyon in January?"""),
        draft("draft-empty", at=days.at(-14, "08:30"), to=(), subject="", text=" "),
    ]  # fmt: skip


def _sent(days: Days) -> list[Mail]:
    mine = partial(write, hand=INES)
    return [
        mine("sent-crew", at=days.at(-16, "09:00"), to=(hands.TOMASZ.who,), subject="Crew list January",
             text="""Tomasz, here is my proposal: Joon-ho (party chief), Nasrin (processing), one from the agency.

Ines"""),
        mine("sent-lens", at=days.at(-14, "11:20"), to=(hands.INES_OCAMPO.who,), subject="Lenses for the BW-300",
             text="""Hi Ines,

please order 25 lenses from Aldermoor Optics at EUR 84.

Thanks, Ines"""),
        mine("sent-quay", at=days.at(-9, "12:30"), to=(Address("Hamish Rowntree", "hamish.rowntree@kestrel-sound.example"),),
             subject="Visit of the quay", text="""Dear Mr Rowntree,

May we visit the quay next week?"""),
        mine("sent-dana", at=days.at(-3, "15:40"), to=(hands.DANA.who,), cc=(hands.TOMASZ.who,),
             subject="Kick-off: who comes", text="""Hi Dana,

From our side Joon-ho, Priya and me. Lunch before, at 13:30?

Ines"""),
    ]  # fmt: skip


def _thrown_away(days: Days) -> list[Mail]:
    deleted, junk = for_ines(folder="deleteditems"), for_ines(folder="junkemail", read=False, focused=False)
    stranger = partial(write, to=_TO)
    bad = Post(verdict="fail", spam=6, first_contact=True)
    return [
        stranger("bin-shoes", Hand(Address("Deck Shoes Direct", "deals@deckshoes.example"), GMAIL), days.at(-7, "06:40"),
                 subject="Last chance: deck shoes", text="""Two for one, today only.""", elsewhere=deleted),
        stranger("bin-recruiter", Hand(Address("Talent Cove", "hello@talentcove.example"), GMAIL), days.at(-17, "15:15"),
                 subject="Your next role", text="""Hi Ines, I came across your profile. Party chief, Gulf, tax free?""",
                 elsewhere=deleted),
        in_plain_text("junk-parcel", Hand(Address("Parcel", "no-reply@parcel-fee.example"), GMAIL), days.at(-1, "02:13"), _TO,
                      "Your parcel waits: pay 1.99", "Pay here: http://parcel-fee.example/p?i=77120", bad, elsewhere=junk),
        in_plain_text("junk-prize", Hand(Address("Lotería", "premio@loteria-gana.example"), GMAIL), days.at(-5, "03:30"), _TO,
                      "¡Ha ganado 850.000 €!", "Envíe sus datos bancarios hoy.", bad, elsewhere=junk),
        Mail(key="bin-nothing", sender=hands.ZOE.who, to=_TO, subject="", at=days.at(-19, "13:13"), text="\r\n",
             elsewhere={**deleted}, placed=Placed(folder="deleteditems")),
    ]  # fmt: skip
