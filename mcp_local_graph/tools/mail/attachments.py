"""`attachment_read`: a file out of a mail or an event, as text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.errors import DocumentUnreadable
from mcp_local_graph.jobs.lines import bytes_in_words
from mcp_local_graph.safety.untrusted import Untrusted, line, prose
from mcp_local_graph.tools.mail.toolset import MAIL, SHARED, scope_of
from mcp_local_graph.tools.needs import Documents, Effect, Graph, Image, Kind, Progress, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_local_graph.tools.needs import Document, Found

# A file may hang at an event too, and that in a calendar that is another's.
_OF_EVENT, _OF_SHARED = "Calendars.Read", "Calendars.Read.Shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText(Reading):
    """A document's text, or a part of it, or a picture."""

    name: Untrusted
    kind: str
    parts: str
    text: Untrusted
    hints: tuple[str, ...]
    picture: Image | None

    def lines(self) -> list[str]:
        """The name, then the text."""
        facts = ", ".join(fact for fact in (self.kind, self.parts) if fact)
        return [f"{self.name} ({facts})", "", self.text] if self.text else [f"{self.name} ({facts})"]

    def notes(self) -> list[str]:
        """What is not there, and how to get it."""
        return list(self.hints)

    def images(self) -> Sequence[Image]:
        """The picture, where it is one and was asked for."""
        return (self.picture,) if self.picture else ()


@MAIL.tool("Read attachment", effect=Effect.READ, scopes={"Mail.Read"}, when_asked={SHARED, _OF_EVENT, _OF_SHARED})
async def attachment_read(
    graph: Graph,
    documents: Documents,
    progress: Progress,
    ref: Annotated[str, Field(description="Handle of a file (a...), from mail_read or calendar_read")],
    pages: Annotated[str, Field(description="Pages, slides or sheets, as 1-3,7, or a sheet's name")] = "",
    image: Annotated[bool, Field(description="Show a picture, or the first of `pages` of a pdf, as an image")] = False,
    offset: Annotated[int, Field(ge=0)] = 0,
    max_chars: Annotated[int, Field(ge=500, le=24000)] = 12000,
) -> DocumentText:
    """Read a file of a mail or event as text, in pages: Word, Excel, PowerPoint, PDF, web, mail, calendar, text."""
    found = graph.find(ref, Kind.ATTACHMENT)
    facts = await _facts(graph, found)
    _check(facts, documents.limit)
    await progress(0, 2, "Fetching the file")
    content = await graph.download((*found.path, "$value"), limit=documents.limit, scope=_scope(graph, found))
    await progress(1, 2, "Reading the file")
    document = await documents.read(
        content.content,
        name=str(facts.get("name") or ""),
        content_type=_type(facts, content.content_type),
        pages=pages,
        offset=offset,
        max_chars=max_chars,
        image=image,
    )
    return text_of(str(facts.get("name") or "no name"), document, wants_image=image)


def _scope(graph: Graph, found: Found) -> str | None:
    """The permission that it needs beyond one's own mail. A calendar of one's list may be shared by somebody else."""
    if "events" not in found.path:
        return scope_of(found.path)
    is_shared = found.path[0] == "users" or ("calendars" in found.path and graph.may(_OF_SHARED))
    return _OF_SHARED if is_shared else _OF_EVENT


async def _facts(graph: Graph, found: Found) -> dict[str, Any]:
    """What the message said of it, or Graph says now."""
    if found.note:
        facts: dict[str, Any] = json.loads(found.note)
        return facts
    one = await graph.get(found.path, select=("id", "name", "contentType", "size"), scope=_scope(graph, found))
    kind = str(one.get("@odata.type") or "").rpartition(".")[2]
    return {"name": one.get("name"), "type": one.get("contentType"), "kind": kind, "size": one.get("size")}


def _check(facts: dict[str, Any], limit: int) -> None:
    """Refuse what cannot be read, before it is fetched. `limit` is in bytes."""
    if facts.get("kind") == "referenceAttachment":
        raise DocumentUnreadable(
            "This attachment is only a link to a file in OneDrive or SharePoint.",
            "mail_read with links=true shows where the mail's links lead.",
        )
    if (size := int(facts.get("size") or 0)) > limit:
        raise DocumentUnreadable(
            f"The file is too large to read here: {bytes_in_words(size)}, {bytes_in_words(limit)} at most.",
            "Ask the person to open it.",
        )


def _type(facts: dict[str, Any], told: str) -> str:
    """Its content type. An attached mail or event has none: Graph gives its source."""
    return "message/rfc822" if facts.get("kind") == "itemAttachment" else str(facts.get("type") or told)


def text_of(name: str, document: Document, *, wants_image: bool) -> DocumentText:
    """A document as an answer, cleaned."""
    has_picture = document.image is not None
    picture = Image(document.image, document.image_type) if wants_image and document.image is not None else None
    return DocumentText(
        name=line(name),
        kind=document.kind,
        parts=document.parts,
        text=prose(document.text),
        hints=(
            *([document.note] if document.note else []),
            *(["image=true shows it"] if has_picture and not wants_image else []),
            *(["image=true shows pictures and pages of a pdf only"] if wants_image and not has_picture else []),
        ),
        picture=picture,
    )
