"""`mail_folders`: the folders of a mailbox, and which one somebody means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.jobs import folders
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools.clock import whole
from mcp_local_graph.tools.mail.toolset import MAIL, SHARED, Mailbox, scope_of
from mcp_local_graph.tools.mailboxes import owner
from mcp_local_graph.tools.needs import Effect, Graph, Kind, Reading, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.errors import LocalGraphError
    from mcp_local_graph.tools.needs import Ask

_SHOWN = ("id", "displayName", "unreadItemCount", "totalItemCount", "childFolderCount")
# Graph expands one level, and ten folders or so of each. What lies deeper or is left out is asked for level by level:
# so deep, below so many folders, and so many of a list at most.
_DEEPEST = 6
_PARENTS = 100
_LONGEST = 1000
_PAGE = 200
# Lines of a list, which cost a model some 5,000 tokens.
_SHOWN_AT_MOST = 500
_CUT = "The mailbox has more folders than were looked at."


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
    """The folders of a mailbox in reading order. `left` are not shown; `whole`: there are no others."""

    folders: tuple[Line, ...]
    left: int
    whole: bool

    def lines(self) -> list[str]:
        """A line each, further in the deeper it lies: handle, name, unread of all."""
        return [
            f"{'  ' * one.depth}{one.ref} {one.name}{f' [{one.known}]' if one.known else ''} {one.unread}/{one.total}"
            for one in self.folders
        ]

    def notes(self) -> list[str]:
        """What the numbers are."""
        return [
            "Numbers: unread/all. [name]: the same in every language.",
            *([f"{self.left} more: give mail_search their name or path."] if self.left else []),
            *([] if self.whole else [_CUT]),
        ]


@MAIL.tool("List mail folders", effect=Effect.READ, scopes={"Mail.Read"}, when_asked={SHARED})
async def mail_folders(graph: Graph, mailbox: Mailbox = "") -> FolderList:
    """List the mail folders with their counts, as a tree. Their handles and names go into mail_search."""
    path = owner(graph, mailbox)
    found, is_whole = await _all(graph, path)
    listed = found[:_SHOWN_AT_MOST]
    refs = graph.show_all([Shown(Kind.FOLDER, (*path, "mailFolders", one.id)) for one in listed])
    return FolderList(
        folders=tuple(
            Line(
                ref=ref,
                name=line(one.name),
                known=one.known,
                unread=one.unread,
                total=one.total,
                depth=one.depth,
            )
            for one, ref in zip(listed, refs, strict=True)
        ),
        left=len(found) - len(listed),
        whole=is_whole,
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
        found, is_whole = await _all(graph, path)
        matches = folders.named(found, said)
    if len(matches) == 1:
        return (*path, "mailFolders", matches[0].id), "That folder"
    what = "Several folders have that name." if matches else "There is no folder of that name."
    what = what if is_whole else f"{what} {_CUT}"
    raise RequestRefused(what, "Take the handle of one from mail_folders.")


async def _all(graph: Graph, path: tuple[str, ...]) -> tuple[list[folders.Folder], bool]:
    """Every folder, and whether there are no others; with what the usual ones are called in every language.

    One request, unless there are many or some lie deep.
    """
    scope = scope_of(path)
    expand = (f"childFolders($select={','.join(_SHOWN)};$top={_PAGE})",)
    top = graph.ask((*path, "mailFolders"), select=_SHOWN, expand=expand, top=_PAGE, scope=scope)
    usual = [graph.ask((*path, "mailFolders", name), select=("id",), scope=scope) for name in folders.NAMES]
    first, *known = await graph.batch([top, *usual])
    roots, are_all = await _list(graph, top, whole(first))
    are_all &= await _deeper(graph, path, roots)
    return list(folders.tree(roots, _names(known))), are_all


async def _list(graph: Graph, ask: Ask, answer: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """The folders of a list that begins with this answer, and whether there are no others."""
    page = graph.paged(ask, answer, _PAGE)
    if not page.cursor:
        return page.items, not page.truncated
    rest = await graph.page(None, cursor=page.cursor, limit=_LONGEST)
    return [*page.items, *rest.items], not (rest.cursor or rest.truncated)


async def _deeper(graph: Graph, path: tuple[str, ...], level: list[dict[str, Any]]) -> bool:
    """Fill in `childFolders` where Graph has not expanded all of them; whether there are no others."""
    left, are_all = _PARENTS, True
    for _ in range(_DEEPEST):
        parents = [one for one in level if _lacks(one)]
        are_all &= len(parents) <= left
        are_all &= await _fill(graph, path, parents[:left])
        left -= len(parents[:left])
        level = [child for one in level for child in one.get("childFolders") or ()]
        if not level:
            break
    return are_all and not any(_lacks(one) for one in level)


def _lacks(folder: Mapping[str, Any]) -> bool:
    """Whether more folders lie in it than came with it."""
    return int(folder.get("childFolderCount") or 0) > len(folder.get("childFolders") or ())


async def _fill(graph: Graph, path: tuple[str, ...], parents: list[dict[str, Any]]) -> bool:
    """Give each its `childFolders`; whether those are all. What cannot be had leaves those that came before."""
    if not parents:
        return True
    scope, are_all = scope_of(path), True
    asks = [
        graph.ask((*path, "mailFolders", one.get("id", ""), "childFolders"), select=_SHOWN, top=_PAGE, scope=scope)
        for one in parents
    ]
    for parent, ask, answer in zip(parents, asks, await graph.batch(asks), strict=True):
        if isinstance(answer, dict):
            parent["childFolders"], complete = await _list(graph, ask, answer)
            are_all &= complete
        else:
            are_all = False
    return are_all


def _names(answers: list[dict[str, Any] | LocalGraphError]) -> dict[str, str]:
    """The usual names by id; a mailbox need not have all of them."""
    pairs = zip(folders.NAMES, answers, strict=True)
    return {str(answer.get("id", "")): name for name, answer in pairs if isinstance(answer, dict)}
