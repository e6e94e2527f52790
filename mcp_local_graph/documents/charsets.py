"""Text in any charset: a mark at its beginning, UTF-8, what was said about it, a guess."""

from __future__ import annotations

import codecs
import encodings
import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_local_graph.documents.parsed import Note

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Bytes from which a charset is guessed.
_SAMPLE = 32 * 1024
# A shift to Japanese in a text of seven bits, which would pass for UTF-8 (RFC 1468).
_SHIFT = re.compile(rb"\x1b\$[@B]")
# The share of zero bytes at odd or even places by which UTF-16 of a Western text is known.
_ZEROS = 0.3
# The charsets that are guessed among, those that files without any mark are written in.
_WESTERN = "cp1252"
# The share of characters beyond ASCII that may be damaged in what is still UTF-8.
_FOREIGN, _DAMAGE = re.compile(r"[^\0-\x7f]"), 0.1
_GUESSED = [
    *(_WESTERN, "cp1250", "cp1254", "cp1257", "cp1258", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
# What Western European languages use beyond ASCII, never three letters of it in a row; the guesser has no eye for it.
_WESTERN_TEXT = re.compile(
    r"(?!.*[À-ÿ]{3})([\0-\x7f\xa0äöüÄÖÜßàâáãåæçéèêëíìîïñóòôõøúùûœÀÂÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÕØÚÙÛŒªº«»°§£€©®·•]"
    r"|[\u2013\u2014\u2018-\u201e\u2026]|(?<!\w)[¿¡])*",
    re.DOTALL,
)


def ready() -> None:
    """Load every codec and the guesser: once the process is sealed, none can be."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in {"mbcs", "oem"}:  # Windows' own
            importlib.import_module(f"encodings.{module.name}")
    importlib.import_module("charset_normalizer")


def decoded(content: bytes, said: str = "") -> tuple[str, list[Note]]:
    """The text and what is to be said about it. `said` is a charset that somebody named, right or wrong."""
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return _lossy(content[len(mark) :], charset)
    text = _first(content, _likely(content, said))
    if text is not None:
        return text, []
    text, notes = _lossy(content, "utf-8")
    if notes and text.count("\ufffd") < len(_FOREIGN.findall(text)) * _DAMAGE:  # UTF-8 that was cut or mended badly
        return text, notes
    text, notes = _lossy(content, _guess(content))
    return text, [("guessed",), *notes]


def _likely(content: bytes, said: str) -> list[str]:
    """The charsets to try, in order. UTF-8 goes first: what passes for it is hardly ever anything else."""
    if said.lower().startswith(("iso-2022", "utf-7", "hz")):
        return [said, "utf-8"]
    return [*(["iso2022_jp"] if _SHIFT.search(content) else []), *_utf16(content), "utf-8", *([said] if said else [])]


def _utf16(content: bytes) -> list[str]:
    sample = content[:_SAMPLE]
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) / half > _ZEROS:
        return ["utf-16-le"]
    return ["utf-16-be"] if sample[::2].count(0) / half > _ZEROS else []


def _first(content: bytes, charsets: list[str]) -> str | None:
    """The text in the first of these charsets that it is valid in."""
    for charset in charsets:
        try:
            return codecs.decode(content, charset) if codecs.lookup(charset)._is_text_encoding else None  # noqa: SLF001
        except (LookupError, ValueError):
            continue
    return None


def _guess(content: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to load, seldom needed

    end = content.rfind(b"\n", 0, _SAMPLE)
    sample = content[: end if end > 0 else _SAMPLE]
    if _WESTERN_TEXT.fullmatch(sample.decode(_WESTERN, "replace")):
        return _WESTERN
    best = from_bytes(sample, cp_isolation=_GUESSED).best()
    return best.encoding if best else _WESTERN


def _lossy(content: bytes, charset: str) -> tuple[str, list[Note]]:
    text = content.decode(charset, "replace")
    lost = text.count("\ufffd")
    return text, [("lossy", lost)] if lost else []
