"""`window.Desktop` on Windows, by ctypes: Toolhelp32 for the processes, user32 for the windows.

Written against Microsoft's documentation of these calls; it could not be run where it was written. The layouts of the
two structures are the same on every 64-bit system and are tested.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.auth.broker.window import Window


class ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W. The name is not read: an array of 16-bit numbers keeps its place on every system."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("usage", ctypes.c_uint32),
        ("process", ctypes.c_uint32),
        ("heap", ctypes.c_size_t),
        ("module", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("parent", ctypes.c_uint32),
        ("priority", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("name", ctypes.c_uint16 * 260),
    )


class Rectangle(ctypes.Structure):
    """RECT."""

    _fields_ = (
        ("left", ctypes.c_int32),
        ("top", ctypes.c_int32),
        ("right", ctypes.c_int32),
        ("bottom", ctypes.c_int32),
    )


if sys.platform == "win32":  # only: Windows
    from ctypes import wintypes

    from mcp_local_graph.auth.broker import window as model

    _TH32CS_SNAPPROCESS = 0x2
    _PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
    _GA_ROOTOWNER = 3
    _DWMWA_CLOAKED = 14
    _INVALID_HANDLE = ctypes.c_void_p(-1).value
    # Our own bindings: argument types set on ctypes.windll would be those of every library in this process.
    _kernel32, _user32, _dwmapi = ctypes.WinDLL("kernel32"), ctypes.WinDLL("user32"), ctypes.WinDLL("dwmapi")
    _EnumWindowsProc = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)

    # Without these, ctypes cuts 64-bit handles to 32 bits.
    _kernel32.CreateToolhelp32Snapshot.argtypes = [wintypes.DWORD, wintypes.DWORD]
    _kernel32.CreateToolhelp32Snapshot.restype = wintypes.HANDLE
    _kernel32.Process32FirstW.argtypes = [wintypes.HANDLE, ctypes.POINTER(ProcessEntry)]
    _kernel32.Process32NextW.argtypes = [wintypes.HANDLE, ctypes.POINTER(ProcessEntry)]
    _kernel32.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
    _kernel32.OpenProcess.restype = wintypes.HANDLE
    _kernel32.GetProcessTimes.argtypes = [wintypes.HANDLE, *[ctypes.POINTER(wintypes.FILETIME)] * 4]
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel32.GetConsoleWindow.restype = wintypes.HWND
    _user32.EnumWindows.argtypes = [_EnumWindowsProc, wintypes.LPARAM]
    _user32.IsWindowVisible.argtypes = [wintypes.HWND]
    _user32.GetWindowRect.argtypes = [wintypes.HWND, ctypes.POINTER(Rectangle)]
    _user32.GetWindowTextLengthW.argtypes = [wintypes.HWND]
    _user32.GetWindowThreadProcessId.argtypes = [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]
    _user32.GetWindowThreadProcessId.restype = wintypes.DWORD
    _user32.GetAncestor.argtypes = [wintypes.HWND, wintypes.UINT]
    _user32.GetAncestor.restype = wintypes.HWND
    _user32.GetShellWindow.restype = wintypes.HWND
    _user32.GetDesktopWindow.restype = wintypes.HWND
    _dwmapi.DwmGetWindowAttribute.argtypes = [wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD]

    class Win32Desktop:
        """The desktop of this session."""

        def parents(self) -> dict[int, int]:
            """A snapshot of all processes."""
            return {entry.process: entry.parent for entry in _processes()}

        def started(self, process: int) -> int | None:
            """In units of 100 ns since 1601."""
            handle = _kernel32.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, 0, process)
            if not handle:
                return None
            try:
                times = [wintypes.FILETIME() for _ in range(4)]
                known = _kernel32.GetProcessTimes(handle, *(ctypes.byref(time) for time in times))
                return times[0].dwHighDateTime << 32 | times[0].dwLowDateTime if known else None
            finally:
                _kernel32.CloseHandle(handle)

        def windows(self) -> list[Window]:
            """Visible ones; those of sleeping store apps call themselves visible, and are cloaked."""
            handles: list[int] = []

            def found(handle: int | None, _: int) -> bool:
                if handle and _user32.IsWindowVisible(handle) and not _cloaked(handle):
                    handles.append(handle)
                return True  # go on

            _user32.EnumWindows(_EnumWindowsProc(found), 0)
            return [_described(handle) for handle in handles]

        def shell(self) -> int:
            """Explorer, as a rule."""
            handle = _user32.GetShellWindow()
            return _owner(handle) if handle else 0

        def console(self) -> int:
            """A console in Windows Terminal is an invisible window that belongs to the terminal's."""
            handle = _kernel32.GetConsoleWindow()
            return (_user32.GetAncestor(handle, _GA_ROOTOWNER) or handle) if handle else 0

        def desktop(self) -> int:
            """Always there."""
            return _user32.GetDesktopWindow() or 0

    def _processes() -> Iterator[ProcessEntry]:
        """Each entry is the same object, filled anew."""
        snapshot = _kernel32.CreateToolhelp32Snapshot(_TH32CS_SNAPPROCESS, 0)
        if snapshot in {None, _INVALID_HANDLE}:
            return
        try:
            entry = ProcessEntry(size=ctypes.sizeof(ProcessEntry))
            more = _kernel32.Process32FirstW(snapshot, ctypes.byref(entry))
            while more:
                yield entry
                more = _kernel32.Process32NextW(snapshot, ctypes.byref(entry))
        finally:
            _kernel32.CloseHandle(snapshot)

    def _described(handle: int) -> Window:
        frame = Rectangle()
        _user32.GetWindowRect(handle, ctypes.byref(frame))
        return model.Window(
            handle=handle,
            process=_owner(handle),
            titled=_user32.GetWindowTextLengthW(handle) > 0,
            width=frame.right - frame.left,
            height=frame.bottom - frame.top,
        )

    def _owner(handle: int) -> int:
        process = wintypes.DWORD()
        _user32.GetWindowThreadProcessId(handle, ctypes.byref(process))
        return process.value

    def _cloaked(handle: int) -> bool:
        cloak = wintypes.DWORD()
        asked = _dwmapi.DwmGetWindowAttribute(handle, _DWMWA_CLOAKED, ctypes.byref(cloak), ctypes.sizeof(cloak))
        return asked == 0 and cloak.value != 0
