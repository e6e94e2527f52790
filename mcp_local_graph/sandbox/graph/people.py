"""The people who matter to somebody, and rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import ids, people, staff
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.odata.search import beginnings
from mcp_local_graph.sandbox.graph.router import LIST, Query, Workload
from mcp_local_graph.sandbox.graph.types import complex_type, define

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account, Profile
    from mcp_local_graph.sandbox.data.seeds import Address
    from mcp_local_graph.sandbox.graph.odata.rules import Item

PEOPLE = Workload(denied="ErrorAccessDenied")
PLACES = Workload(denied="ErrorAccessDenied")

complex_type("personType", "class:text subclass:text")
_PERSON = define(
    "person",
    """id:id displayName:text givenName:text surname:text birthday:text personNotes:text isFavorite:bool jobTitle:text
    companyName:text yomiCompany:text department:text officeLocation:text profession:text userPrincipalName:text
    imAddress:text scoredEmailAddresses:*scoredEmailAddress phones:*phone postalAddresses:*location websites:*website
    personType:personType""",
)
_MOST_FOUND = 250


def _texts(item: Item) -> list[str]:
    addresses = [one["address"] for one in item["scoredEmailAddresses"]]
    return [item["displayName"], *addresses]


_PEOPLE = odata.Rules(
    type=_PERSON,
    dialect=odata.OUTLOOK,
    default=tuple(_PERSON.properties),
    filterable=frozenset({"displayName", "personType/class", "personType/subclass", "department", "jobTitle"}),
    sortable=frozenset({"displayName"}),
    search=beginnings(_texts),
    most_found=_MOST_FOUND,
)


@PEOPLE.get("/me/people", scopes="People.Read People.Read.All", options=LIST - {"$expand", "$count"})
def my_people(query: Query) -> dict[str, Any]:
    """Those whom the person writes to and meets; a search looks at all colleagues, too."""
    ranked = people.relevant(query.state.days, query.account.address)
    found = [_person(query, who, score) for who, score in ranked]
    if "$search" in query.options:
        seen = {who.address for who, _ in ranked} | {query.account.address}
        others = (one for one in _colleagues(query) if one.account.address not in seen)
        found += [_person(query, staff.address(one.account), 0) for one in others]
    return odata.collection(query, _PEOPLE, found, f"users('{query.account.oid}')/people")


def _person(query: Query, who: Address, score: int) -> Item:
    profile = next((one for one in _colleagues(query) if one.account.address == who.address), None)
    user = profile.user if profile else {}
    given, _, surname = who.name.rpartition(" ")
    person: dict[str, Any] = {
        "id": user.get("id") or ids.guid("person", who.address),
        "displayName": who.name,
        "givenName": user.get("givenName", given or surname),
        "surname": user.get("surname", surname),
        **dict.fromkeys(("birthday", "personNotes", "yomiCompany", "profession"), ""),
        "isFavorite": False,
        **{name: user.get(name) for name in ("jobTitle", "companyName", "department", "officeLocation")},
        "userPrincipalName": user.get("userPrincipalName", ""),
        "imAddress": f"sip:{who.address}" if profile else None,
        "scoredEmailAddresses": [_scored(who, score)],
        "phones": [{"type": "business", "number": number} for number in user.get("businessPhones", [])],
        "personType": {"class": "Person", "subclass": "OrganizationUser" if profile else "ImplicitContact"},
    }
    return person


def _scored(who: Address, score: int) -> dict[str, Any]:
    likelihood = "high" if score > 0 else "notSpecified"
    return {"address": who.address, "relevanceScore": float(score), "selectionLikelihood": likelihood}


def _colleagues(query: Query) -> list[Profile]:
    """Everybody of the own organisation who is a person."""
    if query.account.personal:
        return []
    tenant, things = query.account.tenant_id, {*staff.ROOMS, staff.SUPPORT, staff.GUEST}
    profiles = query.state.profiles.values()
    return [one for one in profiles if one.account.tenant_id == tenant and one.account not in things]


complex_type("physicalAddress", "street:text city:text state:text countryOrRegion:text postalCode:text")
_ROOM = define(
    "room",
    """id:id displayName:text address:physicalAddress geoCoordinates:outlookGeoCoordinates phone:text nickname:text
    label:text capacity:int building:text floorLabel:text floorNumber:int isWheelChairAccessible:bool
    bookingType:unknown|standard|reserved tags:*text audioDeviceName:text videoDeviceName:text displayDeviceName:text
    emailAddress:text""",
)
_ROOMS = odata.Rules(
    type=_ROOM,
    dialect=odata.OUTLOOK,
    default=tuple(_ROOM.properties),
    page=100,
    filterable=frozenset({"displayName", "capacity", "emailAddress", "building", "floorNumber"}),
    sortable=frozenset({"displayName"}),
)
# Seats, floor, building.
_FACTS = {
    staff.TIDEPOOL: (6, 2, "Harbour House"),
    staff.BOARDROOM: (14, 4, "Harbour House"),
    staff.TEST_TANK: (4, 0, "Workshop B"),
}


@PLACES.get(
    "/places/microsoft.graph.room", scopes="Place.Read.All", options=LIST - {"$expand", "$search"}, personal=False
)
def rooms(query: Query) -> dict[str, Any]:
    """The rooms of the organisation."""
    ours = query.account.tenant_id == staff.TIDEPOOL.tenant_id
    items = [_room(one) for one in staff.ROOMS] if ours else []
    return odata.collection(query, _ROOMS, items, "places/microsoft.graph.room")


def _room(account: Account) -> Item:
    seats, floor, building = _FACTS[account]
    return {
        "id": ids.guid("place", account.oid),
        "displayName": account.display_name,
        "address": {
            "street": "1 Slipway",
            "city": "Saltmere",
            "state": "",
            "postalCode": "SM4 2TD",
            "countryOrRegion": "GB",
        },
        "nickname": account.display_name.split(" (")[0],
        "capacity": seats,
        "building": building,
        "floorNumber": floor,
        "floorLabel": str(floor),
        "isWheelChairAccessible": True,
        "bookingType": "standard",
        "emailAddress": account.user_name,
    }
