"""Short names for Graph's long ids: an id is some ninety tokens, a handle three or four.

A handle is a letter for the kind of object and the first characters of an HMAC over kind and path, under a key of the
account's own. So the same object always has the same handle, nobody can make one up, and only what was shown to this
account can be addressed.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.errors import HandleUnknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from mcp_local_graph.graph.store import Store


class Kind(StrEnum):
    """What a handle stands for, by its first letter."""

    MESSAGE = "m"
    ATTACHMENT = "a"
    FOLDER = "f"
    EVENT = "e"
    CALENDAR = "c"
    PERSON = "p"
    FILE = "d"
    OTHER = "o"


# What each is called, and the tool that shows it.
_CALLED = {
    Kind.MESSAGE: ("message", "mail_search"),
    Kind.ATTACHMENT: ("attachment", "mail_read"),
    Kind.FOLDER: ("folder", "mail_folders"),
    Kind.EVENT: ("event", "calendar_list"),
    Kind.CALENDAR: ("calendar", "graph_get"),
    Kind.PERSON: ("person", "people_find"),
    Kind.FILE: ("file", "graph_get"),
    Kind.OTHER: ("object", "graph_get"),
}
# The characters of a handle after its letter; 52 of them are the whole HMAC.
_SHORTEST, _LONGEST = 8, 52
_GRAMMAR = re.compile(rf"[{''.join(Kind)}][a-z2-7]{{{_SHORTEST},{_LONGEST}}}")
# Time is counted in turns: each transaction that writes is one, of a hundred handles at most. A use is worth a write
# when the last one that was noted is so many turns ago: far fewer handles than are kept have come since.
_AGE = 100
# Every so many new handles the file is counted and trimmed, and then by this share, so that it is not each time.
_COUNT_EVERY, _SPARE = 200, 250

Segments = tuple[str, ...]


class Found(NamedTuple):
    """An object that was shown: its kind, its path below `/v1.0` as raw segments, and what the tool noted of it."""

    kind: Kind
    path: Segments
    note: str = ""


class Shown(NamedTuple):
    """An object to be given a handle, as in Found."""

    kind: Kind
    path: Segments
    note: str = ""


class _Row(NamedTuple):
    """As it is stored. `path` is JSON; None for a tombstone."""

    id: int
    digest: bytes
    path: str | None
    used: int
    note: str


def give(store: Store, kind: Kind, path: Segments, note: str = "") -> str:
    """The handle of the object at this canonical path, such as `("me", "messages", id)`.

    `note` is what `find` gives back with it, some hundred characters at most; without one an earlier note stays.
    """
    return give_all(store, [Shown(kind, path, note)])[0]


def give_all(store: Store, objects: Sequence[Shown]) -> list[str]:
    """The handles of several objects, in one transaction: fifty new ones are about a millisecond."""

    def work(db: sqlite3.Connection) -> tuple[list[str], int]:
        key, turn = store.key(db), _turn(db)
        given = [_give(db, key, turn, one) for one in objects]
        new = sum(is_new for _, is_new in given)
        if new > store.room:
            store.room = _trimmed(db, store)
        return [handle for handle, _ in given], new

    handles, new = store.run(work)
    store.room -= new
    return handles


def find(store: Store, text: str, kinds: Iterable[Kind] = ()) -> Found:
    """The object that a handle stands for, of one of `kinds` where they are named.

    Raises:
        HandleUnknown: it stands for nothing here, or not for such an object.
    """
    handle, wanted = text.strip(), tuple(kinds)
    if not _GRAMMAR.fullmatch(handle):
        raise HandleUnknown(f"That is no handle of {_one_of(wanted)}.", _advice(wanted))
    kind = Kind(handle[0])
    if wanted and kind not in wanted:
        raise HandleUnknown(f"{handle} is {_a(_CALLED[kind][0])}, not {_one_of(wanted)}.", _advice(wanted))
    row, key = store.run(lambda db: (_used(db, handle), store.key(db)))
    if row is not None and row.path is None:
        name, tool = _CALLED[kind]
        raise HandleUnknown(f"The {name} {handle} is no longer kept here.", f"List it again with {tool}.")
    # The file is only a file: a row that does not prove itself stands for nothing.
    if row is None or row.path is None or not _proves(handle, row, _digest(key, row.path)):
        raise HandleUnknown(f"There is no {_CALLED[kind][0]} {handle} here.", _advice((kind,)))
    return Found(kind, tuple(json.loads(row.path)[1:]), row.note)


def _give(db: sqlite3.Connection, key: bytes, turn: int, one: Shown) -> tuple[str, bool]:
    """The handle, and whether the file has one object more for it."""
    kind, path, note = one
    written = json.dumps([kind, *path], separators=(",", ":"))
    digest = _digest(key, written)
    length = _SHORTEST
    while (row := _row(db, handle := kind + _word(digest, length))) is not None and row.digest != digest:
        length += 1  # it means another object; the whole HMAC could not
    if row is None:
        db.execute("INSERT INTO handles VALUES (?, ?, ?, ?, ?)", (handle, digest, written, turn, note))
        return handle, True
    note = note or row.note
    if row.path is None or turn - row.used > _AGE or note != row.note:
        change = "UPDATE handles SET path = ?, used = ?, note = ? WHERE rowid = ?"
        db.execute(change, (written, turn, note, row.id))
    return handle, row.path is None


def _row(db: sqlite3.Connection, handle: str) -> _Row | None:
    found = db.execute("SELECT rowid, digest, path, used, note FROM handles WHERE handle = ?", (handle,)).fetchone()
    return None if found is None else _Row(*found)


def _used(db: sqlite3.Connection, handle: str) -> _Row | None:
    row = _row(db, handle)
    if row is not None and row.path is not None and (turn := _turn(db)) - row.used > _AGE:
        db.execute("UPDATE handles SET used = ? WHERE rowid = ?", (turn, row.id))
    return row


def _turn(db: sqlite3.Connection) -> int:
    """The number of this transaction, should it write."""
    return int(db.execute("SELECT coalesce(max(used), 0) + 1 FROM handles WHERE path IS NOT NULL").fetchone()[0])


def _trimmed(db: sqlite3.Connection, store: Store) -> int:
    """Make tombstones of the handles beyond the limit, forget tombstones beyond theirs; returns the room there is."""
    limit = store.limits.handles
    kept = _count(db, "path IS NOT NULL")
    if kept > limit:
        kept_now = limit - limit // _SPARE
        oldest = "SELECT rowid FROM handles WHERE path IS NOT NULL ORDER BY used LIMIT ?"
        db.execute(f"UPDATE handles SET path = NULL, note = '' WHERE rowid IN ({oldest})", (kept - kept_now,))  # noqa: S608 - the text stands above
        kept = kept_now
    if (gone := _count(db, "path IS NULL") - store.limits.tombstones) > 0:
        oldest = "SELECT rowid FROM handles WHERE path IS NULL ORDER BY used LIMIT ?"
        db.execute(f"DELETE FROM handles WHERE rowid IN ({oldest})", (gone,))  # noqa: S608 - as above
    return min(limit - kept, _COUNT_EVERY)


def _count(db: sqlite3.Connection, which: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM handles WHERE {which}").fetchone()[0])  # noqa: S608 - texts of ours


def _digest(key: bytes, written: str) -> bytes:
    return hmac.digest(key, written.encode(), "sha256")


def _word(digest: bytes, length: int) -> str:
    """The first characters of a digest in base32: each is five bits of it."""
    return base64.b32encode(digest[: -(-length * 5 // 8)]).decode().lower()[:length]


def _proves(handle: str, row: _Row, digest: bytes) -> bool:
    return row.digest == digest and _word(digest, len(handle) - 1) == handle[1:]


def _one_of(kinds: Sequence[Kind]) -> str:
    return " or ".join(_a(_CALLED[kind][0]) for kind in kinds) or "ours"


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _advice(kinds: Sequence[Kind]) -> str:
    tools = dict.fromkeys(_CALLED[kind][1] for kind in kinds or (Kind.OTHER,))
    return f"Use a handle from {' or '.join(tools)}."
