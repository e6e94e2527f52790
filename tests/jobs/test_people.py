"""One list of people out of several."""

from __future__ import annotations

from mcp_local_graph.jobs.people import Found, of, ranked

PERSON = {
    "id": "p1",
    "displayName": "Marit Solheim",
    "scoredEmailAddresses": [{"address": "marit@brackwater.example", "relevanceScore": 9}],
    "phones": [{"type": "business", "number": "+44 1632 960001"}],
}
USER = {
    "id": "u1",
    "displayName": "Marit Solheim",
    "mail": "Marit@brackwater.example",
    "userPrincipalName": "marit@brackwater.example",
    "jobTitle": "Managing Director",
    "officeLocation": "Harbour House 3.01",
    "businessPhones": ["+44 1632 960001"],
    "mobilePhone": None,
}
CONTACT = {"id": "c1", "displayName": "Marit's mother", "emailAddresses": [{"address": "mother@home.example"}]}


def test_each_source_is_read_in_its_own_shape() -> None:
    assert of("people", PERSON) == Found(
        name="Marit Solheim",
        mail="marit@brackwater.example",
        phones=("+44 1632 960001",),
        source="people",
        path=("me", "people", "p1"),
    )
    assert of("directory", USER).path == ("users", "u1")
    assert of("contacts", CONTACT).mail == "mother@home.example"
    assert of("directory", {"id": "u2", "userPrincipalName": "x@y.example"}).mail == "x@y.example"


def test_a_person_of_two_sources_is_one_and_can_be_looked_up_in_the_directory() -> None:
    lists = {"people": [of("people", PERSON)], "directory": [of("directory", USER)]}
    (marit,) = ranked(lists, "marit")
    assert (marit.path, marit.source) == (("users", "u1"), "directory")
    assert (marit.job_title, marit.office, marit.phones) == (
        "Managing Director",
        "Harbour House 3.01",
        ("+44 1632 960001",),
    )


def test_who_has_all_the_words_comes_before_who_only_works_with_one() -> None:
    other = of("people", {"id": "p2", "displayName": "Tom Ardley"})
    lists = {"people": [other], "contacts": [of("contacts", CONTACT)]}
    assert [one.name for one in ranked(lists, "marit MOTHER")] == ["Marit's mother", "Tom Ardley"]


def test_people_without_an_address_are_not_taken_for_one_another() -> None:
    nameless = [of("contacts", {"id": str(number), "displayName": "Tom"}) for number in range(2)]
    assert len(ranked({"contacts": nameless}, "tom")) == 2
