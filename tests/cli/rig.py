"""What the tests of the command line share: it is run here or as a process of its own, and people help when asked."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.cli.main import main
from mcp_local_graph.sandbox import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox import DemoTenant

PROGRAM = [sys.executable, "-m", "mcp_local_graph"]
SECONDS = 30


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def here(*words: str, help_with: Callable[[str], None] | None = None) -> Ran:
    """Run a command in this process. `help_with` sees each text as it is written to stdout."""
    out, err = _Watched(help_with), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main(list(words))
    out.join()
    return Ran(int(str(ended.value.code)), out.getvalue(), err.getvalue())


def there(*words: str, **environment: str) -> Ran:
    """Run a command as a process without a terminal."""
    done = subprocess.run(  # noqa: S603 - our own program
        [*PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **environment},
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def started(*words: str, **environment: str) -> subprocess.Popen[str]:
    """A command as a process that is still running."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


class _Watched(io.StringIO):
    """Stdout, with somebody who reads along."""

    def __init__(self, reader: Callable[[str], None] | None) -> None:
        super().__init__()
        self._reader = reader
        self._threads: list[threading.Thread] = []

    def write(self, text: str) -> int:
        written = super().write(text)  # first: click tries whether it takes bytes
        if self._reader is not None and text.strip():
            thread = threading.Thread(target=self._reader, args=(text,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return written

    def join(self) -> None:
        for thread in self._threads:
            thread.join(SECONDS)


def with_a_code(tenant: DemoTenant, *, accept: bool = True, account: str | None = None) -> Callable[[str], None]:
    """A person who enters the code that is shown, or declines it."""

    def read(text: str) -> None:
        if found := re.search(r"enter the code (\S+)", text):
            if accept:
                tenant.control.approve_device_code(found[1], account)
            else:
                tenant.control.decline_device_code(found[1])

    return read


def in_a_browser(account: str | None = None, *, consent: bool = True, cancel: bool = False) -> Callable[[str], None]:
    """A person who opens the address that is shown."""

    def read(text: str) -> None:
        if found := re.search(r"http://localhost:\d+/start/\S+", text):
            Person(account).sign_in(found[0], consent=consent, cancel=cancel)

    return read
