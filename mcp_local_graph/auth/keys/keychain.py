"""The key as a generic password in the login keychain of macOS, written once.

Once, because macOS remembers per item which programs may read it: keyring deletes and adds the item at each write, and
so forgets an "Always allow". msal-extensions' `Keychain` finds, adds or changes in place. A Python
that uv installed is signed ad hoc, so each new one is asked about once. The Keychain could not be tried where this was
written: the tests put a small one of their own in its place.
"""

from __future__ import annotations

import sys
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, Protocol

from mcp_local_graph import threads
from mcp_local_graph.auth.keys import text
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

# Seconds: macOS may ask the person, and a question nobody sees waits for ever. Hosts drop a call after 60.
_DEADLINE = 30.0


class Passwords(Protocol):
    """What an opened `msal_extensions.osx.Keychain` does."""

    def get_generic_password(self, service: str, account_name: str) -> str:
        """Read. Raises OSError with an `exit_status`."""

    def set_generic_password(self, service: str, account_name: str, value: str) -> None:
        """Add, or change in place. Raises OSError with an `exit_status`."""


_NOT_FOUND = -25300
_DUPLICATE = -25299
# Security/SecBase.h, and who met them (flyte-sdk#1300, msal-extensions#80).
_MEANINGS = {
    -128: ("You did not allow access to the Keychain.", "Try again, and choose Always Allow."),
    -25291: ("There is no Keychain in this session.", "Start the server from a desktop session."),
    -25293: (
        "The Keychain does not let this program read its key.",
        f"In Keychain Access, unlock the login keychain, and allow Python to read the entry {text.SERVICE}.",
    ),
    -25294: ("The login keychain is missing.", "Create one in Keychain Access."),
    -25307: ("There is no default keychain.", "Set one in Keychain Access."),
    -25308: (
        "The Keychain is locked, and this session cannot ask for its password (ssh, or no desktop).",
        "Unlock it with `security unlock-keychain`, then try again.",
    ),
}


class KeychainStore:
    """One generic password. `opened` opens the keychain; `locked` holds off the other processes while one is made.

    The lock is needed because `set_generic_password` looks first and writes then: two at once would end with the second
    one's key in place of the one that the first already uses.
    """

    name = "Keychain"

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Passwords]],
        locked: Callable[[], AbstractContextManager[None]],
        deadline: float = _DEADLINE,
    ) -> None:
        self._opened = opened
        self._locked = locked
        self._deadline = deadline

    def get(self) -> bytes | None:
        """The key, or None where there is no such entry."""
        return self._within_deadline(self._read)

    def create(self) -> bytes:
        """Make a key unless there is one, store it, read it back."""
        key = self._within_deadline(self._make)
        if key is None:
            raise KeyStoreUnavailable("The Keychain took a key and has none now.")
        return key

    def _make(self) -> bytes | None:
        with self._locked():
            return self._read() or self._write()

    def _write(self) -> bytes | None:
        try:
            with self._opened() as passwords:
                passwords.set_generic_password(text.SERVICE, text.ENTRY, text.new())
        except OSError as error:
            if _status(error) != _DUPLICATE:  # a duplicate is another process's key, which serves as well
                raise _meaning(error) from error
        return self._read()

    def _read(self) -> bytes | None:
        try:
            with self._opened() as passwords:
                key = text.read(passwords.get_generic_password(text.SERVICE, text.ENTRY))
        except OSError as error:
            if _status(error) == _NOT_FOUND:
                return None
            raise _meaning(error) from error
        except ValueError:  # it is not even text
            key = None
        if key is None:
            raise KeyStoreUnavailable(
                "The Keychain holds something else under our name.",
                f"Delete the entry {text.SERVICE} in Keychain Access, then sign in again.",
            )
        return key

    def _within_deadline(self, work: Callable[[], bytes | None]) -> bytes | None:
        try:
            return threads.start(work).result(self._deadline)
        except Late as error:
            raise KeyStoreUnavailable(
                f"The Keychain did not answer within {self._deadline:.0f} seconds; it may be asking you.",
                "Answer its question with Always Allow, then try again.",
            ) from error
        except OSError as error:  # the lock's, as the Keychain's are known by now
            raise KeyStoreUnavailable(
                f"The lock for the Keychain's entry cannot be taken ({error.strerror}).",
                "Check who may write in the state directory.",
            ) from error


def _status(error: OSError) -> int:
    """The OSStatus: msal-extensions keeps it in `exit_status`, or as the only argument where opening failed."""
    status = getattr(error, "exit_status", None)
    return int(status if status is not None else (error.args or (0,))[0])


def _meaning(error: OSError) -> KeyStoreUnavailable:
    status = _status(error)
    what, remedy = _MEANINGS.get(
        status, ("The Keychain refuses.", "`security error <number>` in a terminal says what the number means.")
    )
    return KeyStoreUnavailable(f"{what} (OSStatus {status})", remedy)


if sys.platform == "darwin":  # only: macOS

    def store(directory: Path) -> KeychainStore:
        """The store of this machine, its lock in the state directory."""
        from msal_extensions.osx import Keychain  # noqa: PLC0415 - imports on macOS only

        from mcp_local_graph.auth import vault  # noqa: PLC0415 - as above

        return KeychainStore(Keychain, vault.plain(directory / "keychain").locked)
