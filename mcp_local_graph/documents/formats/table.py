"""csv and tsv: rows as ` | `, whatever divides them in the file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.parsed import Parsed, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.documents.parsed import Hints

_DIVIDERS = ",;\t|"
# Characters from which the divider is guessed.
_SAMPLE = 16 * 1024


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its rows. Excel's first line `sep=;` names the divider and is no row."""
    text, notes = decoded(content, hints.charset)
    first, _, rest = text.partition("\n")
    named = first.strip().lower().startswith("sep=") and first.strip()[4:5]
    divider = named or _divider(text[:_SAMPLE], hints)
    csv.field_size_limit(len(text) + 1)
    return Parsed(lambda _part: _rows(rest if named else text, divider), notes=notes)


def _divider(sample: str, hints: Hints) -> str:
    try:
        return csv.Sniffer().sniff(sample, _DIVIDERS).delimiter
    except csv.Error:
        return "\t" if hints.extension in {"tsv", "tab"} or "\t" in sample else ","


def _rows(text: str, divider: str) -> Iterator[str]:
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=divider):
        yield row(cells)
