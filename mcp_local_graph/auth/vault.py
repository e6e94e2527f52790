"""One file that keeps bytes: written whole or not at all, shared by processes, sealed or plain.

A sealed file is `magic | key id (8) | nonce (12) | AES-256-GCM`; all in front of the ciphertext is authenticated too.
Readers take no lock: a write makes a new file and renames it. A file that cannot be read is set aside, never deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

from mcp_local_graph import private
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAGIC = b"MLG1"
_KEY_ID, _NONCE = 8, 12
_HEADER = len(MAGIC) + _KEY_ID + _NONCE
# Seconds to wait for another process's write, which takes milliseconds.
_LOCK_DEADLINE = 10.0
# Seconds between two looks: the first, the shortest, and after how long a wait it is the shortest.
_PAUSE, _SHORTEST_PAUSE, _AGED = 0.01, 0.0005, 0.3
_REPLACE_DEADLINE = 1.0
_logger = logging.getLogger(__name__)

Signature = tuple[int, int, int]


class Vault(Protocol):
    """Where the token cache stays between two starts."""

    def describe(self) -> str:
        """In the words of `status`."""

    def signature(self) -> Signature | None:
        """Changes with each write of any process; None where there is nothing."""

    def load(self) -> bytes | None:
        """What was saved last, or None."""

    def save(self, content: bytes) -> None:
        """Replace what is there."""

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold off other writers, of this process and of others."""

    def alone(self, what: str, patience: float) -> contextlib.AbstractContextManager[None]:
        """Do `what` (a word) while no other process does it; waits up to `patience` seconds."""

    def set_aside(self) -> None:
        """Put what is there out of the way, since it makes no sense; never delete it."""


class MemoryVault:
    """Nothing outlives the process."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def describe(self) -> str:
        """Say that, and why."""
        return f"in memory only, gone when the server stops: {self._reason}"

    def signature(self) -> None:
        """Nothing, ever."""

    def load(self) -> None:
        """Nothing, ever."""

    def save(self, content: bytes) -> None:
        """Keep nothing: MSAL's cache in memory is all there is."""

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Nobody else can write."""
        return contextlib.nullcontext()

    def alone(self, what: str, patience: float) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002 - as a Vault
        """Nobody else knows of us."""
        return contextlib.nullcontext()

    def set_aside(self) -> None:
        """There is nothing."""


class FileVault:
    """A file `path`; `seal` and `open_` turn its content into what is on disk and back."""

    def __init__(
        self, path: Path, label: str, seal: Callable[[bytes], bytes], open_: Callable[[bytes], bytes | None]
    ) -> None:
        self._path = path
        self._label = label
        self._seal = seal
        self._open = open_
        self._writer: int | None = None

    def describe(self) -> str:
        """Say where, and how safe that is."""
        return f"{self._path} ({self._label})"

    def signature(self) -> Signature | None:
        """Inode, time and size: a renamed file differs in the first, whatever the clock does."""
        try:
            stat = self._path.lstat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def load(self) -> bytes | None:
        """What was saved last; None where there is nothing, or nothing that can be read."""
        try:
            content, _ = self._content()
            if content is None:
                with self._locked_once():
                    # A writer may have mended it since: only what is still bad under the lock goes out of the way.
                    content, why = self._content()
                    if content is None:
                        self.set_aside(why)
        except FileNotFoundError:
            return None
        return content

    def save(self, content: bytes) -> None:
        """Write a new file beside the old one, then take its place. The caller holds the lock."""
        temporary = self._path.with_suffix(".new")
        # What a crash left there, or somebody put there: a link would lead our bytes elsewhere.
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._seal(content))
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, self._path)
        except OSError:
            temporary.unlink(missing_ok=True)  # half a file on a full disk takes the room of those that are needed
            raise
        _flush_directory(self._path.parent)

    def set_aside(self, why: str = "cannot be read") -> None:
        """Rename the file. The random end: two damaged files within a second must not replace each other."""
        aside = self._path.with_suffix(f".bad-{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(2)}")
        _logger.warning("The token cache %s %s; it was set aside as %s", self._path.name, why, aside.name)
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            self._path.replace(aside)

    def _content(self) -> tuple[bytes | None, str]:
        """What the file holds; None and why where that makes no sense, or somebody else may have put it there."""
        try:
            stored, shared = private.read(self._path)
        except private.NotOurs as error:
            return None, str(error.strerror)
        if shared:
            _logger.warning("Others could read the token cache %s; it is for this account alone now", self._path.name)
        return self._open(stored), "cannot be read"

    def _locked_once(self) -> contextlib.AbstractContextManager[None]:
        """The lock of writers, unless this thread holds it already."""
        return contextlib.nullcontext() if self._writer == threading.get_ident() else self.locked()

    @contextlib.contextmanager
    def locked(self, patience: float = _LOCK_DEADLINE) -> Iterator[None]:
        """Hold the lock of writers. Who is next holds another one, the queue's, until then.

        Without it a busy process that gives the lock back takes it again before those who look for it now and then:
        of eight with a cache of 2 MB the slowest waited for 7 seconds (`scripts/bench stress`), now for less than one.
        """
        deadline = time.monotonic() + patience
        with contextlib.ExitStack() as queue:
            queue.enter_context(self._holding(".queue.lock", patience, _SHORTEST_PAUSE))
            with self._holding(".lock", deadline - time.monotonic(), _SHORTEST_PAUSE):
                queue.close()
                self._writer = threading.get_ident()
                try:
                    yield
                finally:
                    self._writer = None

    def alone(self, what: str, patience: float) -> contextlib.AbstractContextManager[None]:
        """Hold the lock of those who do `what`."""
        return self._holding(f".{what}.lock", patience)

    @contextlib.contextmanager
    def _holding(self, suffix: str, patience: float, shortest_pause: float = _PAUSE) -> Iterator[None]:
        """Hold a lock file, which is never deleted: deleting one lets two hold `it` at once."""
        if private.directory(self._path.parent):
            _logger.warning("Others could enter the state directory; it is for this account alone now")
        no_link = getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._path.with_suffix(suffix), os.O_RDWR | os.O_CREAT | no_link, 0o600)
        try:
            _wait_for_lock(descriptor, patience, shortest_pause)
            yield
        finally:
            os.close(descriptor)  # which gives the lock back


def key_id(key: bytes) -> bytes:
    """Tells one key from another, and nothing else about it."""
    return hashlib.sha256(key).digest()[:_KEY_ID]


def sealed(path: Path, key: bytes, label: str) -> FileVault:
    """A file that only the holder of `key` (32 bytes) can read or change unnoticed."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - needed at a sign-in only
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

    cipher = AESGCM(key)
    start = MAGIC + key_id(key)

    def seal(content: bytes) -> bytes:
        header = start + secrets.token_bytes(_NONCE)
        return header + cipher.encrypt(header[-_NONCE:], content, header)

    def open_(stored: bytes) -> bytes | None:
        header, body = stored[:_HEADER], stored[_HEADER:]
        if not stored.startswith(start):
            return None
        try:
            return cipher.decrypt(header[-_NONCE:], body, header)
        except (InvalidTag, ValueError):
            return None

    return FileVault(path, label, seal, open_)


def plain(path: Path) -> FileVault:
    """A file in plain text that only this person's account may read. By explicit setting only."""
    return FileVault(
        path,
        "PLAIN TEXT, by your setting; readable for this user account only",
        lambda content: content,
        lambda stored: stored if _is_object(stored) else None,
    )


def _is_object(stored: bytes) -> bool:
    try:
        return isinstance(json.loads(stored), dict)
    except ValueError:
        return False


def _wait_for_lock(descriptor: int, patience: float, shortest_pause: float) -> None:
    began = time.monotonic()
    while not _try_lock(descriptor):
        waited = time.monotonic() - began
        if waited > patience:
            raise KeyStoreUnavailable(
                "Another program holds the token cache for too long.",
                "Stop other servers of this kind, then try again.",
            )
        # Who has waited longer looks more often, and so comes before those who have just come.
        time.sleep(max(_PAUSE * (1 - waited / _AGED), shortest_pause))


if sys.platform == "win32":  # only: Windows
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _flush_directory(directory: Path) -> None:
        """Windows has no such call; the rename is in its journal."""

    def _replace(temporary: Path, path: Path) -> None:
        """A file that another process is reading cannot be replaced; readers are done in no time."""
        deadline = time.monotonic() + _REPLACE_DEADLINE
        while True:
            try:
                temporary.replace(path)
            except PermissionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                return
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _replace(temporary: Path, path: Path) -> None:
        temporary.replace(path)

    def _flush_directory(directory: Path) -> None:
        """Make the rename itself last."""
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
