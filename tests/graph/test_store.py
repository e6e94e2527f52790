"""The file that lasts between calls: shared, private, bounded, and no catastrophe when it is lost."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcp_local_graph.errors import LocalGraphError
from mcp_local_graph.graph.handles import Kind, Shown, find, give, give_all
from mcp_local_graph.graph.store import Store, place, places

ROOT = Path(__file__).parents[2]
MESSAGE = ("me", "messages", "AAMkAD=")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return place(tmp_path / "state", "https://login|app", "ines.home")


def python(path: Path, code: str) -> subprocess.Popen[str]:
    """Another process with a store of its own on this file."""
    start = f"""
from pathlib import Path
from mcp_local_graph.graph.handles import Kind, give, give_all
from mcp_local_graph.graph.store import Store
store = Store(Path({str(path)!r}))
"""
    command, pipe = [sys.executable, "-c", start + code], subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - code of ours


def said(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.strip()


def spoil(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def made(path: Path) -> sqlite3.Connection:
    """A database that no store has made."""
    path.parent.mkdir()
    return sqlite3.connect(path)


def test_nothing_is_written_before_the_first_use(path: Path) -> None:
    Store(path)
    assert not path.parent.exists()


def test_what_is_remembered_is_there_after_a_restart(path: Path) -> None:
    first = Store(path)
    assert first.recall("zone") == ""
    first.remember("zone", "Europe/Berlin")
    first.remember("zone", "GMT Standard Time")
    assert Store(path).recall("zone") == "GMT Standard Time"


def test_accounts_and_apps_have_files_of_their_own_whose_names_tell_nobody_whose(tmp_path: Path) -> None:
    named = {place(tmp_path, app, account) for app in ("a|1", "a|2") for account in ("ines.home", "rui.home")}
    assert len(named) == 4
    assert not [path for path in named if "ines" in path.name or "rui" in path.name]
    for path in named:
        Store(path).open()
    assert set(places(tmp_path, "a|1")) | set(places(tmp_path, "a|2")) == named
    assert len(places(tmp_path, "a|1")) == 2


@posix
def test_every_file_is_for_this_persons_account_only(path: Path) -> None:
    before = os.umask(0)
    try:
        Store(path).remember("zone", "UTC")
        kept = Store(path)
        kept.remember("zone", "UTC")
        files = sorted(path.parent.iterdir())
        assert [file.name.removeprefix(path.name) for file in files] == ["", "-shm", "-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)


@posix
def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    Store(path).open()
    path.chmod(0o644)
    kept = Store(path)
    kept.remember("zone", "UTC")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept.recall("zone") == Store(path).recall("zone") == "UTC"


def test_threads_share_one_store(path: Path) -> None:
    kept = Store(path)
    given: list[str] = []

    def work() -> None:
        given.extend(give(kept, Kind.MESSAGE, ("me", "messages", str(number))) for number in range(50))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 400
    assert len(set(given)) == 50


def test_processes_that_start_at_once_agree_on_every_handle(path: Path) -> None:
    code = """
for turn in range(5):
    handles = [give(store, Kind.MESSAGE, ("me", "messages", str(number))) for number in range(20)]
print(*handles)
"""
    answers = {said(process) for process in [python(path, code) for _ in range(4)]}
    assert len(answers) == 1
    (handles,) = answers
    shown = Store(path)
    assert [find(shown, handle).path[-1] for handle in handles.split()] == [str(number) for number in range(20)]


def test_a_process_that_is_killed_while_writing_damages_nothing(path: Path) -> None:
    code = """
for start in range(0, 10**9, 20):
    give_all(store, [Shown(Kind.MESSAGE, ("me", "messages", str(number))) for number in range(start, start + 20)])
    print(start, flush=True)
"""
    first = give(Store(path), Kind.EVENT, ("me", "events", "1"))
    for _ in range(3):
        with python(path, code) as process:
            assert process.stdout is not None
            process.stdout.readline()  # it is under way
            process.kill()
        kept = Store(path)
        assert find(kept, first).path == ("me", "events", "1")
        assert kept.run(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    assert not list(path.parent.glob("*.bad"))


@pytest.mark.parametrize(
    "content",
    [b"no database", b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 4096],
    ids=["text", "torn header", "zeros"],
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(path, content)
    kept = Store(path)
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    assert path.with_suffix(".bad").read_bytes() == content
    assert find(Store(path), handle).path == MESSAGE
    assert [record.message for record in caplog.records] == [
        f"The file {path.name} is damaged; it was set aside as {path.stem}.bad"
    ]


def test_a_file_that_is_damaged_under_way_is_set_aside_too(path: Path) -> None:
    give_all(Store(path), [Shown(Kind.MESSAGE, ("me", "messages", f"{number}" * 50)) for number in range(500)])
    torn = bytearray(path.read_bytes())
    torn[4096:] = b"\xff" * (len(torn) - 4096)
    path.write_bytes(torn)
    kept = Store(path)
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    assert path.with_suffix(".bad").read_bytes() == torn
    assert find(Store(path), handle).path == MESSAGE


@pytest.mark.parametrize("tables", [["CREATE TABLE handles (other TEXT)"], ["PRAGMA user_version = 1"]])
def test_a_database_of_another_make_is_set_aside(path: Path, tables: list[str]) -> None:
    other = made(path)
    for statement in tables:
        other.execute(statement)
    other.close()
    kept = Store(path)
    assert find(kept, give(kept, Kind.MESSAGE, MESSAGE)).path == MESSAGE
    assert path.with_suffix(".bad").exists()


def test_what_another_process_has_begun_anew_is_not_set_aside(path: Path) -> None:
    other = made(path)
    other.execute("PRAGMA user_version = 1")
    other.close()
    handles: list[str] = []

    def work(db: sqlite3.Connection) -> object:
        if not handles:  # the other process is a step ahead
            path.replace(path.with_suffix(".bad"))
            handles.append(give(Store(path), Kind.MESSAGE, MESSAGE))
        return db.execute("SELECT count(*) FROM handles").fetchone()

    kept = Store(path)
    assert kept.run(work) == (1,)
    assert find(kept, handles[0]).path == MESSAGE


def test_a_place_that_is_a_file_means_memory_and_one_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.write_text("in the way")
    kept = Store(path)
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    kept.remember("zone", "UTC")
    assert find(kept, handle).path == MESSAGE
    assert kept.recall("zone") == "UTC"
    assert len(caplog.records) == 1
    assert "in memory only" in caplog.text
    assert "AAMkAD" not in caplog.text


def test_a_damaged_file_that_cannot_be_set_aside_means_memory(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spoil(path, b"no database")
    path.with_suffix(".bad").mkdir()
    kept = Store(path)
    assert find(kept, give(kept, Kind.MESSAGE, MESSAGE)).path == MESSAGE
    assert path.read_bytes() == b"no database"
    assert "SQLITE_NOTADB" in caplog.text


@posix
def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    give(Store(path), Kind.MESSAGE, MESSAGE)
    assert not (tmp_path / "elsewhere").exists()
    assert "in memory only" in caplog.text


def test_a_directory_in_its_place_means_memory(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.mkdir(parents=True)
    kept = Store(path)
    assert find(kept, give(kept, Kind.MESSAGE, MESSAGE)).path == MESSAGE
    assert "in memory only" in caplog.text


def test_a_file_that_somebody_holds_for_too_long_means_memory(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Store(path).open()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    kept = Store(path, patience=0.05)
    assert find(kept, give(kept, Kind.MESSAGE, MESSAGE)).path == MESSAGE
    assert "SQLITE_BUSY" in caplog.text
    holder.close()


def test_a_mistake_of_ours_is_not_taken_for_damage(path: Path) -> None:
    kept = Store(path)
    kept.remember("zone", "UTC")
    with pytest.raises(sqlite3.IntegrityError):
        kept.run(lambda db: db.execute("INSERT INTO facts VALUES ('zone', NULL)"))
    assert kept.recall("zone") == "UTC"
    in_memory = Store(None)
    with pytest.raises(sqlite3.OperationalError):
        in_memory.run(lambda db: db.execute("SELECT nothing"))


def test_what_fails_half_way_leaves_nothing_behind(path: Path) -> None:
    kept = Store(path)

    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO facts VALUES ('half', 'done')")
        raise LocalGraphError("No.")

    with pytest.raises(LocalGraphError):
        kept.run(half)
    assert kept.recall("half") == ""


def test_wiping_leaves_no_file_and_nothing_of_what_was_in_it(path: Path) -> None:
    kept = Store(path)
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    spoil(path.with_suffix(".bad"), b"set aside before")
    kept.wipe()
    assert list(path.parent.iterdir()) == []
    assert give(kept, Kind.MESSAGE, MESSAGE) != handle


def test_wiping_empties_a_file_that_another_server_has_open(path: Path) -> None:
    code = """
print(give(store, Kind.MESSAGE, ("me", "messages", "1")), flush=True)
input()
print(give(store, Kind.MESSAGE, ("me", "messages", "1")))
"""
    other = python(path, code)
    assert other.stdout is not None
    before = other.stdout.readline().strip()
    Store(path).wipe()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert path.exists()
    assert b"messages" not in left
    after = other.communicate("\n", timeout=30)[0].strip()
    assert before != after
    assert find(Store(path), after).path == ("me", "messages", "1")


def test_wiping_what_was_never_there_makes_nothing(path: Path) -> None:
    Store(path).wipe()
    assert not path.parent.exists()


def test_wiping_memory_empties_it() -> None:
    kept = Store(None)
    kept.remember("zone", "UTC")
    kept.wipe()
    assert kept.recall("zone") == ""


def test_what_cannot_be_wiped_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(LocalGraphError, match="cannot be emptied") as raised:
        Store(path).wipe()
    assert "by hand" in raised.value.remedy
