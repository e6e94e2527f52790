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
# Directories such as /tmp.
_EVERYBODYS = stat.S_ISVTX | stat.S_IWOTH
# How the names of all that we keep in the state directory begin.
_OUR_NAMES = ("settings.", "tokens-", "shown-", "key.", "keychain.", "cache-key.")


class NotOurs(PermissionError):
    """Somebody else has a hand in it. `strerror` says how, as the end of a sentence about it."""

    def __init__(self, how: str, path: Path) -> None:
        super().__init__(errno.EPERM, how, str(path))


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

        With `make` false it may be absent. It is closed only where nothing but ours is in it: somebody may have named
        a directory that others need, such as /tmp.

        Raises:
            NotOurs: it belongs to another user, it is everybody's, others may write there and that cannot be changed,
                or others get in and it has more in it than ours.
            OSError: it cannot be made, or is no directory.
        """
        if make:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if found.st_uid not in {os.geteuid(), 0}:
            raise NotOurs("belongs to another user", path)
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        if not found.st_mode & _OTHERS:
            return False
        if found.st_mode & _EVERYBODYS:
            raise NotOurs("is for everybody to write in", path)
        strange = sorted(each.name for each in path.iterdir() if not each.name.startswith(_OUR_NAMES))
        try:
            # With other things in it the mode stays: then this only shows whether it could be changed.
            path.chmod(stat.S_IMODE(found.st_mode) if strange else 0o700)
        except OSError as error:
            if found.st_mode & _OTHERS_WRITE:
                raise NotOurs("can be written by others", path) from error
            return False
        if strange:
            raise NotOurs(f"is open to others and has other things in it than ours, {strange[0]} for one", path)
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
