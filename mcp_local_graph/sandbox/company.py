"""The people of the demo tenant: a synthetic company with its own invented names.

Dates are relative to the day the tenant starts, so that nothing in it grows old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

COMPANY = "Brackwater Instruments"
DOMAIN = "brackwater.example"
TENANT_ID = "5b7c1f0e-93a4-4d0b-8c39-6e2f10a7d4b1"
# A second organisation, whose people are strangers here.
OTHER_TENANT_ID = "c04de2b9-1e75-4f6a-a8d3-92bb57e0c618"
# Where Microsoft keeps all personal accounts.
PERSONAL_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in. `user_name` is the user principal name, `oid` the object id.

    `mail` is their mail address, where that is another than the user name. A guest is an account of its own in a
    directory; `home` is the one that the person signs in with.
    """

    user_name: str
    display_name: str
    oid: str
    tenant_id: str = TENANT_ID
    is_admin: bool = False
    home: Account | None = None
    mail: str = ""

    @property
    def person(self) -> Account:
        """The account at home."""
        return self.home or self

    @property
    def address(self) -> str:
        """Their mail address."""
        return self.mail or self.user_name

    @property
    def personal(self) -> bool:
        """Whether this is a personal (Microsoft) account, not a work or school one."""
        return self.tenant_id == PERSONAL_TENANT_ID

    @property
    def home_account_id(self) -> str:
        """The id by which MSAL knows the account, whatever tenant it is signed in to."""
        return f"{self.person.oid}.{self.person.tenant_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the directory and the mailbox hold about an account; `user` is Graph's user without its nulls."""

    account: Account
    user: dict[str, Any]
    manager: str | None = None
    mailbox: dict[str, Any] | None = field(default=None)


def _account(given: str, surname: str, number: int, *, is_admin: bool = False) -> Account:
    plain = f"{given}.{surname}".lower().replace("ë", "e").replace("-", "")
    return Account(
        user_name=f"{plain}@{DOMAIN}",
        display_name=f"{given} {surname}",
        oid=f"3d8e70{number:02d}-51c6-4b2e-9f0a-7ac4d81b6e{number:02d}",
        is_admin=is_admin,
    )


INES = _account("Ines", "Okafor", 11)
MARIT = _account("Marit", "Sandvold", 12)
TOMASZ = _account("Tomasz", "Halloran", 13)
JOON = _account("Joon-ho", "Baek", 14)
PRIYA = _account("Priya", "Venkataraman", 15)
ZOE = _account("Zoë", "Lindqvist", 16)
RUI = _account("Rui", "Castellane", 17, is_admin=True)
LEV = _account("Lev", "Aronsen", 18)
# Somebody whose user name is no mail address: her account comes from a company that was bought.
NADIA = Account(
    user_name="nkessler@ferrylight.brackwater.example",
    display_name="Nadia Kessler",
    oid="3d8e7019-51c6-4b2e-9f0a-7ac4d81b6e19",
    mail=f"nadia.kessler@{DOMAIN}",
)
DANA = Account(
    user_name="dana.whitlock@northmole.example",
    display_name="Dana Whitlock",
    oid="e1f5a3c2-0b94-4c7d-8d26-41f7c9a0b521",
    tenant_id=OTHER_TENANT_ID,
)
INES_AT_HOME = Account(
    user_name="ines.o@postbox.example",
    display_name="Ines O.",
    oid="00000000-0000-0000-4f1d-7c02b95ae630",
    tenant_id=PERSONAL_TENANT_ID,
)
PEOPLE = (INES, MARIT, TOMASZ, JOON, PRIYA, ZOE, RUI, LEV, DANA, INES_AT_HOME, NADIA)
# Lev has left: his account is there and switched off.
DISABLED = frozenset({LEV.oid})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What somebody does in the company, where, and for whom."""

    title: str | None
    department: str
    office: str | None
    manager: Account | None = None
    place: tuple[str, str, str] = ("Saltmere", "United Kingdom", "GB")
    language: str = "en-GB"
    # A number abroad; those at home are made of their place in the list of staff.
    phone: str = ""
    zone: str = "GMT Standard Time"


_FIRST = 11
_JOBS = {
    INES: Job(title="Survey Team Lead", department="Field Survey", office="Harbour House 2.14", manager=TOMASZ),
    MARIT: Job(title="Managing Director", department="Management", office="Harbour House 4.01"),
    TOMASZ: Job(
        title="Head of Field Operations", department="Field Survey", office="Harbour House 3.07", manager=MARIT
    ),
    JOON: Job(title="Hydrographic Surveyor", department="Field Survey", office="Harbour House 2.15", manager=INES),
    PRIYA: Job(title="Instrument Engineer", department="Field Survey", office="Workshop B", manager=INES),
    ZOE: Job(title="Finance Partner", department="Finance", office="Harbour House 3.11", manager=MARIT),
    RUI: Job(title="IT Administrator", department="IT", office="Harbour House 1.02", manager=MARIT),
    LEV: Job(title="Surveyor", department="Field Survey", office=None),
    NADIA: Job(title="Chart Editor", department="Charts", office="Lantern Yard 2"),
}


def profiles(today: datetime | None = None) -> dict[str, Profile]:
    """The profiles of those who sign in, by object id. `today` is when dates are counted from; now when absent."""
    now = today or datetime.now(UTC)
    work = {
        account.oid: work_profile(account, job, number, now)
        for number, (account, job) in enumerate(_JOBS.items(), _FIRST)
    }
    return {**work, DANA.oid: _bare_profile(DANA), INES_AT_HOME.oid: _bare_profile(INES_AT_HOME)}


def work_profile(account: Account, job: Job, number: int, now: datetime) -> Profile:
    """The profile of somebody in the company; `number` is their place in the list of staff."""
    given, surname = account.display_name.rsplit(" ", 1)
    hired = now.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=400 + 173 * (number - _FIRST))
    city, country, usage = job.place
    user = {
        "id": account.oid,
        "accountEnabled": account.oid not in DISABLED,
        "businessPhones": [job.phone or f"+44 1632 960 0{number:02d}"],
        "city": city,
        "companyName": COMPANY,
        "country": country,
        "createdDateTime": (hired - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "department": job.department,
        "displayName": account.display_name,
        "employeeHireDate": hired.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "employeeId": f"BW-{1029 + number}",
        "givenName": given,
        "jobTitle": job.title,
        "mail": account.address,
        "mailNickname": account.address.split("@")[0],
        "officeLocation": job.office,
        "preferredLanguage": job.language,
        "proxyAddresses": [f"SMTP:{account.address}"],
        "surname": surname,
        "usageLocation": usage,
        "userPrincipalName": account.user_name,
        "userType": "Member",
    }
    # The administrator's account has no licence, hence no mailbox, as is usual for such accounts.
    mailbox = None if account.is_admin else mailbox_settings(job.zone)
    return Profile(account=account, user=user, manager=job.manager.oid if job.manager else None, mailbox=mailbox)


def _bare_profile(account: Account) -> Profile:
    user = {
        "id": account.oid,
        "businessPhones": [],
        "displayName": account.display_name,
        "givenName": account.display_name.split(" ", maxsplit=1)[0],
        "mail": account.user_name,
        "surname": account.display_name.split(" ", maxsplit=1)[1],
        "userPrincipalName": account.user_name,
    }
    return Profile(account=account, user=user, mailbox=mailbox_settings())


def mailbox_settings(zone: str = "GMT Standard Time", purpose: str = "user") -> dict[str, Any]:
    """The settings of a mailbox; `purpose` is Graph's userPurpose."""
    return {
        "archiveFolder": None,
        "timeZone": zone,
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "dd/MM/yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": purpose,
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
        },
        "language": {"locale": "en-GB", "displayName": "English (United Kingdom)"},
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:30:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": zone},
        },
    }
