"""Processes of our own that take part in a workload, and say as JSON what they saw."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
# Seconds for a whole workload: one that hangs is to be seen as such.
TOO_LONG = 900


def begin(module: str, work: str, *words: object, within: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """Start a process that does `work` of a module here; `within` is a command that runs it in a place of its own.

    Its coverage is not measured: what it does is counted in seconds, or ends by a kill.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen(  # noqa: S603 - our own module
        [*within, sys.executable, "-m", module, work, *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def heard(running: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a process said at its end."""
    out, _ = running.communicate(timeout=TOO_LONG)
    assert running.returncode == 0, f"a process of this workload ended with {running.returncode}"
    said: dict[str, Any] = json.loads(out)
    return said


def take_part(*works: Callable[..., dict[str, Any]]) -> None:
    """Be such a process: do the work that the command line names."""
    work = next(work for work in works if work.__name__ == sys.argv[1])
    sys.stdout.write(json.dumps(work(*sys.argv[2:])))


@contextlib.contextmanager
def warnings() -> Iterator[list[str]]:
    """What is logged meanwhile as a warning, or worse."""
    seen: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    handler = Listening(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield seen
    finally:
        logging.getLogger().removeHandler(handler)
