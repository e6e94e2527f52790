"""Address books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.contacts import CONTACTS, Contact
from mcp_local_graph.sandbox.graph import mailboxes, odata
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found
from mcp_local_graph.sandbox.graph.odata.search import beginnings
from mcp_local_graph.sandbox.graph.router import LIST, Query, Workload, names
from mcp_local_graph.sandbox.graph.types import complex_type, define

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.graph.odata.rules import Item

CONTACTS_OF = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_READ = "Contacts.Read Contacts.ReadWrite Contacts.Read.Shared Contacts.ReadWrite.Shared"

complex_type("physicalAddress", "street:text city:text state:text countryOrRegion:text postalCode:text")
_CONTACT = define(
    "contact",
    """id:id createdDateTime:time lastModifiedDateTime:time changeKey:id categories:*text parentFolderId:id
    birthday:time fileAs:text displayName:text givenName:text initials:text middleName:text nickName:text
    surname:text title:text yomiGivenName:text yomiSurname:text yomiCompanyName:text generation:text
    imAddresses:*text jobTitle:text companyName:text department:text officeLocation:text profession:text
    businessHomePage:text assistantName:text manager:text homePhones:*text mobilePhone:text businessPhones:*text
    spouseName:text personalNotes:text children:*text emailAddresses:*emailAddress homeAddress:physicalAddress
    businessAddress:physicalAddress otherAddress:physicalAddress""",
)


def _texts(item: Item) -> list[str]:
    texts = [item["displayName"], item.get("companyName") or "", item.get("nickName") or ""]
    return [*texts, *(one["address"] for one in item["emailAddresses"])]


_RULES = odata.Rules(
    type=_CONTACT,
    dialect=odata.OUTLOOK,
    default=tuple(_CONTACT.properties),
    always=("id",),
    filterable=frozenset(
        names("displayName givenName surname nickName companyName jobTitle fileAs mobilePhone lastModifiedDateTime")
    ),
    sortable=frozenset(names("displayName givenName surname companyName lastModifiedDateTime")),
    lambdas=frozenset({"emailAddresses", "categories"}),
    search=beginnings(_texts),
    annotate=lambda _query, item: {"@odata.etag": f'W/"{item["changeKey"]}"'},
)
# Nobody shares an address book here.
_SHARED: dict[str, frozenset[str]] = {}


@CONTACTS_OF.get("/contacts", scopes=_READ, options=LIST - {"$expand"})
def contacts(query: Query) -> dict[str, Any]:
    """An address book."""
    account = mailboxes.owner(query, _SHARED).account
    return odata.collection(query, _RULES, _items(query), f"users('{account.oid}')/contacts")


@CONTACTS_OF.get("/contacts/{id}", scopes=_READ)
def contact(query: Query) -> dict[str, Any]:
    """Somebody in it."""
    account = mailboxes.owner(query, _SHARED).account
    look_at(query.ids[0])
    for one in _items(query):
        if query.ids[0] in {one["id"], one["_immutable"], one["_plain"]}:
            return odata.entity(query, _RULES, one, f"users('{account.oid}')/contacts")
    raise not_found()


def _items(query: Query) -> list[Item]:
    account = mailboxes.owner(query, _SHARED).account
    immutable = query.prefer.get("idtype", "").lower() == "immutableid"
    day = query.state.days.at(-60, "10:00")
    found = CONTACTS.get(account.user_name, ())
    return [_item(account.oid, one, day, immutable=immutable) for one in sorted(found, key=lambda one: one.name)]


def _item(owner: str, one: Contact, day: datetime, *, immutable: bool) -> Item:
    key = f"contact:{one.name}"
    plain, lasting = ids.item(owner, key), ids.item(owner, key, immutable=True)
    return {
        "_plain": plain,
        "_immutable": lasting,
        "id": lasting if immutable else plain,
        "createdDateTime": f"{day:%Y-%m-%dT%H:%M:%SZ}",
        "lastModifiedDateTime": f"{day:%Y-%m-%dT%H:%M:%SZ}",
        "changeKey": ids.change_key(owner, key),
        "categories": list(one.categories),
        "parentFolderId": ids.folder(owner, "contacts"),
        "birthday": one.birthday or None,
        "fileAs": f"{one.surname}, {one.given}".strip(", "),
        "displayName": one.name,
        "givenName": one.given,
        "surname": one.surname or None,
        "nickName": one.nick or None,
        "jobTitle": one.job or None,
        "companyName": one.company or None,
        "mobilePhone": one.mobile or None,
        "businessPhones": list(one.phones),
        "homePhones": list(one.home_phones),
        "personalNotes": one.notes,
        "emailAddresses": [{"name": one.name, "address": address} for address in one.mails],
        "homeAddress": {},
        "otherAddress": {},
        "businessAddress": _address(one),
    }


def _address(one: Contact) -> dict[str, str]:
    if one.address is None:
        return {}
    street, postal_code, city, country = one.address
    return {"street": street, "city": city, "countryOrRegion": country, "postalCode": postal_code}
