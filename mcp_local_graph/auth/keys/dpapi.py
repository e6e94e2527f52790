"""The key in a file that Windows encrypts for this user on this machine (DPAPI).

Only the key, not the cache: what DPAPI protects is lost when an administrator resets the password, or the profile is
copied to another machine ("Key not valid for use in specified state", -2146893813; azure-cli#20231),
and msal-extensions' own file is written over in place, so that a reader can see half of it. Credential Manager, which
keyring would use, roams with the account and holds 1,280 characters. DPAPI itself could not be tried
where this was written: the tests put a small agent of their own in its place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from mcp_local_graph.auth import vault
from mcp_local_graph.auth.keys import text
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

# Not "key.…": beside that name is the lock of the session's key stores, which other systems have.
FILE_NAME = "cache-key.dpapi"


class Agent(Protocol):
    """What `msal_extensions.windows.WindowsDataProtectionAgent` does."""

    def protect(self, message: str) -> bytes:
        """Encrypt. Raises OSError."""

    def unprotect(self, cipher_text: bytes) -> str:
        """Decrypt. Raises OSError."""


class DpapiStore:
    """One key in the file `path`. Whoever creates it first wins; it is never written again."""

    name = "Windows Data Protection"

    def __init__(self, path: Path, agent: Agent) -> None:
        self._path = path
        self._agent = agent
        # Whole or not at all, and one writer at a time; sealing is DPAPI's matter.
        self._file = vault.FileVault(path, self.name, seal=lambda content: content, open_=lambda stored: stored)

    def get(self) -> bytes | None:
        """The key, or None where there is no file."""
        try:
            stored = self._file.load()
        except OSError as error:
            raise KeyStoreUnavailable(
                f"The key file {self._path} cannot be read ({error.strerror}).", "Check who may read it."
            ) from error
        return None if stored is None else self._opened(stored)

    def create(self) -> bytes:
        """Make a key unless there is one, store it, read it back."""
        try:
            with self._file.locked():
                return self.get() or self._make()
        except OSError as error:
            raise KeyStoreUnavailable(
                f"The key file {self._path} cannot be written ({error.strerror}).", "Check who may write there."
            ) from error

    def _make(self) -> bytes:
        try:
            protected = self._agent.protect(text.new())
        except OSError as error:
            raise KeyStoreUnavailable(
                f"Windows does not protect a key for this user account (error {_number(error)}).",
                "Check that the user profile is loaded: DPAPI needs one.",
            ) from error
        self._file.save(protected)
        return self._opened(self._path.read_bytes())

    def _opened(self, stored: bytes) -> bytes:
        try:
            key = text.read(self._agent.unprotect(stored))
        except OSError as error:
            raise self._shut(f"error {_number(error)}") from error
        except ValueError:  # it is not even text
            key = None
        if key is None:
            raise self._shut("it holds something else")
        return key

    def _shut(self, reason: str) -> KeyStoreUnavailable:
        return KeyStoreUnavailable(
            f"Windows does not open the key file {self._path} ({reason}). Nothing was deleted.",
            "This follows a password that an administrator reset, or a profile copied from another machine: sign in to "
            "Windows with the former password or on the former machine. Else rename that file, then sign in again.",
        )


def _number(error: OSError) -> int:
    """Windows' own number of an error: msal-extensions gives it as the fourth argument, which only Windows keeps."""
    number = getattr(error, "winerror", None) or (error.args[3] if len(error.args) > 3 else error.errno)  # noqa: PLR2004 - as above
    return int(number or 0)


if sys.platform == "win32":  # only: Windows

    def store(directory: Path) -> DpapiStore:
        """The store of this machine, its file in the state directory."""
        from msal_extensions.windows import WindowsDataProtectionAgent  # noqa: PLC0415 - imports on Windows only

        return DpapiStore(directory / FILE_NAME, WindowsDataProtectionAgent())
