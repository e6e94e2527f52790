"""The directory: people, their managers and their reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused, denied
from mcp_local_graph.sandbox.graph.odata.search import directory_search
from mcp_local_graph.sandbox.graph.router import COUNT, MANY, ONE, Query, Workload, names
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.company import Profile
    from mcp_local_graph.sandbox.graph.odata.rules import Item

DIRECTORY = Workload()

_EVERYBODY = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
# Any of these shows the names of other people.
BASIC = f"User.ReadBasic.All {_EVERYBODY}"
_REPORTS = f"User.Read {_EVERYBODY}"
_OWN = f"User.ReadWrite {_REPORTS}"

# What Graph gives of a user where $select does not say otherwise.
DEFAULT = names(
    "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname "
    "userPrincipalName id"
)
# All properties of a user that this service knows; those that nobody here has are null, or empty lists.
USER = define(
    "user",
    """aboutMe:text accountEnabled:bool ageGroup:text assignedLicenses:*assignedLicense assignedPlans:*assignedPlan
    authorizationInfo:authorizationInfo birthday:time businessPhones:*text city:text companyName:text
    consentProvidedForMinor:text country:text createdDateTime:time creationType:text
    customSecurityAttributes:customSecurityAttributeValue deletedDateTime:time department:text displayName:text
    employeeHireDate:time employeeId:text employeeLeaveDateTime:time employeeOrgData:employeeOrgData employeeType:text
    externalUserState:text externalUserStateChangeDateTime:time faxNumber:text givenName:text hireDate:time id:text
    identities:*objectIdentity imAddresses:*text interests:*text isManagementRestricted:bool isResourceAccount:bool
    jobTitle:text lastPasswordChangeDateTime:time legalAgeGroupClassification:text
    licenseAssignmentStates:*licenseAssignmentState mail:text mailNickname:text mobilePhone:text mySite:text
    officeLocation:text onPremisesDistinguishedName:text onPremisesDomainName:text
    onPremisesExtensionAttributes:onPremisesExtensionAttributes onPremisesImmutableId:text
    onPremisesLastSyncDateTime:time onPremisesProvisioningErrors:*onPremisesProvisioningError
    onPremisesSamAccountName:text onPremisesSecurityIdentifier:text onPremisesSyncEnabled:bool
    onPremisesUserPrincipalName:text otherMails:*text passwordPolicies:text passwordProfile:passwordProfile
    pastProjects:*text postalCode:text preferredDataLocation:text preferredLanguage:text preferredName:text
    provisionedPlans:*provisionedPlan proxyAddresses:*text responsibilities:*text schools:*text
    securityIdentifier:text serviceProvisioningErrors:*serviceProvisioningError showInAddressList:bool
    signInSessionsValidFromDateTime:time skills:*text state:text streetAddress:text surname:text usageLocation:text
    userPrincipalName:text userType:text""",
)
KNOWN = tuple(USER.properties)
LISTS = tuple(name for name, kind in USER.properties.items() if kind.startswith("*"))
# These two are never null: nobody's birthday is the first day of all.
_NO_DATE = dict.fromkeys(("birthday", "hireDate"), "0001-01-01T00:00:00Z")
# All that a token with User.ReadBasic.All alone shows of other people, and lets ask for them by.
# Source: learn.microsoft.com, "Microsoft Graph permissions reference"; MC704030 for the refusal of filters.
_VISIBLE = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "securityIdentifier"}


_SEARCHABLE = "displayName givenName surname mail userPrincipalName mailNickname jobTitle department officeLocation"
_FILTERABLE = (
    f"{_SEARCHABLE} id accountEnabled city companyName country employeeId userType createdDateTime usageLocation"
)


def _property(name: str) -> Callable[[Query, Item], object]:
    """What an answer has of one property: all of oneself, of others what the token shows."""
    empty: object = [] if name in LISTS else _NO_DATE.get(name)

    def value(query: Query, user: Item) -> object:
        whole = user["id"] == query.account.oid or bool(query.token.scopes & set(_EVERYBODY.split()))
        return user.get(name, empty) if whole or name in _VISIBLE else empty

    return value


def _guard(query: Query, path: str) -> None:
    """Nobody finds out by a filter, a search or an order what their token does not show."""
    if path not in _VISIBLE and not query.token.scopes & set(_EVERYBODY.split()):
        raise denied("Authorization_RequestDenied")


USERS = odata.Rules(
    type=USER,
    dialect=odata.DIRECTORY,
    default=DEFAULT,
    page=100,
    most=999,
    filterable=frozenset(_FILTERABLE.split()),
    sortable=frozenset({"displayName", "userPrincipalName"}),
    lambdas=frozenset({"businessPhones", "otherMails", "proxyAddresses"}),
    search=directory_search(_SEARCHABLE.split(), {"displayName"}, _guard),
    guard=_guard,
    compute={name: _property(name) for name in KNOWN},
)
# The same people where they are shown as directory objects, which say their type.
OBJECTS = replace(USERS, annotate=lambda _query, _user: {"@odata.type": "#microsoft.graph.user"})


def _expanded_manager(query: Query, user: Item) -> Item | None:
    """Somebody's manager beside them, for those who may know everybody."""
    if not query.token.scopes & set(_EVERYBODY.split()):
        raise denied("Authorization_RequestDenied")
    manager = query.state.profiles[user["id"]].manager
    return query.state.profiles[manager].user if manager else None


def _reports_of(query: Query, user: Item) -> list[Item]:
    """Who reports to somebody."""
    return [one.user for one in query.state.profiles.values() if one.manager == user["id"]]


# People with those above and below them, where that is asked for.
USERS_EXPANDED = replace(
    USERS,
    expands={
        "manager": odata.Expand(rules=OBJECTS, of=_expanded_manager),
        "directReports": odata.Expand(rules=OBJECTS, of=_reports_of),
    },
)
_ALL = MANY | {"$orderby", "$search", "$expand"}
_ONE = ONE | {"$expand"}


@DIRECTORY.get("/me", scopes=f"User.ReadBasic.All {_OWN}", options=_ONE)
def me(query: Query) -> dict[str, Any]:
    """The signed-in person."""
    return odata.entity(query, USERS_EXPANDED, query.profile.user, "users")


@DIRECTORY.get("/users", scopes=BASIC, options=_ALL, personal=False)
def users(query: Query) -> dict[str, Any]:
    """Everybody in the token's tenant."""
    return odata.collection(query, USERS_EXPANDED, [one.user for one in _colleagues(query)], "users")


@DIRECTORY.get("/users/$count", scopes=BASIC, options=COUNT, personal=False)
def users_count(query: Query) -> str:
    """How many they are, as a bare number."""
    odata.need_eventual(query)
    return odata.count(query, USERS, [one.user for one in _colleagues(query)])


@DIRECTORY.get("/users/{id}", scopes=f"User.Read User.ReadWrite {BASIC}", options=_ONE, personal=False)
def user(query: Query) -> dict[str, Any]:
    """One person by object id or user principal name; with User.Read alone only oneself."""
    found = find(query, query.ids[0])
    if found.account != query.account and not query.token.scopes & set(BASIC.split()):
        raise denied("Authorization_RequestDenied")
    return odata.entity(query, USERS_EXPANDED, found.user, "users")


@DIRECTORY.get("/me/manager", scopes=_EVERYBODY, personal=False)
def my_manager(query: Query) -> dict[str, Any]:
    """The signed-in person's manager."""
    return _manager(query, query.profile)


@DIRECTORY.get("/users/{id}/manager", scopes=_EVERYBODY, personal=False)
def manager(query: Query) -> dict[str, Any]:
    """Somebody's manager."""
    return _manager(query, find(query, query.whose))


@DIRECTORY.get("/me/directReports", scopes=_REPORTS, options=MANY - {"$filter"}, personal=False)
def my_reports(query: Query) -> dict[str, Any]:
    """Who reports to the signed-in person."""
    return odata.collection(query, OBJECTS, _reports_of(query, query.profile.user), "directoryObjects")


@DIRECTORY.get("/users/{id}/directReports", scopes=_REPORTS, options=MANY - {"$filter"}, personal=False)
def reports(query: Query) -> dict[str, Any]:
    """Who reports to somebody; with User.Read alone only to oneself."""
    found = find(query, query.whose)
    if found.account != query.account and not query.token.scopes & set(_EVERYBODY.split()):
        raise denied("Authorization_RequestDenied")
    return odata.collection(query, OBJECTS, _reports_of(query, found.user), "directoryObjects")


def _manager(query: Query, of: Profile) -> dict[str, Any]:
    if of.manager is None:
        raise not_found("manager")
    return odata.entity(query, OBJECTS, query.state.profiles[of.manager].user, "directoryObjects")


def _colleagues(query: Query) -> list[Profile]:
    tenant = query.account.tenant_id
    return [one for one in query.state.profiles.values() if one.account.tenant_id == tenant]


def find(query: Query, name: str) -> Profile:
    """A colleague by object id or user principal name.

    Raises:
        GraphRefused: there is none.
    """
    wanted = name.lower()
    for one in _colleagues(query):
        if wanted in {one.account.oid.lower(), one.account.user_name.lower()}:
            return one
    raise not_found(name)


def not_found(name: str) -> GraphRefused:
    """There is no such object in the directory."""
    text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphRefused(404, "Request_ResourceNotFound", text)
