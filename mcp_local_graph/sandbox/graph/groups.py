"""Groups and teams of the directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_local_graph.sandbox.company import DOMAIN, TENANT_ID
from mcp_local_graph.sandbox.data.groups import GROUPS, Group
from mcp_local_graph.sandbox.data.staff import GUEST
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.directory import BASIC, OBJECTS, not_found
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.odata.search import directory_search
from mcp_local_graph.sandbox.graph.router import COUNT, MANY, ONE, Query, Workload, names
from mcp_local_graph.sandbox.graph.types import complex_type, define

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.odata.rules import Item

GROUPS_OF = Workload()
TEAMS = Workload(denied="Forbidden")

_DIRECTORY = "Directory.Read.All Directory.ReadWrite.All"
_READ = f"Group.Read.All Group.ReadWrite.All GroupMember.Read.All {_DIRECTORY}"
_MEMBERS = "Group.Read.All Group.ReadWrite.All GroupMember.Read.All Directory.Read.All"
_MINE = f"User.Read GroupMember.Read.All {_DIRECTORY}"
_JOINED = f"Team.ReadBasic.All User.Read.All User.ReadWrite.All {_DIRECTORY}"
_ONE_TEAM = f"Team.ReadBasic.All Group.Read.All Group.ReadWrite.All {_DIRECTORY}"

# What Graph gives of a group where $select does not say otherwise.
DEFAULT = names(
    """id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
    isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
    onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName onPremisesSecurityIdentifier
    onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime
    resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier theme uniqueName visibility
    onPremisesProvisioningErrors serviceProvisioningErrors"""
)
_GROUP = define(
    "group",
    """id:text deletedDateTime:time accessType:text allowExternalSenders:bool assignedLabels:*assignedLabel
    assignedLicenses:*assignedLicense autoSubscribeNewMembers:bool classification:text createdDateTime:time
    description:text displayName:text expirationDateTime:time groupTypes:*text hasMembersWithLicenseErrors:bool
    hideFromAddressLists:bool hideFromOutlookClients:bool infoCatalogs:*text isArchived:bool isAssignableToRole:bool
    isFavorite:bool isManagementRestricted:bool isSubscribedByMail:bool
    licenseProcessingState:licenseProcessingState mail:text mailEnabled:bool mailNickname:text membershipRule:text
    membershipRuleProcessingState:text onPremisesDomainName:text
    onPremisesExtensionAttributes:onPremisesExtensionAttributes onPremisesLastSyncDateTime:time
    onPremisesNetBiosName:text onPremisesProvisioningErrors:*onPremisesProvisioningError
    onPremisesSamAccountName:text onPremisesSecurityIdentifier:text onPremisesSyncEnabled:bool organizationId:text
    preferredDataLocation:text preferredLanguage:text proxyAddresses:*text renewedDateTime:time
    resourceBehaviorOptions:*text resourceProvisioningOptions:*text securityEnabled:bool securityIdentifier:text
    serviceProvisioningErrors:*serviceProvisioningError theme:text uniqueName:text unseenConversationsCount:int
    unseenCount:int unseenMessagesCount:int visibility:text welcomeMessageEnabled:bool""",
)
_SEARCHABLE = names("displayName description mail mailNickname")
_GROUPS = odata.Rules(
    type=_GROUP,
    dialect=odata.DIRECTORY,
    default=DEFAULT,
    page=100,
    most=999,
    filterable=frozenset(
        names(
            """id displayName description mail mailNickname mailEnabled securityEnabled createdDateTime
            visibility membershipRule isAssignableToRole"""
        )
    ),
    sortable=frozenset({"displayName"}),
    lambdas=frozenset({"groupTypes", "resourceProvisioningOptions", "proxyAddresses"}),
    search=directory_search(_SEARCHABLE, {"displayName", "description"}),
)


complex_type("teamSummary", "ownersCount:int membersCount:int guestsCount:int")
_TEAM = define(
    "team",
    """id:text createdDateTime:time displayName:text description:text internalId:text classification:text
    specialization:text visibility:private|public|hiddenMembership webUrl:text isArchived:bool tenantId:text
    summary:teamSummary memberSettings:teamMemberSettings guestSettings:teamGuestSettings
    messagingSettings:teamMessagingSettings funSettings:teamFunSettings""",
)
_TEAMS = odata.Rules(
    type=_TEAM, dialect=odata.DIRECTORY, default=tuple(_TEAM.properties), filterable=frozenset({"displayName"})
)


def _seen(
    shown: Callable[[Query, Item], bool], value: Callable[[Query, Item], object]
) -> Callable[[Query, Item], object]:
    """A property of objects of which some tokens see only that they are there."""
    return lambda query, item: value(query, item) if shown(query, item) else None


def _sees_groups(query: Query, _item: Item) -> bool:
    return bool(query.token.scopes & set(_READ.split()))


def _sees_person(query: Query, item: Item) -> bool:
    return item["id"] == query.account.oid or bool(query.token.scopes & set(BASIC.split()))


def _plain(name: str) -> Callable[[Query, Item], object]:
    empty: object = [] if _GROUP.properties[name].startswith("*") else None
    return lambda _query, item: item.get(name, empty)


# Groups where they are directory objects, which say their type; and people, by what the token shows of people.
_AS_OBJECTS = replace(
    _GROUPS,
    annotate=lambda _query, _item: {"@odata.type": "#microsoft.graph.group"},
    compute={name: _seen(_sees_groups, _plain(name)) for name in _GROUP.properties if name != "id"},
)
_PEOPLE = replace(
    OBJECTS,
    compute={name: _seen(_sees_person, value) if name != "id" else value for name, value in OBJECTS.compute.items()},
)
_ALL = MANY | {"$orderby", "$search"}


@GROUPS_OF.get("/groups", scopes=_READ, options=_ALL, personal=False)
def groups(query: Query) -> dict[str, Any]:
    """The groups of the token's tenant."""
    return odata.collection(query, _GROUPS, [_item(query, one) for one in _here(query)], "groups")


@GROUPS_OF.get("/groups/$count", scopes=_READ, options=COUNT, personal=False)
def groups_count(query: Query) -> str:
    """How many they are, as a bare number."""
    odata.need_eventual(query)
    return odata.count(query, _GROUPS, [_item(query, one) for one in _here(query)])


@GROUPS_OF.get("/groups/{id}", scopes=_READ, personal=False)
def group(query: Query) -> dict[str, Any]:
    """One group."""
    return odata.entity(query, _GROUPS, _item(query, _found(query)), "groups")


@GROUPS_OF.get("/groups/{id}/members", scopes=_MEMBERS, options=_ALL, personal=False)
def members(query: Query) -> dict[str, Any]:
    """Who is in it."""
    return odata.collection(query, _PEOPLE, _users(query, _found(query).members), "directoryObjects")


@GROUPS_OF.get("/groups/{id}/owners", scopes=_MEMBERS, options=_ALL, personal=False)
def owners(query: Query) -> dict[str, Any]:
    """Who decides who is in it."""
    return odata.collection(query, _PEOPLE, _users(query, _found(query).owners), "directoryObjects")


@GROUPS_OF.get("/me/memberOf", scopes=_MINE, options=_ALL, personal=False)
def member_of(query: Query) -> dict[str, Any]:
    """The groups that the signed-in person is in."""
    return odata.collection(query, _AS_OBJECTS, [_item(query, one) for one in _own(query)], "directoryObjects")


@TEAMS.get("/me/joinedTeams", scopes=_JOINED, options=ONE | {"$filter"}, personal=False)
def joined_teams(query: Query) -> dict[str, Any]:
    """The teams that the signed-in person is in: their names, and little else."""
    page = odata.collection(query, _TEAMS, [_outline(query, one) for one in _own(query) if one.team], "teams")
    return {**page, "@odata.count": len(page["value"])}


@TEAMS.get("/teams/{id}", scopes=_ONE_TEAM, personal=False)
def team(query: Query) -> dict[str, Any]:
    """One team."""
    for one in _here(query):
        if one.id == query.ids[0].lower() and one.team:
            return odata.entity(query, _TEAMS, _team(query, one), "teams")
    raise GraphRefused(404, "NotFound", f"No team found with Group Id {query.ids[0]}")


def _here(query: Query) -> Sequence[Group]:
    return GROUPS if query.account.tenant_id == TENANT_ID else ()


def _own(query: Query) -> list[Group]:
    return [one for one in _here(query) if query.account in one.members]


def _found(query: Query) -> Group:
    for one in _here(query):
        if one.id == query.ids[0].lower():
            return one
    raise not_found(query.ids[0])


def _users(query: Query, accounts: Collection[Account]) -> list[Item]:
    return [query.state.profiles[one.oid].user for one in accounts]


def _item(query: Query, one: Group) -> Item:
    created = _created(query, one)
    mail = "" if one.kind == "security" else f"{one.nickname}@{DOMAIN}"
    return {
        "id": one.id,
        "createdDateTime": created,
        "renewedDateTime": created,
        "displayName": one.name,
        "description": one.about,
        "groupTypes": ["Unified"] if one.kind == "microsoft365" else [],
        "mail": mail or None,
        "mailEnabled": bool(mail),
        "mailNickname": one.nickname,
        "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
        "resourceProvisioningOptions": ["Team"] if one.team else [],
        "securityEnabled": one.kind == "security",
        "visibility": _visibility(one) if one.kind == "microsoft365" else None,
    }


def _visibility(one: Group) -> str:
    return "Public" if one.public else "Private"


def _outline(query: Query, one: Group) -> Item:
    return {
        "id": one.id,
        "displayName": one.name,
        "description": one.about,
        "isArchived": False,
        "tenantId": query.account.tenant_id,
    }


def _team(query: Query, one: Group) -> Item:
    free = ("allowCreateUpdateChannels", "allowDeleteChannels")
    tools = ("allowCreatePrivateChannels", "allowAddRemoveApps", "allowCreateUpdateRemoveTabs")
    talk = ("allowUserEditMessages", "allowUserDeleteMessages", "allowOwnerDeleteMessages", "allowTeamMentions")
    guests = sum(one_of == GUEST for one_of in one.members)
    thread = f"19:{one.id.replace('-', '')}@thread.tacv2"
    return {
        **_outline(query, one),
        "createdDateTime": _created(query, one),
        "internalId": thread,
        "specialization": "none",
        "visibility": _visibility(one).lower(),
        "webUrl": f"https://teams.microsoft.com/l/team/{quote(thread, safe='')}/conversations?groupId={one.id}"
        f"&tenantId={query.account.tenant_id}",
        "summary": {
            "ownersCount": len(one.owners),
            "membersCount": len(one.members) - len(one.owners) - guests,
            "guestsCount": guests,
        },
        "memberSettings": dict.fromkeys((*free, *tools, "allowCreateUpdateRemoveConnectors"), True),
        "guestSettings": dict.fromkeys(free, False),
        "messagingSettings": dict.fromkeys((*talk, "allowChannelMentions"), True),
        "funSettings": {
            "giphyContentRating": "moderate",
            **dict.fromkeys(("allowGiphy", "allowStickersAndMemes", "allowCustomMemes"), True),
        },
    }


def _created(query: Query, one: Group) -> str:
    return f"{query.state.days.now - timedelta(days=one.age):%Y-%m-%dT%H:%M:%SZ}"
