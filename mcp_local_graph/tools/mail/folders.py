"""`mail_folders`: the folders of a mailbox, and which one somebody means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.jobs import folders
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools.mail.toolset import MAIL, SHARED, Mailbox, owner, scope_of
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading

if TYPE_CHECKING:
    from mcp_local_graph.errors import LocalGraphError

_SHOWN = ("id", "displayName", "unreadItemCount", "totalItemCount", "childFolderCount")
# Graph expands one level; what lies deeper is asked for level by level, so deep at most.
_DEEPEST = 6
_MOST = 200


class Line(NamedTuple):
    """A folder of the list."""

    ref: str
    name: Untrusted
    known: str
    unread: int
    total: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderList(Reading):
    """The folders of a mailbox in reading order."""

    folders: tuple[Line, ...]

    def lines(self) -> list[str]:
        """A line each, further in the deeper it lies: handle, name, unread of all."""
        return [
            f"{'  ' * one.depth}{one.ref} {one.name}{f' [{one.known}]' if one.known else ''} {one.unread}/{one.total}"
            for one in self.folders
        ]

    def notes(self) -> list[str]:
        """What the numbers are."""
        return ["Numbers: unread/all. [name]: the same in every language."]


@MAIL.tool("List mail folders", effect=Effect.READ, scopes={"Mail.Read"}, when_asked={SHARED})
async def mail_folders(graph: Graph, mailbox: Mailbox = "") -> FolderList:
    """List the mail folders with their counts, as a tree. Their handles and names go into mail_search."""
    path = owner(graph, mailbox)
    found = await _all(graph, path)
    return FolderList(
        folders=tuple(
            Line(
                ref=graph.show(Kind.FOLDER, *path, "mailFolders", one.id),
                name=line(one.name),
                known=one.known,
                unread=one.unread,
                total=one.total,
                depth=one.depth,
            )
            for one in found
        )
    )


async def folder_path(graph: Graph, path: tuple[str, ...], said: str) -> tuple[tuple[str, ...], str]:
    """The path of the folder that is meant by a handle, a usual name, a name or a path of names, and what to call it.

    Raises:
        RequestRefused: there is none of that name, or several are.
        NotFound: the handle is none.
    """
    if known := folders.WELL_KNOWN.get(said.strip().casefold()):
        return (*path, "mailFolders", known), folders.TITLES[known]
    try:
        return graph.find(said, Kind.FOLDER).path, "That folder"
    except NotFound:
        matches = folders.named(await _all(graph, path), said)
    if len(matches) == 1:
        return (*path, "mailFolders", matches[0].id), "That folder"
    what = "Several folders have that name." if matches else "There is no folder of that name."
    raise RequestRefused(what, "Take the handle of one from mail_folders.")


async def _all(graph: Graph, path: tuple[str, ...]) -> list[folders.Folder]:
    """Every folder, and what the usual ones are called in every language: one request, unless folders lie deep."""
    scope = scope_of(path)
    expand = (f"childFolders($select={','.join(_SHOWN)};$top={_MOST})",)
    top = graph.ask((*path, "mailFolders"), select=_SHOWN, expand=expand, top=_MOST, scope=scope)
    usual = [graph.ask((*path, "mailFolders", name), select=("id",), scope=scope) for name in folders.NAMES]
    first, *known = await graph.batch([top, *usual])
    if not isinstance(first, dict):
        raise first
    roots: list[dict[str, Any]] = first.get("value") or []
    await _deeper(graph, path, [child for root in roots for child in root.get("childFolders") or ()])
    return list(folders.tree(roots, _names(known)))


async def _deeper(graph: Graph, path: tuple[str, ...], level: list[dict[str, Any]]) -> None:
    """Fill in `childFolders` below what Graph has expanded."""
    for _ in range(_DEEPEST):
        parents = [one for one in level if one.get("childFolderCount")]
        if not parents:
            return
        asks = [
            graph.ask(
                (*path, "mailFolders", one.get("id", ""), "childFolders"),
                select=_SHOWN,
                top=_MOST,
                scope=scope_of(path),
            )
            for one in parents
        ]
        for parent, answer in zip(parents, await graph.batch(asks), strict=True):
            parent["childFolders"] = answer.get("value") or [] if isinstance(answer, dict) else []
        level = [child for parent in parents for child in parent["childFolders"]]


def _names(answers: list[dict[str, Any] | LocalGraphError]) -> dict[str, str]:
    """The usual names by id; a mailbox need not have all of them."""
    pairs = zip(folders.NAMES, answers, strict=True)
    return {str(answer.get("id", "")): name for name, answer in pairs if isinstance(answer, dict)}
