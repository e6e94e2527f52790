"""Text that no Markdown or HTML renderer makes anything of: no image, link, tag or program comes of it.

What would begin one is broken by a space, so that it can still be read. EchoLeak (CVE-2025-32711) got out by an image
in the reference style, which a filter of inline links had let pass; so each form is broken, wherever it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_local_graph.safety.links import without_addresses
from mcp_local_graph.safety.secrets import masked

if TYPE_CHECKING:
    from mcp_local_graph.safety.links import Links

# Each with what it has in it in lower case: to look for that is ten times faster than the pattern is.
_BEGINNINGS = (
    ("![", re.compile(r"!(?=\[)")),  # an image
    ("]", re.compile(r"\](?=[(:])")),  # a link, a definition, a footnote
    # A tag, a comment, an address in brackets.
    ("<", re.compile(r"<(?=[A-Za-z/!?]|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@)")),
    ("url(", re.compile(r"\burl(?=\()", re.IGNORECASE)),  # what CSS would fetch
)
# A line of `Links.lines`: nothing is made of what stands in it.
_LISTED = re.compile(r"^(\[\d{1,3}\] `[!-_a-~]+`)$", re.MULTILINE)
# The name behind a fence makes some clients run what is inside it (mermaid, html). Behind `text` it is only read.
# Any white space may stand before it.
_FENCE = re.compile(
    r"^((?:[ \t]|[>*+\-]|\d{1,9}[.)])*+(?:`{3,}+(?=[^`\n]*$)|~{3,}+))[^\S\n]*+(?!text(?![^\s]))(?=\S)", re.MULTILINE
)


def inert(text: str, links: Links | None = None, *, listed: bool = False) -> str:
    """The text with nothing in it to render; its addresses are put on `links`.

    With `listed`, the lines of `Links.lines` stay as they are.
    """
    text = masked(text)
    if not listed or "] `" not in text:
        return _broken(text, links)
    pieces = _LISTED.split(text)
    return "".join(piece if number % 2 else _broken(piece, links) for number, piece in enumerate(pieces))


def _broken(text: str, links: Links | None) -> str:
    text = without_addresses(text, links)
    lower = text.lower()
    for sign, beginning in _BEGINNINGS:
        if sign in lower:
            text = beginning.sub(r"\g<0> ", text)
    return _FENCE.sub(r"\1text ", text) if "```" in lower or "~~~" in lower else text
