from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import threads
from mcp_local_graph.auth import vault
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.kit import SOON

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
# For a process that could not write down its coverage, were it measured.
UNMEASURED = {"PYTHONPATH": str(ROOT)}
KEY, OTHER_KEY = bytes(range(32)), bytes(32)
SECRET = b'{"refresh_token": "1.AdDemo-not-in-the-clear"}'


def sealed(directory: Path, key: bytes = KEY) -> vault.FileVault:
    return vault.sealed(directory / "tokens.bin", key, "sealed")


def filled(directory: Path) -> vault.FileVault:
    kept = sealed(directory)
    kept.save(SECRET)
    return kept


def aside(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(directory.glob("tokens.bad-*"))]


def test_what_was_saved_is_there_for_the_next_process(tmp_path: Path) -> None:
    filled(tmp_path)
    assert sealed(tmp_path).load() == SECRET


def test_an_empty_place_holds_nothing(tmp_path: Path) -> None:
    kept = sealed(tmp_path / "nowhere")
    assert (kept.load(), kept.signature()) == (None, None)


def test_a_sealed_file_shows_nothing_of_its_content(tmp_path: Path) -> None:
    filled(tmp_path)
    stored = (tmp_path / "tokens.bin").read_bytes()
    assert stored.startswith(vault.MAGIC)
    assert b"not-in-the-clear" not in stored
    assert KEY not in stored


def test_the_same_content_never_looks_the_same_twice(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    first = (tmp_path / "tokens.bin").read_bytes()
    kept.save(SECRET)
    second = (tmp_path / "tokens.bin").read_bytes()
    # Magic and key id are the same, the nonce and all behind it are not.
    assert first[:12] == second[:12]
    assert first[12:24] != second[12:24]
    assert first[24:] != second[24:]


def flip(position: int) -> Callable[[bytes], bytes]:
    def flipped(stored: bytes) -> bytes:
        changed = bytearray(stored)
        changed[position] ^= 1
        return bytes(changed)

    return flipped


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(flip(0), id="magic"),
        pytest.param(flip(5), id="key id"),
        pytest.param(flip(15), id="nonce"),
        pytest.param(flip(24), id="first byte"),
        pytest.param(flip(-1), id="last byte"),
        pytest.param(lambda stored: stored[:-1], id="one byte short"),
        pytest.param(lambda stored: stored[:30], id="hardly more than a header"),
        pytest.param(lambda stored: stored[:20], id="half a header"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"garbage", id="garbage"),
        pytest.param(lambda stored: stored + b"x", id="one byte more"),
        pytest.param(lambda _: SECRET, id="plain text"),
    ],
)
def test_a_damaged_file_is_set_aside_and_never_deleted(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    kept, path = filled(tmp_path), tmp_path / "tokens.bin"
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    assert kept.load() is None
    assert aside(tmp_path) == [damaged]
    assert not path.exists()
    kept.save(b"new")
    assert (kept.load(), aside(tmp_path)) == (b"new", [damaged])


def test_a_file_under_a_foreign_key_is_set_aside_whole(tmp_path: Path) -> None:
    filled(tmp_path)
    stored = (tmp_path / "tokens.bin").read_bytes()
    assert sealed(tmp_path, OTHER_KEY).load() is None
    assert aside(tmp_path) == [stored]


def test_damaged_files_of_one_second_do_not_replace_each_other(tmp_path: Path) -> None:
    kept, path = sealed(tmp_path), tmp_path / "tokens.bin"
    for damaged in (b"first", b"second", b"third"):
        path.write_bytes(damaged)
        assert kept.load() is None
    assert sorted(aside(tmp_path)) == [b"first", b"second", b"third"]


def test_setting_aside_is_said_once_with_both_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "tokens.bin").write_bytes(b"garbage")
    (tmp_path / "tokens.bin").chmod(0o600)
    sealed(tmp_path).load()
    (record,) = caplog.records
    assert "tokens.bin cannot be read; it was set aside as tokens.bad-" in record.getMessage()


def test_a_plain_store_keeps_plain_text_for_its_owner_only(tmp_path: Path) -> None:
    kept = vault.plain(tmp_path / "deep" / "state" / "tokens.json")
    with kept.locked():
        kept.save(SECRET)
    path = tmp_path / "deep" / "state" / "tokens.json"
    assert path.read_bytes() == kept.load() == SECRET
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.parent / "tokens.lock").stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "PLAIN TEXT" in kept.describe()


@pytest.mark.parametrize("damaged", [b"", b"garbage", b"[]", b'{"half": ', b'{"a": }', b"{\xff}", b"null"])
def test_a_damaged_plain_file_is_set_aside(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "tokens.json"
    path.write_bytes(damaged)
    assert vault.plain(path).load() is None
    assert aside(tmp_path) == [damaged]


def test_each_write_is_seen_in_the_signature(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    signatures = [kept.signature()]
    for content in (b"one", b"two", b"two"):
        kept.save(content)
        signatures.append(sealed(tmp_path).signature())
    assert len(set(signatures)) == 4


TOO_BIG = """
import pathlib, resource, signal, sys
from mcp_local_graph import threads
from mcp_local_graph.auth import vault
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
kept = vault.sealed(pathlib.Path(sys.argv[1]) / "tokens.bin", bytes(range(32)), "sealed")
with kept.locked():
    try:
        kept.save(b"x" * 100_000)
    except OSError as error:
        print(error.strerror)
"""


def test_a_full_disk_leaves_the_old_content_intact(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", TOO_BIG, str(tmp_path)],
        env=UNMEASURED,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert run.stdout == f"{os.strerror(27)}\n"  # EFBIG stands in for ENOSPC
    assert kept.load() == SECRET
    # Of the failed write nothing is left, to take the little room there is.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.bin", "tokens.lock", "tokens.queue.lock"]
    kept.save(b"next")
    assert kept.load() == b"next"


ADDING = """
import pathlib, sys
from mcp_local_graph import threads
from mcp_local_graph.auth import vault
kept = vault.sealed(pathlib.Path(sys.argv[1]) / "tokens.bin", bytes(range(32)), "sealed")
for number in range(20):
    with kept.locked():
        kept.save((kept.load() or b"") + f"{sys.argv[2]}-{number} ".encode())
"""


def test_processes_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path), name], stderr=subprocess.PIPE)  # noqa: S603 - our own script
        for name in "abcd"
    ]
    for writer in writers:
        _, complaints = writer.communicate(timeout=60)
        assert (writer.returncode, complaints) == (0, b"")
    words = (sealed(tmp_path).load() or b"").decode().split()
    assert sorted(words) == sorted(f"{name}-{number}" for name in "abcd" for number in range(20))
    assert aside(tmp_path) == []


def test_a_reader_needs_no_lock_and_sees_whole_contents_only(tmp_path: Path) -> None:
    kept, stop = sealed(tmp_path), threading.Event()
    contents = [bytes([letter]) * 20_000 for letter in b"abc"]
    kept.save(contents[0])

    def write() -> None:
        with kept.locked():
            while not stop.is_set():
                for content in contents:
                    kept.save(content)

    writer = threading.Thread(target=write)
    writer.start()
    reader = sealed(tmp_path)
    try:
        seen = [reader.load() for _ in range(200)]
    finally:
        stop.set()
        writer.join(SOON)
    assert set(seen) <= set(contents)
    assert aside(tmp_path) == []


HOLDING = """
import pathlib, sys
from mcp_local_graph import threads
from mcp_local_graph.auth import vault
with vault.plain(pathlib.Path(sys.argv[1]) / "tokens.json").locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_of_a_process_that_was_killed_holds_up_nobody(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", HOLDING, str(tmp_path)],
        env=UNMEASURED,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with vault.plain(tmp_path / "tokens.json").locked():
        assert (tmp_path / "tokens.lock").exists()


def test_who_gives_the_lock_back_does_not_get_it_again_before_one_who_waits(tmp_path: Path) -> None:
    ours, theirs = vault.plain(tmp_path / "tokens.json"), vault.plain(tmp_path / "tokens.json")
    order: list[str] = []

    def wait_for_it() -> None:
        with theirs.locked():
            order.append("theirs")

    with ours.locked():
        waiting = threads.start(wait_for_it)
        deadline = time.monotonic() + SOON
        while is_free(ours, "queue"):
            assert time.monotonic() < deadline
    with ours.locked():
        order.append("ours")
    waiting.result(SOON)
    assert order == ["theirs", "ours"]


def is_free(kept: vault.FileVault, what: str) -> bool:
    try:
        with kept.alone(what, 0):
            return True
    except KeyStoreUnavailable:
        return False


def test_a_lock_that_is_held_too_long_is_said_to_be(tmp_path: Path) -> None:
    kept = vault.plain(tmp_path / "tokens.json")
    with kept.locked(), pytest.raises(KeyStoreUnavailable, match="for too long") as caught, kept.locked(0.05):
        pass
    assert "Stop other servers" in caught.value.remedy


def test_memory_keeps_nothing_and_says_why() -> None:
    memory = vault.MemoryVault("your setting")
    with memory.locked():
        memory.save(SECRET)
    memory.load()
    memory.signature()
    assert memory.describe() == "in memory only, gone when the server stops: your setting"
