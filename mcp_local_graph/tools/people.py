"""People: those one works with, the directory, one's contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.jobs import people
from mcp_local_graph.jobs.lines import cut
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading, Toolset

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Ask

PEOPLE = Toolset("people", "Colleagues, the directory, contacts")

_PEOPLE, _DIRECTORY, _CONTACTS = "People.Read", "User.ReadBasic.All", "Contacts.Read"
_EVERYTHING = "User.Read.All"
_PERSON = ("id", "displayName", "scoredEmailAddresses", "jobTitle", "department", "officeLocation", "phones")
_USER = (
    "id",
    "displayName",
    "mail",
    "userPrincipalName",
    "jobTitle",
    "department",
    "officeLocation",
    "businessPhones",
    "mobilePhone",
)
_CONTACT = ("id", "displayName", "emailAddresses", "jobTitle", "companyName", "businessPhones", "mobilePhone")
_MANAGER = ("id", "displayName", "mail", "userPrincipalName", "jobTitle")


class Person(NamedTuple):
    """Somebody, on one line."""

    ref: str
    name: Untrusted
    mail: Untrusted
    about: Untrusted
    source: str

    def line(self) -> str:
        """Handle, name, address, and what else is known."""
        who = f"{self.ref} {self.name} ({self.mail or 'no address'})"
        return cut(" | ".join(fact for fact in (who, self.about, self.source) if fact), 240)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList(Reading):
    """People, the likeliest first; of the first of them, where asked for, who is above and below."""

    people: tuple[Person, ...]
    manager: Person | None
    reports: tuple[Person, ...]
    hints: tuple[str, ...]

    def lines(self) -> list[str]:
        """A line each."""
        return [
            *(one.line() for one in self.people),
            *([f"Manager: {self.manager.line()}"] if self.manager else []),
            *(f"Direct report: {one.line()}" for one in self.reports),
        ]

    def notes(self) -> list[str]:
        """Where was looked, and what was not allowed."""
        return list(self.hints)


@PEOPLE.tool("Find people", effect=Effect.READ, scopes={_DIRECTORY, _CONTACTS}, optional={_PEOPLE, _EVERYTHING})
async def people_find(
    graph: Graph,
    query: Annotated[str, Field(description="Name, part of it, or address", min_length=1, max_length=100)],
    manager: Annotated[bool, Field(description="Also the manager and reports of the first")] = False,
    limit: Annotated[int, Field(ge=1, le=25)] = 8,
) -> PersonList:
    """Find people and their addresses: colleagues, directory, contacts. Never guess an address: look it up here."""
    asks = _asks(graph, " ".join(query.replace('"', " ").replace("\\", " ").split()), limit)
    answers = dict(zip(asks, await graph.batch(list(asks.values())), strict=True))
    lists = {
        source: [people.of(source, item) for item in answer.get("value", ())]
        for source, answer in answers.items()
        if isinstance(answer, dict)
    }
    refused = [answer for answer in answers.values() if isinstance(answer, LocalGraphError)]
    missed = [source for source in answers if source not in lists]
    if len(refused) == len(answers):
        raise refused[0]
    found = people.ranked(lists, query)[:limit]
    above, below, hint = await _around(graph, found[0]) if manager and found else (None, (), "")
    return PersonList(
        people=tuple(_person(graph, one) for one in found),
        manager=above,
        reports=below,
        hints=tuple(hint_ for hint_ in (*_hints(found, lists, missed, refused), hint) if hint_),
    )


def _asks(graph: Graph, words: str, limit: int) -> dict[str, Ask]:
    """One question for each place where people are, as far as it is there and was granted."""
    quoted = words.replace("'", "''")
    asks = {
        "contacts": graph.ask(
            graph.me.contacts,
            select=_CONTACT,
            filter=" or ".join(f"startswith({name},'{quoted}')" for name in ("displayName", "givenName", "surname")),
            top=limit,
        )
    }
    if graph.personal:
        return asks
    asks["directory"] = graph.ask(
        graph.sdk.users,
        select=_USER,
        search=f'"displayName:{words}" OR "mail:{words}"',
        top=limit,
        eventual=True,
    )
    if graph.may(_PEOPLE):
        asks["people"] = graph.ask(graph.me.people, select=_PERSON, search=f'"{words}"', top=limit, scope=_PEOPLE)
    return asks


def _person(graph: Graph, one: people.Found) -> Person:
    about = ", ".join(part for part in (one.job_title, one.department, one.office, *one.phones) if part)
    return Person(
        ref=graph.show(Kind.PERSON, *one.path),
        name=line(one.name or "no name"),
        mail=line(one.mail),
        about=line(about),
        source={"people": "works with you", "directory": "", "contacts": "your contact"}[one.source],
    )


def _hints(
    found: list[people.Found], lists: dict[str, Any], missed: list[str], refused: list[LocalGraphError]
) -> list[str]:
    looked = ", ".join(lists)
    return [
        *([f"Nobody found in: {looked}. Try another spelling, or only one of the names."] if not found else []),
        *([f"Not searched: {', '.join(missed)}. {refused[0].what}"] if refused else []),
    ]


async def _around(graph: Graph, one: people.Found) -> tuple[Person | None, tuple[Person, ...], str]:
    """Who is above and below somebody of the directory."""
    if one.source != "directory":
        return None, (), "Manager: known for people of the directory only."
    if not graph.may(_EVERYTHING):
        left_out = f"Manager and reports are left out: {_EVERYTHING} was not granted. {graph.remedy(_EVERYTHING)}"
        return None, (), left_out
    asks = [
        graph.ask((*one.path, "manager"), select=_MANAGER, scope=_EVERYTHING),
        graph.ask((*one.path, "directReports"), select=_MANAGER, top=20, scope=_EVERYTHING),
    ]
    above, below = await graph.batch(asks)
    manager = _person(graph, people.of("directory", above)) if isinstance(above, dict) else None
    items = below.get("value", ()) if isinstance(below, dict) else ()
    return (
        manager,
        tuple(_person(graph, people.of("directory", item)) for item in items),
        "" if manager else "No manager is known.",
    )
