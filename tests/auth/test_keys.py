from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import KeyringLocked

from mcp_local_graph.auth import vault
from mcp_local_graph.auth.cache import AccountCache, open_vault
from mcp_local_graph.auth.keys import stores
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.kit import SOON
from tests.auth.test_browser import MEASURED
from tests.auth.test_cache import names, place, sealed, signing_in

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("secret_service.py")
NULL, NO_KEYS = NullKeyring(), NoKeyring()  # type: ignore[no-untyped-call]  # keyring types these no further
NO_KEYRING = "no gnome-keyring or dbus-run-session on this machine"


class SecretService(KeyringBackend):
    """A back end of a trusted kind that keeps its secrets in a dict. Its kind is known by its module."""

    __module__ = "keyring.backends.SecretService"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    @property
    def priority(self) -> float:  # no number: keyring must not choose it by itself
        raise RuntimeError("for these tests only")

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class Forgetful(SecretService):
    """Loses what it was given."""

    __module__ = SecretService.__module__

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing, and say nothing."""


class Locked(SecretService):
    """Is locked, and says so."""

    __module__ = SecretService.__module__

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"SECRET of {service} {username}")


class Waiting(SecretService):
    """Shows a password prompt that nobody sees."""

    __module__ = SecretService.__module__

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait(SOON)
        return super().get_password(service, username)


class TextFile(SecretService):
    """Of a third party, and writes plain text."""

    __module__ = "keyrings.alt.file"


@pytest.fixture(autouse=True)
def _keyrings_own_choice() -> Iterator[None]:
    """Each test begins and ends with the back end that keyring finds by itself here, on no bus: none."""
    keyring.set_keyring(NO_KEYS)
    yield
    keyring.set_keyring(NO_KEYS)


def only_memory(directory: Path) -> str:
    """What `auto` says when it keeps tokens in memory, and has written nothing."""
    kept = open_vault(place(directory / "state", TokenStore.AUTO))
    assert isinstance(kept, vault.MemoryVault)
    assert list(directory.rglob("tokens-*")) == []
    return kept.describe()


# The real one


def in_a_session(script: str, directory: Path, *, unlocked: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments under a session bus of its own, with a real key store whose password is `pw`."""
    session = shutil.which("dbus-run-session")
    if session is None or shutil.which("gnome-keyring-daemon") is None:
        pytest.skip(NO_KEYRING)
    (directory / "home").mkdir(exist_ok=True)
    start = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;" if unlocked else ""
    # The tests of this suite forget the bus; those that are meant to speak on it find it under this name.
    command = f'{start} SESSION_OF_THIS_TEST="$DBUS_SESSION_BUS_ADDRESS" exec "$0" {script}'
    return subprocess.run(  # noqa: S603 - our own script
        [session, "--", "sh", "-c", command, sys.executable, str(directory / "state")],
        cwd=ROOT,
        env={"HOME": str(directory / "home"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **MEASURED},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_secret_service_keeps_the_contract_of_key_stores(tmp_path: Path) -> None:
    options = f"--basetemp={tmp_path / 'tests'} -p no:cacheprovider -q"
    run = in_a_session(f"-m pytest {CONTRACT} {options}", tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "10 passed" in run.stdout


def test_a_key_store_that_nobody_unlocked_asks_nobody_and_loses_nothing(tmp_path: Path) -> None:
    """The bus starts a key store by itself; without a display it has nobody to ask for a password."""
    script = (
        "import pathlib, sys; from mcp_local_graph.auth.cache import open_vault; "
        "from tests.auth.secret_service import cache_at; "
        "print(open_vault(cache_at(pathlib.Path(sys.argv[1]))).describe())"
    )
    run = in_a_session(f"-c '{script}' \"$1\"", tmp_path, unlocked=False)
    assert run.returncode == 0, run.stderr
    # Not the first line: the key store speaks on the same stdout.
    assert "in memory only, gone when the server stops: The Secret Service is locked or does not answer" in run.stdout
    assert list(tmp_path.rglob("tokens-*")) == []


# None, and those that are not good enough


def test_without_a_session_bus_tokens_stay_in_memory_and_the_choice_is_named(tmp_path: Path) -> None:
    store, reason = stores.find(Path())
    assert (store, reason) == (None, stores.NO_STORE)
    words = only_memory(tmp_path)
    assert words.startswith(f"in memory only, gone when the server stops: {stores.NO_STORE}.")
    assert words.endswith("To keep it in plain text instead: --token-store plaintext")


@pytest.mark.parametrize("variable", ["keyring.backends.null.Keyring", "tests.auth.test_keys.TextFile"])
def test_a_store_that_a_variable_names_must_be_one_that_keeps_secrets(tmp_path: Path, variable: str) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mcp_local_graph.auth.keys import stores; from pathlib import Path; print(*stores.find(Path()))",
        ],
        cwd=ROOT,
        env={"PYTHON_KEYRING_BACKEND": variable, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **MEASURED},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    module = "keyring.backends.null" if "null" in variable else "keyrings.alt.file"
    assert run.stdout == f"None keyring is set to {module}, which does not keep secrets safe\n"


@pytest.mark.parametrize("backend", [NullKeyring, TextFile])
def test_a_store_that_is_not_safe_is_not_used_and_named(tmp_path: Path, backend: type[KeyringBackend]) -> None:
    chosen = backend()
    keyring.set_keyring(chosen)
    assert "does not keep secrets safe" in only_memory(tmp_path)
    if isinstance(chosen, TextFile):
        assert chosen.kept == {}


def test_a_variable_that_names_nothing_is_said_to_lead_nowhere(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mcp_local_graph.auth.keys import stores; from pathlib import Path; print(*stores.find(Path()))",
        ],
        cwd=ROOT,
        env={"PYTHON_KEYRING_BACKEND": "no.such.Backend", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **MEASURED},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert run.stdout.startswith("None the key store of this session cannot be loaded (")


def test_a_store_that_loses_its_content_is_not_relied_on(tmp_path: Path) -> None:
    keyring.set_keyring(Forgetful())
    assert "took a key and has none now" in only_memory(tmp_path)


def test_a_locked_store_is_said_to_be_locked_and_to_need_unlocking(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyring.set_keyring(Locked())
    words = only_memory(tmp_path)
    assert "is locked or does not answer (KeyringLocked). Unlock it, then try again." in words
    assert "SECRET" not in words + caplog.text


def test_a_locked_key_store_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    store = SecretService()
    keyring.set_keyring(store)
    AccountCache(open_vault(place(tmp_path, TokenStore.AUTO)), "organizations").add(signing_in("ines"))
    before = {path: path.read_bytes() for path in tmp_path.glob("tokens-*")}
    keyring.set_keyring(Locked())
    with pytest.raises(KeyStoreUnavailable, match="locked"):
        open_vault(place(tmp_path, TokenStore.AUTO))
    elsewhere = open_vault(place(tmp_path / "new", TokenStore.AUTO))
    assert "locked" in elsewhere.describe(), "where nothing is kept yet, the person can work in memory"
    assert {path: path.read_bytes() for path in tmp_path.glob("tokens-*")} == before
    keyring.set_keyring(store)
    assert names(AccountCache(open_vault(place(tmp_path, TokenStore.AUTO)), "organizations")) == ["ines"]


def test_a_store_that_asks_a_question_nobody_sees_is_not_waited_for() -> None:
    store = Waiting()
    patient = stores.KeyringStore(store, nullcontext, deadline=0.05)
    with pytest.raises(KeyStoreUnavailable, match="it may wait for its password") as caught:
        patient.get()
    assert caught.value.remedy == "Unlock it, then try again."
    store.answered.set()
    assert patient.get() is None


@pytest.mark.parametrize("content", ["not base64!", "", base64.b64encode(bytes(31)).decode(), "ééé"])
def test_foreign_content_under_our_name_is_neither_used_nor_replaced(tmp_path: Path, content: str) -> None:
    store = SecretService()
    store.kept["mcp-local-graph", "token cache key"] = content
    keyring.set_keyring(store)
    words = only_memory(tmp_path)
    assert "holds something else under our name. Delete the entry 'mcp-local-graph' there" in words
    assert list(store.kept.values()) == [content]


def test_a_safe_store_among_several_is_found() -> None:
    class Several(ChainerBackend):
        backends = (NULL, TextFile(), SecretService())

    keyring.set_keyring(Several())  # type: ignore[no-untyped-call]  # keyring types this much no further
    store, reason = stores.find(Path())
    assert store is not None
    assert (store.name, reason) == ("Secret Service", "")


def test_several_stores_of_which_none_is_safe_are_none() -> None:
    class Several(ChainerBackend):
        __module__ = ChainerBackend.__module__
        backends = (NULL,)

    keyring.set_keyring(Several())  # type: ignore[no-untyped-call]  # keyring types this much no further
    assert stores.find(Path()) == (None, stores.NO_STORE)


def test_a_new_key_is_made_only_once(tmp_path: Path) -> None:
    store = SecretService()
    keyring.set_keyring(store)
    first = open_vault(place(tmp_path, TokenStore.AUTO))
    (key,) = store.kept.values()
    open_vault(place(tmp_path, TokenStore.AUTO))
    assert list(store.kept.values()) == [key]
    assert len(base64.b64decode(key)) == 32
    assert "sealed; key in the Secret Service" in first.describe()


def test_where_the_key_cannot_be_guarded_while_it_is_made_tokens_stay_in_memory(tmp_path: Path) -> None:
    keyring.set_keyring(SecretService())
    (tmp_path / "file").write_text("no directory")
    kept = open_vault(place(tmp_path / "file" / "state", TokenStore.AUTO))
    assert isinstance(kept, vault.MemoryVault)
    assert "cannot be written (Not a directory)" in kept.describe()


def test_the_sealed_helper_of_these_tests_makes_the_same_kind_of_file(tmp_path: Path) -> None:
    keyring.set_keyring(SecretService())
    AccountCache(open_vault(place(tmp_path / "real", TokenStore.AUTO)), "organizations").add(signing_in("ines"))
    sealed(tmp_path).add(signing_in("ines"))
    (real,) = (tmp_path / "real").glob("tokens-*.bin")
    assert real.read_bytes()[:4] == (tmp_path / "tokens.bin").read_bytes()[:4] == vault.MAGIC
