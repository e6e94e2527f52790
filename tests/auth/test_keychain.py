from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth import vault
from mcp_local_graph.auth.keys.keychain import KeychainStore
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.key_contract import KeyStoreContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_FOUND, DUPLICATE, NO_INTERACTION = -25300, -25299, -25308


class Refused(OSError):
    """Like `msal_extensions.osx.KeychainError`: no arguments, a status."""

    def __init__(self, exit_status: int) -> None:
        super().__init__()
        self.exit_status = exit_status


class Keychain:
    """A keychain like `msal_extensions.osx.Keychain`: it finds, adds or changes in place."""

    def __init__(self, directory: Path) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.writes = 0
        self.broken: dict[str, int] = {}
        self.dialog = threading.Event()  # set: nobody is asked anything
        self.dialog.set()
        self.lock = vault.plain(directory / "state" / "keychain").locked

    # What a test does to it.

    def store(self, deadline: float = 30.0) -> KeychainStore:
        return KeychainStore(self.opened, self.lock, deadline)

    def shut(self) -> None:
        self.broken = {"get": NO_INTERACTION, "set": NO_INTERACTION}

    def reopen(self) -> None:
        self.broken = {}

    # What msal_extensions' class does.

    @contextlib.contextmanager
    def opened(self) -> Iterator[Keychain]:
        if status := self.broken.get("open"):
            raise OSError(status)
        yield self

    def get_generic_password(self, service: str, account_name: str) -> str:
        self.dialog.wait()
        if status := self.broken.get("get"):
            raise Refused(status)
        try:
            return self.entries[service, account_name]
        except KeyError:
            raise Refused(NOT_FOUND) from None

    def set_generic_password(self, service: str, account_name: str, value: str) -> None:
        if status := self.broken.get("set"):
            raise Refused(status)
        self.writes += 1
        self.entries[service, account_name] = value


@pytest.fixture
def place(tmp_path: Path) -> Keychain:
    return Keychain(tmp_path)


class TestKeychain(KeyStoreContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Keychain:
        return Keychain(tmp_path)


def refusal(store: KeychainStore) -> KeyStoreUnavailable:
    with pytest.raises(KeyStoreUnavailable) as caught:
        store.create()
    return caught.value


def test_the_item_is_written_once_so_that_always_allow_holds(place: Keychain) -> None:
    for _ in range(3):
        place.store().create()
        place.store().get()
    assert place.writes == 1


@pytest.mark.parametrize(
    ("status", "what", "remedy"),
    [
        (-25308, "ssh", "security unlock-keychain"),
        (-25293, "does not let this program", "Keychain Access"),
        (-128, "did not allow", "Always Allow"),
        (-25307, "no default keychain", "Keychain Access"),
        (-25294, "missing", "Keychain Access"),
        (-25291, "no Keychain in this session", "desktop session"),
        (-4, "refuses", "security error"),
    ],
)
@pytest.mark.parametrize("step", ["open", "get", "set"])
def test_each_status_has_its_meaning_and_its_remedy(
    place: Keychain, step: str, status: int, what: str, remedy: str
) -> None:
    place.broken = {step: status}
    refused = refusal(place.store())
    assert what in refused.what
    assert f"OSStatus {status}" in refused.what
    assert remedy in refused.remedy
    assert not place.entries


def test_a_key_that_another_program_added_in_between_serves_as_well(tmp_path: Path) -> None:
    class Overtaken(Keychain):
        def set_generic_password(self, service: str, account_name: str, value: str) -> None:
            super().set_generic_password(service, account_name, value)
            raise Refused(DUPLICATE)

    place = Overtaken(tmp_path)
    assert place.store().create() == place.store().get()


def test_a_keychain_that_keeps_nothing_is_no_place_for_a_key(tmp_path: Path) -> None:
    class Forgetful(Keychain):
        def set_generic_password(self, service: str, account_name: str, value: str) -> None:
            """Forget it."""

    assert "has none now" in refusal(Forgetful(tmp_path).store()).what


def test_something_else_under_our_name_is_left_alone(place: Keychain) -> None:
    place.store().create()
    ((name, _),) = place.entries.items()
    place.entries[name] = "something else"
    assert "something else" in refusal(place.store()).what
    assert place.entries[name] == "something else"


def test_an_entry_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    class Binary(Keychain):
        def get_generic_password(self, service: str, account_name: str) -> str:
            return b"\xff".decode()

    assert "something else" in refusal(Binary(tmp_path).store()).what


def test_a_question_that_nobody_answers_does_not_hold_the_call(place: Keychain) -> None:
    place.store().create()
    place.dialog.clear()
    with pytest.raises(KeyStoreUnavailable, match="may be asking you"):
        place.store(deadline=0.05).get()
    place.dialog.set()
    assert place.store().get()


def test_a_lock_that_cannot_be_taken_is_said(place: Keychain, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    assert "lock" in refusal(place.store()).what
