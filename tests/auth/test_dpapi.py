from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.keys import dpapi
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.key_contract import KeyStoreContract

if TYPE_CHECKING:
    from pathlib import Path

# What Windows says after a password reset.
KEY_NOT_VALID = -2146893813


class User:
    """An agent like `WindowsDataProtectionAgent`: what one user protects, no other opens."""

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(16)
        self.protects = True

    def protect(self, message: str) -> bytes:
        if not self.protects:
            raise OSError(None, "", None, -2146892987)
        return self.secret + base64.b85encode(message.encode())

    def unprotect(self, cipher_text: bytes) -> str:
        if not cipher_text.startswith(self.secret):
            raise OSError(None, "Key not valid for use in specified state.", None, KEY_NOT_VALID)
        return base64.b85decode(cipher_text.removeprefix(self.secret)).decode()


class Machine:
    """A state directory, and the user who is signed in."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "state" / dpapi.FILE_NAME
        self.user = self._first = User()

    def store(self) -> dpapi.DpapiStore:
        return dpapi.DpapiStore(self.file, self.user)

    def shut(self) -> None:
        self.user = User()

    def reopen(self) -> None:
        self.user = self._first


@pytest.fixture
def place(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestDpapi(KeyStoreContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path)


def refusal(store: dpapi.DpapiStore) -> KeyStoreUnavailable:
    with pytest.raises(KeyStoreUnavailable) as caught:
        store.create()
    return caught.value


def test_the_file_holds_what_windows_made_of_the_key_and_only_its_user_may_read_it(place: Machine) -> None:
    key = place.store().create()
    stored = place.file.read_bytes()
    assert stored.startswith(place.user.secret)
    assert key not in stored
    assert base64.b64encode(key) not in stored
    assert place.file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_windows_does_not_open_stays_as_it_is_and_the_remedy_names_the_causes(place: Machine) -> None:
    place.store().create()
    stored = place.file.read_bytes()
    place.shut()
    refused = refusal(place.store())
    assert str(KEY_NOT_VALID) in refused.what
    assert "password that an administrator reset" in refused.remedy
    assert "profile copied" in refused.remedy
    assert place.file.read_bytes() == stored


@pytest.mark.parametrize("text", ["", "something else", "QUJD"])
def test_a_file_with_something_else_in_it_is_not_taken_for_a_key(place: Machine, text: str) -> None:
    place.file.parent.mkdir()
    place.file.write_bytes(place.user.protect(text))
    assert "something else" in refusal(place.store()).what


def test_what_windows_opens_but_is_no_text_is_not_taken_for_a_key(place: Machine) -> None:
    place.file.parent.mkdir()
    place.file.write_bytes(place.user.secret + base64.b85encode(b"\xff\xfe"))
    assert "something else" in refusal(place.store()).what


def test_where_a_person_renames_the_file_a_new_key_is_made(place: Machine) -> None:
    old = place.store().create()
    place.shut()
    place.file.rename(place.file.with_suffix(".old"))
    new = place.store().create()
    assert place.store().get() == new != old


def test_where_windows_protects_nothing_no_file_is_left(place: Machine) -> None:
    place.user.protects = False
    assert "-2146892987" in refusal(place.store()).what
    assert not place.file.exists()


def test_a_file_that_cannot_be_read_is_said(place: Machine) -> None:
    place.file.mkdir(parents=True)
    with pytest.raises(KeyStoreUnavailable, match="cannot be read"):
        place.store().get()


def test_a_directory_that_cannot_be_made_is_said(place: Machine) -> None:
    place.file.parent.write_text("in the way")
    assert "cannot be written" in refusal(place.store()).what
