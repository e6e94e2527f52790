"""The signed-in person."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_local_graph.errors import NotFound, PermissionMissing
from mcp_local_graph.jobs import zones
from mcp_local_graph.safety.labels import TRUSTED, Label
from mcp_local_graph.tools import facts
from mcp_local_graph.tools.needs import Effect, Graph, Reading, Toolset

PROFILE = Toolset("profile", "The signed-in person")

_PROPERTIES = (
    "displayName",
    "jobTitle",
    "mail",
    "userPrincipalName",
    "officeLocation",
    "businessPhones",
    "mobilePhone",
    "preferredLanguage",
)
# Like the time zone more than User.Read, which alone must not make anybody wait for more.
_MANAGER = "User.Read.All"
_LEFT_OUT = f"The manager is left out: {_MANAGER} was not granted."


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Reading):
    """A person. Empty texts are properties that the organisation has not filled in, or that nobody granted.

    `time_zone` is an IANA name, or the mailbox's own for a zone that has none.
    """

    name: str
    user_name: str
    mail: str
    job_title: str
    office: str
    phones: tuple[str, ...]
    language: str
    manager: str
    time_zone: str
    hints: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line each for what is known."""
        mail = self.mail if self.mail.lower() != self.user_name.lower() else ""
        facts = {
            "Name": self.name,
            "User name": self.user_name,
            "Mail": mail,
            "Job title": self.job_title,
            "Office": self.office,
            "Phones": ", ".join(self.phones),
            "Language": self.language,
            "Manager": self.manager,
            "Time zone": self.time_zone,
        }
        return [f"{name}: {value}" for name, value in facts.items() if value]

    def notes(self) -> list[str]:
        """What is left out for want of a permission."""
        return list(self.hints)

    def label(self) -> Label:
        """The organisation itself keeps the directory."""
        return TRUSTED


@PROFILE.tool("Show my profile", effect=Effect.READ, scopes={"User.Read"}, optional={_MANAGER, facts.ZONE.scope})
async def profile_get(graph: Graph) -> Profile:
    """Show the signed-in person: name, mail, job title, office, phones, manager and time zone where known."""
    person = await graph.get(graph.me, select=_PROPERTIES)
    phones = [*(person.get("businessPhones") or ()), person.get("mobilePhone")]
    return Profile(
        name=person.get("displayName") or "",
        user_name=person.get("userPrincipalName") or "",
        mail=person.get("mail") or "",
        job_title=person.get("jobTitle") or "",
        office=person.get("officeLocation") or "",
        phones=tuple(phone for phone in phones if phone),
        language=person.get("preferredLanguage") or "",
        manager=await _manager(graph),
        time_zone=await _time_zone(graph),
        hints=() if graph.personal or graph.may(_MANAGER) else (_LEFT_OUT,),
    )


async def _manager(graph: Graph) -> str:
    if not graph.may(_MANAGER):
        return ""
    try:
        manager = await graph.get(graph.me.manager, select=("displayName", "mail"), scope=_MANAGER)
    except (NotFound, PermissionMissing):  # nobody above, or a personal account
        return ""
    return " ".join(part for part in (manager.get("displayName"), manager.get("mail")) if part)


async def _time_zone(graph: Graph) -> str:
    if not graph.may(facts.ZONE.scope):
        return ""
    try:
        settings = await graph.get(graph.me.mailbox_settings, select=("timeZone",), scope=facts.ZONE.scope)
    except (NotFound, PermissionMissing):  # an account without a mailbox
        return ""
    named = str(settings.get("timeZone") or "")
    zone = zones.known(named) if named else None
    return zone.key if zone else named
