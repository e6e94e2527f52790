"""What has changed in a folder since somebody looked last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mcp_local_graph.sandbox.graph import mailboxes
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.folder_routes import folder_of
from mcp_local_graph.sandbox.graph.mail.shapes import BASIC, LISTED
from mcp_local_graph.sandbox.graph.mail.store import message_id, message_of
from mcp_local_graph.sandbox.graph.odata.filters import filtered
from mcp_local_graph.sandbox.graph.odata.orders import ordered
from mcp_local_graph.sandbox.graph.odata.pages import link, preferred_size
from mcp_local_graph.sandbox.graph.odata.shapes import shown
from mcp_local_graph.sandbox.graph.router import Query, Workload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.sandbox.graph.mail.folders import Folder
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox

DELTA = Workload(denied="ErrorAccessDenied", under=("/me", "/users/{id}"))
_OPTIONS = frozenset({"$select", "$filter", "$orderby", "$skiptoken", "$deltatoken"})
_RULES = replace(LISTED, filterable=frozenset({"receivedDateTime"}), sortable=frozenset({"receivedDateTime"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far somebody has read: `left` is still to be shown, then everything is as in `known`.

    That holds the changeKey of each message, by its immutable id, and the id that it was shown with.
    """

    owner: tuple[str, str]
    options: Mapping[str, str]
    left: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@DELTA.get("/mailFolders/{id}/messages/delta", scopes=BASIC, options=_OPTIONS)
@DELTA.get("/mailFolders/{id}/messages/delta()", scopes=BASIC, options=_OPTIONS)
def delta(query: Query) -> dict[str, Any]:
    """Everything at first, page by page; then what came, changed or went."""
    box = mailboxes.of(query)
    folder = folder_of(box, query.ids[0])
    before = _before(query, folder)
    query = replace(query, options=before.options)
    if not before.left:
        present = _present(query, box, folder)
        changed = [name for name, (key, _) in present.items() if before.known.get(name, ("", ""))[0] != key]
        gone = [name for name in before.known if name not in present]
        before = replace(before, left=(*changed, *gone), known={**before.known, **present})
    return _page(query, box, folder, before)


def _before(query: Query, folder: Folder) -> Round:
    owner = (query.account.oid, folder.id)
    token = query.options.get("$skiptoken") or query.options.get("$deltatoken")
    if token is None:
        return Round(owner=owner, options=query.options)
    found = query.state.rounds.get(token)
    if found is None or found.owner != owner:
        text = "The sync state generation is not found; continuing sync requires a full sync."
        raise GraphRefused(410, "syncStateNotFound", text)
    return found


def _present(query: Query, box: Mailbox, folder: Folder) -> dict[str, tuple[str, str]]:
    """What lies in the folder now and fits the filter."""
    items, paths = filtered(query, _RULES, [one.item for one in box.inside(folder)])
    messages = [message_of(item) for item in ordered(query, _RULES, items, paths)]
    return {one.immutable: (one.item["changeKey"], message_id(query, one)) for one in messages}


def _page(query: Query, box: Mailbox, folder: Folder, round_: Round) -> dict[str, Any]:
    size = preferred_size(query, _RULES)
    here, left = round_.left[:size], round_.left[size:]
    found = {name: box.messages.get(name) for name in here}
    items = [one.item for one in found.values() if one is not None and one.folder is folder]
    there = {message_of(item).immutable for item in items}
    values = shown(query, _RULES, items)
    values += [{"@removed": {"reason": "deleted"}, "id": round_.known[name][1]} for name in here if name not in there]
    known = {name: known for name, known in round_.known.items() if name in there or name not in here}
    token = f"DMNwdAIA{query.state.serial():06d}"
    query.state.rounds[token] = replace(round_, left=left, known=known)
    kind, option = ("nextLink", "$skiptoken") if left else ("deltaLink", "$deltatoken")
    context = f"{query.root}/$metadata#Collection(microsoft.graph.message)"
    return {"@odata.context": context, f"@odata.{kind}": link(query, {option: token}), "value": values}
