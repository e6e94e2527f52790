"""What a key store promises, checked against the one that this session has. Prints the kind of store at the end.

Runs by itself, in a session of its own: `dbus-run-session -- ... python keyring_contract.py <directory>`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keyring
import pytest

from mcp_local_graph.auth import keys
from mcp_local_graph.auth.cache import AccountCache, Place, open_vault
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.test_cache import names, signing_in

SERVICE, ENTRY = "mcp-local-graph", "token cache key"


def place(directory: Path) -> Place:
    return Place(directory, "https://localhost:1", "7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203", TokenStore.AUTO)


def a_key_is_made_once_and_found_again(store: keys.KeyStore) -> None:
    assert store.get() is None
    key = store.create()
    assert len(key) == keys.KEY_BYTES
    assert store.get() == key
    again, _ = keys.find(Path())
    assert again is not None
    assert again.get() == key


def a_second_cache_finds_the_same_key(directory: Path) -> None:
    first = AccountCache(open_vault(place(directory)), "organizations")
    first.add(signing_in("ines"))
    second = AccountCache(open_vault(place(directory)), "organizations")
    assert names(second) == ["ines"]
    assert "sealed; key in the Secret Service" in second.describe()


def a_lost_key_leaves_its_file_alone_and_a_new_one_is_made(directory: Path) -> None:
    keyring.delete_password(SERVICE, ENTRY)
    (old,) = directory.glob("tokens-*.bin")
    before = old.read_bytes()
    cache = AccountCache(open_vault(place(directory)), "organizations")
    assert names(cache) == []
    cache.add(signing_in("marit"))
    assert old.read_bytes() == before
    assert names(AccountCache(open_vault(place(directory)), "organizations")) == ["marit"]


def foreign_content_is_left_alone(store: keys.KeyStore, directory: Path) -> None:
    keyring.set_password(SERVICE, ENTRY, "somebody else's")
    before = {path: path.read_bytes() for path in directory.glob("tokens-*")}
    with pytest.raises(KeyStoreUnavailable, match="holds something else") as caught:
        store.get()
    assert "somebody" not in caught.value.text()
    with pytest.raises(KeyStoreUnavailable, match="holds something else"):
        open_vault(place(directory))  # there is a sealed sign-in: to go on without it would look signed out
    assert keyring.get_password(SERVICE, ENTRY) == "somebody else's"
    assert {path: path.read_bytes() for path in directory.glob("tokens-*")} == before


def main(directory: Path) -> None:
    store, reason = keys.find(directory)
    if store is None:
        raise AssertionError(reason)
    a_key_is_made_once_and_found_again(store)
    a_second_cache_finds_the_same_key(directory)
    a_lost_key_leaves_its_file_alone_and_a_new_one_is_made(directory)
    foreign_content_is_left_alone(store, directory)
    sys.stdout.write(store.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
