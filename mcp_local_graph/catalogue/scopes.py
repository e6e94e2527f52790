"""Our own rules about Graph's delegated permissions: which a workload needs, and who may grant them.

Who may grant: source "Manage app consent policies" (learn.microsoft.com): since 2025 Microsoft's managed policy, the
default of new tenants, leaves the scopes marked POLICY to administrators; USER ones everybody may grant; ADMIN ones
never. Personal accounts grant everything that works for them.
"""

from __future__ import annotations

import difflib
import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Grant(StrEnum):
    """Who may grant a scope in an ordinary work tenant."""

    USER = "you"
    POLICY = "your administrator, in most organisations"
    ADMIN = "your administrator"


class Scope(NamedTuple):
    """A delegated permission. `personal` says whether it works for personal accounts."""

    name: str
    grant: Grant
    personal: bool


def _scopes(grant: Grant, names: str, *, personal: bool) -> dict[str, Scope]:
    return {name: Scope(name, grant, personal) for name in names.split()}


_ADMINISTRATORS = """
    AccessReview.Read.All AdministrativeUnit.Read.All AuditLog.Read.All ChannelMember.Read.All ChannelMessage.Read.All
    DeviceManagementApps.Read.All DeviceManagementConfiguration.Read.All DeviceManagementManagedDevices.Read.All
    Domain.Read.All Group.Read.All GroupMember.Read.All IdentityRiskEvent.Read.All IdentityRiskyUser.Read.All
    OrgContact.Read.All Organization.Read.All People.Read.All Place.Read.All Printer.Read.All
    RoleManagement.Read.Directory Schedule.Read.All SecurityAlert.Read.All SecurityEvents.Read.All
    SecurityIncident.Read.All TeamMember.Read.All TeamworkTag.Read User.Read.All
"""
# The table has these for personal accounts too, though what they read is an organisation's.
_SAID_TO_BE_PERSONAL = "Application.Read.All Device.Read.All Policy.Read.All"
_SAID_TO_BE_PERSONAL += " ServiceHealth.Read.All ServiceMessage.Read.All"

SCOPES = {
    **_scopes(Grant.USER, "User.Read Mail.Send Contacts.Read Files.Read Files.ReadWrite Notes.Read", personal=True),
    **_scopes(Grant.USER, "User.ReadBasic.All Chat.ReadBasic ChatMessage.Send Presence.Read", personal=False),
    **_scopes(Grant.USER, "Team.ReadBasic.All Channel.ReadBasic.All", personal=False),
    **_scopes(Grant.USER, "LicenseAssignment.Read.All Notes.Read.All Presence.Read.All", personal=False),
    **_scopes(Grant.USER, "PrinterShare.Read.All", personal=False),
    **_scopes(Grant.POLICY, "Mail.Read Mail.ReadWrite MailboxSettings.Read", personal=True),
    **_scopes(Grant.POLICY, "Calendars.Read Calendars.ReadWrite Calendars.Read.Shared", personal=True),
    **_scopes(Grant.POLICY, "Contacts.ReadWrite People.Read Tasks.Read Tasks.ReadWrite", personal=True),
    **_scopes(Grant.POLICY, "Files.Read.All Sites.Read.All", personal=True),
    **_scopes(Grant.POLICY, "Mail.Read.Shared Contacts.Read.Shared Chat.Read OnlineMeetings.Read", personal=False),
    **_scopes(Grant.ADMIN, _ADMINISTRATORS, personal=False),
    **_scopes(Grant.ADMIN, _SAID_TO_BE_PERSONAL, personal=True),
}

# What every sign-in asks for.
_FIRST = "User.Read"

# What `login --add` understands besides names of permissions: the scopes for reading a workload.
WORKLOADS = {
    "mail": frozenset({"Mail.Read", "MailboxSettings.Read"}),
    "calendar": frozenset({"Calendars.Read", "MailboxSettings.Read"}),
    "people": frozenset({"User.ReadBasic.All", "People.Read", "Contacts.Read"}),
    "files": frozenset({"Files.Read"}),
    "tasks": frozenset({"Tasks.Read"}),
    "notes": frozenset({"Notes.Read"}),
    "chats": frozenset({"Chat.Read"}),
    "directory": frozenset({"User.Read.All"}),
}


def grant_of(scope: str) -> Grant:
    """Who may grant a scope; the administrator, for one that the table does not know."""
    known = SCOPES.get(scope)
    return known.grant if known else Grant.ADMIN


def fuller(scope: str) -> str:
    """The permission for whole objects, where this one is for their basic properties; empty where it is no such one."""
    whole = scope.replace(".ReadBasic", ".Read")
    return whole if whole != scope and whole in SCOPES else ""


_MEANINGS = {
    "User.Read": "sign in, and read my own profile",
    "User.ReadBasic.All": "read the names and addresses of everybody in the organisation",
    "User.Read.All": "read the full profiles of everybody in the organisation",
    "MailboxSettings.Read": "read my mailbox settings, such as my time zone",
    "People.Read": "read the list of people who matter to me",
    "Chat.ReadBasic": "read who takes part in my chats, not what is said",
    "ChatMessage.Send": "send chat messages as me",
    "Presence.Read": "see whether I am available",
    "Presence.Read.All": "see whether people are available",
    "Team.ReadBasic.All": "read the names of the teams that I am in",
    "Channel.ReadBasic.All": "read the names of their channels",
    "ChannelMessage.Read.All": "read the messages in the channels that I am in",
    "ChannelMessage.Send": "send messages in channels as me",
    "Sites.Read.All": "read the SharePoint sites that I can open",
    "AccessReview.Read.All": "read access reviews",
    "AdministrativeUnit.Read.All": "read the administrative units of the organisation",
    "Application.Read.All": "read the app registrations of the organisation",
    "AuditLog.Read.All": "read sign-in logs and audit logs",
    "ChannelMember.Read.All": "read who is in the channels of my teams",
    "Device.Read.All": "read the devices of the organisation",
    "DeviceManagementApps.Read.All": "read the apps that Intune manages",
    "DeviceManagementConfiguration.Read.All": "read how Intune sets up devices",
    "DeviceManagementManagedDevices.Read.All": "read the devices that Intune manages",
    "Domain.Read.All": "read the domains of the organisation",
    "Group.Read.All": "read groups, with their conversations and calendars",
    "GroupMember.Read.All": "read groups and who is in them",
    "IdentityRiskEvent.Read.All": "read sign-ins that were found risky",
    "IdentityRiskyUser.Read.All": "read which accounts were found at risk",
    "LicenseAssignment.Read.All": "read which licences the organisation has and who holds them",
    "OnlineMeetings.Read": "read my online meetings",
    "OrgContact.Read.All": "read the contacts of the organisation",
    "Organization.Read.All": "read the organisation's own entry",
    "People.Read.All": "read the lists of people who matter to others",
    "Place.Read.All": "read rooms and buildings",
    "Policy.Read.All": "read the policies of the organisation",
    "Printer.Read.All": "read the printers of the organisation",
    "PrinterShare.Read.All": "read the shared printers of the organisation",
    "RoleManagement.Read.Directory": "read who holds which role in the directory",
    "Schedule.Read.All": "read the shift schedules of my teams",
    "SecurityAlert.Read.All": "read security alerts",
    "SecurityEvents.Read.All": "read the secure score of the organisation",
    "SecurityIncident.Read.All": "read security incidents",
    "ServiceHealth.Read.All": "read the health of Microsoft 365's services",
    "ServiceMessage.Read.All": "read Microsoft's announcements to administrators",
    "TeamMember.Read.All": "read who is in my teams",
    "TeamworkTag.Read": "read the tags of my teams",
}
_VERBS = {
    "Read": "read",
    "ReadBasic": "read the outlines of",
    "ReadWrite": "read and change",
    "Send": "send",
}
_THINGS = {
    "Mail": "mail",
    "Calendars": "calendars",
    "Files": "files",
    "Notes": "notebooks",
    "Tasks": "tasks",
    "Chat": "chats",
}
_REACH = {"": "my {}", "All": "all {} that I can open", "Shared": "{} that others share with me"}


def meaning(scope: str) -> str:
    """What a permission lets this program do, as the person says it to an administrator."""
    thing, _, rest = scope.partition(".")
    verb, _, reach = rest.partition(".")
    if scope in _MEANINGS:
        return _MEANINGS[scope]
    if verb not in _VERBS or reach not in _REACH:
        return f"use {scope}"
    things = _THINGS.get(thing, thing.lower())
    return f"{_VERBS[verb]} {_REACH[reach].format(things)}" if verb != "Send" else f"send {things} as me"


def works_for_personal(scopes: Iterable[str]) -> frozenset[str]:
    """Of these, those that exist for personal accounts; one that the table does not know is taken for one."""
    return frozenset(scope for scope in scopes if scope not in SCOPES or SCOPES[scope].personal)


def advice(missing: Iterable[str], *, personal: bool = False) -> str:
    """What to do about permissions that were not granted: who can grant them, and how. Whole sentences."""
    by: dict[Grant, list[str]] = {}
    for scope in sorted(missing):
        by.setdefault(Grant.USER if personal else grant_of(scope), []).append(scope)
    return " ".join(
        _ADVICE[grant].format(scopes=", ".join(names), command=_command(names), names=" ".join(names))
        for grant, names in by.items()
    )


_LETTER = "send your administrator what `mcp-local-graph consent {names}` prints"
_ADVICE = {
    Grant.USER: "You can grant {scopes} yourself: run `{command}`.",
    Grant.POLICY: f"To grant {{scopes}}, run `{{command}}`; if that wants an approval, {_LETTER}.",
    Grant.ADMIN: f"Only an administrator can grant {{scopes}}: {_LETTER}.",
}


def _command(scopes: Iterable[str]) -> str:
    """The command that asks for them: by workload where it has one, else by name."""
    asked = [scope for scope in scopes if scope != _FIRST]
    names = [next((name for name, known in WORKLOADS.items() if scope in known), scope) for scope in asked]
    words = [f"--add {name}" for name in dict.fromkeys(names)]
    return " ".join(["mcp-local-graph login", *(words or ["--again"])])


def named(word: str) -> frozenset[str]:
    """The permissions that a person means by a workload's name or by a permission's own.

    Raises:
        KeyError: it is neither.
    """
    by_name = {scope.casefold(): frozenset({scope}) for scope in SCOPES}
    return {**by_name, **WORKLOADS}[word.casefold()]


# A limit to a permission that changes covers the one that reads, so it may be named in a limit.
_IN_LIMITS = SCOPES.keys() | {re.sub(r"\.Read(?=\.|$)", ".ReadWrite", name) for name in SCOPES}


def check_limit(names: Iterable[str]) -> None:
    """Pass, if these are permissions that tools can use.

    A name that is none would take away nearly every tool without a word; one that Graph has and no tool here uses would
    do nothing.

    Raises:
        SettingsError: one is not.
    """
    if unknown := sorted(set(names) - _IN_LIMITS):
        by_lower = {name.lower(): name for name in _IN_LIMITS}
        near = {by_lower[found] for name in unknown for found in difflib.get_close_matches(name.lower(), by_lower)}
        nearest = f" The nearest that are: {', '.join(sorted(near))}." if near else ""
        raise SettingsError(
            f"--scopes names permissions that nothing here uses: {', '.join(unknown)}.{nearest}",
            "Correct them, or leave them out: no permission is asked for that is not used.",
        )


def for_first_sign_in(needed: Iterable[str], *, personal: bool = False) -> frozenset[str]:
    """Of the scopes that tools need, those that a person may grant alone: asking for more would end in a refusal.

    A personal account has nobody to ask, and grants them all.
    """
    return frozenset(scope for scope in needed if personal or grant_of(scope) is Grant.USER) | {_FIRST}
