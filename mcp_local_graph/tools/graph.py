"""Any read of Graph v1.0, for what no other tool does."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from mcp_local_graph.catalogue import reading
from mcp_local_graph.catalogue.scopes import SCOPES, fuller
from mcp_local_graph.errors import GraphRefused, HandleUnknown, PermissionMissing, RequestRefused
from mcp_local_graph.graph.client import Kind, Page, Shown
from mcp_local_graph.jobs import denied, graph_path, graph_query, places, tables
from mcp_local_graph.jobs.graph_query import Query
from mcp_local_graph.safety.secrets import without_secrets
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools.needs import Effect, Graph, Reading, Toolset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRAPH = Toolset("graph", "Anything else in Microsoft Graph, read only")

_HANDLE = re.compile(r"[a-z][a-z2-7]{8,52}")
_DIGIT = re.compile(r"[2-7]")
# Items in one answer where nobody says how many.
_USUAL = 25
# Names of properties that were left out, in one line.
_NAMED = 20
# What Graph has against a request, by its own words, and what helps. Source: learn.microsoft.com, "Use the $search
# query parameter" and "List messages".
_ADVICE = {
    "SearchWithFilter": "search and filter do not go together here: leave one out.",
    "SearchWithOrderBy": "search and orderby do not go together here: leave orderby out.",
    "SearchWithCount": "search and count do not go together here: leave count out.",
    "InefficientFilter": "filter has to name what orderby names, and first: or leave orderby out.",
    # The demo tenant's own word.
    "NotInDemoTenant": "The demo tenant does not have this part of Microsoft Graph. The real service does.",
}

_LOOK = "Check the path, and the names in its options."
_NAME_A_PROPERTY = 'In the directory, search names a property: "displayName:Tom".'
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# Names that are told of a refusal.
_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAnswer(Reading):
    """A list (`columns`, and `rows` of as many texts) or one object (rows of name and text, no columns).

    `left_out` are the names of properties that are not shown; `total` is the length of the whole list where it was
    counted.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[str, ...] = ()
    total: int | None = None
    cursor: str = ""
    truncated: str = ""

    def lines(self) -> list[str]:
        """A table with tabs, or a line for each property."""
        shown: list[str]
        if self.columns:
            shown = ["\t".join(row) for row in (self.columns, *self.rows)] if self.rows else []
        else:
            shown = [f"{name}: {_indented(text)}" for name, text in self.rows]
        more = f", and {len(self.left_out) - _NAMED} more" if len(self.left_out) > _NAMED else ""
        return [*shown, *([f"(left out: {', '.join(self.left_out[:_NAMED])}{more})"] if self.left_out else [])]

    def notes(self) -> list[str]:
        """How many there are, how to go on, how to see what was left out."""
        shown = len(self.rows)
        items = "1 item" if shown == 1 else f"{shown} items"
        said = [
            "Nothing is there, or nothing that fits the options." if not shown and not self.left_out else "",
            f"{items} of {self.total}." if self.columns and self.total is not None else "",
            "Microsoft Graph shows that they exist, and no more: a permission to read them is missing."
            if self.columns == ("handle",) and shown and not self.left_out
            else "",
            self.truncated,
            f'More: graph_get(cursor="{self.cursor}").' if self.cursor else "",
            "To see what was left out, name it in select." if self.left_out else "",
        ]
        return [note for note in said if note]


class _Asked(NamedTuple):
    """What was asked for: a path, the properties that were chosen, and the names that the caller wrote."""

    path: graph_path.Segments
    chosen: tuple[str, ...]
    names: tuple[str, ...] = ()

    def note(self) -> str:
        """Itself as text, for a cursor to keep."""
        return json.dumps([self.path, self.chosen])

    @classmethod
    def of(cls, note: str) -> _Asked:
        """Back from there."""
        path, chosen = json.loads(note)
        return cls(tuple(path), tuple(chosen))


@GRAPH.tool("Read from Graph", effect=Effect.READ, scopes={"User.Read"})
async def graph_get(
    graph: Graph,
    path: Annotated[str, Field(description="Such as /me/drive/root/children or /users/ann@example.com")] = "",
    select: Annotated[str, Field(description="Properties, with commas")] = "",
    filter: str = "",  # noqa: A002 - OData's word, which models know
    search: str = "",
    orderby: str = "",
    expand: str = "",
    top: Annotated[int, Field(ge=0, le=100)] = 0,
    count: bool = False,
    cursor: Annotated[str, Field(description="Goes on with a list; alone")] = "",
) -> GraphAnswer:
    """Read anything of Microsoft Graph v1.0 (GET, OData options) that no other tool reads. Handles may stand in the path, as in /m3kq7x2ab/attachments."""  # noqa: E501 - a model reads it as it stands
    if cursor:
        page = await graph.page(None, limit=top or _USUAL, cursor=cursor)
        return await _listed(graph, _Asked.of(page.note), page)
    wish = Query(
        select=graph_query.split(select),
        filter=filter,
        search=search,
        orderby=graph_query.split(orderby),
        expand=(expand,) if expand else (),
        top=top or None,
        count=count,
    )
    options = {"select": select, "filter": filter, "search": search, "orderby": orderby, "expand": expand}
    asked = _Asked(_resolved(graph, graph_path.segments(path)), wish.select, _names(path, options))
    denied.check(asked.path, (select, filter, orderby, expand))
    return await _answered(graph, asked, graph_query.query(asked.path, wish), top or _USUAL)


async def _answered(graph: Graph, asked: _Asked, query: Query, limit: int) -> GraphAnswer:
    scope = reading.scope_for([graph_path.name(segment) for segment in asked.path])
    _check_person(graph, asked, scope)
    # A token covers whatever was ever granted: what the settings rule out has to be refused here.
    graph.check_settings(scope, *_expanded(asked.path, query.expand))
    ask = graph.ask(asked.path, text=True, raw=True, **asdict(query))
    try:
        answer = await graph.get(ask)
    except PermissionMissing as refused:
        raise _explained(graph, refused, scope) from refused
    except GraphRefused as refused:
        # Here the options are the model's, whatever is said of them elsewhere.
        refused.remedy = _ADVICE.get(refused.trace.code) or refused.remedy or _look(refused, asked, query)
        raise
    if isinstance(answer.get("value"), list):
        return await _listed(graph, asked, graph.paged(ask, answer, limit, asked.note()))
    (handle,) = _handles(graph, [places.of_object(asked.path, answer, graph.user_name)])
    (clean,) = items = _with_handles(graph, asked, [answer])
    read = partial(tables.facts, clean, asked.chosen)
    found = await in_thread(read) if tables.is_large(items) else read()
    return GraphAnswer(
        rows=(*((("handle", handle),) if handle else ()), *found.facts),
        left_out=found.left_out,
    )


def _names(path: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The names that somebody wrote in a path and its options, and those of the options; not what is compared with."""
    texts = [path, *(text for name, text in options.items() if name != "search")]
    given = [name for name, text in options.items() if text]
    return tuple(dict.fromkeys([*given, *(name for text in texts for name in _NAME.findall(_LITERAL.sub("", text)))]))


def _look(refused: GraphRefused, asked: _Asked, query: Query) -> str:
    """What to look at: names of the caller's own that Graph's message has in quotes. No other word of it is shown."""
    if query.eventual and query.search and ":" not in query.search:
        return _NAME_A_PROPERTY
    named = [name for name in asked.names if name.lower() in refused.quoted][:_TOLD]
    return f"Check {', '.join(named)}: that is what Microsoft Graph objects to." if named else _LOOK


async def _listed(graph: Graph, asked: _Asked, page: Page) -> GraphAnswer:
    handles = _handles(graph, [places.of_item(asked.path, item, graph.user_name) for item in page.items])
    items = _with_handles(graph, asked, page.items)
    read = partial(tables.table, items, handles, asked.chosen)
    shown = await in_thread(read) if tables.is_large(items) else read()
    named = any(handles) or not shown.columns
    return GraphAnswer(
        columns=(*(("handle",) if named else ()), *shown.columns),
        rows=tuple((*((handle,) if named else ()), *row) for handle, row in zip(handles, shown.rows, strict=True)),
        left_out=shown.left_out,
        total=page.total,
        cursor=page.cursor,
        truncated=page.truncated,
    )


def _with_handles(graph: Graph, asked: _Asked, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Objects without secrets, and with handles in the place of the ids that lead somewhere."""
    linked = [
        (index, name, place)
        for index, item in enumerate(items)
        for name, value in item.items()
        if isinstance(value, str) and (place := places.linked(asked.path, name, value, graph.user_name))
    ]
    clean: list[dict[str, Any]] = [without_secrets(item) for item in items]
    for (index, name, _), handle in zip(linked, _handles(graph, [place for *_, place in linked]), strict=True):
        clean[index][name] = handle
    return clean


def _handles(graph: Graph, found: Sequence[places.Place | None]) -> list[str]:
    """The handles of all places; empty for none."""
    given = iter(graph.show_all([Shown(Kind(place.kind), place.path) for place in found if place]))
    return [next(given) if place else "" for place in found]


def _resolved(graph: Graph, path: graph_path.Segments) -> graph_path.Segments:
    """The path with what its handles stand for.

    Raises:
        HandleUnknown: one stands for nothing.
        RequestRefused: one stands for an object of another place.
    """
    whole: graph_path.Segments = ()
    for segment in path:
        found = _found(graph, segment)
        if found is not None and whole and not places.belongs(found, whole, graph.user_name):
            raise RequestRefused(f"{segment} is not below /{'/'.join(path)[:60]}.", f"Begin with it: /{segment}.")
        whole = (*whole, segment) if found is None else found if not whole else (*whole, found[-1])
    return whole


def _found(graph: Graph, segment: str) -> graph_path.Segments | None:
    """The path that a segment stands for as a handle; None for other words, of which a few look like one."""
    if not _HANDLE.fullmatch(segment):
        return None
    try:
        return graph.find(segment).path
    except HandleUnknown:
        if _DIGIT.search(segment):
            raise
        return None


def _expanded(path: graph_path.Segments, expand: Sequence[str]) -> set[str]:
    """The permissions that what is expanded takes, as far as a rule knows them."""
    names = [graph_path.name(segment) for segment in path]
    words = {graph_path.name(word.strip()) for word in ",".join(expand).replace("(", ",").split(",")}
    return {scope for word in words if word and (scope := reading.scope_for([*names, word]))}


def _check_person(graph: Graph, asked: _Asked, scope: str) -> None:
    if asked.path[0].lower() == "me":
        _ = graph.me  # raises for an app, which is nobody
    if graph.personal and scope in SCOPES and not SCOPES[scope].personal:
        raise RequestRefused("Personal Microsoft accounts do not have this.", "It needs a work or school account.")


def _explained(graph: Graph, refused: PermissionMissing, scope: str) -> PermissionMissing:
    """Which permission is missing and who can grant it, where a rule knows it."""
    if not scope:
        what = "Microsoft Graph refuses this for your account."
        remedy = "Which permission it needs is not known here. Ask your administrator."
    elif graph.may(scope) and (whole := fuller(scope)) and not graph.may(whole):
        what = f"{scope} was granted, which is for basic properties only; others need {whole}."
        remedy = f"Leave other properties out of filter, search, orderby and expand. {graph.remedy(whole)}"
    elif graph.may(scope):
        what = f"{scope} was granted, and your account still may not read this."
        remedy = "Ask its owner, or your administrator."
    else:
        what, remedy = f"Reading this needs the permission {scope}, which was not granted.", graph.remedy(scope)
    return PermissionMissing(what, remedy, trace=refused.trace)


def _indented(text: str) -> str:
    """A text of several lines, set in so that none of them looks like the next property."""
    return text.replace("\n", "\n  ")
