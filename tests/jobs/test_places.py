"""Where an object can be asked for again: the same by whatever way it came."""

from __future__ import annotations

import pytest

from mcp_local_graph.jobs.graph_path import segments
from mcp_local_graph.jobs.places import belongs, canonical, linked, of_item, of_object

ME = "ines@example.com"


@pytest.mark.parametrize(
    ("collection", "place"),
    [
        ("/me/messages", "m /me/messages/1"),
        ("/Me/Messages", "m /me/messages/1"),
        ("/users/INES@example.com/messages", "m /me/messages/1"),
        ("/me/mailFolders/inbox/messages", "m /me/messages/1"),
        ("/me/mailFolders/inbox/childFolders/x/messages/delta", "m /me/messages/1"),
        ("/me/messages/microsoft.graph.delta()", "m /me/messages/1"),
        ("/me/messages/microsoft.graph.eventMessage", "m /me/messages/1"),
        ("/users/support@example.com/mailFolders/inbox/messages", "m /users/support@example.com/messages/1"),
        ("/me/chats/c/messages", "o /me/chats/c/messages/1"),
        ("/chats/c/messages", "o /chats/c/messages/1"),
        ("/teams/t/channels/c/messages", "o /teams/t/channels/c/messages/1"),
        ("/me/mailFolders", "f /me/mailFolders/1"),
        ("/me/mailFolders/inbox/childFolders", "f /me/mailFolders/1"),
        ("/me/contactFolders/f/childFolders", "o /me/contactFolders/f/childFolders/1"),
        ("/me/events", "e /me/events/1"),
        ("/me/calendar/events", "e /me/events/1"),
        ("/me/calendars/c/events", "e /me/events/1"),
        ("/me/events/s/instances", "e /me/events/1"),
        ("/groups/g/events", "e /groups/g/events/1"),
        ("/me/calendars", "c /me/calendars/1"),
        ("/me/calendarGroups/g/calendars", "c /me/calendars/1"),
        ("/me/contacts", "p /me/contacts/1"),
        ("/me/contactFolders/f/contacts", "p /me/contacts/1"),
        ("/contacts", "o /contacts/1"),
        ("/me/people", "p /me/people/1"),
        ("/users", "p /users/1"),
        ("/users/delta", "p /users/1"),
        ("/me/messages/m/attachments", "a /me/messages/m/attachments/1"),
        ("/me/mailFolders/inbox/messages/m/attachments", "a /me/messages/m/attachments/1"),
        ("/me/events/e/attachments", "a /me/events/e/attachments/1"),
        ("/me/drive/root/children", "d /me/drive/items/1"),
        ("/me/drive/root:/Folder/x:/children", "d /me/drive/items/1"),
        ("/me/drive/items/f/children", "d /me/drive/items/1"),
        ("/me/drive/root/search(q='x')", "d /me/drive/items/1"),
        ("/drives/b!x/items/f/children", "d /drives/b!x/items/1"),
        ("/sites/s/drive/root/children", "d /sites/s/drive/items/1"),
        ("/sites/s/lists/l/items", "o /sites/s/lists/l/items/1"),
        ("/me/todo/lists/l/tasks", "o /me/todo/lists/l/tasks/1"),
        ("/groups", "o /groups/1"),
        ("/me/joinedTeams", "o /teams/1"),
        ("/users/ann@example.com/joinedTeams", "o /teams/1"),
        ("/delta", "o /1"),
    ],
)
def test_an_item_has_one_place(collection: str, place: str) -> None:
    found = of_item(segments(collection), {"id": "1"}, ME)
    assert found is not None
    assert f"{found.kind} /{'/'.join(found.path)}" == place


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("user", "p /users/1"),
        ("group", "o /groups/1"),
        ("device", "o /devices/1"),
        ("servicePrincipal", "o /servicePrincipals/1"),
        ("orgContact", "o /groups/g/members/1"),
    ],
)
def test_an_entity_of_the_directory_is_placed_by_its_type(kind: str, place: str) -> None:
    item = {"id": "1", "@odata.type": f"#microsoft.graph.{kind}"}
    found = of_item(("groups", "g", "members"), item)
    assert found is not None
    assert f"{found.kind} /{'/'.join(found.path)}" == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/me", "p /users/1"),
        ("/me/manager", "p /users/1"),
        ("/users/ann@example.com", "p /users/1"),
        ("/users/ann@example.com/manager", "p /users/1"),
        ("/me/messages/x", "m /me/messages/1"),
        ("/me/mailFolders/inbox", "f /me/mailFolders/1"),
        ("/me/mailFolders/inbox/messages/1", "m /me/messages/1"),
        ("/me/calendar", "c /me/calendars/1"),
        ("/users/ann@example.com/calendar", "c /users/ann@example.com/calendars/1"),
        ("/me/drive", "o /drives/1"),
        ("/drives/b!x", "o /drives/b!x"),
        ("/me/drive/root", "d /me/drive/items/1"),
        ("/me/drive/root:/a.docx", "d /me/drive/items/1"),
        ("/me/messages/m/attachments/1", "a /me/messages/m/attachments/1"),
        ("/sites/root", "o /sites/root"),
        ("/teams/1/primaryChannel", "o /teams/1/primaryChannel"),
        ("/chats/1", "o /chats/1"),
    ],
)
def test_an_object_has_the_place_that_it_has_in_a_list(path: str, place: str) -> None:
    found = of_object(segments(path), {"id": "1"}, ME)
    assert found is not None
    assert f"{found.kind} /{'/'.join(found.path)}" == place


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": ""}, {"id": 7}])
def test_what_has_no_id_has_no_place(item: dict[str, object]) -> None:
    assert of_item(("me", "messages"), item) is None
    assert of_object(("me", "mailboxSettings"), item) is None


def test_ids_of_neighbours_lead_to_their_places() -> None:
    assert linked(("me", "messages"), "parentFolderId", "f") == ("f", ("me", "mailFolders", "f"))
    assert linked(("users", ME, "events"), "seriesMasterId", "s", ME) == ("e", ("me", "events", "s"))
    assert linked(("me", "messages"), "conversationId", "c") is None
    assert linked(("drives", "d", "items"), "parentFolderId", "f") is None


@pytest.mark.parametrize(
    ("path", "above", "does"),
    [
        ("/me/messages/1", "/me/messages", True),
        ("/me/messages/1", "/Me/mailFolders/inbox/messages", True),
        ("/me/messages/1", "/users/Ines@example.com/messages", True),
        ("/me/messages/1", "/users/other@example.com/messages", False),
        ("/me/messages/1", "/me/events", False),
        ("/me/messages/1", "/me/messages/1/attachments", False),
        ("/me/messages/1", "/chats/c/messages", False),
        ("/users/1", "/users", True),
        ("/users/1", "/groups", False),
        ("/me/drive/items/1", "/me/drive/items", True),
        ("/me/drive/items/1", "/drives/x/items", False),
    ],
)
def test_a_handle_is_good_below_the_collections_that_its_object_is_in(path: str, above: str, does: bool) -> None:  # noqa: FBT001 - the expected value
    assert belongs(segments(path), segments(above), ME) == does


def test_a_path_of_one_segment_is_its_own_place() -> None:
    assert canonical(("me",)) == ("me",)
