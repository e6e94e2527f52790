"""Opening the person's browser, where there is one to open."""

from __future__ import annotations

import os
import sys
import webbrowser
from concurrent.futures import TimeoutError as Late

from mcp_local_graph import threads

# Seconds: some launchers return at once, some stay until the browser is closed.
_LAUNCH = 5.0


def can_open() -> bool:
    """Whether a browser that this person sees can be opened from this process.

    Over ssh it would open on the wrong screen or none; without a display Python would start a text browser in the
    middle of the protocol. A `BROWSER` variable is taken as the person's own word that there is one.
    """
    if os.environ.get("BROWSER"):
        return True
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform not in {"win32", "darwin"} and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def open_page(address: str, patience: float = _LAUNCH) -> bool:
    """Open the address in the browser; False where that visibly failed.

    A launcher that is still busy after `patience` seconds counts as a browser that is open.
    """
    try:
        return threads.start(webbrowser.open, address).result(patience)
    except Late:
        return True
    except (OSError, webbrowser.Error):
        return False
