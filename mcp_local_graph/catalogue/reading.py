"""Which permission reading a path of Graph v1.0 takes, for paths that people ask for: rules of our own, not a list.

A rule is a path in small letters, `*` for an id, names that share it divided by `|`. The permission is one that
suffices and reads the whole of the objects, not the least there is. Where no rule is sure, there is none.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Below /me and below /users/…, with all that is below them.
_PERSON = {
    "messages|mailfolders|inferenceclassification": "Mail.Read",
    "mailboxsettings|outlook/mastercategories": "MailboxSettings.Read",
    "events|calendar|calendars|calendargroups|calendarview": "Calendars.Read",
    "contacts|contactfolders": "Contacts.Read",
    "people": "People.Read",
    "drive|drives": "Files.Read",
    "onenote": "Notes.Read",
    "todo|planner": "Tasks.Read",
    "chats": "Chat.Read",
    "presence": "Presence.Read",
    "insights|followedsites": "Sites.Read.All",
    "manager": "User.Read.All",
}
# What another person's mailbox takes once it is shared, and another's files.
_OTHERS = {
    "Mail.Read": "Mail.Read.Shared",
    "Calendars.Read": "Calendars.Read.Shared",
    "Contacts.Read": "Contacts.Read.Shared",
    "Files.Read": "Files.Read.All",
    "People.Read": "People.Read.All",
    "Presence.Read": "Presence.Read.All",
}
# These paths, with all that is below them.
_BELOW = {
    "groups/*/members|owners|transitivemembers": "GroupMember.Read.All",
    "groups/*/threads|conversations": "Group.Read.All",
    "groups/*/drive|drives": "Files.Read.All",
    "groups/*/sites": "Sites.Read.All",
    "groups/*/onenote|sites/*/onenote": "Notes.Read.All",
    "groups/*/planner|planner": "Tasks.Read",
    "sites/*/lists|columns|contenttypes|items|pages|sites": "Sites.Read.All",
    "sites/*/drive|drives": "Files.Read.All",
    "drives": "Files.Read.All",
    "chats/*/messages": "Chat.Read",
    "teams/*/members": "TeamMember.Read.All",
    "teams/*/channels/*/messages": "ChannelMessage.Read.All",
    "teams/*/channels/*/members": "ChannelMember.Read.All",
    "teams/*/schedule": "Schedule.Read.All",
    "teams/*/tags": "TeamworkTag.Read",
    "places": "Place.Read.All",
    "contacts": "OrgContact.Read.All",
    "devices": "Device.Read.All",
    "directoryroles|directoryroletemplates": "RoleManagement.Read.Directory",
    "rolemanagement/directory/roledefinitions|roleassignments": "RoleManagement.Read.Directory",
    "auditlogs/signins|directoryaudits|provisioning": "AuditLog.Read.All",
    "identity/conditionalaccess/policies|namedlocations": "Policy.Read.All",
    "identityprotection/riskyusers": "IdentityRiskyUser.Read.All",
    "identityprotection/riskdetections": "IdentityRiskEvent.Read.All",
    "security/alerts_v2": "SecurityAlert.Read.All",
    "security/incidents": "SecurityIncident.Read.All",
    "security/securescores|securescorecontrolprofiles": "SecurityEvents.Read.All",
    "devicemanagement/deviceconfigurations|devicecompliancepolicies": "DeviceManagementConfiguration.Read.All",
    "deviceappmanagement/mobileapps": "DeviceManagementApps.Read.All",
    "admin/serviceannouncement/messages": "ServiceMessage.Read.All",
    "admin/serviceannouncement/healthoverviews|issues": "ServiceHealth.Read.All",
    "identitygovernance/accessreviews/definitions": "AccessReview.Read.All",
    "print/shares": "PrinterShare.Read.All",
}
# These paths alone, as a list and each of its objects; what is below them takes other permissions.
_ALONE = {
    "me": "User.Read",
    "me/photo|directreports|memberof|transitivememberof|licensedetails|agreementacceptances": "User.Read",
    "me/joinedteams|users/*/joinedteams": "Team.ReadBasic.All",
    "me/onlinemeetings": "OnlineMeetings.Read",
    "users": "User.ReadBasic.All",
    "users/*/directreports|licensedetails": "User.Read.All",
    "users/*/memberof|transitivememberof": "GroupMember.Read.All",
    "groups": "Group.Read.All",
    "groups/*/memberof": "GroupMember.Read.All",
    "groups/*/events|calendarview": "Group.Read.All",
    "sites": "Sites.Read.All",
    "chats": "Chat.Read",
    "chats/*/members": "Chat.Read",
    "teams": "Team.ReadBasic.All",
    "teams/*/channels|allchannels|primarychannel": "Channel.ReadBasic.All",
    "organization": "Organization.Read.All",
    "subscribedskus": "LicenseAssignment.Read.All",
    "domains": "Domain.Read.All",
    "administrativeunits|directory/administrativeunits": "AdministrativeUnit.Read.All",
    "applications|serviceprincipals": "Application.Read.All",
    "applications/*/owners|serviceprincipals/*/owners": "Application.Read.All",
    "devicemanagement/manageddevices": "DeviceManagementManagedDevices.Read.All",
    "print/printers": "Printer.Read.All",
}
# Excel's functions calculate, and take it for a change.
_WORKBOOK = "Files.ReadWrite"


def scope_for(path: Sequence[str]) -> str:
    """The permission that reading this path takes, by short name; empty where no rule knows it.

    `path` are segments below `/v1.0`, in small letters, without arguments.
    """
    path, rules = tuple(path), _rules()
    if "workbook" in path:
        return _WORKBOOK
    for length in range(len(path), 0, -1):
        # A list, and one of its objects; /me is no list.
        alone = len(path) == length or (len(path) == length + 1 and length % 2 == 1 and path != ("me", path[-1]))
        for form in _forms(path[:length]):
            scope, below = rules.get(form, ("", False))
            if scope and (below or alone):
                return scope
    return ""


def _forms(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The ways in which a rule may write a path: every second segment is an id, or none is."""
    return [path, tuple("*" if index % 2 else segment for index, segment in enumerate(path))]


@cache
def _rules() -> dict[tuple[str, ...], tuple[str, bool]]:
    """All rules, each with its permission and whether it is good for what is below, too."""
    rules = {rule: (scope, True) for names, scope in _BELOW.items() for rule in _spread(names)}
    rules |= {rule: (scope, False) for names, scope in _ALONE.items() for rule in _spread(names)}
    for names, scope in _PERSON.items():
        for rule in _spread(names):
            rules["me", *rule] = scope, True
            rules["users", "*", *rule] = _OTHERS.get(scope, scope), True
    return rules


def _spread(names: str) -> list[tuple[str, ...]]:
    """`a/*/b|c` is `a/*/b` and `a/*/c`; a name after `|` that has a slash is a path from the start."""
    first, *others = names.split("|")
    above = first.rpartition("/")[0]
    return [tuple((each if "/" in each or not above else f"{above}/{each}").split("/")) for each in (first, *others)]
