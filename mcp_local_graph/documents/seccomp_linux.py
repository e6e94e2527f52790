"""Linux' way to bound a process further: a filter of its system calls (seccomp), put on by the process for good.

A reader has to compute, to hold memory, and to write to descriptors that it has. Every other call is refused with
EPERM: also those that take a path, another process or a name and thus need no new descriptor. Structures and numbers:
linux/filter.h, linux/seccomp.h, linux/audit.h, asm/unistd_64.h, and asm-generic/unistd.h, which is aarch64's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import NamedTuple

_NO_NEW_PRIVILEGES = 38
_SET_FILTER, _FOR_ALL_THREADS = 1, 1
# Instructions of the filter's machine: load a word of the call, jump if it equals, return.
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Where a call's number and its architecture stand in struct seccomp_data.
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


class Instruction(ctypes.Structure):
    """struct sock_filter."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction)))


class System(NamedTuple):
    """An architecture's number in audit.h, that of seccomp(2), and those of the calls that a reader makes."""

    architecture: int
    seccomp: int
    calls: tuple[int, ...]


SYSTEMS = {
    "x86_64": System(
        0xC000003E,
        317,
        (
            *(0, 1, 3, 5, 8, 20),  # read write close fstat lseek writev
            *(9, 10, 11, 12, 25, 28),  # mmap mprotect munmap brk mremap madvise
            *(13, 14, 15, 131, 219),  # rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
            *(35, 96, 201, 228, 229, 230),  # nanosleep gettimeofday time clock_gettime clock_getres clock_nanosleep
            *(24, 202, 39, 186, 318),  # sched_yield futex getpid gettid getrandom
            *(60, 231),  # exit exit_group
        ),
    ),
    "aarch64": System(
        0xC00000B7,
        277,
        (
            *(63, 64, 57, 80, 62, 66),  # as above; there is no time
            *(222, 226, 215, 214, 216, 233),
            *(134, 135, 139, 132, 128),
            *(101, 169, 113, 114, 115),
            *(124, 98, 172, 178, 278),
            *(93, 94),
        ),
    ),
}


def instructions(system: System) -> list[Instruction]:
    """The filter: calls of this architecture by these numbers are allowed, all others refused."""
    count = len(system.calls)
    return [
        Instruction(_LOAD, 0, 0, _ARCHITECTURE),
        Instruction(_JUMP_IF_EQUAL, 0, count + 1, system.architecture),
        Instruction(_LOAD, 0, 0, _NUMBER),
        *(Instruction(_JUMP_IF_EQUAL, count - at, 0, call) for at, call in enumerate(system.calls)),
        Instruction(_RETURN, 0, 0, _REFUSE),
        Instruction(_RETURN, 0, 0, _ALLOW),
    ]


def refuse_the_rest() -> bool:  # pragma: no cover - runs in the reader's process, which writes no coverage
    """Refuse this process all other system calls for good. False where the kernel does not, or we know no numbers."""
    if sys.platform != "linux":
        return False
    system = SYSTEMS.get(os.uname().machine)
    if system is None or ctypes.sizeof(ctypes.c_void_p) != 8:  # noqa: PLR2004 - the numbers are those of 64 bits
        return False
    steps = instructions(system)
    program = Program(len(steps), (Instruction * len(steps))(*steps))
    libc = ctypes.CDLL(None)
    libc.prctl(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    said: int = libc.syscall(
        *map(ctypes.c_long, (system.seccomp, _SET_FILTER, _FOR_ALL_THREADS)), ctypes.byref(program)
    )
    return said == 0
