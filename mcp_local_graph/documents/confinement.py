"""What the reader's process may still do: think, within limits, and answer.

Each lock is put on by the process itself, before it reads what a stranger wrote. `limit` comes first; `seal` when the
library is loaded that is to read. What then holds against machine code too:

* Linux on x86_64 and aarch64, where the kernel filters system calls: nothing can be done but to compute, to hold memory
  and to write to the pipe (`seccomp_linux`).
* Any other Linux, and macOS: no process can be started (but by root), and no file or socket opened, since there is no
  number left that a new descriptor could have. But files can still be renamed, removed, linked or cut, and processes
  signalled, as the person could.
* Windows: no process is started, no more memory taken.

All the rest is refused by the interpreter (an audit hook), which binds Python code only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time

from mcp_local_graph.documents import seccomp_linux

# A user namespace and a network namespace of one's own, in which there is no network (clone(2)).
_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000
# Audit events of the interpreter that no reading of a document has a use for; `open` is looked at more closely.
_FORBIDDEN = ("socket.", "subprocess.", "os.", "shutil.", "urllib.", "winreg.", "_winapi.", "ctypes.dlopen", "sqlite3.")
# … except looking where a module lies.
_HARMLESS = ("os.listdir", "os.scandir")
# Seconds between two looks at the memory that is held.
_LOOK = 0.05
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


if sys.platform == "win32":  # only: Windows

    def limit(memory: int, seconds: float) -> None:  # noqa: ARG001 - as elsewhere
        """Bound this process: bytes of memory. The seconds are the parent's to count."""
        from mcp_local_graph.documents.job_win32 import confine  # noqa: PLC0415 - of this system only

        confine(memory)

    def _hold_nothing_more() -> None:
        """Windows counts no descriptors: what the interpreter reports has to do."""
else:
    import resource

    def limit(memory: int, seconds: float) -> None:  # pragma: no cover - where it runs, no coverage can be written
        """Bound this process: bytes of address space, seconds of processor time; leave no core file."""
        if sys.platform == "darwin":
            watch(memory)
        cpu = int(seconds) + 1
        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0)):
            _set(kind, most)

    def watch(memory: int) -> None:  # pragma: no cover - as above
        """End this process when it has ever held so many bytes more than now: macOS bounds no address space."""
        unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss (getrusage(2))

        def held() -> int:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

        most = held() + memory  # Linux counts in what the process held that started this one

        def look() -> None:
            while held() < most:
                time.sleep(_LOOK)
            os._exit(1)

        threading.Thread(target=look, daemon=True).start()

    def _hold_nothing_more() -> None:  # pragma: no cover - as above
        """No process, no byte written, no new descriptor."""
        for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
            _set(kind, 0)

    def _set(kind: int, most: int) -> None:  # pragma: no cover - as above
        """Lower one limit for good. A system that does not know it keeps its own."""
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def seal() -> None:  # pragma: no cover - as above
    """From here on: no network, no file, no process, nothing written."""
    _leave_the_network()
    _hold_nothing_more()
    if sys.platform == "linux":
        seccomp_linux.refuse_the_rest()  # where it cannot, the other locks have to do
    sys.addaudithook(_refuse)


def forbidden(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether the interpreter is about to do something that reading a document has no use for."""
    if event == "open":
        _path, mode, flags = arguments
        return bool(set(str(mode or "")) & set("wax+")) or (isinstance(flags, int) and bool(flags & _WRITING))
    return event.startswith(_FORBIDDEN) and event not in _HARMLESS


def _refuse(event: str, arguments: tuple[object, ...]) -> None:  # pragma: no cover - as above
    if forbidden(event, arguments):
        raise PermissionError(f"The reader of documents does not do this: {event}")


def _leave_the_network() -> None:  # pragma: no cover - as above
    """Go where there is no network, on a Linux that lets anybody do so; elsewhere the other locks have to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)
