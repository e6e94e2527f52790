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

_BEGINNINGS = re.compile(
    r"!(?=\[)"  # an image
    r"|\](?=[(:])"  # a link, a definition, a footnote
    r"|<(?=[a-z/!?]|[a-z0-9.!#$%&'*+/=?^_`{|}~\-]+@)"  # a tag, a comment, an address in brackets
    r"|\burl(?=\()",  # what CSS would fetch
    re.IGNORECASE,
)
# The name behind a fence makes some clients run what is inside it (mermaid, html). Behind `text` it is only read.
_FENCE = re.compile(
    r"^((?:[ \t]|[>*+\-]|\d{1,9}[.)])*+(?:`{3,}+(?=[^`\n]*$)|~{3,}+))[ \t]*+(?!text(?![^\s]))(?=\S)", re.MULTILINE
)


# Without one of these there is nothing to look for. Looking for them is ten times faster than the patterns are.
_SIGNS = ("![", "](", "]:", "<", "url(")
_FENCES = ("```", "~~~")


def inert(text: str, links: Links | None = None, *, listed: bool = False) -> str:
    """The text with nothing in it to render; its addresses are put on `links`. `listed` as in `without_addresses`."""
    text = without_addresses(masked(text), links, listed=listed)
    lower = text.lower()
    if any(sign in lower for sign in _SIGNS):
        text = _BEGINNINGS.sub(r"\g<0> ", text)
    return _FENCE.sub(r"\1text ", text) if any(fence in lower for fence in _FENCES) else text
