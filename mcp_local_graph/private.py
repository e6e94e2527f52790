"""Directories and files that are this person's alone: made so, kept so, refused where somebody else has a hand in them.

On Windows a directory in the person's profile is theirs by what it inherits; there is nothing to look at here.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OTHERS, _OTHERS_WRITE = 0o077, 0o022


class NotOurs(PermissionError):
    """Somebody else has a hand in it. `strerror` says how, as the end of a sentence about it."""

    def __init__(self, how: str, path: Path) -> None:
        super().__init__(1, how, str(path))


if sys.platform == "win32":  # only: Windows

    def directory(path: Path, *, make: bool = True) -> bool:
        """Make the directory, unless it is not to be made."""
        if make:
            path.mkdir(parents=True, exist_ok=True)
        return False

    def read(path: Path) -> tuple[bytes, bool]:
        """The content of a file."""
        return path.read_bytes(), False
else:

    def directory(path: Path, *, make: bool = True) -> bool:
        """Make sure that a directory is there and nobody else gets into it; True where others could until now.

        With `make` false it may be absent.

        Raises:
            NotOurs: it belongs to another user, or others may write there and that cannot be changed.
            OSError: it cannot be made.
        """
        if make:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if found.st_uid not in {os.geteuid(), 0}:
            raise NotOurs("belongs to another user", path)
        if not found.st_mode & _OTHERS:
            return False
        try:
            path.chmod(0o700)
        except OSError as error:
            if found.st_mode & _OTHERS_WRITE:
                raise NotOurs("can be written by others", path) from error
            return False
        return True

    def read(path: Path) -> tuple[bytes, bool]:
        """The content of a file, and whether others could read or write it until now.

        Raises:
            NotOurs: it is a link, or belongs to another user.
            OSError: it is not there, is no file, or cannot be read.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if path.is_symlink():
                raise NotOurs("is a link", path) from error
            raise
        try:
            shared = _closed(descriptor, path)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(), shared
        finally:
            os.close(descriptor)

    def _closed(descriptor: int, path: Path) -> bool:
        """Close a file to others; True where they could read or write it until now."""
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EISDIR, "Is no file", str(path))
        if found.st_uid not in {os.geteuid(), 0}:
            raise NotOurs("belongs to another user", path)
        shared = bool(found.st_mode & _OTHERS)
        if shared:
            os.fchmod(descriptor, 0o600)
        return shared
