"""MSAL's token cache in a vault, together with what MSAL does not remember.

Beside MSAL's own entries the vault keeps, per account, the scopes ever granted (MSAL forgets them with the expired
token) and which account is in use. Every change is one transaction over all processes: lock, read what others wrote,
change, save.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import msal

from mcp_local_graph.auth import keys, vault
from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """Which cache: the state directory, where one signs in, and as which app."""

    state_dir: Path
    login_url: str
    client_id: str
    store: TokenStore

    def file(self, suffix: str) -> Path:
        """One file per login origin, port included: MSAL's own cache key has the host name only.

        Measured: with the host alone, a refresh token of one port was sent to another.
        """
        digest = hashlib.sha256(f"{self.login_url}|{self.client_id}".encode()).hexdigest()[:16]
        return self.state_dir / f"tokens-{digest}{suffix}"


def open_vault(place: Place) -> vault.Vault:
    """The safest vault that this machine has and the setting allows.

    Never plain text by itself; never a lost cache: where the key store is locked, the file stays as it is.
    """
    if place.store is TokenStore.MEMORY:
        return vault.MemoryVault("your setting")
    if place.store is TokenStore.PLAINTEXT:
        return vault.plain(place.file(".json"))
    store, reason = keys.find()
    if store is None:
        return vault.MemoryVault(f"{reason}. To keep it in plain text instead: --token-store plaintext")
    try:
        key = store.get() or _create(store, place)
    except KeyStoreUnavailable as error:
        _logger.warning("%s", error.what)
        return vault.MemoryVault(f"{error.what} {error.remedy}".strip())
    except OSError as error:
        return vault.MemoryVault(f"{place.state_dir} cannot be written ({error.strerror})")
    return vault.sealed(place.file(".bin"), key, f"sealed; key in the {store.name}")


def _create(store: keys.KeyStore, place: Place) -> bytes:
    """Make the key once, though several processes may start at the same time."""
    with vault.plain(place.state_dir / "key").locked():
        return store.get() or store.create()


class AccountCache(msal.SerializableTokenCache):  # type: ignore[misc]  # msal carries no types
    """A token cache for any number of server processes and threads."""

    def __init__(self, kept_in: vault.Vault) -> None:
        super().__init__()
        self._vault = kept_in
        self._seen: vault.Signature | None = None
        self._depth = 0
        self._warned = False
        self._granted: dict[str, set[str]] = {}
        self._used: dict[str, set[str]] = {}
        self._in_use: str | None = None

    def describe(self) -> str:
        """Where it is kept, in the words of `status`."""
        return self._vault.describe()

    def search(self, *args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401 - MSAL's signature
        """A snapshot of the matching entries. Takes no file lock."""
        with self._lock:
            self._read()
            self._depth += 1  # search drops expired tokens as it goes: that is not worth a write
            try:
                return iter(list(super().search(*args, **kwargs)))
            finally:
                self._depth -= 1

    def add(self, event: Any, **kwargs: Any) -> None:  # noqa: ANN401 - MSAL's signature
        """Take in one token answer, as one transaction."""
        with self._transaction():
            super().add(event, **kwargs)

    def modify(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - MSAL's signature
        """Change one entry. Inside `add` it is part of its transaction."""
        with self._transaction():
            super().modify(*args, **kwargs)

    @property
    def in_use(self) -> str | None:
        """The home account id of the account that calls are made as."""
        with self._lock:
            self._read()
            return self._in_use

    def granted(self, account: str) -> frozenset[str]:
        """The scopes that an account granted, by short name."""
        with self._lock:
            self._read()
            return frozenset(self._granted.get(account, ()))

    def used(self, account: str) -> frozenset[str]:
        """The scopes that tools asked for with this account."""
        with self._lock:
            self._read()
            return frozenset(self._used.get(account, ()))

    def note_used(self, account: str, scopes: Iterable[str]) -> None:
        """Remember that tools asked for these scopes; written once for each."""
        new = set(scopes)
        if not new <= self.used(account):
            with self._transaction():
                self._used.setdefault(account, set()).update(new)

    def use(self, account: str | None) -> None:
        """Make calls as this account from now on, in all processes."""
        with self._transaction():
            self._in_use = account

    def grant(self, account: str, scopes: Iterable[str]) -> None:
        """Remember scopes that an account has granted."""
        new = set(scopes)
        if not new <= self.granted(account):
            with self._transaction():
                self._granted.setdefault(account, set()).update(new)

    def retire(self, account: str, scopes: Iterable[str]) -> None:
        """Forget scopes that an account has granted no longer."""
        with self._transaction():
            self._granted.get(account, set()).difference_update(scopes)

    def alone(self, what: str, patience: float) -> contextlib.AbstractContextManager[None]:
        """Do `what` (a word) while no other process with this cache does it. Raises KeyStoreUnavailable, OSError."""
        return self._vault.alone(what, patience)

    def entries(self) -> list[dict[str, Any]]:
        """MSAL's account entries of this cache, in MSAL's own shape."""
        return list(self.search(self.CredentialType.ACCOUNT))

    def account(self, home_account_id: str) -> Account | None:
        """One of them."""
        return next((account for account in self.accounts() if account.home_account_id == home_account_id), None)

    def accounts(self) -> tuple[Account, ...]:
        """Everybody who is signed in here, by name."""
        found = (
            Account(entry["home_account_id"], entry.get("username") or "", entry.get("realm") or "")
            for entry in self.entries()
        )
        return tuple(sorted(found, key=lambda account: account.user_name))

    def remove(self, account: str) -> None:
        """Forget an account: its tokens, its scopes, itself.

        Raises:
            KeyStoreUnavailable: they cannot be taken off the disk; nobody may believe that they were.
        """
        query = {"home_account_id": account}
        kind = self.CredentialType
        with self._transaction(must_last=True):
            for credential, remove in (
                (kind.REFRESH_TOKEN, self.remove_rt),
                (kind.ACCESS_TOKEN, self.remove_at),
                (kind.ID_TOKEN, self.remove_idt),
                (kind.ACCOUNT, self.remove_account),
            ):
                for entry in self.search(credential, query=query):
                    remove(entry)
            self._granted.pop(account, None)
            self._used.pop(account, None)
            if self._in_use == account:
                self._in_use = None

    @contextlib.contextmanager
    def _transaction(self, *, must_last: bool = False) -> Iterator[None]:
        with self._lock:
            if self._depth:
                yield
                return
            self._depth += 1
            try:
                with contextlib.ExitStack() as held:
                    lasting = self._hold(held)
                    self._read()
                    yield
                    lasting = lasting and self._write()
            finally:
                self._depth -= 1
            if must_last and not lasting:
                raise KeyStoreUnavailable(
                    f"The token cache cannot be changed: {self.describe()}.", "Delete that file by hand."
                )

    def _hold(self, held: contextlib.ExitStack) -> bool:
        """Lock the vault. Where that does not succeed, the call goes on in memory: its token was given out already."""
        try:
            held.enter_context(self._vault.locked())
        except OSError as error:
            self._warn(error.strerror)
            return False
        except KeyStoreUnavailable as error:
            self._warn(error.what)
            return False
        return True

    def _warn(self, reason: str | None) -> None:
        if not self._warned:
            _logger.warning("The token cache cannot be used (%s); this sign-in ends with the server", reason)
            self._warned = True

    def _read(self) -> None:
        """Take over what another process wrote since we looked last."""
        try:
            signature = self._vault.signature()
            if signature is None or signature == self._seen:
                return
            content = self._vault.load()
        except OSError as error:
            self._warn(error.strerror)
            return
        state = json.loads(content) if content else {}
        self._cache = state.get("msal", {})
        self._granted = {account: set(scopes) for account, scopes in state.get("granted", {}).items()}
        self._used = {account: set(scopes) for account, scopes in state.get("used", {}).items()}
        self._in_use = state.get("in_use")
        self._seen = signature

    def _write(self) -> bool:
        state = {
            "msal": self._cache,
            "granted": {account: sorted(scopes) for account, scopes in self._granted.items()},
            "used": {account: sorted(scopes) for account, scopes in self._used.items()},
            "in_use": self._in_use,
        }
        try:
            self._vault.save(json.dumps(state).encode())
            self._seen = self._vault.signature()
        except OSError as error:
            self._warn(error.strerror)
            return False
        return True
