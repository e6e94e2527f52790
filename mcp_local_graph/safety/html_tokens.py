"""HTML of strangers, rewritten so that a parser takes it well: no comments, no scripts, bounded in size and depth.

A parser that follows the standard needs time and memory that grow with the square of what it is given: each `<div>`
walks up the elements that are open (measured with lexbor: 320 KB of `<ul><li>`, 14 s), each `<p>` repeats all of the
`<b>` that were left open, each attribute is compared with all others. So no more elements than a reader's page has stay
open, those that are repeated get a name that is not, and the parser sees exactly the tags that were counted here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

from mcp_local_graph.safety.lengths import LONGEST

# Elements open at once, attributes of one element and characters of one of them.
_DEEPEST, _MOST_ATTRIBUTES, _LONGEST_VALUE = 200, 40, 8192

_ATTRIBUTES = r"(?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+|=)*+"
_TOKEN = re.compile(
    r"([^<]++)"
    r"|<!--(-?>|.*?(?:--!?>|\Z))"
    rf"|<([a-z][^\s/>]*+)({_ATTRIBUTES})>"
    rf"|</([a-z][^\s/>]*+){_ATTRIBUTES}>"
    r"|<[!?/][^>]*+(?:>|\Z)"  # what the standard calls a bogus comment; a document type
    r"|(<(?![a-z/!?]))",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(=?[^\s/>=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"'][^\s>]*+)))?+")
_NAME = re.compile(r"[a-z][a-z0-9:_\-]{0,40}")
_EMBEDDED = re.compile(r"(=\s*[\"']?)data:[^\"'\s>]*+", re.IGNORECASE)


def names(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


_VOID = names("area base basefont bgsound br col embed frame hr img input keygen link meta param source wbr")
# They end by themselves, or there is one at a time: as many are open as there are others around them.
_SELF_ENDING = names(
    "html head body p li dt dd option optgroup tr td th tbody thead tfoot colgroup caption rb rp rt rtc a"
)
# The standard repeats these in each block that follows; under another name they are elements like any other. So is the
# last, whose content mail programs show, as they run no scripts.
RENAMED = names("b big code em font i nobr s small strike strong tt u noscript")
_BARRIERS = names("table object marquee applet template button select svg math")
_BLOCKS = names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hgroup listing main menu nav ol pre section summary ul"
)
# Their content is text to the parser. That of the first is for a reader.
_SHOWN_RAW = frozenset({"textarea", "xmp", "plaintext"})
_RAW = _SHOWN_RAW | names("script style title iframe noembed noframes")


@dataclass(slots=True)
class Tokens:
    """A page to parse: its HTML, its sheets, its own address, the length of its comments, whether its end is cut."""

    html: str
    sheets: list[str] = field(default_factory=list)
    base: str = ""
    hidden: int = 0
    cut: bool = False


def tokens(html: str) -> Tokens:
    """Take HTML apart and put it together again. Takes time linear in its length."""
    if len(html) > LONGEST:
        html = _EMBEDDED.sub(r"\1data:", html)  # pictures, a megabyte each
    return _Rewriting(html[:LONGEST].replace("\0", ""), cut=len(html) > LONGEST).done()


class _Rewriting:
    def __init__(self, html: str, *, cut: bool) -> None:
        self._html = html
        self._made = Tokens("", cut=cut)
        self._written: list[str] = []
        self._open: list[str] = []
        self._left_out: Counter[str] = Counter()

    def done(self) -> Tokens:
        at = 0
        # Where nothing matches, a tag was not ended: the rest of the page is in it.
        while found := _TOKEN.match(self._html, at):
            text, comment, start, attributes, end, sign = found.groups()
            at = found.end()
            if text:
                self._written.append(text)
            elif start:
                at = self._start(start.lower(), attributes, at)
            elif end:
                self._end(end.lower())
            elif comment:
                self._made.hidden += _readable(comment)
            elif sign:
                self._written.append("&lt;")
        self._made.html = "".join(self._written)
        return self._made

    def _start(self, name: str, attributes: str, at: int) -> int:
        """Write a tag; return where to go on, which is behind the content of one that has only text."""
        if name in _RAW:
            return self._raw(name, attributes, at)
        if name == "base" and not self._made.base:
            self._made.base = unescape(_known(attributes).get("href", ""))
        name = _renamed(name)
        if name not in _VOID and name not in _SELF_ENDING:
            if len(self._open) >= _DEEPEST:
                self._left_out[name] += 1
                return at
            self._open.append(name)
        self._written.append(f"<{name}{_rewritten(attributes)}>")
        return at

    def _end(self, name: str) -> None:
        name = _renamed(name)
        if self._left_out[name]:
            self._left_out[name] -= 1
            return
        self._close(name)
        self._written.append(f"</{name}>")

    def _close(self, name: str) -> None:
        """Take an element, and what is in it, off those that are open, if the parser is sure to do the same."""
        for place in range(len(self._open) - 1, -1, -1):
            inner = self._open[place]
            if inner == name:
                del self._open[place:]
                return
            if inner in _BARRIERS or (inner in _BLOCKS and name not in _BLOCKS and name not in _BARRIERS):
                return

    def _raw(self, name: str, attributes: str, at: int) -> int:
        end = re.compile(rf"</{name}(?=[\s/>])[^>]*>?", re.IGNORECASE).search(self._html, at)
        content = self._html[at : end.start() if end else len(self._html)]
        if name == "style":
            self._made.sheets.append(_sheet(content, attributes))
        elif name in _SHOWN_RAW:
            self._written.append(f"<pre>{content.replace('<', '&lt;')}</pre>")
        return end.end() if end else len(self._html)


def _renamed(name: str) -> str:
    if name in RENAMED:
        return f"x-{name}"
    return name if _NAME.fullmatch(name) else "span"


def _rewritten(attributes: str) -> str:
    return "".join(f' {name}="{value}"' for name, value in _known(attributes).items())


def _known(attributes: str) -> dict[str, str]:
    """The first attributes, as they are written."""
    known: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(attributes):
        name = found[1].lower()
        value = found[2] or found[3] or found[4] or ""
        if _NAME.fullmatch(name) and len(value) <= _LONGEST_VALUE:
            known.setdefault(name, value.replace('"', "&quot;"))
        if len(known) == _MOST_ATTRIBUTES:
            break
    return known


def _sheet(content: str, attributes: str) -> str:
    media = _known(attributes).get("media", "")
    return f"@media {media} {{{content}}}" if media else content


def _readable(comment: str) -> int:
    """Characters of a comment that somebody could have written for a reader; Word's conditions are none."""
    text = comment.removesuffix("-->").strip()
    return 0 if text.startswith("[if ") or text.endswith("[endif]") or text in {"[endif]", "<!"} else len(text)
