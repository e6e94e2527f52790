"""Where a list goes on: a next link of Graph's, kept here; the model sees a short random word for it, never a link."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.errors import CursorUnknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from mcp_local_graph.graph.store import Store

# Seconds that a cursor is good for.
LIFETIME = 24 * 3600
_GRAMMAR = re.compile(r"[a-z2-7]{8}")


class Cursor(NamedTuple):
    """Where the list of one query of one tool goes on.

    `url` is the whole address at `origin`, to be asked with `headers`; its first `offset` items were shown already.
    `query` is whatever tells the query from others, in a form that `==` can compare.
    """

    tool: str
    origin: str
    url: str
    headers: Mapping[str, str]
    query: str = ""
    offset: int = 0


def keep(store: Store, cursor: Cursor) -> str:
    """The word by which `find` has it again, also after a restart, for a day."""
    now = int(store.clock())

    def work(db: sqlite3.Connection) -> str:
        db.execute("DELETE FROM cursors WHERE expires <= ?", (now,))
        beyond = "SELECT id FROM cursors ORDER BY expires DESC LIMIT -1 OFFSET ?"
        db.execute(f"DELETE FROM cursors WHERE id IN ({beyond})", (store.limits.cursors - 1,))  # noqa: S608 - the text stands above
        word = _new(db)
        headers = json.dumps(dict(cursor.headers))
        row = (word, now + LIFETIME, cursor.tool, cursor.query, cursor.origin, cursor.url, headers, cursor.offset)
        db.execute("INSERT INTO cursors VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return word

    return store.run(work)


def find(store: Store, text: str, *, tool: str, origin: str) -> Cursor:
    """The cursor of this word, given to this tool for this origin.

    Raises:
        CursorUnknown: there is none, it is another tool's, or its day is over.
    """
    word, now = text.strip(), int(store.clock())
    if not _GRAMMAR.fullmatch(word):
        raise _unknown("That is no cursor.")
    columns = 'tool, origin, url, headers, query, "offset"'
    query = f"SELECT {columns} FROM cursors WHERE id = ? AND expires > ?"  # noqa: S608 - the text stands above
    row = store.run(lambda db: db.execute(query, (word, now)).fetchone())
    if row is None or row[1] != origin:
        raise _unknown(f"The cursor {word} is not known here, or is older than a day.")
    if row[0] != tool:
        raise _unknown(f"The cursor {word} was given by {row[0]}.")
    return Cursor(tool=row[0], origin=row[1], url=row[2], headers=json.loads(row[3]), query=row[4], offset=row[5])


def _new(db: sqlite3.Connection) -> str:
    """A word that no other cursor has: five random bytes."""
    while True:
        word = base64.b32encode(secrets.token_bytes(5)).decode().lower()
        if db.execute("SELECT 1 FROM cursors WHERE id = ?", (word,)).fetchone() is None:
            return word


def _unknown(what: str) -> CursorUnknown:
    return CursorUnknown(what, "Ask for the list again without a cursor.")
