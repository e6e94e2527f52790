"""The query options of one read of Graph: a model's words as they are, and what Graph has to be told besides."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.graph_path import name

if TYPE_CHECKING:
    from mcp_local_graph.jobs.graph_path import Segments

_LONGEST = 2000
_NAMES = re.compile(r"[A-Za-z_][\w.@/]*(?:,[A-Za-z_][\w.@/]*)*", re.ASCII)
# Objects of the directory: their lists are searched, counted and compared by an index of its own, which has to be asked
# for. Source: learn.microsoft.com, "Advanced query capabilities on Microsoft Entra ID objects".
_DIRECTORY = frozenset(
    {"users", "groups", "devices", "applications", "serviceprincipals", "contacts", "administrativeunits"}
)
_RELATED = frozenset(
    {"members", "memberof", "owners", "transitivemembers", "transitivememberof", "directreports", "ownedobjects"}
    | {"registeredowners", "owneddevices", "registereddevices", "approleassignedto"}
)
_ADVANCED = re.compile(r"\b(?:ne|not)\b|endswith\(|/\$count", re.IGNORECASE)
_LITERALS = re.compile(r"'(?:[^']|'')*'")
# Lists whose pages can be given a length; of the others it is not known.
_PAGED = frozenset(
    {"users", "groups", "messages", "events", "contacts", "people", "children", "items", "mailfolders", "childfolders"}
)

# Lists of objects with ids. Of some, an answer has the id only where it was selected.
_WITH_IDS = _DIRECTORY | _RELATED | _PAGED | {"manager", "calendars", "instances", "attachments", "lists", "tasks"}
_WITH_IDS |= {"chats", "teams", "joinedteams", "channels", "sites", "drives", "recent", "search"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Query options as they are sent. `eventual` asks the directory's index."""

    select: tuple[str, ...] = ()
    filter: str = ""
    search: str = ""
    orderby: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    top: int | None = None
    count: bool | None = None
    eventual: bool = False


def query(path: Segments, wish: Query) -> Query:
    """What to send for a wish at a path.

    Raises:
        RequestRefused: an option is not written as one.
    """
    texts = {
        "select": ",".join(wish.select),
        "filter": wish.filter,
        "search": wish.search,
        "orderby": ",".join(wish.orderby),
    }
    for option, text in {**texts, "expand": ",".join(wish.expand)}.items():
        if len(text) > _LONGEST:
            raise RequestRefused(f"{option} is too long.", f"{_LONGEST} characters are the most.")
        if any(unicodedata.category(char)[0] == "C" for char in text):
            raise RequestRefused(f"{option} has invisible characters.", "Write it on one line of plain text.")
    if wish.select and not _NAMES.fullmatch(",".join(wish.select)):
        raise RequestRefused("select is not a list of names.", "Write it as subject,from,receivedDateTime.")
    eventual = _is_of_directory(path) and _is_advanced(wish)
    select = () if _is_of_to_do(path) else wish.select
    return replace(
        wish,
        select=(*select, "id") if _lacks_id(path, select) else select,
        search=_quoted(wish.search),
        eventual=eventual,
        count=True if wish.count or (eventual and not wish.search) else None,
        top=_length(path, wish.top),
    )


def split(text: str) -> tuple[str, ...]:
    """A list of names that was written with commas."""
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()


def _lacks_id(path: Segments, select: tuple[str, ...]) -> bool:
    """Whether the id has to be asked for, without which an object has no handle."""
    has_ids = path == ("me",) or bool({name(segment) for segment in path[-2:]} & _WITH_IDS)
    return bool(select) and has_ids and "id" not in select


def _is_of_directory(path: Segments) -> bool:
    first, last = name(path[0]), name(path[-1])
    if first in _DIRECTORY and len(path) == 1:
        return True
    return first in {*_DIRECTORY, "me", "directoryobjects"} and (last in _RELATED or _is_cast(path))


def _is_of_to_do(path: Segments) -> bool:
    """Whether it is To Do, which shows everything or, where a name as common as `title` is selected, nothing at all.

    Source: github.com/microsoftgraph, issues 11103 of microsoft-graph-docs and 3735 of microsoft-graph-explorer-v4.
    """
    names = [name(segment) for segment in path]
    return names[:2] == ["me", "todo"] or (names[0] == "users" and names[2:3] == ["todo"])


def _is_cast(path: Segments) -> bool:
    """Whether a list is narrowed to one type, as in `members/microsoft.graph.user`."""
    return len(path) > 1 and path[-1].startswith("microsoft.graph.") and name(path[-2]) in {*_RELATED, *_DIRECTORY}


def _is_advanced(wish: Query) -> bool:
    plain = _LITERALS.sub("''", wish.filter)
    return bool(wish.search or wish.count or _ADVANCED.search(plain) or (wish.filter and wish.orderby))


def _quoted(search: str) -> str:
    """Graph wants quotes around what is searched for."""
    text = search.strip()
    return text if not text or text.startswith('"') else '"{}"'.format(text.replace('"', '\\"'))


def _length(path: Segments, top: int | None) -> int | None:
    """The length of a page to ask for: lists of changes have their own."""
    last = name(path[-1])
    return None if last == "delta" else top or (25 if last in _PAGED else None)
