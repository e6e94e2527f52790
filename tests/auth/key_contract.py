"""What every key store has to do. A test class inherits `KeyStoreContract` and gives it a `place`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import pytest

from mcp_local_graph import threads
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.kit import SOON

if TYPE_CHECKING:
    from mcp_local_graph.auth.keys.stores import KeyStore

_AT_ONCE = 8


class Place(Protocol):
    """Where a system keeps keys, and what can be done to it from outside."""

    def store(self) -> KeyStore:
        """Our view of it; each one is another process's."""

    def shut(self) -> None:
        """Make it unavailable: locked, its user changed, its service gone."""

    def reopen(self) -> None:
        """Make it available again."""


class KeyStoreContract:
    def test_an_empty_place_has_no_key(self, place: Place) -> None:
        assert place.store().get() is None

    def test_a_created_key_has_32_bytes_and_is_there_for_the_next_process(self, place: Place) -> None:
        key = place.store().create()
        assert len(key) == 32
        assert place.store().get() == key

    def test_to_create_where_there_is_a_key_gives_that_key(self, place: Place) -> None:
        key = place.store().create()
        assert place.store().create() == key
        assert place.store().get() == key

    def test_those_who_create_at_once_all_get_the_one_key(self, place: Place) -> None:
        gate = threading.Barrier(_AT_ONCE)

        def create() -> bytes:
            store = place.store()
            gate.wait(SOON)
            return store.create()

        running = [threads.start(create) for _ in range(_AT_ONCE)]
        assert {future.result(SOON) for future in running} == {place.store().get()}

    def test_an_unavailable_place_is_said_and_loses_nothing(self, place: Place) -> None:
        key = place.store().create()
        place.shut()
        for refused in (place.store().get, place.store().create):
            with pytest.raises(KeyStoreUnavailable) as caught:
                refused()
            assert caught.value.what
            assert key.hex() not in caught.value.text()
        place.reopen()
        assert place.store().get() == key

    def test_a_store_says_what_a_person_calls_it(self, place: Place) -> None:
        assert place.store().name
