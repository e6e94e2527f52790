"""Any JSON of Graph's as few words: a list as a table, one object as lines. Every text in it is somebody else's.

Ids, links and bytes are no words and are left out; what stands below a property is named with dots.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.safety.untrusted import from_html, line, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# Bytes of an answer: some 6,000 tokens.
LIMIT = 23_000
# Characters of a cell, the widest first that lets all rows fit; and the most of a cell that is looked at.
_WIDTHS = (160, 100, 60, 40, 24, 12)
_MOST = 320
# Characters of a short text in one object, of a long one, of one in a list, and of a name.
_LONG, _LONGEST, _SHORT, _NAME = 600, 6_000, 100, 64
# Characters of a body that are read: of HTML that is little more than marks some thousand are seen. Characters of items
# that become words in no time.
_READ, _LARGE = 100_000, 40_000
# Columns where nobody chose any, and their number up to which those that tell less are added; how deep objects are
# opened; what is shown of a list in an object, and of one of its members.
_COLUMNS, _FEW, _DEPTH, _MEMBERS, _SHOWN_OF_A_MEMBER = 8, 5, 3, 20, 6
# Of the properties that Graph gives unasked, those that tell most.
_FIRST = (
    *("subject", "displayName", "name", "title", "topic", "from", "organizer", "start", "end", "location"),
    *("receivedDateTime", "dueDateTime", "isRead", "hasAttachments", "mail"),
    *("userPrincipalName", "jobTitle", "department", "officeLocation", "status", "percentComplete", "size"),
    # A folder, with how much is in it, or a file.
    *("folder.childCount", "file.mimeType"),
    *("totalItemCount", "unreadItemCount", "bodyPreview", "description", "emailAddresses"),
)
# The first of those that tell less.
_LATER = "lastModifiedDateTime"
_NOT_UNASKED = re.compile(
    r"(?:^|\.)(?:[Bb]ody|uniqueBody|sender|internetMessageId|createdDateTime)$|(?:[Uu]rl|[Ll]ink)$"
)
_NOT_UNASKED_OF_ONE = re.compile(r"^(?:sender|internetMessageId)$|(?:[Uu]rl|[Ll]ink)$")
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# What is no word under any name, and what is none under the name of an id.
_NO_WORD = re.compile(rf"{_GUID}|[A-Za-z0-9+/=_-]{{100,}}")
_OPAQUE = re.compile(r"[\w+/=!.:,@-]{20,}", re.ASCII)
_NEVER_A_WORD = frozenset({"id", "changeKey", "eTag", "cTag", "etag", "conversationIndex", "contentBytes"})
_ID = re.compile(r"(?:^i|I)ds?$|ID$|UId$")
# An id as a step of a path.
_STEP = re.compile(r"/[\w!=,-]{20,}(?=/|:|$)", re.ASCII)
# Parts of a second, and the moment that means none.
_FRACTION = re.compile(r"(?<=\d\d:\d\d)\.\d+(?=(?:Z|[+-]\d\d:\d\d)?$)")
_NEVER = "0001-01-01"
# What parts the words of one line; other spaces are part of the writing.
_GAP = re.compile(r"[ \t\r\n]+")
# Nothing in it to look at: times, numbers, single words.
_PLAIN = re.compile(r"[A-Za-z0-9:+-]{1,40}")
_WHO = frozenset({"user", "application", "device", "group", "siteUser", "siteGroup", "phone", "conversation"})


class Table(NamedTuple):
    """Names of columns, rows of as many texts, and the names of what was left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]


class Facts(NamedTuple):
    """Names and texts of one object, some of several lines, and the names of what was left out."""

    facts: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


def table(items: Sequence[Mapping[str, Any]], first: Sequence[str] = (), chosen: Sequence[str] = ()) -> Table:
    """A list as a table. `first` are texts for a first column; `chosen` are the properties that somebody asked for."""
    rows = [dict(_opened(item)) for item in items]
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if _counts(name, value, chosen)))
    wanted = [name for name in names if _is_of(name, chosen)] if chosen else _telling(names)
    # Longer texts would be cut anyway: they need not be looked through.
    most = min(_MOST, _WIDTHS[-1] + 4 * LIMIT // max(len(rows) * len(wanted), 1))
    columns = {name: [_cell(row.get(name), most) for row in rows] for name in wanted}
    columns = _fitting(_asked_for(columns, rows) if chosen else _different(columns), first)
    every = tuple(dict.fromkeys(line(name) for name in names if name not in columns))
    return Table(tuple(map(line, columns)), tuple(zip(*columns.values(), strict=True)) or ((),) * len(rows), every)


def facts(item: Mapping[str, Any], chosen: Sequence[str] = ()) -> Facts:
    """One object, as names and texts: short texts first."""
    every = [(name, value) for name, value in _opened(item) if _counts(name, value, chosen)]
    wanted = [(name, value) for name, value in every if (_is_of(name, chosen) if chosen else _tells(name, item))]
    kept: list[tuple[str, str]] = []
    shown: set[str] = set()
    room = LIMIT
    for raw, value in sorted(wanted, key=lambda each: _is_long(each[1])):
        name = line(raw)
        text = cut(_text(value, _LONGEST), min(_LONGEST, room // 4) if chosen or _is_long(value) else _LONG)
        room -= len(f"{name}: {text}\n".encode())
        if room < 0:
            break
        shown.add(raw)
        if text or _is_empty(value):
            kept.append((name, text))
    return Facts(tuple(kept), tuple(line(name) for name, _ in every if name not in shown))


def is_large(items: Iterable[Mapping[str, Any]]) -> bool:
    """Whether to make words of these would keep the event loop for long."""
    size, unseen = 0, list[Any](items)
    while unseen and size <= _LARGE:
        value = unseen.pop()
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict):
            unseen += value.values()
        elif isinstance(value, list):
            unseen += value
    return size > _LARGE


def cut(text: str, length: int) -> str:
    """The text, or its beginning and a sign that there is more."""
    return text if len(text) <= length else f"{text[:length].rstrip()}…"


def _opened(item: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The properties of an object that are words, those of inner objects under names with dots."""
    for name, value in item.items():
        if "@" in name or _is_hidden(name, value):
            continue
        whole = f"{above}{name[:_NAME]}"
        if isinstance(value, dict) and _shape(value) is None:
            if depth < _DEPTH:
                yield from _opened(value, f"{whole}.", depth + 1)
        else:
            yield whole, value


def _is_hidden(name: str, value: object) -> bool:
    """Ids, and what is as little a word as they are."""
    texts = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    if name in _NEVER_A_WORD or _NO_WORD.fullmatch(name) or any(_NO_WORD.fullmatch(each) for each in texts):
        return True
    return _ID.search(name) is not None and any(_OPAQUE.fullmatch(each) for each in texts)


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and value.startswith(_NEVER))


def _counts(name: str, value: object, chosen: Sequence[str]) -> bool:
    """Whether a property says something: an empty one does to who asked for it by name."""
    return not _is_empty(value) or _is_of(name, chosen)


def _is_long(value: object) -> bool:
    if isinstance(value, str):
        return "\n" in value or len(value) > _LONG
    return isinstance(value, dict) and "content" in value


def _cell(value: object, most: int) -> str:
    return _GAP.sub(" ", _text(value, most)).strip(" ")


def _text(value: object, most: int) -> str:
    """A value as text, of about `most` characters where it is long."""
    if _is_empty(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else cut(_words(value[: 2 * most]), most)
    if isinstance(value, dict):
        shape = _shape(value)
        return cut(shape(value), most) if shape else ""
    if isinstance(value, list):
        more = f"; … {len(value)} in all" if len(value) > _MEMBERS else ""
        return "; ".join(_member(each) for each in value[:_MEMBERS]) + more
    return str(value)


def _words(value: str) -> str:
    if value.startswith("/"):
        value = _STEP.sub("/…", value)
    return prose(value) if "\n" in value else line(_FRACTION.sub("", value))


def _shape(value: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], str] | None:
    """How an object becomes one text, where it is of the kinds that Graph has everywhere; None where it is opened."""
    keys = {name for name in value if "@" not in name}
    for names, shape in _SHAPES:
        if names <= keys and len(keys) <= len(names) + 1:
            return shape
    if "displayName" in keys and (
        "locationType" in keys or not any(value[name] for name in keys - {"displayName", "id"})
    ):
        return _named
    return _identity if keys and keys <= _WHO else None


def _address(value: Mapping[str, Any]) -> str:
    inner = value.get("emailAddress", value)
    if not isinstance(inner, dict):
        return line(inner)
    name, address = (line(inner.get(each)) for each in ("name", "address"))
    # Without angle brackets: what stands in them looks like a tag.
    return f"{name} ({address})" if name and address and name != address else name or address


def _moment(value: Mapping[str, Any]) -> str:
    return f"{_text(value['dateTime'], _SHORT)} {line(value['timeZone'])}"


def _body(value: Mapping[str, Any]) -> str:
    whole = str(value["content"] or "")
    content = whole[:_READ]
    text = from_html(content) if str(value["contentType"]).lower() == "html" else prose(content)
    return text if content == whole else f"{text}…"


def _named(value: Mapping[str, Any]) -> str:
    return line(value["displayName"])


def _identity(value: Mapping[str, Any]) -> str:
    """Who did something: a person, an app or a device."""
    found = (each for each in value.values() if isinstance(each, dict))
    return next((line(each.get("displayName") or each.get("email")) for each in found), "")


_SHAPES = (
    (frozenset({"emailAddress"}), _address),
    (frozenset({"name", "address"}), _address),
    (frozenset({"dateTime", "timeZone"}), _moment),
    (frozenset({"contentType", "content"}), _body),
)


def _member(value: object) -> str:
    """One of a list's members, shortly."""
    if not isinstance(value, dict) or _shape(value) is not None:
        return _cell(value, _SHORT)
    inner = value.get("emailAddress")
    others = {name: each for name, each in value.items() if name != "emailAddress"} if inner else value
    words = [f"{line(name)}={text}" for name, each in _opened(others) if (text := _cell(each, _SHORT))]
    return f"{_address(inner) if isinstance(inner, dict) else ''} {', '.join(words[:_SHOWN_OF_A_MEMBER])}".strip()


def _telling(names: Sequence[str]) -> list[str]:
    """The columns for a list of which nobody said what to show."""
    known = [name for name in _FIRST if name in names][:_COLUMNS]
    others = sorted((name for name in names if name not in known and not _NOT_UNASKED.search(name)), key=_LATER.__ne__)
    return [*known, *others[: max(_FEW - len(known), 0)]]


def _asked_for(columns: Mapping[str, list[str]], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The columns that say something, be it that nothing is there; not those of ids and other values without words."""
    empty = {name for name in columns if all(_is_empty(row.get(name)) for row in rows)}
    return {name: cells for name, cells in columns.items() if any(cells) or name in empty}


def _different(columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The columns that say something, and not what another has said."""
    kept: dict[str, list[str]] = {}
    for name, cells in columns.items():
        if any(cells) and cells not in kept.values():
            kept[name] = cells
    return kept


def _tells(name: str, item: Mapping[str, Any]) -> bool:
    """Whether a property of one object is shown though nobody chose it."""
    return not _NOT_UNASKED_OF_ONE.search(name) and not (name == "bodyPreview" and "body" in item)


def _is_of(name: str, chosen: Iterable[str]) -> bool:
    """Whether a name is one of those chosen, or stands below one."""
    low = name.casefold()
    return any(
        low == each or low.startswith(f"{each}.") for each in (one.casefold().replace("/", ".") for one in chosen)
    )


def _fitting(columns: Mapping[str, Sequence[str]], first: Sequence[str]) -> dict[str, list[str]]:
    """Cells as wide as the limit allows; where even narrow ones are too much, fewer columns."""
    room = LIMIT - sum(len(text) + 1 for text in first)
    ends = accumulate(_size(name, cells, _WIDTHS[-1]) for name, cells in columns.items())
    kept = [name for name, end in zip(columns, ends, strict=True) if end <= room]
    fits = (width for width in _WIDTHS if sum(_size(name, columns[name], width) for name in kept) <= room)
    width = next(fits)
    return {name: [cut(cell, width) for cell in columns[name]] for name in kept}


def _size(name: str, cells: Sequence[str], width: int) -> int:
    """Bytes of a column."""
    return len(name) + sum(len(cut(cell, width).encode()) + 1 for cell in cells)
