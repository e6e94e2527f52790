"""The sealed process: what it could still do, tried from the inside."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.documents import confinement, job_win32, process, seccomp_linux, worker

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1024 * 1024
# Each attempt is made by the interpreter, and by the C library as machine code would.
_ATTEMPTS = """
import ctypes, errno, os, resource, socket, subprocess, sys
from mcp_local_graph.documents import confinement
libc = ctypes.CDLL(None, use_errno=True)
me, parent = os.getpid(), os.getppid()
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
# What needs no descriptor, so that no limit of descriptors bars it.
_WITHOUT_DESCRIPTOR = """
secret, other = {secret!r}.encode(), {new!r}.encode()
plainly("rename", secret, other)
plainly("link", secret, other)
plainly("symlink", secret, other)
plainly("unlink", secret)
plainly("remove", secret)
plainly("truncate", secret, 0)
plainly("chmod", secret, 0o777)
plainly("chown", secret, 1, 1)
plainly("utime", secret, None)
plainly("setxattr", secret, b"user.a", b"b", 1, 0)
plainly("mkdir", other, 0o700)
plainly("mkfifo", other, 0o600)
plainly("chdir", b"/")
plainly("kill", parent, 0)
plainly("kill", me, 0)
plainly("ptrace", 0x4206, parent, 0, 0)
plainly("process_vm_readv", parent, None, 0, None, 0, 0)
plainly("process_vm_writev", parent, None, 0, None, 0, 0)
plainly("shmget", 0, 4096, 0o1600)
plainly("msgget", 0, 0o1600)
plainly("semget", 0, 1, 0o1600)
plainly("fork")
plainly("vfork")
plainly("execve", b"/bin/true", None, None)
plainly("unshare", 0x10000000)
plainly("memfd_create", b"a", 0)
plainly("syscall", 425, 8, other)  # io_uring_setup
"""
_REFUSED = (
    "rename link symlink unlink remove truncate chmod chown utime setxattr mkdir mkfifo chdir kill kill ptrace "
    "process_vm_readv process_vm_writev shmget msgget semget fork vfork execve unshare memfd_create syscall"
)
_FILTERS = """
from mcp_local_graph.documents import seccomp_linux
print(seccomp_linux.refuse_the_rest())
"""


def said_by(code: str) -> list[str]:
    """The lines that this code prints in a process that is started as a reader's is."""
    command = [*process.command()[:4], "utf8", "-c", f"import sys; sys.path[:0] = sys.argv[1:]\n{code}"]
    command += process.command()[7:]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - our own words


@pytest.fixture(scope="session")
def filtered() -> bool:
    """Whether this machine's kernel filters system calls for whoever asks."""
    return said_by(_FILTERS) == ["True"]


def test_once_sealed_there_is_no_way_out(tmp_path: Path, filtered: bool) -> None:  # noqa: FBT001 - a fixture
    secret = tmp_path / "secret"
    secret.write_text("canary")
    refusal = "EPERM" if filtered else "EMFILE"
    assert said_by(_ATTEMPTS.format(secret=str(secret), new=str(tmp_path / "new"), memory=256 * _MB)) == [
        "read PermissionError" if filtered else "read OSError",
        "write PermissionError",
        "create PermissionError",
        "socket PermissionError",
        "lookup LookupError" if filtered else "lookup OSError",
        "process PermissionError",
        "fork PermissionError",
        "exec PermissionError",
        "remove PermissionError",
        "raise ValueError",
        "memory MemoryError",
        f"libc open {refusal}",
        f"libc socket {refusal}",
        f"libc dup {refusal}",
        f"libc open {refusal}",
    ]
    assert secret.read_text() == "canary"
    assert list(tmp_path.iterdir()) == [secret]


def test_once_sealed_nothing_can_be_done_to_files_or_processes_by_name_either(
    tmp_path: Path,
    filtered: bool,  # noqa: FBT001 - a fixture
) -> None:
    if not filtered:
        pytest.skip("this kernel filters no system calls")
    secret = tmp_path / "secret"
    secret.write_text("canary")
    code = (_ATTEMPTS + _WITHOUT_DESCRIPTOR).format(secret=str(secret), new=str(tmp_path / "new"), memory=256 * _MB)
    names = _REFUSED.split()
    assert said_by(code)[-len(names) :] == [f"libc {name} EPERM" for name in names]
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


# Numbers of calls by asm/unistd_64.h and asm-generic/unistd.h, and the architectures' by linux/audit.h.
_X86_64, _I386, _AARCH64, _ARM = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028
_ALLOWED, _REFUSED_WITH_EPERM = 0x7FFF0000, 0x00050001


def outcome(machine: str, architecture: int, call: int) -> int:
    """What the filter of this machine returns, run as the kernel would run it."""
    steps = seccomp_linux.instructions(seccomp_linux.SYSTEMS[machine])
    at = held = 0
    while True:
        step, at = steps[at], at + 1
        if step.code == 0x20:
            held = {0: call, 4: architecture}[step.operand]
        elif step.code == 0x15:
            at += step.if_true if held == step.operand else step.if_false
        else:
            assert step.code == 0x06
            return int(step.operand)


@pytest.mark.parametrize(
    ("machine", "architecture", "call", "says"),
    [
        ("x86_64", _X86_64, 1, _ALLOWED),  # write
        ("x86_64", _X86_64, 0, _ALLOWED),  # read
        ("x86_64", _X86_64, 231, _ALLOWED),  # exit_group
        ("x86_64", _X86_64, 2, _REFUSED_WITH_EPERM),  # open
        ("x86_64", _X86_64, 62, _REFUSED_WITH_EPERM),  # kill
        ("x86_64", _X86_64, 82, _REFUSED_WITH_EPERM),  # rename
        ("x86_64", _X86_64, 0x40000001, _REFUSED_WITH_EPERM),  # write of the x32 ABI
        ("x86_64", _I386, 1, _REFUSED_WITH_EPERM),
        ("aarch64", _AARCH64, 64, _ALLOWED),  # write
        ("aarch64", _AARCH64, 94, _ALLOWED),  # exit_group
        ("aarch64", _AARCH64, 38, _REFUSED_WITH_EPERM),  # renameat
        ("aarch64", _AARCH64, 56, _REFUSED_WITH_EPERM),  # openat
        ("aarch64", _AARCH64, 129, _REFUSED_WITH_EPERM),  # kill
        ("aarch64", _AARCH64, 276, _REFUSED_WITH_EPERM),  # renameat2
        ("aarch64", _ARM, 64, _REFUSED_WITH_EPERM),
    ],
)
def test_the_filter_lets_through_what_a_reader_needs_and_nothing_else(
    machine: str, architecture: int, call: int, says: int
) -> None:
    assert outcome(machine, architecture, call) == says


def test_the_filter_has_the_layout_of_linux() -> None:
    assert (ctypes.sizeof(seccomp_linux.Instruction), ctypes.sizeof(seccomp_linux.Program)) == (8, 16)
    assert seccomp_linux.Program.instructions.offset == 8
    assert all(len(system.calls) < 255 for system in seccomp_linux.SYSTEMS.values())


def test_a_library_may_run_out_of_memory_or_depth() -> None:
    def seal(error: BaseException) -> None:
        raise error

    request = {"extension": "txt", "media_type": "", "charset": "", "pages": "", "offset": 0, "most": 9, "seconds": 9.0}
    request["image"] = False
    assert worker.answer(request, b"a", lambda: seal(MemoryError()))["error"] == ["memory"]
    assert worker.answer(request, b"a", lambda: seal(RecursionError()))["error"] == ["broken"]
