"""Every answer of the demo tenant against Microsoft's descriptions: every route, with and without $select."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.graph.directory import DEFAULT
from mcp_local_graph.sandbox.graph.groups import DEFAULT as GROUP_DEFAULT
from mcp_local_graph.sandbox.graph.router import names
from mcp_local_graph.sandbox.graph.service import ROUTES
from tests import microsoft

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from mcp_local_graph.sandbox.graph.router import Route
    from tests.sandbox.rig import Rig

pytestmark = pytest.mark.skipif(not microsoft.DATA.is_dir(), reason=microsoft.ABSENT)
ME = company.INES.user_name
# What a route needs besides its path.
_HEADERS = {path: {"ConsistencyLevel": "eventual"} for path in ("/users/$count", "/groups/$count")}
# Parameters that a path cannot be without, by its last segment.
_YEAR = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2027-12-31T00:00:00Z"
_PARAMETERS = {"calendarView": _YEAR, "instances": _YEAR}
SCOPES = [
    "User.Read.All",
    "MailboxSettings.Read",
    "Mail.Read",
    "Calendars.Read",
    "People.Read",
    "Contacts.Read",
    "Files.ReadWrite",
    "Place.Read.All",
    "Tasks.Read",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Team.ReadBasic.All",
]
# Properties that an answer has only where $select names them.
_BY_NAME = {
    "message": {"uniqueBody", "internetMessageHeaders"},
    "event": {"cancelledOccurrences", "originalStart"},
    # A page of the directory shows a few, and so do its objects.
    "user": microsoft.own_properties("user") - set(DEFAULT) if microsoft.DATA.is_dir() else set(),
    "group": microsoft.own_properties("group") - set(GROUP_DEFAULT) if microsoft.DATA.is_dir() else set(),
    "directoryObject": {"deletedDateTime"},
}
# Properties that nothing here shows: they belong to parts of Graph that the tenant does not have.
_NOWHERE = {
    "user": set(names("print identityParentId mailboxSettings signInActivity deviceEnrollmentLimit")),
    "contact": set(names("primaryEmailAddress secondaryEmailAddress tertiaryEmailAddress")),
    "team": {"firstChannelName"},
    "room": set(names("parentId placeId teamsEnabledState")),
    "drive": set(names("eTag parentReference sharePointIds system")),
    "driveItem": set(
        names(
            """audio bundle content deleted location malware pendingOperations photo publication remoteItem searchResult
            sharepointIds specialFolder video webDavUrl"""
        )
    ),
}
# Types that show of a property only that there is such a thing: a file is no folder.
_SPARSE = {
    "driveItem": set(names("description file folder image package root shared")),
    "todoTask": set(
        names("bodyLastModifiedDateTime completedDateTime dueDateTime startDateTime reminderDateTime recurrence")
    ),
    "checklistItem": {"checkedDateTime"},
}
# What shows everything whatever $select says.
_WHOLE = re.compile(r".*/todo/lists(/\{id\})?(/tasks(/\{id\})?)?")


class Asking:
    """Somebody with every permission of the routes, who knows an id for every place in them."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._token = rig.bearer(SCOPES)
        self._paths: dict[str, str] = {}

    def get(self, path: str) -> requests.Response:
        return self._rig.graph(f"/v1.0{path}", self._token, **_HEADERS.get(path, {}))

    def first(self, path: str, **wanted: object) -> str:
        """The id of the first of a collection that has these values; a name alone means that it has the property."""
        for one in self.get(path).json()["value"]:
            if all(one.get(name) == value or (value is ... and name in one) for name, value in wanted.items()):
                return str(one["id"])
        raise LookupError(path)

    def concrete(self, route: Route) -> str:
        """A path of a route, with ids of what is there."""
        if route.path not in self._paths:
            self._paths[route.path] = self._filled(route)
        return self._paths[route.path]

    def _filled(self, route: Route) -> str:
        path = ""
        segments = route.path.strip("/").split("/")
        for number, segment in enumerate(segments):
            if "{" in segment:
                # Behind a name, or inside a call.
                name = path.rsplit("/", 1)[-1] if segment.startswith("{") else segment.partition("(")[0]
                found = _IDS[name](self, path, "/".join(segments[number + 1 :]))
                segment = re.sub(r"\{\w+\}", found, segment)  # noqa: PLW2901 (as it is in the address)
            path += f"/{segment}"
        return path

    def message(self, above: str, _rest: str) -> str:
        """One with attachments."""
        where = above if "mailFolders" in above else "/me/messages"
        return self.first(f"{where}?$filter=hasAttachments eq true&$select=id")

    def event(self, above: str, rest: str) -> str:
        """A series, or an event with attachments where they come after it."""
        wanted = {"hasAttachments": True} if rest.startswith("attachments") else {"type": "seriesMaster"}
        return self.first(f"{above}?$top=100", **wanted)

    def task_list(self, above: str, rest: str) -> str:
        """One with tasks that have what the rest of the path is about."""
        return self.first(above, wellknownListName="flaggedEmails" if "linkedResources" in rest else "defaultList")

    def task(self, above: str, rest: str) -> str:
        inner = rest.partition("/")[0]
        if not inner:
            return self.first(above)
        found = self.get(f"{above}?$expand={inner}").json()["value"]
        return str(next(one["id"] for one in found if one[inner]))

    def item(self, above: str, rest: str) -> str:
        """A file, or a folder where something is inside it."""
        root = f"{above.removesuffix('/items')}/root/children"
        return self.first(root, folder=...) if rest.startswith(("children", "search")) else self.first(root, file=...)

    def item_path(self, _above: str, rest: str) -> str:
        facet = "folder" if rest == "children" else "file"
        inside = self.get("/me/drive/root/children").json()["value"]
        return quote(next(one["name"] for one in inside if facet in one))

    def share(self, _above: str, _rest: str) -> str:
        item = next(one for one in self.get("/me/drive/root/children").json()["value"] if "file" in one)
        return "u!" + base64.urlsafe_b64encode(item["webUrl"].encode()).decode().rstrip("=")


# What stands for `{id}` behind a segment: by what is above it and what comes after it.
_IDS: dict[str, Callable[[Asking, str, str], str]] = {
    "users": lambda _ask, _above, _rest: ME,
    "mailFolders": lambda _ask, _above, _rest: "inbox",
    "childFolders": lambda ask, _above, _rest: ask.first("/me/mailFolders/inbox/childFolders"),
    "messages": Asking.message,
    "attachments": lambda ask, above, _rest: ask.first(f"{above}?$select=id"),
    "calendars": lambda ask, above, _rest: ask.first(above),
    "events": Asking.event,
    "contacts": lambda ask, above, _rest: ask.first(above),
    "lists": Asking.task_list,
    "tasks": Asking.task,
    "checklistItems": lambda ask, above, _rest: ask.first(above),
    "linkedResources": lambda ask, above, _rest: ask.first(above),
    "groups": lambda ask, above, _rest: ask.first(above),
    "teams": lambda ask, _above, _rest: ask.first("/me/joinedTeams"),
    "drives": lambda ask, _above, _rest: ask.first("/me/drives"),
    "items": Asking.item,
    "root:": Asking.item_path,
    "search": lambda _ask, _above, _rest: "a",
    "shares": Asking.share,
}


def asking(path: str, option: str = "") -> str:
    """A path with the parameters that it cannot be without, and an option."""
    needed = _PARAMETERS.get(path.rsplit("/", 1)[-1], "")
    query = "&".join(filter(None, (needed, option)))
    return f"{path}?{query}" if query else path


@pytest.fixture(scope="module")
def ask(running: Rig) -> Asking:
    """One for all tests here: they only read."""
    running.tenant.control.reset()
    return Asking(running)


GETS = [route for route in ROUTES if route.method == "GET"]
IN_JSON = [route for route in GETS if not route.path.endswith(("/$count", "/$value", "/content"))]


def objections(answer: Any, path: str) -> list[str]:  # noqa: ANN401 - JSON
    assert microsoft.kind_at(path) is not None, f"the types say nothing of {path}"
    return microsoft.answer_objections(path, "GET", answer)


@pytest.mark.parametrize("route", IN_JSON, ids=lambda route: route.path)
def test_an_answer_is_as_described(route: Route, ask: Asking) -> None:
    path = ask.concrete(route)
    answer = ask.get(asking(path))
    assert (answer.status_code, objections(answer.json(), path)) == (200, [])
    assert answer.json()["@odata.context"].startswith(re.sub(r"/v1\.0.*", "/v1.0/$metadata#", answer.url))


def kind_of(path: str) -> str:
    return str(microsoft.kind_at(path)).lstrip("*")


def values(answer: Any, path: str) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    return list(answer["value"]) if str(microsoft.kind_at(path)).startswith("*") else [answer]


@pytest.mark.parametrize(
    "route", [route for route in IN_JSON if not _WHOLE.fullmatch(route.path)], ids=lambda route: route.path
)
def test_every_property_can_be_selected(route: Route, ask: Asking) -> None:
    path = ask.concrete(route)
    kind = kind_of(path)
    wanted = microsoft.own_properties(kind) - _NOWHERE.get(kind, set())
    answer = ask.get(asking(path, f"$select={','.join(sorted(wanted))}"))
    assert (answer.status_code, objections(answer.json(), path)) == (200, [])
    # Headers are known of one message only, not of many.
    absent = {"internetMessageHeaders"} | _SPARSE.get(kind, set())
    assert all(wanted - one.keys() <= absent for one in values(answer.json(), path))


@pytest.mark.parametrize("route", IN_JSON, ids=lambda route: route.path)
def test_an_answer_without_select_is_complete(route: Route, ask: Asking) -> None:
    path = ask.concrete(route)
    kind = kind_of(path)
    absent = set().union(*(each.get(kind, set()) for each in (_BY_NAME, _NOWHERE, _SPARSE)))
    expected = microsoft.own_properties(kind) - absent
    assert all(expected <= one.keys() for one in values(ask.get(asking(path)).json(), path))


@pytest.mark.parametrize("route", [route for route in GETS if route not in IN_JSON], ids=lambda route: route.path)
def test_what_is_no_json_says_so(route: Route, ask: Asking) -> None:
    answer = ask.get(ask.concrete(route))
    assert answer.status_code in {200, 302}
    assert answer.content or answer.headers["location"]
    assert "json" not in answer.headers.get("content-type", "")


def test_a_wrong_answer_would_be_noticed() -> None:
    assert objections({"shoeSize": 43}, "/me") != []
    assert objections({"value": [{"displayName": 43}]}, "/users") != []
    assert objections({"value": [{"isRead": "no"}]}, "/me/messages") != []
