"""The contract of key stores, and what a cache does with one, at the Secret Service of the session that this runs in.

pytest collects this file by its name only: `test_keys` runs it in a session of its own, with a real gnome-keyring.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import keyring
import pytest
import secretstorage
from keyring.backends.SecretService import Keyring as SecretService
from secretstorage.util import DBusAddressWrapper, format_secret, open_session

from mcp_local_graph.auth.cache import AccountCache, Place, open_vault
from mcp_local_graph.auth.keys import stores
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.key_contract import KeyStoreContract
from tests.auth.test_cache import names, signing_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# keyring leaves its connection to the bus to the garbage collector where the store is locked.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
SERVICE, ENTRY = "mcp-local-graph", "token cache key"
PASSWORD = b"pw"


def cache_at(directory: Path) -> Place:
    return Place(directory, "https://localhost:1", "7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203", TokenStore.AUTO)


class Session:
    """The key store of this session, as its person and as another program sees it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._bus = secretstorage.dbus_init()
        self._collection = secretstorage.get_default_collection(self._bus)

    def store(self) -> stores.KeyStore:
        found, reason = stores.find(self.directory)
        assert found is not None, reason
        return found

    def shut(self) -> None:
        self._collection.lock()

    def reopen(self) -> None:
        """Type the password; by the door that gnome-keyring has for its own tests."""
        door = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
        service = DBusAddressWrapper("/org/freedesktop/secrets", door, self._bus)
        typed = format_secret(open_session(self._bus), PASSWORD, "text/plain")
        service.call("UnlockWithMasterPassword", "o(oayays)", self._collection.collection_path, typed)

    def cache(self) -> AccountCache:
        return AccountCache(open_vault(cache_at(self.directory)), "organizations")

    def close(self) -> None:
        for item in self._collection.search_items({"service": SERVICE}):
            item.delete()
        self._bus.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", os.environ["SESSION_OF_THIS_TEST"])
    keyring.set_keyring(SecretService())  # type: ignore[no-untyped-call]  # keyring types its back ends no further
    session = Session(tmp_path / "state")
    yield session
    session.close()


class TestSecretService(KeyStoreContract):
    """As every other store."""


def test_it_is_named_as_it_is_called(place: Session) -> None:
    assert place.store().name == "Secret Service"


def test_a_second_cache_finds_the_same_key(place: Session) -> None:
    place.cache().add(signing_in("ines"))
    second = place.cache()
    assert names(second) == ["ines"]
    assert "sealed; key in the Secret Service" in second.describe()
    assert b"1.AdDemo" not in b"".join(path.read_bytes() for path in place.directory.iterdir())


def test_a_lost_key_leaves_its_file_alone_and_a_new_one_is_made(place: Session) -> None:
    place.cache().add(signing_in("ines"))
    (old,) = place.directory.glob("tokens-*.bin")
    before = old.read_bytes()
    keyring.delete_password(SERVICE, ENTRY)
    assert names(place.cache()) == []
    place.cache().add(signing_in("marit"))
    assert old.read_bytes() == before
    assert names(place.cache()) == ["marit"]


def test_foreign_content_is_left_alone(place: Session) -> None:
    place.cache().add(signing_in("ines"))
    keyring.set_password(SERVICE, ENTRY, "somebody else's")
    before = {path: path.read_bytes() for path in place.directory.glob("tokens-*")}
    with pytest.raises(KeyStoreUnavailable, match="holds something else") as caught:
        place.store().get()
    assert "somebody" not in caught.value.text()
    with pytest.raises(KeyStoreUnavailable, match="holds something else"):
        place.cache()  # there is a sealed sign-in: to go on without it would look signed out
    assert keyring.get_password(SERVICE, ENTRY) == "somebody else's"
    assert {path: path.read_bytes() for path in place.directory.glob("tokens-*")} == before
