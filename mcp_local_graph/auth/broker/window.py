"""The window that the broker's dialog belongs to, for a server that has no console and no window of its own.

WAM puts its dialog in front of a parent window; without a good one it opens behind everything (azure-cli#29743). A
server on stdio was started through uvx, cmd and a host, so the window that the person looks at is an ancestor's.
Windows only: the brokers of macOS and Linux find their place by themselves.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Smaller windows are helpers that nobody sees, or minimised ones.
_LEAST_SIDE = 50
# python, uv, uvx, cmd, a launcher or two, the host: more is no host any more.
_LEVELS = 8
# 0 is the idle process, 4 the system.
_SYSTEM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A visible top-level window. Its title is the person's own matter: all that counts is whether it has one."""

    handle: int
    process: int
    titled: bool
    width: int
    height: int


class Desktop(Protocol):
    """What is asked of Windows. Nothing here raises: what cannot be found out is empty, None or 0."""

    def parents(self) -> Mapping[int, int]:
        """The process id of each process's parent, by process id."""

    def started(self, process: int) -> int | None:
        """When a process started, on any clock; None where that cannot be told."""

    def windows(self) -> Sequence[Window]:
        """The visible top-level windows of this session."""

    def shell(self) -> int:
        """The process of the desktop and the taskbar (explorer); 0 without one."""

    def console(self) -> int:
        """The window of the terminal this process is attached to; 0 without one."""

    def desktop(self) -> int:
        """The desktop's own window."""


def parent_window(desktop: Desktop, pid: int) -> int:
    """The best window of the process or of the nearest ancestor that has one, else the console's, else the desktop."""
    windows = [window for window in desktop.windows() if min(window.width, window.height) >= _LEAST_SIDE]
    for process in _lineage(desktop, pid):
        if own := [window for window in windows if window.process == process]:
            return max(own, key=_fitness).handle
    return desktop.console() or desktop.desktop()


def of_this_process() -> int | None:
    """The parent window for this process; None where the system wants none."""
    if sys.platform == "win32":  # only: Windows
        from mcp_local_graph.auth.broker.window_win32 import Win32Desktop  # noqa: PLC0415 - loads DLLs

        return parent_window(Win32Desktop(), os.getpid())
    return None


def _fitness(window: Window) -> tuple[bool, int]:
    return window.titled, window.width * window.height


def _lineage(desktop: Desktop, pid: int) -> Iterator[int]:
    """The process and its ancestors, as far as they can be trusted to be that.

    It ends before explorer, which starts what the person starts and whose windows are folders and the desktop.
    """
    parents = desktop.parents()
    ends = {desktop.shell()}
    for _ in range(1 + _LEVELS):
        if pid <= _SYSTEM or pid in ends:
            return
        yield pid
        ends.add(pid)
        parent = parents.get(pid, 0)
        if not _can_be_parent(desktop, parent, pid):
            return
        pid = parent


def _can_be_parent(desktop: Desktop, parent: int, child: int) -> bool:
    """Windows keeps the id of a parent that has ended and gives it to another: a younger process is no parent.

    Where the age cannot be told, the process is another user's or has more rights: its window would be refused.
    """
    ages = desktop.started(parent), desktop.started(child)
    return ages[0] is not None and ages[1] is not None and ages[0] <= ages[1]
