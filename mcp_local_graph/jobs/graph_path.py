"""Paths below Graph's `/v1.0` as a model writes them, read strictly: what is sent is what was written, or nothing.

A path comes apart into segments as they are meant; whoever makes the URL quotes them. A function's literals are read as
OData has them, so that a slash or a quote inside one stays inside it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from mcp_local_graph.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

Segments = tuple[str, ...]
LONGEST = 2000
_EXAMPLE = "Write it as /me/messages or /users/name@example.com/manager."
# They are folded to slashes by some, though not by Unicode's own rules.
_SLASHES = frozenset("\u2044\u2215\u2216\u29f5\u29f8")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# What divides a path, or ends it, or begins a literal: never to be read out of an escape.
_DIVIDES = frozenset("/\\?#'\"()")
# `name(a='x',b=3)`: a literal is in single quotes, doubled inside; anything else is a number, a date, an id.
_LITERAL = r"'(?:[^']|'')*'"
_ARGUMENT = rf"\w+=(?:{_LITERAL}|[\w.:+-]+)"
_FUNCTION = re.compile(rf"([A-Za-z][\w.]*)\(((?:{_ARGUMENT})(?:,{_ARGUMENT})*)?\)(?=/|$)", re.ASCII)
_ENDS = frozenset("?#")
_FIRST = re.compile(r"[A-Za-z][A-Za-z0-9.]*(?:\(.*\))?")


def segments(text: str) -> Segments:
    """The segments of a path, unquoted.

    Raises:
        RequestRefused: it is not written as a path below /v1.0.
    """
    plain = _unescaped(_clean(text.strip())).removeprefix("/").removesuffix("/")
    found = tuple(_split(plain)) if plain else ()
    if found and found[0].lower() == "v1.0":
        found = found[1:]
    if not found:
        raise _refused("The path is empty.")
    if not _FIRST.fullmatch(found[0]):
        raise _refused("The path does not begin with a name of Graph's.")
    if found[0].lower() == "beta":
        raise _refused("Only Graph v1.0 is read.")
    for segment in found:
        _check_dots(segment)
    return found


def name(segment: str) -> str:
    """The name of a segment to compare with others: small letters, without namespace, arguments and colon."""
    word = segment.partition("(")[0].partition(";")[0].strip().rstrip(":").casefold()
    return word.removeprefix("microsoft.graph.").removeprefix("graph.")


def outside_file_names(path: Segments) -> Segments:
    """The segments that are Graph's own, without those that spell a file's or a site's place (`root:/a/b.docx:`)."""
    kept: list[str] = []
    inside = False
    for before, segment in zip(("", *path), path, strict=False):
        if inside:
            inside = not segment.endswith(":")
            continue
        kept.append(segment)
        inside = segment.endswith(":") and _begins_a_place(kept, before, segment)
    return tuple(kept)


def _begins_a_place(above: list[str], before: str, segment: str) -> bool:
    if name(before) == "sites":
        return True
    in_drive = any(name(each) in {"drive", "drives", "shares"} for each in above)
    return in_drive and (name(segment) == "root" or name(before) == "items")


def _clean(text: str) -> str:
    if len(text) > LONGEST:
        raise _refused("The path is too long.")
    if "://" in text or text.startswith("//"):
        raise _refused("A path is wanted, not an address.")
    if any(unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" for char in text):
        raise _refused("The path has invisible characters.")
    if "\\" in text:
        raise _refused("The path has a backslash.")
    return text


def _unescaped(text: str) -> str:
    """The text with its escapes read once. None may hide what divides a path, nor another escape."""
    plain = _ESCAPED.sub(_read, text)
    if _ESCAPED.search(plain):
        raise _refused("The path has an escape put together from others.")
    return plain


def _read(escape: re.Match[str]) -> str:
    try:
        plain = unquote_to_bytes(escape[0]).decode()
    except UnicodeDecodeError as error:
        raise _refused("The path has an escape that is no text.") from error
    if "%" in plain or _DIVIDES & set(plain) or any(unicodedata.category(char)[0] == "C" for char in plain):
        raise _refused(f"The path has {escape[0][:9]} in it. It is written without escapes.")
    return plain


def _split(text: str) -> Iterator[str]:
    """Segments between slashes, but for slashes inside a function's literals."""
    position = 0
    while position <= len(text):
        function = _FUNCTION.match(text, position)
        end = function.end() if function else text.find("/", position)
        end = len(text) if end < 0 else end
        segment = text[position:end]
        if not segment.strip():
            raise _refused("The path has an empty segment.")
        if not function and _ENDS & set(segment):
            raise _refused("The path has a ? or #. Options have arguments of their own.")
        if _lookalike(segment):
            raise _refused("The path has a character that looks like a slash.")
        yield segment
        position = end + 1


def _lookalike(segment: str) -> bool:
    """Whether some server might fold a character into one that divides a path."""
    foreign = {char for char in segment if not char.isascii()}
    return bool(_SLASHES & foreign or (_DIVIDES | {"%"}) & set(unicodedata.normalize("NFKC", "".join(foreign))))


def _check_dots(segment: str) -> None:
    """No segment, nor a part of a literal, may lead upwards by anybody's reading."""
    for part in unicodedata.normalize("NFKC", segment).replace("'", "/").split("/"):
        bare = part.strip(" :;")
        if bare and not bare.strip("."):
            raise _refused("The path has a segment of dots.")
        if bare.startswith(("..;", "..%")):
            raise _refused("The path has a segment that begins with dots.")


def _refused(what: str) -> RequestRefused:
    return RequestRefused(what, _EXAMPLE)
