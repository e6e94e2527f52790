from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data.staff import BOARDROOM
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


def names(rig: Rig, path: str, scope: str, account: str | None = None) -> list[str]:
    tenant = "consumers" if account == company.INES_AT_HOME.user_name else None
    answer = rig.graph(f"/v1.0{path}", rig.bearer([scope], account, tenant=tenant))
    assert answer.status_code == 200, answer.text
    return [one["displayName"] for one in answer.json()["value"]]


def test_people_are_those_one_writes_to_the_most_relevant_first(rig: Rig) -> None:
    page = rig.graph("/v1.0/me/people?$top=50", rig.bearer(["People.Read"])).json()["value"]
    scores = [one["scoredEmailAddresses"][0]["relevanceScore"] for one in page]
    assert scores == sorted(scores, reverse=True)
    assert page[0]["displayName"] == "Tomasz Halloran"
    kinds = {one["displayName"]: one["personType"]["subclass"] for one in page}
    assert (kinds["Tomasz Halloran"], kinds["Dana Whitlock"]) == ("OrganizationUser", "ImplicitContact")
    # Who only ever wrote is nobody's contact.
    assert not {"Partner Desk", "Growth Desk", "Tidewater Weekly"} & kinds.keys()


def test_ten_people_are_given_at_a_time(rig: Rig) -> None:
    token = rig.bearer(["People.Read"])
    first = rig.graph("/v1.0/me/people", token).json()
    assert len(first["value"]) == 10
    rest = rig.graph(first["@odata.nextLink"].removeprefix(rig.tenant.graph_url), token).json()
    assert not {one["id"] for one in first["value"]} & {one["id"] for one in rest["value"]}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("tomas", ["Tomasz Halloran", "Tomas Halvorsen"]),
        ("ines", ["Ines Ocampo", "Ines O."]),
        ("haruka", ["Haruka Minase"]),
        ("whitlock dana", ["Dana Whitlock"]),
        ("Zoe", ["Zoë Lindqvist"]),
        ("nobody", []),
    ],
)
def test_a_search_finds_people_by_the_beginnings_of_names(rig: Rig, search: str, found: list[str]) -> None:
    assert names(rig, f'/me/people?$search="{search}"', "People.Read") == found


def test_people_are_filtered_by_their_kind(rig: Rig) -> None:
    found = names(rig, "/me/people?$top=50&$filter=personType/subclass eq 'ImplicitContact'", "People.Read")
    assert "Dana Whitlock" in found
    assert "Tomasz Halloran" not in found


def test_a_personal_account_has_people_and_contacts_of_its_own(rig: Rig) -> None:
    home = company.INES_AT_HOME.user_name
    assert names(rig, "/me/people", "People.Read", home)[0] == "Kofi Okafor"
    assert names(rig, '/me/people?$search="tomasz"', "People.Read", home) == []
    assert names(rig, "/me/contacts", "Contacts.Read", home) == ["Abena Okafor", "Kofi Okafor", "St Brannoc's Choir"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("$search=hallo", ["Tomasina Halloran-Webb"]),
        ('$search="kestrel"', ["Hamish Rowntree"]),
        ("$filter=emailAddresses/any(a:a/address eq 'tomasina@postbox.example')", ["Tomasina Halloran-Webb"]),
        ("$filter=startswith(displayName,'Ben')", ["Benedict Oyelaran"]),
        ("$filter=companyName eq 'Halcyon Charter AS'", ["Sunniva Tveit"]),
        ("$orderby=companyName desc&$top=1", ["Dana Whitlock"]),
    ],
)
def test_contacts_are_found(rig: Rig, options: str, found: list[str]) -> None:
    assert names(rig, f"/me/contacts?{options}", "Contacts.Read") == found


def test_a_contact_is_read_by_either_id(rig: Rig) -> None:
    token = rig.bearer(["Contacts.Read"])
    plain = rig.graph("/v1.0/me/contacts?$filter=givenName eq 'Hamish'", token).json()["value"][0]
    assert plain["businessAddress"]["city"] == "Kestrel Sound"
    lasting = rig.graph(
        "/v1.0/me/contacts?$filter=givenName eq 'Hamish'&$select=displayName", token, Prefer='IdType="ImmutableId"'
    ).json()["value"][0]
    assert lasting["id"] != plain["id"]
    for one in (plain, lasting):
        found: dict[str, Any] = rig.graph(f"/v1.0/me/contacts/{one['id']}", token).json()
        assert found["personalNotes"].startswith("Prefers the telephone")


@pytest.mark.parametrize(
    ("path", "scope", "answer"),
    [
        ("/me/people", "User.Read", (403, "ErrorAccessDenied")),
        ("/me/people?$search=a&$filter=displayName eq 'a'", "People.Read", (400, "SearchWithFilter")),
        ("/me/contacts", "People.Read", (403, "ErrorAccessDenied")),
        ("/me/contacts/x", "Contacts.Read", (400, "ErrorInvalidIdMalformed")),
        (f"/me/contacts/{'A' * 80}=", "Contacts.Read", (404, "ErrorItemNotFound")),
        (f"/users/{company.TOMASZ.oid}/contacts", "Contacts.Read", (403, "ErrorAccessDenied")),
        (f"/users/{company.TOMASZ.oid}/contacts", "Contacts.Read.Shared", (404, "ErrorItemNotFound")),
        ("/places/microsoft.graph.room", "User.Read", (403, "ErrorAccessDenied")),
    ],
)
def test_what_is_not_ones_affair_is_refused(rig: Rig, path: str, scope: str, answer: tuple[int, str]) -> None:
    assert refusal(rig.graph(f"/v1.0{path}", rig.bearer([scope]))) == answer


def test_rooms_have_seats_and_an_address(rig: Rig) -> None:
    token = rig.bearer(["Place.Read.All"])
    page = rig.graph("/v1.0/places/microsoft.graph.room?$filter=capacity ge 10", token).json()["value"]
    assert [(one["capacity"], one["emailAddress"]) for one in page] == [(14, BOARDROOM.user_name)]
    elsewhere = rig.bearer(["Place.Read.All"], company.DANA.user_name, tenant="organizations")
    assert rig.graph("/v1.0/places/microsoft.graph.room", elsewhere).json()["value"] == []
