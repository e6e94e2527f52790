"""vcf: contact cards, a few lines each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.formats.lines import Line, Thing, things
from mcp_local_graph.documents.parsed import Parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.documents.parsed import Hints

_TITLES = {
    "ORG": "Organization",
    "TITLE": "Title",
    "ROLE": "Role",
    "EMAIL": "Email",
    "TEL": "Phone",
    "ADR": "Address",
    "URL": "Link",
    "BDAY": "Birthday",
    "IMPP": "Chat",
    "NOTE": "Note",
}


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its cards, in the order of the file. Pictures and keys are left out."""
    text, notes = decoded(content, hints.charset)
    # vCard 2.1 breaks a long line after `=` and does not indent the next (RFC 2045, 6.7).
    cards, bad = things(text.replace("=\r\n", "").replace("=\n", ""))
    if bad:
        notes.append(("unread_parts", bad))
    return Parsed(lambda _part: _lines(cards), notes=notes)


def _lines(cards: list[Thing]) -> Iterator[str]:
    for card in cards:
        yield from ["", f"Contact: {_flat(card.value('FN')) or _flat(card.value('N'))}"]
        for name, title in _TITLES.items():
            yield from (f"{title}{_kind(line)}: {_flat(line.value)}" for line in card.all(name))


def _kind(line: Line) -> str:
    """The kind of an address or number, as the card says it: `TYPE=work`, or in vCard 2.1 the bare word."""
    bare = [key for key, value in line.parameters.items() if not value]
    said = line.parameters.get("TYPE") or ", ".join(bare)
    return f" ({said.lower()})" if said else ""


def _flat(value: str) -> str:
    """A value of several fields on one line."""
    return ", ".join(filter(None, (" ".join(each.split()) for each in value.split(";"))))
