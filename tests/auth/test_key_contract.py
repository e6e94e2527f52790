"""The contract of key stores holds for the simplest one that can be: so it asks for nothing special."""

from __future__ import annotations

import threading

import pytest

from mcp_local_graph.auth.keys import text as key_text
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.key_contract import KeyStoreContract


class Memory:
    """A place in memory, and the store that looks at it."""

    name = "memory"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text: str | None = None
        self._open = True

    def store(self) -> Memory:
        return self

    def shut(self) -> None:
        self._open = False

    def reopen(self) -> None:
        self._open = True

    def get(self) -> bytes | None:
        if not self._open:
            raise KeyStoreUnavailable("The memory is locked.")
        return None if self._text is None else key_text.read(self._text)

    def create(self) -> bytes:
        with self._lock:
            key = self.get()
            if key is None:
                self._text = key_text.new()
        return key or self.create()


class TestMemory(KeyStoreContract):
    @pytest.fixture
    def place(self) -> Memory:
        return Memory()


@pytest.mark.parametrize("text", ["", "no key", "QUJD", "ключ", "A" * 43, "A" * 45])
def test_a_text_that_is_no_key_is_none(text: str) -> None:
    assert key_text.read(text) is None


def test_a_key_survives_as_text() -> None:
    text = key_text.new()
    assert key_text.read(text) is not None
    assert text != key_text.new()
