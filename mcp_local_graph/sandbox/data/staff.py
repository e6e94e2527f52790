"""Who else is in the company's directory: colleagues who never sign in here, rooms, a shared mailbox, a guest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.company import DOMAIN, Account, Job, Profile
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

SUPPORT = _account("Brackwater Support", "support", 41)
TIDEPOOL = _account("Tidepool (2nd floor, 6 seats)", "room.tidepool", 51)
BOARDROOM = _account("Boardroom (4th floor, 14 seats)", "room.boardroom", 52)
TEST_TANK = _account("Test Tank (Workshop B)", "room.testtank", 53)
ROOMS = (TIDEPOOL, BOARDROOM, TEST_TANK)
# Somebody of the partner's, as a guest in this directory: an account here, a mailbox there.
GUEST = replace(_account("Dana Whitlock", "dana.whitlock_northmole.example#EXT#", 61), home=company.DANA)

_HAMBURG, _LISBON = ("Hamburg", "Germany", "DE"), ("Lisbon", "Portugal", "PT")
_FIRST = 21
_JOBS = {
    GABRIELA: Job(
        title="Sales Director, Iberia", department="Sales", office="Rua da Doca 5", manager=company.MARIT, place=_LISBON,
        language="pt-PT", phone="+351 900 555 121",
    ),
    KONRAD: Job(
        title="Service Engineer", department="Service", office="Speicher 3", manager=company.TOMASZ, place=_HAMBURG,
        language="de-DE", phone="+49 40 66969 122", zone="W. Europe Standard Time",
    ),
    NASRIN: Job(title="Data Analyst", department="Data", office="Harbour House 2.16", manager=company.TOMASZ),
    HARUKA: Job(
        title="Partner Manager", department="Sales", office="Minato Mirai 2F", manager=company.MARIT,
        place=("Yokohama", "Japan", "JP"), language="ja-JP", phone="+81 45 555 0124", zone="Tokyo Standard Time",
    ),
    TOMAS: Job(title="Workshop Technician", department="Workshop", office="Workshop B", manager=company.TOMASZ),
    INES_OCAMPO: Job(title="Procurement Officer", department="Finance", office="Harbour House 3.12", manager=company.ZOE),
    BEA: Job(title="Office Manager", department="Management", office="Harbour House 1.01", manager=company.MARIT),
}  # fmt: skip


def profiles(today: datetime | None = None) -> dict[str, Profile]:
    """The profiles of everybody here, by object id, as `company.profiles` has those who sign in."""
    now = today or datetime.now(UTC)
    work = (
        company.work_profile(account, job, number, now) for number, (account, job) in enumerate(_JOBS.items(), _FIRST)
    )
    shared = (_resource(account, "room") for account in ROOMS)
    return {one.account.oid: one for one in (*work, *shared, _resource(SUPPORT, "shared"), _guest())}


def _resource(account: Account, purpose: str) -> Profile:
    """A mailbox that nobody signs in to; its account is switched off."""
    user = {
        "id": account.oid,
        "accountEnabled": False,
        "businessPhones": [],
        "displayName": account.display_name,
        "mail": account.user_name,
        "mailNickname": account.user_name.split("@")[0],
        "proxyAddresses": [f"SMTP:{account.user_name}"],
        "usageLocation": "GB",
        "userPrincipalName": account.user_name,
        "userType": "Member",
    }
    return Profile(account=account, user=user, mailbox=company.mailbox_settings(purpose=purpose))


def _guest() -> Profile:
    user = {
        "id": GUEST.oid,
        "accountEnabled": True,
        "businessPhones": [],
        "creationType": "Invitation",
        "displayName": GUEST.display_name,
        "externalUserState": "Accepted",
        "mail": company.DANA.user_name,
        "mailNickname": GUEST.user_name.split("@")[0],
        "otherMails": [company.DANA.user_name],
        "userPrincipalName": GUEST.user_name,
        "userType": "Guest",
    }
    return Profile(account=GUEST, user=user)


def address(account: Account) -> Address:
    """An account as a sender or a recipient."""
    return Address(account.display_name, account.address)
