"""A long thread in which something is decided: which vessel the Kestrel Sound survey takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.mail import Placed
from mcp_local_graph.sandbox.data.posts import reply, write

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail

_KESTREL = Placed(folder="inbox/Kestrel Sound")
_ELSEWHERE = {company.INES.user_name: Placed(folder="inbox/Kestrel Sound", categories=("Project: Kestrel Sound",))}


def mails(days: Days) -> list[Mail]:
    """A question and nine answers over nine days, by six people with six mail programs."""
    among_us = _among_us(days)
    return [*among_us, *_with_the_client(days, among_us[-1])]


def _among_us(days: Days) -> list[Mail]:
    start = days.said(days.weekday(7, 0))
    asked = write(
        "vessel-1", hands.INES, days.at(-12, "09:42"),
        (hands.TOMASZ.who, hands.JOON.who, hands.PRIYA.who),
        "Kestrel Sound: which vessel?",
        f"""Hi all,

For the Kestrel Sound survey we have to settle the vessel by {days.said(-3)}. As I see it there are three ways:

1. Our own RIB *Dipper*: nothing to pay, but no cabin and no winch
2. Charter M/V Halcyon: 1,450 a day, berths for eight, moon pool
3. Charter M/V Petrel: 1,120 a day, smaller, free only from February

| Vessel | Per day | Berths | From |
| Dipper (own) | 0 | 0 | now |
| M/V Halcyon | GBP 1,450 | 8 | {start} |
| M/V Petrel | GBP 1,120 | 5 | February |

Which would you take, and why? Dana at Northmole needs our answer to book the ferry berth.

Thanks
Ines""",
        cc=(hands.ZOE.who,),
    )  # fmt: skip
    joon = reply(
        asked, "vessel-2", hands.JOON, days.at(-12, "11:05"),
        """Ines,

Not Dipper. In January we would lose one day in three to the swell, and there is nowhere to dry the kit.

Between the other two I prefer **Halcyon** for the moon pool. Petrel needs the pole mount, and with the pole mount we
had the roll artefacts last year.

Joon-ho""",
        elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    priya = reply(
        joon, "vessel-3", hands.PRIYA, days.at(-11, "08:31"),
        """I agree with Joon-ho about the pole. But please note: whatever we take, I want a second multibeam head on board.
BW-MB2 0093 is back from Fernhill on time, 0094 is not.

P.""",
        elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    tomasz = reply(
        priya, "vessel-4", hands.TOMASZ, days.at(-10, "16:20"),
        """All,

Halcyon is 21 days x 1,450 = 30,450 before fuel. I do not have that in my budget line. Zoë, what is the cap for the
whole job?

Ines, have you asked Halcyon for a weekly rate? They gave us one in 2023.

Tomasz""",
        elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    zoe = reply(
        tomasz, "vessel-5", hands.ZOE, days.at(-9, "10:02"),
        """Hello,

The cap in the signed offer is **GBP 48,500** all in. With Halcyon at the full day rate you end up at 48,500 exactly, and
that leaves 1,345 for contingency. It is tight, but it is inside.

Above 45,000 Marit has to sign. I have copied her in.

Kind regards
Zoë""",
        cc=(hands.MARIT.who,), elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    marit = reply(
        zoe, "vessel-6", hands.MARIT_AWAY, days.at(-8, "07:14"),
        """I can live with 48.5 if the client shares the risk of weather. Ines please ask Dana: standby after day 18 shared
half and half. If she says yes, take Halcyon. If not, come back to me.""",
        elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    return [asked, joon, priya, tomasz, zoe, marit]


def _with_the_client(days: Days, marit: Mail) -> list[Mail]:
    start = days.said(days.weekday(7, 0))
    question = reply(
        marit, "vessel-7", hands.INES, days.at(-8, "09:55"),
        f"""Dana,

I bring you into this thread (the budget is no secret between us). Our question: from day 19 on, would Northmole share
weather standby with us, half and half? Then we book M/V Halcyon from {start}.

Could you let me know by {days.said(-4)}?

Best wishes
Ines""",
        to=(hands.DANA.who,), cc=(hands.TOMASZ.who, hands.MARIT.who, hands.ZOE.who),
    )  # fmt: skip
    dana = reply(
        question, "vessel-8", hands.DANA, days.at(-5, "13:37"),
        """Hi Ines,

Yes, we can do that: standby from day 19, 50/50, capped at five days. I will put it into the variation order.

One condition from our side: the ferry berth must stay clear from 06:30 to 09:00, the harbour master is strict about it.

Best
Dana""",
        elsewhere=_ELSEWHERE, placed=_KESTREL,
    )  # fmt: skip
    away = reply(
        dana,
        "vessel-9",
        hands.TOMASZ_AWAY,
        days.at(-5, "14:02"),
        """Good. Then it is Halcyon for me too. Ring Sunniva today, +47 900 55 218, she holds the dates until Friday only""",
        elsewhere=_ELSEWHERE,
        placed=_KESTREL,
    )
    decided = reply(
        away, "vessel-10", hands.MARIT, days.at(-4, "08:48"),
        f"""Decided: we charter M/V Halcyon for 21 days from {start}, cap 48,500. Priya hires the second head.

Ines signs the charter party, Zoë files the variation order. Thank you all.""",
        elsewhere={
            company.INES.user_name: Placed(
                folder="inbox/Kestrel Sound", flag="flagged", due=days.at(1, "17:00"),
                categories=("Project: Kestrel Sound",),
            )
        },
        placed=_KESTREL,
    )  # fmt: skip
    return [question, dana, away, decided]
