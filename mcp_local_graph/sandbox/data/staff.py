"""Who else is in the company's directory: colleagues who never sign in here, rooms, a shared mailbox, a guest."""

from __future__ import annotations

from mcp_local_graph.sandbox.company import DOMAIN, Account
from mcp_local_graph.sandbox.data.seeds import Address


def _account(name: str, local: str, number: int) -> Account:
    return Account(
        user_name=f"{local}@{DOMAIN}",
        display_name=name,
        oid=f"7b41c2{number:02d}-e9d0-4a57-b3f8-16c2d95e0a{number:02d}",
    )


GABRIELA = _account("Gabriela Teixeira", "gabriela.teixeira", 21)
KONRAD = _account("Konrad Weßling", "konrad.wessling", 22)
NASRIN = _account("Nasrin Farahani", "nasrin.farahani", 23)
HARUKA = _account("Haruka Minase", "haruka.minase", 24)
# Two whose names are easily taken for those of others.
TOMAS = _account("Tomas Halvorsen", "tomas.halvorsen", 25)
INES_OCAMPO = _account("Ines Ocampo", "ines.ocampo", 26)
BEA = _account("Bea Whitcombe", "bea.whitcombe", 27)
STAFF = (GABRIELA, KONRAD, NASRIN, HARUKA, TOMAS, INES_OCAMPO, BEA)

SUPPORT = _account("Brackwater Support", "support", 41)
TIDEPOOL = _account("Tidepool (2nd floor, 6 seats)", "room.tidepool", 51)
BOARDROOM = _account("Boardroom (4th floor, 14 seats)", "room.boardroom", 52)
TEST_TANK = _account("Test Tank (Workshop B)", "room.testtank", 53)
ROOMS = (TIDEPOOL, BOARDROOM, TEST_TANK)


def address(account: Account) -> Address:
    """An account as a sender or a recipient."""
    return Address(account.display_name, account.user_name)
