"""Shorter threads about the company's work, some with files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import hands
from mcp_local_graph.sandbox.data.files import office, pictures, texts
from mcp_local_graph.sandbox.data.files.kinds import DOCX, PPTX, XLSX
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.mail import File, Link, Placed
from mcp_local_graph.sandbox.data.posts import forward, reply, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail

MY_FILES = "https://brackwater-my.sharepoint.example/personal/ines_okafor_brackwater_example/Documents"


def for_ines(**placed: object) -> Mapping[str, Placed]:
    """How a mail lies with Ines alone."""
    return {company.INES.user_name: Placed(**placed)}  # type: ignore[arg-type]  # the fields of Placed


def mails(days: Days) -> list[Mail]:
    """All of them."""
    return [*_budget(days), *_drift(days), *_calibration(days), *_permit(days), *_board(days), *_charter(days)]


def _budget(days: Days) -> list[Mail]:
    plan = File(name="Budget plan Kestrel Sound v3.docx", content_type=DOCX, make=office.budget_plan)
    sheets = File(name="Kestrel Sound budget.xlsx", content_type=XLSX, make=office.budget_sheets)
    first = write(
        "budget-1", hands.ZOE, days.at(-3, "14:25"), (hands.INES.who,), "Budget plan Kestrel Sound, version 3",
        f"""Hello Ines,

Attached you find the budget plan as Word and the figures as a workbook. Version 3 has the second head as hire, as Marit
decided.

Please check the field allowance (63 person-days) and tell me by {days.said(2)} whether I can close it.

Kind regards
Zoë""",
        attachments=(plan, sheets), importance="high",
        elsewhere=for_ines(read=False, categories=("Project: Kestrel Sound", "Finance")),
    )  # fmt: skip
    second = reply(
        first, "budget-2", hands.TOMASZ, days.at(-2, "09:10"),
        """Zoë, Ines,

63 person-days is right: three people, 21 days. But the fuel looks low to me. Halcyon burned 340 a day in 2023.

Tomasz""",
        to=(hands.ZOE.who, hands.INES.who), elsewhere=for_ines(read=False),
    )  # fmt: skip
    signed = forward(
        first, "budget-3", hands.ZOE, days.at(-1, "10:44"), (hands.DANA.who,),
        """Dear Dana,

for the variation order: our plan, version 3, without the workbook.

| Part | Pages |
| Plan | 2 |

Zoë""",
        attachments=(plan,), cc=(hands.MARIT.who,),
    )  # fmt: skip
    passed_on = forward(
        signed, "budget-4", hands.DANA, days.at(-1, "15:20"), (hands.JOON.who,),
        """Joon-ho, please have a look at the days, before we sign.

| Item | Our view |
| 21 days | fine |
| Standby | from day 19 |""",
    )  # fmt: skip
    return [first, second, signed, passed_on]


def _drift(days: Days) -> list[Mail]:
    figures = File(name="tank_0417_drift.csv", content_type="text/csv", make=texts.drift)
    chart = File(name="drift 0417.png", content_type="image/png", make=pictures.drift_chart)
    first = write(
        "drift-1", hands.PRIYA_DESK, days.at(-9, "17:40"), (hands.INES.who, hands.JOON.who),
        "BW-300 drifts after 60 hours",
        """Ines, Joon-ho,

The sensor from the tank (serial 0417) runs perfectly for 60 hours. Then it drifts, 0.05 mm an hour, always upwards. The
figures are attached, and the picture for those who do not like figures.

My guess is the temperature compensation: it starts when the water passes 13 °C. Joon-ho, did you see this at sea?

Priya""",
        attachments=(figures, chart),
    )  # fmt: skip
    second = reply(
        first,
        "drift-2",
        hands.JOON,
        days.at(-8, "08:20"),
        """Yes: at Sandray in July, water at 14 degrees, after two and a half days. I took it for tide.

I can reprocess that week with any correction you give me.""",
    )
    third = reply(
        second,
        "drift-3",
        hands.INES,
        days.at(-8, "08:51"),
        """Well found, both of you. Priya, please open a case for firmware 4.2. Until it is out nobody calibrates above 12 °C.

Ines""",
    )
    fourth = reply(
        third,
        "drift-4",
        hands.PRIYA_DESK,
        days.at(-2, "16:12"),
        """Firmware 4.2 rc1 is in the tank since this morning: 40 hours, no drift so far. I will know at hour 75.

- Old firmware: drift from hour 60, 2.2 mm at hour 104
- New firmware: 0.0 mm at hour 40

Fingers crossed 🤞""",
        elsewhere=for_ines(read=False),
    )
    return [first, second, third, fourth]


def _calibration(days: Days) -> list[Mail]:
    report = File(name="FC-26-1187.pdf", content_type="application/pdf", make=texts.calibration_report)
    asked = write(
        "calibration-1",
        hands.INES,
        days.at(-18, "10:30"),
        (hands.WENDELIN.who,),
        "BW-MB2 0093: when may we have it back?",
        f"""Dear Wendelin,

We need BW-MB2 serial 0093 on the quay by {days.said(days.weekday(6, 4))}. Will the calibration be done by then?

Kind regards
Ines""",
    )
    answered = reply(
        asked,
        "calibration-2",
        hands.WENDELIN,
        days.at(-18, "15:48"),
        f"""Dear Ines,

Yes. The measurements are planned for {days.said(-9)}, the report follows within three days, the device within ten.

Mit freundlichen Grüßen
W. Achterberg""",
        elsewhere=for_ines(folder="inbox/Kestrel Sound"),
    )
    delivered = reply(
        answered, "calibration-3", hands.WENDELIN, days.at(-6, "11:19"),
        """Dear Ines,

Attached is report FC-26-1187. The device meets its specification: 18 mm at 50 m, the limit is 25.

The roll bias of 0.02 degrees is corrected; please update the value in your acquisition software.

W. Achterberg""",
        attachments=(report,), elsewhere=for_ines(folder="inbox/Kestrel Sound", flag="complete"),
    )  # fmt: skip
    passed_on = forward(
        delivered, "calibration-4", hands.INES, days.at(-6, "11:40"), (hands.PRIYA.who,),
        """Priya, for the device file. Could you enter the roll bias?""",
    )  # fmt: skip
    return [asked, answered, delivered, passed_on]


def _permit(days: Days) -> list[Mail]:
    scan = File(name="Scan_0031.pdf", content_type="application/pdf", make=texts.permit)
    first = write(
        "permit-1", hands.HAMISH, days.at(-7, "12:06"), (hands.INES.who,), "Permit KSPA-2211",
        """Dear Ms Okafor

Please find attached the permit for the East Basin and the North Approach, signed and stamped.

Three things that visitors tend to forget:

- Call VHF channel 12 before you enter the basin
- Stay 50 m off the ferry berth between 06:30 and 09:00
- Report lost gear the same day, however small

Yours sincerely""",
        post=Post(client=hands.HAMISH.client.name, first_contact=True),
        attachments=(scan,), elsewhere=for_ines(folder="inbox/Kestrel Sound"),
    )  # fmt: skip
    second = reply(
        first,
        "permit-2",
        hands.INES,
        days.at(-7, "13:15"),
        """Dear Mr Rowntree,

Thank you for the quick answer. We will keep to all three.

Kind regards
Ines Okafor""",
    )
    third = reply(
        second,
        "permit-3",
        hands.HAMISH,
        days.ago(190),
        f"""Dear Ms Okafor

The dredger comes a week early. From {days.said(days.weekday(2, 0))} to {days.said(days.weekday(2, 4))} the North Approach is closed. I would ask you to
confirm that your reconnaissance can wait.

Yours sincerely""",
        elsewhere=for_ines(read=False),
        importance="high",
    )
    return [first, second, third]


def _board(days: Days) -> list[Mail]:
    deck = File(name="Board Field Survey.pptx", content_type=PPTX, make=office.board_slides)
    link = Link(name="Field Survey figures.xlsx", url=f"{MY_FILES}/Board/Field%20Survey%20figures.xlsx")
    first = write(
        "board-1", hands.MARIT, days.at(-4, "18:30"), (hands.INES.who, hands.TOMASZ.who), "Slides for the board, please check",
        f"""Dear both,

my slides for the board are attached. Please correct what is wrong and shorten what is long, by {days.said(3)}.

The figures behind slide 2 are in [Field Survey figures.xlsx]({link.url}).

Marit""",
        attachments=(deck, link), elsewhere=for_ines(flag="flagged", due=days.at(3, "17:00")),
    )  # fmt: skip
    second = reply(
        first,
        "board-2",
        hands.TOMASZ,
        days.at(-3, "08:05"),
        """Slide 3: I would not call it a drift in front of the board. "Warm-water offset" is just as true.""",
        to=(hands.MARIT.who, hands.INES.who),
    )
    third = reply(
        second, "board-3", hands.MARIT, days.ago(95),
        """It drifts, so we call it drift. The board can take it. Everything else in?""",
        to=(hands.TOMASZ.who, hands.INES.who), elsewhere=for_ines(read=False),
    )  # fmt: skip
    return [first, second, third]


def _charter(days: Days) -> list[Mail]:
    card = File(name="Sunniva Tveit.vcf", content_type="text/vcard", make=texts.card)
    photo = File(name="Halcyon.png", content_type="image/png", make=pictures.photograph, content_id="halcyon-photo")
    first = write(
        "charter-1", hands.SUNNIVA, days.at(-4, "15:52"), (hands.INES.who,), "M/V Halcyon, charter party",
        f"""Hei Ines,

I hold the Halcyon for you until {days.said(3)}. The charter party follows from our lawyers; it is the usual BIMCO form.

Two things to decide:

- Do you want our cook, or do you bring yours?
- Fuel on your account, or included at 310 a day?

Hilsen
Sunniva""",
        attachments=(card, photo), elsewhere=for_ines(read=False, categories=("Project: Kestrel Sound",)),
    )  # fmt: skip
    second = write(
        "charter-2", hands.SUNNIVA, days.ago(42), (hands.INES.who,), "Halcyon: I need a yes by tomorrow noon",
        """Ines, another party asks for the same weeks. I prefer you, but I need your yes by tomorrow 12:00.

Sunniva""",
        elsewhere=for_ines(read=False), importance="high",
    )  # fmt: skip
    return [first, second]
