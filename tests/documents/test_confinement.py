"""The sealed process: what it could still do, tried from the inside."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.documents import confinement, job_win32, process, worker

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1024 * 1024
# Each attempt is made by the interpreter, and by the C library as machine code would.
_ATTEMPTS = """
import ctypes, errno, os, resource, socket, subprocess, sys
from mcp_local_graph.documents import confinement
libc = ctypes.CDLL(None, use_errno=True)
confinement.limit({memory}, 20)
confinement.seal()

def attempt(name, work):
    try:
        print(name, "done", work())
    except BaseException as error:
        print(name, type(error).__name__)

def plainly(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    print("libc", name, "done" if result >= 0 else errno.errorcode[ctypes.get_errno()])

attempt("read", lambda: open({secret!r}).read())
attempt("write", lambda: open({new!r}, "w"))
attempt("create", lambda: os.open({new!r}, os.O_CREAT | os.O_WRONLY))
attempt("socket", socket.socket)
attempt("lookup", lambda: socket.getaddrinfo("localhost", 80))
attempt("process", lambda: subprocess.run(["/bin/true"]))
attempt("fork", os.fork)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("remove", lambda: os.remove({secret!r}))
attempt("raise", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
attempt("memory", lambda: len(bytearray({memory})))
plainly("open", {secret!r}.encode(), 0)
plainly("socket", 2, 1, 0)
plainly("dup", 1)
os.close(0)
plainly("open", {secret!r}.encode(), 0)
"""


def test_once_sealed_there_is_no_way_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    code = _ATTEMPTS.format(secret=str(secret), new=str(tmp_path / "new"), memory=256 * _MB)
    command = [*process.command()[:4], "utf8", "-c", f"import sys; sys.path[:0] = sys.argv[1:]\n{code}"]
    command += process.command()[7:]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    assert said.splitlines() == [
        "read OSError",
        "write PermissionError",
        "create PermissionError",
        "socket PermissionError",
        "lookup OSError",
        "process PermissionError",
        "fork PermissionError",
        "exec PermissionError",
        "remove PermissionError",
        "raise ValueError",
        "memory MemoryError",
        "libc open EMFILE",
        "libc socket EMFILE",
        "libc dup EMFILE",
        "libc open EMFILE",
    ]
    assert secret.read_text() == "canary"
    assert list(tmp_path.iterdir()) == [secret]


_WATCHED = f"""
import threading, time
from mcp_local_graph.documents import confinement
confinement.watch({200 * _MB})
(watching,) = set(threading.enumerate()) - {{threading.main_thread()}}
"""


def started_by_a_process_that_held(size: int, code: str) -> tuple[str, str, int]:
    """What a process said and how it ended: Linux counts what its parent held as its own."""
    parent = "import subprocess, sys; held = b'x' * int(sys.argv[1]); "
    parent += "sys.exit(subprocess.run([sys.executable, '-c', sys.argv[2]]).returncode)"
    child = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", parent, str(size), code], capture_output=True, text=True, check=False
    )
    return child.stdout, child.stderr, child.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="there a job object bounds memory")
def test_where_no_limit_holds_a_watch_ends_a_process_that_grows() -> None:
    code = f"""{_WATCHED}
kept = bytearray({100 * _MB})
print("within", flush=True)
more = b"x" * {250 * _MB}
watching.join(60)
print("beyond", flush=True)
"""
    assert started_by_a_process_that_held(0, code) == ("within\n", "", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_the_watch_does_not_count_what_a_large_server_held_that_started_it() -> None:
    code = f"""{_WATCHED}
watching.join(0.5)
print("within", flush=True)
"""
    assert started_by_a_process_that_held(300 * _MB, code) == ("within\n", "", 0)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("a", "w", 0)),
        ("open", ("a", "r+", 0)),
        ("open", ("a", "x", 0)),
        ("open", ("a", None, os.O_WRONLY)),
        ("open", ("a", None, os.O_RDWR | os.O_CREAT)),
        ("socket.connect", ()),
        ("socket.getaddrinfo", ()),
        ("subprocess.Popen", ()),
        ("os.system", ()),
        ("os.remove", ()),
        ("os.rename", ()),
        ("shutil.rmtree", ()),
        ("urllib.Request", ()),
        ("ctypes.dlopen", ()),
        ("winreg.OpenKey", ()),
        ("sqlite3.connect", ()),
    ],
)
def test_what_a_reader_has_no_use_for_is_refused(event: str, arguments: tuple[object, ...]) -> None:
    assert confinement.forbidden(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("a", "r", 0)),
        ("open", ("a", "rb", os.O_RDONLY)),
        ("open", (3, None, os.O_RDONLY)),
        ("import", ("x",)),
        ("os.listdir", ("a",)),
        ("compile", ()),
        ("ctypes.call_function", ()),
    ],
)
def test_what_loading_a_module_takes_is_not(event: str, arguments: tuple[object, ...]) -> None:
    assert not confinement.forbidden(event, arguments)


def test_the_process_is_started_with_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    assert process.environment() == {}
    assert process.command()[:6] == [sys.executable, "-I", "-S", "-X", "utf8", "-c"]
    assert all(os.path.isabs(place) for place in process.command()[7:])  # noqa: PTH117 - texts
    assert said_to(b"half", tmp_path) == b""


def said_to(document: bytes, directory: Path) -> bytes:
    """The answer to a document of which a hundred bytes were announced."""
    head = b'{"memory": 536870912, "seconds": 5, "size": 100}'
    told = len(head).to_bytes(4, "big") + head + document
    child = subprocess.run(  # noqa: S603 - as above
        process.command(), input=told, capture_output=True, env=process.environment(), cwd=directory, check=True
    )
    assert child.stderr == b""
    return child.stdout


def test_the_limits_of_windows_have_the_layout_of_winnt() -> None:
    bounds = job_win32.limits(512 * _MB)
    assert ctypes.sizeof(bounds) == 144
    assert (job_win32.Limits.process_memory.offset, job_win32.Basic.flags.offset) == (112, 16)
    assert bounds.process_memory == 512 * _MB
    assert bounds.basic.active_processes == 1
    assert bounds.basic.flags == 0x8 | 0x100 | 0x400


def test_a_library_may_run_out_of_memory_or_depth() -> None:
    def seal(error: BaseException) -> None:
        raise error

    request = {"extension": "txt", "media_type": "", "charset": "", "pages": "", "offset": 0, "most": 9, "seconds": 9.0}
    assert worker.answer(request, b"a", lambda: seal(MemoryError()))["error"] == ["memory"]
    assert worker.answer(request, b"a", lambda: seal(RecursionError()))["error"] == ["broken"]
