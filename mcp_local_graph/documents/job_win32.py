"""Windows' way to bound a process: a job object that this process puts itself into, for good.

Structures and numbers: winnt.h of the Windows SDK (JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOB_OBJECT_LIMIT_*). It could
not be run where it was written; the layout, the same on every 64-bit system, is tested.
"""

from __future__ import annotations

import ctypes
import sys

_ACTIVE_PROCESSES, _PROCESS_MEMORY, _DIE_ON_EXCEPTION = 0x8, 0x100, 0x400


class Basic(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("minimum_set", ctypes.c_size_t),
        ("maximum_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", Basic),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def limits(memory: int) -> Limits:
    """So many bytes, no child process, and no window when it breaks down."""
    basic = Basic(flags=_ACTIVE_PROCESSES | _PROCESS_MEMORY | _DIE_ON_EXCEPTION, active_processes=1)
    return Limits(basic=basic, process_memory=memory)


if sys.platform == "win32":  # only: Windows
    from ctypes import wintypes

    _EXTENDED_LIMITS = 9
    _kernel32 = ctypes.WinDLL("kernel32")
    _kernel32.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel32.GetCurrentProcess.restype = wintypes.HANDLE
    _kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
    _kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)

    def confine(memory: int) -> None:
        """Put this process into a job of its own. The handle stays open, and with it the job.

        Raises:
            OSError: Windows refuses it; then nothing is read.
        """
        job, bounds = _kernel32.CreateJobObjectW(None, None), limits(memory)
        told = _kernel32.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(bounds), ctypes.sizeof(bounds))
        if not told or not _kernel32.AssignProcessToJobObject(job, _kernel32.GetCurrentProcess()):
            raise ctypes.WinError()
