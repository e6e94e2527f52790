"""Where an object of Graph's answer can be asked for again: its kind and its path, the same by whatever way it came.

Kinds are the letters that handles begin with. Paths are raw segments below `/v1.0`, such as `("me", "messages", id)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.jobs.graph_path import name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.jobs.graph_path import Segments


class Place(NamedTuple):
    """`kind` is the letter of a handle."""

    kind: str
    path: Segments


OTHER = "o"
# Collections of a mailbox (`/me`, `/users/…`, `/groups/…`): by their names, all of which lead to the same objects, the
# kind and the one name that the path is given with; and the names that may stand above them.
_MAIL = frozenset({"mailfolders", "childfolders", "messages"})
_TIME = frozenset({"calendar", "calendars", "calendargroups", "calendarview", "events"})
_CONTACTS = frozenset({"contactfolders", "childfolders"})
_MAILBOX = {
    "messages": ("m", "messages", _MAIL),
    "mailfolders": ("f", "mailFolders", _MAIL),
    "childfolders": ("f", "mailFolders", _MAIL),
    "events": ("e", "events", _TIME),
    "calendarview": ("e", "events", _TIME),
    "instances": ("e", "events", _TIME),
    "calendars": ("c", "calendars", _TIME),
    "contacts": ("p", "contacts", _CONTACTS),
    "people": ("p", "people", frozenset[str]()),
}
# Entities of the directory, by their type.
_TYPES = {
    "#microsoft.graph.user": ("p", "users"),
    "#microsoft.graph.group": (OTHER, "groups"),
    "#microsoft.graph.device": (OTHER, "devices"),
    "#microsoft.graph.servicePrincipal": (OTHER, "servicePrincipals"),
    "#microsoft.graph.application": (OTHER, "applications"),
}
_ITEMS = frozenset({"children", "items", "search", "recent", "sharedwithme", "delta", "root", "special"})
_ROOTS = {"me": 1, "users": 2, "groups": 2}
# Properties that are the id of another object in the same mailbox.
_LINKS = {"parentFolderId": "mailfolders", "seriesMasterId": "events"}


def of_item(collection: Segments, item: Mapping[str, Any], user_name: str = "") -> Place | None:
    """The place of one item of the list at `collection`; None where it has no id."""
    key = item.get("id")
    if not isinstance(key, str) or not key:
        return None
    return _typed(item, key) or _place(_own(collection, user_name), key)


def of_object(path: Segments, item: Mapping[str, Any], user_name: str = "") -> Place | None:
    """The place of the object that was answered at `path`; None where it has no id."""
    key = item.get("id")
    if not isinstance(key, str) or not key:
        return None
    path = _own(path, user_name)
    return _typed(item, key) or _alone(path, key) or _place_at(path, key)


def _alone(path: Segments, key: str) -> Place | None:
    """The place of what is one of its kind: the person, their manager, drive and calendar."""
    last = name(path[-1])
    if path == ("me",) or last == "manager":
        return Place("p", ("users", key))
    if last == "drive":
        return Place(OTHER, ("drives", key))
    return Place("c", (*_root(path), "calendars", key)) if last == "calendar" else None


def _place_at(path: Segments, key: str) -> Place:
    drive = _drive(path)
    if drive is not None:
        return Place("d", (*drive, "items", key)) if len(path) > len(drive) else Place(OTHER, drive)
    if len(path) > 1 and (name(path[-2]) in {*_MAILBOX, "users"} or path[-1] == key):
        return _place(path[:-1], key)
    return Place(OTHER, path)


def linked(path: Segments, prop: str, key: str, user_name: str = "") -> Place | None:
    """The place of the object that a property of an answer at `path` names by its id."""
    root = _root(_own(path, user_name))
    if prop not in _LINKS or not root:
        return None
    kind, proper, _ = _MAILBOX[_LINKS[prop]]
    return Place(kind, (*root, proper, key))


def belongs(path: Segments, above: Segments, user_name: str = "") -> bool:
    """Whether the object at `path`, a place's, is one of the collection `above`, by whatever way that leads there."""
    return bool(above) and canonical((*above, path[-1]), user_name) == path


def canonical(path: Segments, user_name: str = "") -> Segments:
    """The path of an object as its place has it: one of many ways to it."""
    path = _own(path, user_name)
    return _place(path[:-1], path[-1]).path if len(path) > 1 else path


def _place(collection: Segments, key: str) -> Place:
    while collection and (name(collection[-1]) == "delta" or "." in collection[-1].partition("(")[0]):
        collection = collection[:-1]  # what changed in a collection, or those of one type in it
    if not collection:
        return Place(OTHER, (key,))
    last = name(collection[-1])
    if last == "attachments":
        return Place("a", (*canonical(collection[:-1]), "attachments", key))
    if last == "users" and len(collection) == 1:
        return Place("p", ("users", key))
    if last in _ITEMS and (drive := _drive(collection)) is not None:
        return Place("d", (*drive, "items", key))
    root = _root(collection)
    if root and last in _MAILBOX:
        kind, proper, above = _MAILBOX[last]
        if {name(each) for each in collection[len(root) : -1 : 2]} <= above | {"calendar"}:
            return Place(kind, (*root, proper, key))
    return Place(OTHER, ("teams", key) if last == "joinedteams" else (*collection, key))


def _typed(item: Mapping[str, Any], key: str) -> Place | None:
    kind, collection = _TYPES.get(str(item.get("@odata.type")), ("", ""))
    return Place(kind, (collection, key)) if kind else None


def _own(path: Segments, user_name: str) -> Segments:
    """One's own mailbox by one name."""
    if name(path[0]) == "me":
        return ("me", *path[1:])
    if len(path) > 1 and name(path[0]) == "users" and user_name and path[1].casefold() == user_name.casefold():
        return ("me", *path[2:])
    return path


def _root(path: Segments) -> Segments:
    """Whose mailbox, or nothing."""
    length = _ROOTS.get(name(path[0]), 0) if path else 0
    return (name(path[0]), *path[1:length]) if len(path) > length > 0 else ()


def _drive(path: Segments) -> Segments | None:
    """The path of the drive that a path leads through."""
    for index, segment in enumerate(path):
        if name(segment) == "drive":
            return (*path[:index], "drive")
        if name(segment) == "drives" and index + 1 < len(path):
            return (*path[:index], "drives", path[index + 1])
    return None
