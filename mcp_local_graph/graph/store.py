"""What lasts between calls, of one account: handles, cursors and small facts. One SQLite file; it holds no token.

Any number of threads and processes may use it at once. What is in it can be had again by listing things again, so it is
quick rather than durable: it does not wait for the disk, a damaged file is set aside and a new one begun, and where the
file cannot be used the process goes on in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import sqlite3
import stat
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mcp_local_graph import private
from mcp_local_graph.errors import LocalGraphError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
_logger = logging.getLogger(__name__)
# Seconds to wait for another process's write, which takes a millisecond.
_PATIENCE = 2.0
_PAUSE = 0.005
# The number of the tables below; a file with another number is not read.
_VERSION = 1
_TABLES = (
    "CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL)",
    # A row without a path is a tombstone: the handle was given, and is kept from meaning anything else.
    """CREATE TABLE handles (handle TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, path TEXT, used INTEGER NOT NULL,
       note TEXT NOT NULL)""",
    "CREATE INDEX handles_kept ON handles (used) WHERE path IS NOT NULL",
    "CREATE INDEX handles_gone ON handles (used) WHERE path IS NULL",
    """CREATE TABLE cursors (id TEXT PRIMARY KEY, expires INTEGER NOT NULL, tool TEXT NOT NULL, query TEXT NOT NULL,
       origin TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, "offset" INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX cursors_expire ON cursors (expires)",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {_VERSION}",
)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many rows of each kind are kept; what was used longest ago goes first."""

    handles: int = 50_000
    tombstones: int = 200_000
    cursors: int = 1_000


class Store:
    """One account's file. Nothing happens before the first use. Without a path it is in memory.

    `clock` tells seconds since 1970; `patience` is how many of them another process's write is waited for.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = _PATIENCE,
    ) -> None:
        self._path = path
        self._patience = patience
        self._using = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self.limits = limits or Limits()
        self.clock = clock
        # How many more handles may be written before somebody counts them.
        self.room = 0

    def __del__(self) -> None:
        """Python 3.13 and later complain of a connection that nobody closed."""
        self._close()

    def open(self) -> None:
        """Make ready for use. It takes some milliseconds, so not on the event loop."""
        self.run(lambda _: None)

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` as one transaction. It may be done again, so it changes nothing but the database."""
        with self._using:
            for mend in (self._mend, self._give_up):
                try:
                    return self._transaction(work)
                except (sqlite3.DatabaseError, OSError) as error:
                    self._close()
                    mend(error)
            return self._transaction(work)

    def key(self, db: sqlite3.Connection) -> bytes:
        """The account's key for handles, 32 bytes, made when it is first asked for. Inside a transaction."""
        row = db.execute("SELECT key FROM secret").fetchone()
        if row is None:
            row = (secrets.token_bytes(32),)
            db.execute("INSERT INTO secret VALUES (1, ?)", row)
        key: bytes = row[0]
        return key

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the account, such as its mailbox's time zone."""
        self.run(lambda db: db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value)))

    def recall(self, name: str) -> str:
        """What was remembered under this name, or nothing."""
        row = self.run(lambda db: db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone())
        return row[0] if row else ""

    def wipe(self) -> None:
        """Forget everything. The file itself goes where no other process has it open; else it stays, empty.

        Raises:
            LocalGraphError: it cannot be emptied.
        """
        path = self._path
        if path is None or path.exists():
            self.run(_empty)
        if path is None:
            return
        if self._path is None:
            raise LocalGraphError(f"{path} cannot be emptied.", "Delete that file by hand.")
        with self._using:
            # SQLite lets only those leave this mode who have the file to themselves. Deleting it under somebody else
            # would leave them writing to a file that nobody can find.
            alone = self._connection is not None and _left_wal(self._connection)
            self._close()
            for leftover in (*([path] if alone else []), _aside(path)):
                leftover.unlink(missing_ok=True)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._open()
        with self._connection as db:
            db.execute("BEGIN IMMEDIATE")
            return work(db)

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            return _prepared(db, self._patience)
        _make_file(self._path)
        found = self._path.stat()
        self._identity = (found.st_dev, found.st_ino)
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        db = sqlite3.connect(address, uri=True, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            return _prepared(db, self._patience)
        except BaseException:
            db.close()
            raise

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _mend(self, error: Exception) -> None:
        """Put a damaged file out of the way; with any other trouble, go on in memory."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
        if self._path is None or isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError):
            raise error
        if code not in _DAMAGED:
            self._give_up(error)
            return
        with contextlib.suppress(OSError):  # another process was quicker, or nothing can be moved here
            found = self._path.stat()
            if (found.st_dev, found.st_ino) == self._identity:
                _set_aside(self._path)

    def _give_up(self, error: Exception) -> None:
        if self._path is None:
            raise error
        reason = getattr(error, "sqlite_errorname", None) or getattr(error, "strerror", None)
        _logger.warning("Handles and cursors are kept in memory only: %s cannot be used (%s)", self._path.name, reason)
        self._path = None


def place(state_dir: Path, app: str, account: str) -> Path:
    """The file of one account. `app` says where one signs in and as which app, `account` is the home account id."""
    return state_dir / f"shown-{_short(app)}-{_short(account)}.db"


def places(state_dir: Path, app: str) -> list[Path]:
    """The files of all accounts of one app, of those too that are not signed in any more."""
    return sorted(state_dir.glob(f"shown-{_short(app)}-*.db"))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _make_file(path: Path) -> None:
    """An empty file that only this person's account may read: SQLite gives its other files the same mode.

    One that is there is not opened: to close it would drop the locks that this process has on it (fcntl's rule).
    """
    private.directory(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):  # a link would lead our rows elsewhere
            raise
        if sys.platform != "win32" and stat.S_IMODE(found.st_mode) != 0o600:  # noqa: PLR2004 - a file mode
            path.chmod(0o600)


def _prepared(db: sqlite3.Connection, patience: float) -> sqlite3.Connection:
    """The connection, with the tables made where there are none yet."""
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA secure_delete = ON")
    _into_wal(db, patience)
    if _version(db) != _VERSION:
        with db:
            db.execute("BEGIN IMMEDIATE")
            if _version(db) != _VERSION:  # another process may have made them while we waited
                for statement in _TABLES:
                    db.execute(statement)
    return db


def _into_wal(db: sqlite3.Connection, patience: float) -> None:
    """Readers and the writer do not wait for each other then. SQLite does not wait here as it does elsewhere."""
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _left_wal(db: sqlite3.Connection) -> bool:
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was deleted still stands in the log
    db.execute("PRAGMA busy_timeout = 0")
    try:
        return bool(db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except sqlite3.OperationalError:
        return False


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _empty(db: sqlite3.Connection) -> None:
    for table in ("secret", "handles", "cursors", "facts"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above


def _aside(path: Path) -> Path:
    return path.with_suffix(".bad")


def _set_aside(path: Path) -> None:
    _logger.warning("The file %s is damaged; it was set aside as %s", path.name, _aside(path).name)
    path.replace(_aside(path))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
