"""Where the key of the token cache lives: a 32-byte secret in the store of the person's own session.

Each store says whether it works here and, if not, why.
"""

from __future__ import annotations

import sys
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, Protocol, TypeVar

from mcp_local_graph import threads
from mcp_local_graph.auth import vault
from mcp_local_graph.auth.keys import text
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from keyring.backend import KeyringBackend

NO_STORE = "this session has no key store (on Linux: no Secret Service on the session bus)"
# A locked collection may ask the person for a password, and a question nobody sees waits for ever.
_DEADLINE = 10.0
# Stores that keep a secret for this person only. `PYTHON_KEYRING_BACKEND` can name any class: one that writes plain
# text, or one that forgets, must not pass for a safe place.
_TRUSTED = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service (libsecret)",
    "keyring.backends.kwallet": "KWallet",
}

T = TypeVar("T")


class KeyStore(Protocol):
    """A place for one key."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def get(self) -> bytes | None:
        """The key, or None where there is none yet. Raises KeyStoreUnavailable."""

    def create(self) -> bytes:
        """Make a key, store it, read it back; one that is there stays. Raises KeyStoreUnavailable, OSError."""


class KeyringStore:
    """The key as a password of one trusted `keyring` back end.

    `guard` keeps other processes from making one at the same time: these stores have no `only if there is none`.
    """

    def __init__(
        self, backend: KeyringBackend, guard: Callable[[], AbstractContextManager[None]], deadline: float = _DEADLINE
    ) -> None:
        self._backend = backend
        self._guard = guard
        self._deadline = deadline
        self.name = _TRUSTED[type(backend).__module__]

    def get(self) -> bytes | None:
        """The key, or None where there is none yet."""
        stored = self._within_deadline(lambda: self._backend.get_password(text.SERVICE, text.ENTRY))
        return None if stored is None else self._decoded(stored)

    def create(self) -> bytes:
        """Make a key, store it, and read back what is there now; one that is there stays."""
        with self._guard():
            key = self.get() or self._made()
        if key is None:
            raise KeyStoreUnavailable(f"The {self.name} took a key and has none now.")
        return key

    def _made(self) -> bytes | None:
        self._within_deadline(lambda: self._backend.set_password(text.SERVICE, text.ENTRY, text.new()))
        return self.get()

    def _decoded(self, stored: str) -> bytes:
        key = text.read(stored)
        if key is None:
            raise KeyStoreUnavailable(
                f"The {self.name} holds something else under our name.",
                f"Delete the entry {text.SERVICE!r} there, then sign in again.",
            )
        return key

    def _within_deadline(self, work: Callable[[], T]) -> T:
        try:
            return threads.start(work).result(self._deadline)
        except Late as error:
            raise KeyStoreUnavailable(
                f"The {self.name} did not answer within {self._deadline:.0f} seconds; it may wait for its password.",
                "Unlock it, then try again.",
            ) from error
        except KeyStoreUnavailable:
            raise
        except Exception as error:  # whatever a back end raises means the same to us
            raise KeyStoreUnavailable(
                f"The {self.name} is locked or does not answer ({type(error).__name__}).", "Unlock it, then try again."
            ) from error


def find(state_dir: Path) -> tuple[KeyStore | None, str]:
    """The best key store of this machine, or None and the reason why there is none.

    Windows and macOS have one of their own, which msal-extensions reaches: with keyring the key would roam with the
    profile on the one, and lose its `Always allow` at each write on the other.
    """
    if sys.platform == "win32":  # only: Windows
        from mcp_local_graph.auth.keys import dpapi  # noqa: PLC0415 - imports what only this system has

        return dpapi.store(state_dir), ""
    if sys.platform == "darwin":  # only: macOS
        from mcp_local_graph.auth.keys import keychain  # noqa: PLC0415 - imports what only this system has

        return keychain.store(state_dir), ""
    return _session_store(state_dir)


def _session_store(state_dir: Path) -> tuple[KeyStore | None, str]:
    """The Secret Service or KWallet of the session, by keyring."""
    import keyring  # noqa: PLC0415 - a fifth of a second that only a sign-in has to pay

    try:
        offered = threads.start(keyring.get_keyring).result(_DEADLINE)
    except Late:
        return None, "the key store of this session does not answer"
    except Exception as error:  # noqa: BLE001 - a broken back end must not keep anybody from working
        return None, f"the key store of this session cannot be loaded ({type(error).__name__})"
    for backend in _members(offered):
        if type(backend).__module__ in _TRUSTED:
            return KeyringStore(backend, vault.plain(state_dir / "key").locked), ""
    return None, _reason(offered)


def _members(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    """A back end, or those that a chain of them tries in turn."""
    yield from getattr(backend, "backends", [backend])


def _reason(backend: KeyringBackend) -> str:
    module = type(backend).__module__
    if module in {"keyring.backends.fail", "keyring.backends.chainer"}:
        return NO_STORE
    return f"keyring is set to {module}, which does not keep secrets safe"
