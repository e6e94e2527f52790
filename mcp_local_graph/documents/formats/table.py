"""csv and tsv: rows as ` | `, whatever divides them in the file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.parsed import Parsed, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.documents.parsed import Hints

# What may divide cells, those that are seldom part of a text or number first.
_DIVIDERS = "\t;|,"
# Characters from which the divider is guessed.
_SAMPLE = 16 * 1024


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its rows. Excel's first line `sep=;` names the divider and is no row."""
    text, notes = decoded(content, hints.charset)
    first, _, rest = text.partition("\n")
    named = first.strip().lower().startswith("sep=") and first.strip()[4:5]
    csv.field_size_limit(len(text) + 1)
    divider = named or _divider(text[:_SAMPLE], hints)
    return Parsed(lambda _part: _rows(rest if named else text, divider), notes=notes)


def _divider(sample: str, hints: Hints) -> str:
    """The one by which most rows have the same number of cells; csv.Sniffer's patterns take far too long for some."""
    best = max(_DIVIDERS, key=lambda divider: _alike(sample, divider))
    if _alike(sample, best):
        return best
    return "\t" if hints.extension in {"tsv", "tab"} else ","


def _alike(sample: str, divider: str) -> int:
    """How many rows have several cells, and as many as the most."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=divider)
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    return max(widths.values(), default=0)


def _rows(text: str, divider: str) -> Iterator[str]:
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=divider):
        yield row(cells)
