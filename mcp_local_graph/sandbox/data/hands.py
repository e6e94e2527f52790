"""Who writes: people of the company and from outside, each with a mail program and a signature of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import staff
from mcp_local_graph.sandbox.data.clients.modern import OUTLOOK_365, OUTLOOK_IOS, WINDOWS_MAIL
from mcp_local_graph.sandbox.data.clients.others import APPLE_MAIL, GMAIL, IPHONE, THUNDERBIRD
from mcp_local_graph.sandbox.data.clients.outlook import (
    OUTLOOK_2010,
    OUTLOOK_2016,
    OUTLOOK_GERMAN,
    OUTLOOK_PORTUGUESE,
)
from mcp_local_graph.sandbox.data.letters import Client, Signature
from mcp_local_graph.sandbox.data.seeds import Address

LOGO = "cid:logo.bw@brackwater.example"
_HOUSE = "Brackwater Instruments Ltd, Harbour House, 1 Slipway, Saltmere SM4 2TD"


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who writes mails."""

    who: Address
    client: Client
    signature: Signature = field(default_factory=Signature)


def _ours(account: company.Account, client: Client, job: str, phone: str, *, logo: bool = False) -> Hand:
    lines = (f"**{account.display_name}**", f"{job} | Brackwater Instruments", f"T {phone}")
    return Hand(
        staff.address(account), client, Signature(lines=(*lines, _HOUSE) if logo else lines, logo=LOGO if logo else "")
    )


INES = _ours(company.INES, OUTLOOK_365, "Survey Team Lead", "+44 1632 960 011")
TOMASZ = _ours(company.TOMASZ, OUTLOOK_2016, "Head of Field Operations", "+44 1632 960 013", logo=True)
TOMASZ_AWAY = Hand(TOMASZ.who, IPHONE)
MARIT = _ours(company.MARIT, OUTLOOK_365, "Managing Director", "+44 1632 960 012")
MARIT_AWAY = Hand(MARIT.who, OUTLOOK_IOS)
JOON = _ours(company.JOON, OUTLOOK_2016, "Hydrographic Surveyor", "+44 1632 960 014")
PRIYA = Hand(staff.address(company.PRIYA), WINDOWS_MAIL)
PRIYA_DESK = _ours(company.PRIYA, OUTLOOK_365, "Instrument Engineer", "+44 1632 960 015")
ZOE = _ours(company.ZOE, OUTLOOK_2016, "Finance Partner", "+44 1632 960 016", logo=True)
# The administrator's account has no mailbox: he writes as the service desk.
RUI = Hand(Address("Rui Castellane (IT Service Desk)", f"servicedesk@{company.DOMAIN}"), OUTLOOK_365)
GABRIELA = _ours(staff.GABRIELA, OUTLOOK_PORTUGUESE, "Diretora Comercial, Ibéria", "+351 900 555 121")
KONRAD = _ours(staff.KONRAD, OUTLOOK_GERMAN, "Servicetechniker, Hamburg", "+49 40 66969 122")
NASRIN = _ours(staff.NASRIN, OUTLOOK_365, "Data Analyst", "+44 1632 960 023")
HARUKA = _ours(staff.HARUKA, OUTLOOK_365, "Partner Manager, Yokohama", "+81 45 555 0124")
TOMAS = _ours(staff.TOMAS, OUTLOOK_2010, "Workshop Technician", "+44 1632 960 025")
INES_OCAMPO = _ours(staff.INES_OCAMPO, OUTLOOK_2016, "Procurement", "+44 1632 960 026")
BEA = _ours(staff.BEA, OUTLOOK_365, "Office Manager", "+44 1632 960 027")
SUPPORT = Hand(
    staff.address(staff.SUPPORT), OUTLOOK_365, Signature(lines=("Brackwater Support", "support@brackwater.example"))
)

# The client of the great job, in another organisation, whose mail programs differ by the day.
DANA = Hand(
    Address("Dana Whitlock", company.DANA.user_name),
    GMAIL,
    Signature(
        lines=("**Dana Whitlock**", "Programme Manager, Marine", "Northmole Survey Group", "m +44 7700 900 218"),
        logo="https://static.northmole.example/mail/logo-96.png",
    ),
)
HAMISH = Hand(
    Address("Rowntree, Hamish (Harbour Master)", "hamish.rowntree@kestrelsound.example"),
    OUTLOOK_2010,
    Signature(
        lines=(
            "Hamish Rowntree",
            "Harbour Master",
            "Kestrel Sound Port Authority",
            "Pilot Station, East Quay",
            "VHF Ch 12 | +44 1632 960 640",
        )
    ),
)
WENDELIN = Hand(
    Address("Wendelin Achterberg", "w.achterberg@fernhill-calibration.example"),
    THUNDERBIRD,
    Signature(lines=("Dr. Wendelin Achterberg", "Fernhill Calibration GmbH, Akkreditiertes Prüflabor")),
)
YAEL = Hand(
    Address("יעל בן-עמרם", "yael@aldermoor.example"),
    GMAIL,
    Signature(lines=("יעל בן-עמרם", "Aldermoor Optics")),
)
SUNNIVA = Hand(
    Address("Sunniva Tveit", "sunniva@halcyon-charter.example"),
    APPLE_MAIL,
    Signature(lines=("Sunniva Tveit", "Halcyon Charter AS", "M/V Halcyon · M/V Petrel")),
)
BENEDICT = Hand(Address("Benedict Oyelaran", "benedict.oyelaran@postbox.example"), IPHONE)
