"""Mail folders: a tree out of Graph's lists, and which folder somebody means.

Graph knows the usual ones by a name that is the same in every language; what a person sees is localised.
Source: learn.microsoft.com, "mailFolder resource type", well-known folder names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What people say, by Graph's name for it.
_SAID = {
    "inbox": ("inbox",),
    "sentitems": ("sent", "sent items", "sent mail", "sentitems"),
    "drafts": ("drafts", "draft"),
    "deleteditems": ("deleted", "deleted items", "deleteditems", "trash", "bin"),
    "junkemail": ("junk", "junk email", "junkemail", "spam"),
    "archive": ("archive",),
    "outbox": ("outbox",),
}
WELL_KNOWN = {said: name for name, all_said in _SAID.items() for said in all_said}
# What to call them to somebody.
TITLES = {
    "inbox": "Inbox",
    "sentitems": "Sent Items",
    "drafts": "Drafts",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "outbox": "Outbox",
}
# Those that are worth a tag in a list of folders.
NAMES = tuple(_SAID)


class Folder(NamedTuple):
    """A mail folder; `name` is raw, `path` its name below those above it, `known` Graph's own name where it has one."""

    id: str
    name: str
    path: str
    depth: int
    unread: int
    total: int
    known: str = ""


def tree(items: Iterable[Mapping[str, Any]], known: Mapping[str, str], above: str = "") -> Iterator[Folder]:
    """Folders in reading order out of Graph's, whose `childFolders` were expanded. `known` are names by id."""
    for item in items:
        name = str(item.get("displayName") or "")
        path = f"{above}/{name}" if above else name
        yield Folder(
            id=str(item.get("id", "")),
            name=name,
            path=path,
            depth=path.count("/"),
            unread=int(item.get("unreadItemCount") or 0),
            total=int(item.get("totalItemCount") or 0),
            known=known.get(str(item.get("id", "")), ""),
        )
        yield from tree(item.get("childFolders") or (), known, path)


def named(folders: Iterable[Folder], said: str) -> list[Folder]:
    """The folders that are meant by a name or a path, however capitalised; a whole path before a bare name."""
    everything = list(folders)
    wanted = said.strip().strip("/").casefold()
    whole = [one for one in everything if one.path.casefold() == wanted]
    return whole or [one for one in everything if one.name.casefold() == wanted]
