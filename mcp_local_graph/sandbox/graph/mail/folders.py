"""A mailbox's folders: the ones that every mailbox has, by names that hold in every language, and people's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = "msgfolderroot"
# Well-known name → the name shown, as English mailboxes have it. Graph takes all of them but `rss`.
WELL_KNOWN = {
    ROOT: "Top of Information Store",
    "archive": "Archive",
    "conversationhistory": "Conversation History",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
    "scheduled": "Scheduled",
    "sentitems": "Sent Items",
    "syncissues": "Sync Issues",
    "conflicts": "Conflicts",
    "localfailures": "Local Failures",
    "serverfailures": "Server Failures",
    "rss": "RSS Feeds",
}
# Those that are not at the top.
_INSIDE = {"conflicts": "syncissues", "localfailures": "syncissues", "serverfailures": "syncissues"}
_HIDDEN = frozenset({"syncissues", *_INSIDE})
# Names that Graph takes, for folders that no mailbox here has.
MISSING = frozenset({"clutter", "recoverableitemsdeletions", "searchfolders"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder. `path` is its well-known name, or the path of names below one by which mails are placed."""

    id: str
    path: str
    name: str
    parent: str
    hidden: bool = False


def folders(owner: str, names: Mapping[str, str], own: Iterable[str]) -> dict[str, Folder]:
    """All folders of an object id's mailbox by their paths.

    `names` are well-known folders that are called otherwise here; `own` are the paths of more folders, parents first.
    """
    made = {
        path: Folder(
            id=ids.folder(owner, path),
            path=path,
            name=names.get(path, name),
            parent="" if path == ROOT else _INSIDE.get(path, ROOT),
            hidden=path in _HIDDEN,
        )
        for path, name in WELL_KNOWN.items()
    }
    return made | {path: below(owner, path) for path in own}


def below(owner: str, path: str) -> Folder:
    """A folder of somebody's own, by its path."""
    parent, _, name = path.rpartition("/")
    return Folder(id=ids.folder(owner, path), path=path, name=name, parent=parent or ROOT)
