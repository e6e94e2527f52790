"""Files that hang at a mail or an event: how they are listed, with the handles that attachment_read reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.jobs.lines import bytes_in_words, counted
from mcp_local_graph.safety.untrusted import Untrusted, line
from mcp_local_graph.tools.needs import Graph, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

# What to expand, so that they come along without their bytes.
EXPANDED = ("attachments($select=id,name,contentType,size,isInline)",)
_WITHOUT_BYTES = {
    "itemAttachment": "attached mail or event",
    "referenceAttachment": "link to a file in OneDrive",
}


class File(NamedTuple):
    """An attachment, as what it hangs at lists it. `what` is its kind and size in words."""

    ref: str
    name: Untrusted
    what: str

    def line(self) -> str:
        """Itself on one line."""
        return f"File: {self.ref} {self.name} ({self.what})"


class Files(NamedTuple):
    """The files of a mail or an event, and how many pictures stand in its text."""

    listed: tuple[File, ...]
    inline: int

    def notes(self) -> list[str]:
        """What is not listed."""
        return [f"{counted(self.inline, 'picture')} in the text not listed"] if self.inline else []


def files(graph: Graph, path: tuple[str, ...], item: Mapping[str, Any]) -> Files:
    """The attachments of what is at this path; pictures of its text are only counted."""
    attachments: list[dict[str, Any]] = item.get("attachments") or []
    inline = [one for one in attachments if one.get("isInline") and str(one.get("contentType")).startswith("image/")]
    return Files(tuple(_file(graph, path, one) for one in attachments if one not in inline), len(inline))


def _file(graph: Graph, path: tuple[str, ...], one: Mapping[str, Any]) -> File:
    kind = str(one.get("@odata.type") or "").rpartition(".")[2]
    size = int(one.get("size") or 0)
    facts = {"name": one.get("name"), "type": one.get("contentType"), "kind": kind, "size": size}
    return File(
        ref=graph.show(Kind.ATTACHMENT, *path, "attachments", str(one.get("id", "")), note=json.dumps(facts)),
        name=line(one.get("name") or "no name"),
        what=_WITHOUT_BYTES.get(kind) or bytes_in_words(size),
    )
