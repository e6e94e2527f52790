"""The directory: people, their managers and their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import MANY, Query, Workload, names

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Profile

DIRECTORY = Workload()

_EVERYBODY = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_BASIC = f"User.ReadBasic.All {_EVERYBODY}"
_REPORTS = f"User.Read {_EVERYBODY}"
_OWN = f"User.ReadWrite {_REPORTS}"

# What Graph gives of a user where $select does not say otherwise.
DEFAULT = names(
    "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname "
    "userPrincipalName id"
)
# All properties of a user that this service knows; those that nobody here has are null, or empty lists.
LISTS = names(
    "assignedLicenses assignedPlans businessPhones identities imAddresses interests licenseAssignmentStates "
    "onPremisesProvisioningErrors otherMails pastProjects provisionedPlans proxyAddresses responsibilities schools "
    "serviceProvisioningErrors skills"
)
SINGLE = names(
    "aboutMe accountEnabled ageGroup authorizationInfo birthday city companyName consentProvidedForMinor country "
    "createdDateTime creationType customSecurityAttributes deletedDateTime department displayName employeeHireDate "
    "employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState externalUserStateChangeDateTime "
    "faxNumber givenName hireDate id isManagementRestricted isResourceAccount jobTitle lastPasswordChangeDateTime "
    "legalAgeGroupClassification mail mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName "
    "onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime "
    "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName "
    "passwordPolicies passwordProfile postalCode preferredDataLocation preferredLanguage preferredName "
    "securityIdentifier showInAddressList signInSessionsValidFromDateTime state streetAddress surname usageLocation "
    "userPrincipalName userType"
)
KNOWN = sorted([*LISTS, *SINGLE])
# These two are never null: nobody's birthday is the first day of all.
_NO_DATE = dict.fromkeys(("birthday", "hireDate"), "0001-01-01T00:00:00Z")
# All that a token with User.ReadBasic.All alone shows of other people.
_VISIBLE = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}


@DIRECTORY.get("/me", scopes=f"User.ReadBasic.All {_OWN}")
def me(query: Query) -> dict[str, Any]:
    """The signed-in person."""
    context = f"{query.root}/$metadata#users{odata.context_select(query.options)}/$entity"
    return {"@odata.context": context, **_user(query, query.profile)}


@DIRECTORY.get("/users", scopes=_BASIC, options=MANY, personal=False)
def users(query: Query) -> dict[str, Any]:
    """Everybody in the token's tenant."""
    context = f"{query.root}/$metadata#users{odata.context_select(query.options)}"
    found = odata.filtered(query, [one.user for one in _colleagues(query)])
    shown = [_user(query, query.state.profiles[one["id"]]) for one in found]
    return {"@odata.context": context, **odata.page(query, shown, "users")}


@DIRECTORY.get("/users/$count", scopes=_BASIC, options=frozenset({"$filter"}), personal=False)
def users_count(query: Query) -> str:
    """How many they are, as a bare number."""
    odata.need_eventual(query)
    return str(len(odata.filtered(query, [one.user for one in _colleagues(query)])))


@DIRECTORY.get("/users/{id}", scopes=f"User.Read User.ReadWrite {_BASIC}", personal=False)
def user(query: Query) -> dict[str, Any]:
    """One person by object id or user principal name; with User.Read alone only oneself."""
    found = _find(query)
    if found.account != query.account and not query.token.scopes & set(_BASIC.split()):
        raise GraphRefused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    context = f"{query.root}/$metadata#users{odata.context_select(query.options)}/$entity"
    return {"@odata.context": context, **_user(query, found)}


@DIRECTORY.get("/me/manager", scopes=_EVERYBODY, personal=False)
def my_manager(query: Query) -> dict[str, Any]:
    """The signed-in person's manager."""
    return _manager(query, query.profile)


@DIRECTORY.get("/users/{id}/manager", scopes=_EVERYBODY, personal=False)
def manager(query: Query) -> dict[str, Any]:
    """Somebody's manager."""
    return _manager(query, _find(query))


@DIRECTORY.get("/me/directReports", scopes=_REPORTS, options=MANY - {"$filter"}, personal=False)
def my_reports(query: Query) -> dict[str, Any]:
    """Who reports to the signed-in person."""
    reports = [one for one in _colleagues(query) if one.manager == query.account.oid]
    shown = [_directory_object(query, one) for one in reports]
    context = f"{query.root}/$metadata#directoryObjects{odata.context_select(query.options)}"
    return {"@odata.context": context, **odata.page(query, shown, "me/directReports")}


def _manager(query: Query, of: Profile) -> dict[str, Any]:
    if of.manager is None:
        raise _not_found("manager")
    context = f"{query.root}/$metadata#directoryObjects{odata.context_select(query.options)}/$entity"
    return {"@odata.context": context, **_directory_object(query, query.state.profiles[of.manager])}


def _directory_object(query: Query, profile: Profile) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.user", **_user(query, profile)}


def _user(query: Query, profile: Profile) -> dict[str, Any]:
    wanted = odata.selected(query.options, KNOWN, DEFAULT, "user")
    own = profile.account == query.account
    whole = own or bool(query.token.scopes & set(_EVERYBODY.split()))
    shown = profile.user if whole else {name: profile.user[name] for name in _VISIBLE}
    empty: dict[str, Any] = {name: [] if name in LISTS else _NO_DATE.get(name) for name in wanted}
    return empty | {name: shown[name] for name in wanted if name in shown}


def _colleagues(query: Query) -> list[Profile]:
    tenant = query.account.tenant_id
    return [one for one in query.state.profiles.values() if one.account.tenant_id == tenant]


def _find(query: Query) -> Profile:
    wanted = query.ids[0].lower()
    for one in _colleagues(query):
        if wanted in {one.account.oid.lower(), one.account.user_name.lower()}:
            return one
    raise _not_found(query.ids[0])


def _not_found(name: str) -> GraphRefused:
    text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphRefused(404, "Request_ResourceNotFound", text)
