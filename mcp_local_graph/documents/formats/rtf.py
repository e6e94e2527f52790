"""rtf: its text. Groups that hold none (fonts, colours, pictures) and hidden text are passed by (RTF 1.9.1)."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from mcp_local_graph.documents.parsed import Parsed, lines_of, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.documents.parsed import Hints

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?"  # a control word
    r"|\\'([0-9a-fA-F]{2})"  # a byte in the code page
    r"|\\([^a-z])"  # a control symbol
    r"|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_NO_TEXT = {
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "objdata", "header", "footer", "headerl", "headerr",
    "footerl", "footerr", "headerf", "footerf", "fldinst", "listtable", "listoverridetable", "rsidtbl", "generator",
    "themedata", "colorschememapping", "datastore", "latentstyles", "xmlnstbl", "pgptbl", "revtbl", "bkmkstart",
    "bkmkend", "filetbl", "nonshppict", "mmathPr", "annotation", "atnid", "atnauthor",
}  # fmt: skip
_WORDS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\x1e\n", "cell": "\x1f", "tab": "\t",
    "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "bullet": "\u2022", "emspace": " ", "enspace": " ",
}  # fmt: skip
# A table's row, as _WORDS leaves it; looked for at the beginnings of lines only, since a line may be long.
_ROW = re.compile("^([^\n]*)\x1e", re.MULTILINE)
_SYMBOLS = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its text as a whole."""
    text = "".join(_Reader(content.decode("latin-1")).pieces())
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    whole = _ROW.sub(lambda found: row(found[1].split("\x1f")), text)
    return Parsed(lambda _part: lines_of(whole))


class _Reader:
    """Goes through its pieces. In a silent group nothing is text; `skip` characters stand in for one by number."""

    def __init__(self, source: str) -> None:
        self._source = source
        said = re.search(r"\\ansicpg(\d{3,5})", source[:4096])
        self._page = f"cp{said[1]}" if said and _known(f"cp{said[1]}") else "cp1252"
        self._groups: list[tuple[bool, int]] = []
        self._silent, self._skip, self._left = False, 1, 0
        self._in_table = False
        self._bytes = bytearray()

    def pieces(self) -> Iterator[str]:
        """The text, bytes of a code page put together first: one character may be of two."""
        for token in _TOKEN.finditer(self._source):
            word, number, byte, symbol, brace, plain = token.groups()
            if byte:
                self._byte(int(byte, 16))
                continue
            yield self._decoded()
            if brace:
                self._brace(brace)
            elif symbol:
                yield self._symbol(symbol)
            elif word:
                yield self._word(word, int(number) if number else None)
            elif plain and not self._silent:
                yield plain[self._left :]
                self._left = max(self._left - len(plain), 0)
        yield self._decoded()

    def _byte(self, byte: int) -> None:
        if self._left:
            self._left -= 1
        elif not self._silent:
            self._bytes.append(byte)

    def _decoded(self) -> str:
        text = self._bytes.decode(self._page, "replace")
        self._bytes.clear()
        return text

    def _brace(self, brace: str) -> None:
        self._left = 0
        if brace == "{":
            self._groups.append((self._silent, self._skip))
        elif self._groups:
            self._silent, self._skip = self._groups.pop()

    def _symbol(self, symbol: str) -> str:
        if symbol == "*":  # a destination that readers of old do not know
            self._silent = True
        return "" if self._silent else _SYMBOLS.get(symbol, "")

    def _word(self, word: str, number: int | None) -> str:
        if word in _NO_TEXT or (word == "v" and number != 0):  # hidden text
            self._silent = True
        elif word in {"v", "plain"}:
            self._silent = bool(self._groups and self._groups[-1][0])  # what is in a silent group stays so
        elif word == "uc" and number is not None:
            self._skip = min(max(number, 0), 8)
        elif word == "u" and number is not None and not self._silent:
            self._left = self._skip
            return chr(number & 0xFFFF)
        elif word in {"pard", "intbl"}:
            self._in_table = word == "intbl"
        if self._silent:
            return ""
        return " " if word == "par" and self._in_table else _WORDS.get(word, "")


def _known(charset: str) -> bool:
    try:
        codecs.lookup(charset)
    except LookupError:
        return False
    return True
