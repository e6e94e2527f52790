"""What Exchange makes of a mail's body: text out of HTML, HTML out of text, the first words of it."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.mail import Mail

_PREVIEW = 255
_HEAD = '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
_FROM_TEXT = (
    f'{_HEAD}<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text -->'
    "<style><!-- .EmailQuote { margin-left: 1pt; padding-left: 4pt; border-left: #800000 2px solid; } --></style>"
    '</head>\r\n<body>\r\n<font size="2"><span style="font-size:11pt;"><div class="PlainText">{}</div></span></font>'
    "\r\n</body>\r\n</html>\r\n"
)
_SILENT = frozenset({"head", "style", "script", "title"})
_BLOCKS = frozenset({"div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "address"})
_RULE = "_" * 32


def as_html(mail: Mail) -> str:
    """The body in HTML, the form that is given where no other is preferred."""
    if mail.html:
        return mail.html
    return _FROM_TEXT.replace("{}", html.escape(mail.text).replace("\r\n", "<br>\r\n"))


def as_text(mail: Mail) -> str:
    """The body in plain text."""
    return mail.text or text_of(mail.html)


def unique_html(mail: Mail) -> str:
    """What this mail adds to its conversation, in HTML."""
    if not mail.unique:
        return as_html(mail)
    return f"{_HEAD}</head><body>{mail.unique}</body></html>"


def unique_text(mail: Mail) -> str:
    """What this mail adds to its conversation, in plain text."""
    return text_of(mail.unique) if mail.unique else as_text(mail)


def preview(text: str) -> str:
    """The first words of a text."""
    return text.strip()[:_PREVIEW]


@lru_cache(maxsize=1024)
def text_of(markup: str) -> str:
    """HTML as plain text, in Exchange's manner: addresses behind links, stars before items, hidden text and all."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    text = re.sub(r"[ \t]+\n", "\n", "".join(reader.parts))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n").replace("\n", "\r\n") + "\r\n"


class _Reader(HTMLParser):
    """Collects the text; lines end as Python has them until the end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._links: list[str] = []
        self._numbers: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._silent += tag in _SILENT
        if tag in {"ul", "ol"}:
            self._numbers.append(0 if tag == "ol" else -1)
        if tag == "a":
            self._links.append(given.get("href", ""))
        elif tag == "br":
            self._write("\n")
        elif tag == "hr":
            self._write(f"\n{_RULE}\n")
        elif tag == "img":
            self._write(f"[{given.get('src') if given.get('src', '').startswith('cid:') else given.get('alt', '')}]")
        elif tag == "li":
            self._write(f"\n  {self._mark()}  ")
        elif tag in {"td", "th"}:
            self._write("\n        ")
        elif tag in _BLOCKS or tag == "p":
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        if tag == "a" and self._links and (link := self._links.pop()):
            self._write(f"<{link}>")
        elif tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
        if tag == "p":
            self._write("\n\n")
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        if not self.parts or self.parts[-1].endswith(("\n", " ")):
            words = words.lstrip(" ")
        self._write(words)

    def _mark(self) -> str:
        if not self._numbers or self._numbers[-1] < 0:
            return "* "
        self._numbers[-1] += 1
        return f"{self._numbers[-1]}."

    def _break(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self._write("\n")

    def _write(self, text: str) -> None:
        if text and not self._silent:
            self.parts.append(text)
