"""Documents as text: what the tools ask, and what they get."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import anyio

from mcp_local_graph.documents import messages, process
from mcp_local_graph.documents.answers import Heard, heard
from mcp_local_graph.documents.kinds import BY_EXTENSION, KINDS, PICTURES
from mcp_local_graph.documents.messages import DEADLINE, MOST_CONTENT, MOST_MEMORY, MOST_PICTURE
from mcp_local_graph.documents.parsed import MOST_BYTES, Unreadable

# Documents read at the same time; others wait.
_TOGETHER = 2
# Pixels a side of a picture that models take (Anthropic's vision guide).
_MOST_PIXELS = 8000


class Document(NamedTuple):
    """A piece of a document's text, as a stranger wrote it: not sanitised yet.

    `kind` is a name of `kinds.KINDS`, or `image`; `parts` what it has ("12 pages", "3 sheets", or nothing).
    `total_chars` counts the text of the parts that were asked for. `next_offset` is where the rest begins, if there is
    any; `note` says that too, and what was left out and why, in our own words. A picture is in `image`, if it can be
    shown, and so is the page that was asked for as one.
    """

    kind: str
    text: str
    parts: str = ""
    total_chars: int = 0
    offset: int = 0
    next_offset: int | None = None
    note: str = ""
    image: bytes | None = None
    image_type: str = ""


class Documents:
    """Reads documents, each in a process of its own. `deadline` is in seconds, `memory` in bytes, for one document.

    `limit` is the most bytes that a document may have: more need not be fetched.
    """

    limit = MOST_CONTENT

    def __init__(self, *, deadline: float = DEADLINE, memory: int = MOST_MEMORY) -> None:
        self._deadline = deadline
        self._memory = memory

    async def read(  # noqa: PLR0913 - what is known of a file, and which piece of it
        self,
        content: bytes,
        *,
        name: str,
        content_type: str = "",
        pages: str = "",
        offset: int = 0,
        max_chars: int = 12_000,
        image: bool = False,
    ) -> Document:
        """The text of a document from `offset` on. What it is, its bytes say; `name` and `content_type` help.

        `pages` chooses pages, sheets or slides: `1-3,7`, or a sheet's name. With `image` the first of
        them comes as a picture too, where they are pages of a PDF.

        Raises:
            DocumentUnreadable: there is no text to be had, and why.
        """
        if len(content) > MOST_CONTENT:
            raise messages.error("large")
        if not content:
            return Document("text", "", note=messages.note("empty"))
        request = {**_request(name, content_type, pages, max(offset, 0), max_chars), "image": image}
        try:
            async with self._slots:
                said = await process.ask({**request, **self._limits}, content, self._deadline)
        except Unreadable as error:
            raise messages.error(error.code, *error.numbers) from error
        return _document(heard(said), request, content)

    @property
    def _limits(self) -> dict[str, float]:
        return {"memory": self._memory, "seconds": self._deadline}

    @cached_property
    def _slots(self) -> anyio.Semaphore:
        return anyio.Semaphore(_TOGETHER)


def _request(name: str, content_type: str, pages: str, offset: int, max_chars: int) -> dict[str, Any]:
    extension = PurePosixPath(name.replace("\\", "/")).suffix.lower().lstrip(".")
    media_type, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset=[\"']?([\w.:-]{1,40})", parameters)
    return {
        "extension": extension if re.fullmatch(r"[a-z0-9]{1,10}", extension) else "",
        "media_type": media_type.strip()[:100],
        "charset": charset[1] if charset else "",
        "pages": pages[:200].strip(),
        "offset": offset,
        "most": min(max(max_chars, 1), MOST_BYTES),
    }


def _document(said: Heard, request: dict[str, Any], content: bytes) -> Document:
    offset, end = request["offset"], request["offset"] + len(said.text)
    shown = said.kind in PICTURES and len(content) <= MOST_PICTURE and max(said.sides, default=0) <= _MOST_PIXELS
    notes = [*_mismatch(said.kind, request["extension"]), *said.notes, *_cut(offset, end, said)]
    if said.kind in PICTURES and not shown:
        notes.append(messages.note("not_shown"))
    return Document(
        kind="image" if said.kind in PICTURES else said.kind,
        text=said.text,
        parts=messages.counted(said.kind, said.parts) if said.parts else "",
        total_chars=said.total,
        offset=offset,
        next_offset=end if said.text and end < said.total else None,
        note=" ".join(notes),
        image=content if shown else said.picture or None,
        image_type=f"image/{said.kind}" if shown else "image/png" if said.picture else "",
    )


def _mismatch(kind: str, extension: str) -> list[str]:
    """A word about a name that promises something else. Texts may be called as one likes."""
    promised = BY_EXTENSION.get(extension, kind)
    same = promised == kind or (KINDS[promised].foreign and KINDS[kind].foreign)
    return [] if same else [messages.really(kind)]


def _cut(offset: int, end: int, said: Heard) -> list[str]:
    """Which piece this is, where it is not all."""
    if not said.text or (offset == 0 and end == said.total):
        return []
    of = f"{'' if said.complete else 'more than '}{said.total:,}"
    rest = [f"For the rest: offset={end}."] if end < said.total else []
    return [f"These are characters {offset:,} to {end:,} of {of}.", *rest]
