"""Who matters to whom, by who writes to whom and who meets whom."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.diary import all as diary
from mcp_local_graph.sandbox.data.mails import mails

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.seeds import Address

# A mail that one wrote says more than one that one got.
_WROTE, _GOT, _MET = 3, 1, 1


@lru_cache(maxsize=8)
def relevant(days: Days, address: str) -> tuple[tuple[Address, int], ...]:
    """The people of an address, the most relevant first, each with a number.

    Somebody who only ever wrote, and was never answered nor met, is nobody's contact.
    """
    names: dict[str, Address] = {}
    wrote, got, met = Counter[str](), Counter[str](), Counter[str]()
    for mail in mails(days):
        people = (*mail.to, *mail.cc)
        names |= {who.address: who for who in (mail.sender, *people) if not mail.forged}
        if mail.sender.address == address and not mail.draft:
            wrote.update(who.address for who in people)
        elif address in {who.address for who in people} and not mail.forged:
            got[mail.sender.address] += 1
    for event in diary.of(days, address):
        people = (event.organizer, *(one.who for one in event.attendees if one.kind != "resource"))
        names |= {who.address: who for who in people}
        met.update(who.address for who in people if event.organizer.address in wrote)
    scores = {who: _WROTE * wrote[who] + _GOT * got[who] + _MET * met[who] for who in wrote.keys() | met.keys()}
    ranked = sorted(scores.keys() - {address}, key=lambda who: (-scores[who], who))
    return tuple((names[who], scores[who]) for who in ranked)
