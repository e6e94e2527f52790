"""MSAL's token cache in a vault, together with what MSAL does not remember.

Beside MSAL's own entries the vault keeps a note per account (MSAL forgets granted scopes with the expired token) and
which account is in use. Every change is one transaction over all processes: lock, read what others wrote,
change, save.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msal

from mcp_local_graph.auth import vault
from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.auth.consent import Waiting
from mcp_local_graph.auth.keys import stores
from mcp_local_graph.auth.notes import Note
from mcp_local_graph.auth.prompts import recent
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """Which cache: the state directory, where one signs in, as which app, and how it is kept."""

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

    def is_sealed(self) -> bool:
        """Whether there is a sealed cache, under whatever key."""
        return any(self.state_dir.glob(self.file("-*.bin").name))

    def wipe(self) -> None:
        """Delete every copy of this cache: sealed, plain, set aside. The lock files stay."""
        for suffix in ("*.bin", "*.json", "*.new", "*.bad-*"):
            for path in self.state_dir.glob(self.file(suffix).name):
                path.unlink(missing_ok=True)


class Newest(NamedTuple):
    """The tokens of an answer; a refresh may bring no new refresh token."""

    access: str
    refresh: str | None = None

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Newest:
        """Those of MSAL's answer."""
        return cls(str(answer["access_token"]), answer.get("refresh_token"))


def open_vault(place: Place) -> vault.Vault:
    """The safest vault that this machine has and the setting allows. Never plain text by itself.

    Raises:
        KeyStoreUnavailable: the key of a cache that is there cannot be had now. To go on without would look as if
            nobody were signed in, and ask the person for nothing.
    """
    if place.store is TokenStore.MEMORY:
        return vault.MemoryVault("--token-store memory")
    if place.store is TokenStore.PLAINTEXT:
        return vault.plain(place.file(".json"))
    store, reason = stores.find(place.state_dir)
    if store is None:
        if place.is_sealed():
            raise KeyStoreUnavailable(
                f"The sign-in that is kept here is out of reach: {reason}.",
                "Start this where the key store is, such as your desktop session; "
                "or sign in anew for this server only: --token-store memory.",
            )
        return vault.MemoryVault(f"{reason}. To keep it in plain text instead: --token-store plaintext")
    try:
        key = store.get() or store.create()
    except KeyStoreUnavailable as error:
        if place.is_sealed():
            raise
        _logger.warning("%s", error.what)
        return vault.MemoryVault(f"{error.what} {error.remedy}".strip())
    except OSError as error:
        return vault.MemoryVault(f"{place.state_dir} cannot be written ({error.strerror})")
    # The key is part of the name: two key stores that take turns must not set aside each other's file.
    return vault.sealed(place.file(f"-{vault.key_id(key).hex()}.bin"), key, f"sealed; key in the {store.name}")


class AccountCache(msal.SerializableTokenCache):  # type: ignore[misc]  # msal carries no types
    """A token cache for any number of server processes and threads. `tenant` is the one of the settings."""

    def __init__(self, kept_in: vault.Vault, tenant: str) -> None:
        super().__init__()
        self._vault = kept_in
        self._tenant = tenant
        self._seen: vault.Signature | None = None
        self._depth = 0
        self._changes = 0
        self._warned = False
        self._notes: dict[str, Note] = {}
        self._in_use: str | None = None
        self._prompts: list[float] = []
        self._waiting: Waiting | None = None

    def describe(self) -> str:
        """Where it is kept, in the words of `status`."""
        return self._vault.describe()

    @property
    def lasts(self) -> bool:
        """Whether another process finds it."""
        return not isinstance(self._vault, vault.MemoryVault)

    def stamp(self) -> object:
        """Equal to an earlier one only where nothing has changed since, by this process or another. Takes no lock."""
        try:
            return self._vault.signature(), self._changes
        except OSError:
            return object()

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

    def note(self, account: str) -> Note:
        """What is noted of an account, as a copy."""
        with self._lock:
            self._read()
            return Note.of(self._noted(account).state())

    def granted(self, account: str) -> frozenset[str]:
        """The scopes that an account granted, by short name."""
        return frozenset(self.note(account).granted)

    def note_used(self, account: str, scopes: Iterable[str]) -> None:
        """Remember that tools asked for these scopes; written once for each."""
        new = set(scopes)
        if not new <= self.note(account).used:
            with self._transaction():
                self._noted(account).used.update(new)

    def note_token(
        self, account: str, newest: Newest, *, asked: Iterable[str], granted: Iterable[str], claims: str | None = None
    ) -> None:
        """Remember what the newest access token was asked for, and drop the older tokens of this account.

        MSAL keeps one for each set of scopes, and would give out an old access token, a revoked one perhaps, whose set
        is larger; and where one refresh token is refused, it asks with each other that it has.
        """
        with self._transaction():
            note = self._noted(account)
            note.asked, note.claims = set(asked), claims or ""
            note.granted.update(granted)
            if self._waiting:
                left = self._waiting.scopes - note.granted
                self._waiting = self._waiting._replace(scopes=left) if left else None
            tokens = list(self.search(self.CredentialType.ACCESS_TOKEN, query={"home_account_id": account}))
            realm = next((token["realm"] for token in tokens if token["secret"] == newest.access), None)
            for token in tokens:
                if token["realm"] == realm and token["secret"] != newest.access:
                    self.remove_at(token)
            for token in list(self.search(self.CredentialType.REFRESH_TOKEN, query={"home_account_id": account})):
                if newest.refresh and token["secret"] != newest.refresh:
                    self.remove_rt(token)

    def secrets(self, account: str) -> set[str]:
        """All tokens of an account."""
        return {entry["secret"] for entry, _ in self._tokens(account)}

    def keep_only(self, account: str, secrets: set[str]) -> None:
        """Drop the tokens of an account that are not among these."""
        with self._transaction():
            for entry, remove in self._tokens(account):
                if entry["secret"] not in secrets:
                    remove(entry)

    def note_person(self, account: Account) -> None:
        """Remember who an account is, and make calls as it from now on.

        MSAL files the tenant as the settings spell it, and no name for some.
        """
        with self._transaction():
            note = self._noted(account.home_account_id)
            note.user_name, note.tenant_id = account.user_name, account.tenant_id
            self._in_use = account.home_account_id

    @property
    def prompts(self) -> list[float]:
        """When a person was asked lately, by any process, in seconds since 1970."""
        with self._lock:
            self._read()
            return list(self._prompts)

    def note_prompt(self) -> None:
        """Remember that a person is asked now."""
        with self._transaction():
            self._prompts = [*recent(self._prompts), time.time()]

    @property
    def waiting(self) -> Waiting | None:
        """What an administrator has to approve, until it is granted."""
        with self._lock:
            self._read()
            return self._waiting

    def note_waiting(self, waiting: Waiting) -> None:
        """Remember that an administrator has to approve something."""
        with self._transaction():
            before = self._waiting.scopes if self._waiting else frozenset()
            self._waiting = waiting._replace(scopes=before | waiting.scopes)

    def use(self, account: str | None) -> None:
        """Make calls as this account from now on, in all processes."""
        with self._transaction():
            self._in_use = account

    def retire(self, account: str, scopes: Iterable[str]) -> None:
        """Forget scopes that an account has granted no longer."""
        with self._transaction():
            self._noted(account).granted.difference_update(scopes)

    def alone(self, what: str, patience: float) -> contextlib.AbstractContextManager[None]:
        """Do `what` (a word) while no other process with this cache does it. Raises KeyStoreUnavailable, OSError."""
        return self._vault.alone(what, patience)

    def entries(self, realm: str | None = None) -> list[dict[str, Any]]:
        """MSAL's account entries, in MSAL's own shape; of one realm (tenant) where it is given."""
        return list(self.search(self.CredentialType.ACCOUNT, query={"realm": realm} if realm else None))

    def accounts(self) -> tuple[Account, ...]:
        """Everybody who is signed in here, by name."""
        found = (self._account(entry) for entry in self.entries())
        return tuple(sorted(found, key=lambda account: account.user_name))

    def account(self, home_account_id: str) -> Account | None:
        """One of them."""
        return next((account for account in self.accounts() if account.home_account_id == home_account_id), None)

    def remove(self, account: str) -> None:
        """Forget an account: its tokens, its notes, itself.

        Raises:
            KeyStoreUnavailable: they cannot be taken off the disk; nobody may believe that they were.
        """
        query = {"home_account_id": account}
        with self._transaction(must_last=True):
            for entry in self.search(self.CredentialType.ACCOUNT, query=query):
                self.remove_account(entry)
            self._drop_orphans()
            for key in [key for key in self._notes if key.startswith(f"{account}|")]:
                del self._notes[key]
            if self._in_use == account:
                self._in_use = None

    def _account(self, entry: dict[str, Any]) -> Account:
        note = self._noted(entry["home_account_id"])
        name = note.user_name or entry.get("username") or ""
        return Account(entry["home_account_id"], name, note.tenant_id or entry.get("realm") or "")

    def _noted(self, account: str) -> Note:
        """The note itself. Consent is per tenant, so the same person in another tenant has another one."""
        return self._notes.setdefault(f"{account}|{self._tenant}", Note())

    def _drop_orphans(self) -> None:
        """Tokens without an account: a refresh in another process may bring them back after a sign-out."""
        homes = {entry["home_account_id"] for entry in self.search(self.CredentialType.ACCOUNT)}
        for entry, remove in self._tokens():
            if entry["home_account_id"] not in homes:
                remove(entry)

    def _tokens(self, account: str | None = None) -> Iterator[tuple[dict[str, Any], Callable[[dict[str, Any]], None]]]:
        """Every token, of one account or of all, each with what takes it out."""
        kind = self.CredentialType
        query = {"home_account_id": account} if account else None
        for credential, remove in (
            (kind.REFRESH_TOKEN, self.remove_rt),
            (kind.ACCESS_TOKEN, self.remove_at),
            (kind.ID_TOKEN, self.remove_idt),
        ):
            for entry in self.search(credential, query=query):
                yield entry, remove

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
                    self._drop_orphans()
                    lasting = lasting and self._write()
            finally:
                self._depth -= 1
                self._changes += 1
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
        """Take over what another process wrote since we looked last; a file that is gone is an empty one."""
        try:
            signature = self._vault.signature()
            if signature == self._seen:
                return
            content = self._vault.load()
        except OSError as error:
            self._warn(error.strerror)
            return
        try:
            self._take(json.loads(content or b"{}"))
        except (ValueError, TypeError, AttributeError, KeyError):  # edited by hand, or by another program
            self._vault.set_aside()
            self._take({})
        self._seen = self._vault.signature()

    def _take(self, state: dict[str, Any]) -> None:
        notes = {key: Note.of(note) for key, note in state.get("notes", {}).items()}
        entries = {kind: dict(found) for kind, found in state.get("msal", {}).items()}
        prompts = [float(moment) for moment in state.get("prompts", ())]
        scopes, trace = state.get("waiting") or ((), "")
        self._cache, self._notes, self._in_use = entries, notes, state.get("in_use")
        self._prompts, self._waiting = prompts, Waiting(frozenset(scopes), str(trace)) if scopes else None
        self._changes += 1

    def _write(self) -> bool:
        notes = {key: note.state() for key, note in self._notes.items() if note != Note()}
        waiting = [sorted(self._waiting.scopes), self._waiting.trace] if self._waiting else None
        state: dict[str, Any] = {"msal": self._cache, "notes": notes, "in_use": self._in_use}
        state |= {"prompts": self._prompts, "waiting": waiting}
        try:
            self._vault.save(json.dumps(state).encode())
            self._seen = self._vault.signature()
        except OSError as error:
            self._warn(error.strerror)
            return False
        return True
