"""Opening a browser, each time in a process of its own: Python looks for browsers once and remembers them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What has a process's coverage measured.
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
ADDRESS = "http://localhost:1/start/one-time-path"


def browser_says(call: str, directory: Path, **environment: str) -> str:
    """What a function of auth.browser returns where the environment is as given and no other."""
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", f"from mcp_local_graph.auth import browser; print(browser.{call}, end='')"],
        env={"PATH": str(directory), "PYTHONPATH": str(ROOT), **MEASURED, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert run.stderr == ""
    return run.stdout


def program(directory: Path, name: str, body: str) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("environment", "can"),
    [
        ({}, "False"),
        ({"DISPLAY": ":0"}, "True"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "True"),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "False"),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/0"}, "False"),
        ({"SSH_TTY": "/dev/pts/0", "BROWSER": "anything"}, "True"),
    ],
    ids=str,
)
@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there a display is always taken for granted")
def test_a_browser_can_be_opened_where_the_person_would_see_it(
    tmp_path: Path, environment: dict[str, str], can: str
) -> None:
    program(tmp_path, "xdg-open", "exit 0")
    assert browser_says("can_open()", tmp_path, **environment) == can


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there Python always knows a browser")
def test_a_display_without_any_browser_is_not_enough(tmp_path: Path) -> None:
    assert browser_says("can_open()", tmp_path, DISPLAY=":0") == "False"


def test_the_address_is_handed_to_the_browser_as_it_is(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    chosen = program(tmp_path, "chosen", f'printf "%s" "$*" > {opened}')
    assert browser_says(f"open_page({ADDRESS!r})", tmp_path, BROWSER=f"{chosen} %s") == "True"
    assert opened.read_text() == ADDRESS


def test_a_browser_that_fails_is_said_to_have_failed(tmp_path: Path) -> None:
    chosen = program(tmp_path, "chosen", "exit 3")
    assert browser_says(f"open_page({ADDRESS!r})", tmp_path, BROWSER=f"{chosen} %s") == "False"


def test_a_browser_that_does_not_exist_is_said_to_have_failed(tmp_path: Path) -> None:
    assert browser_says(f"open_page({ADDRESS!r})", tmp_path, BROWSER="/no/such/browser %s") == "False"


def test_a_launcher_that_stays_until_the_browser_is_closed_counts_as_open(tmp_path: Path) -> None:
    chosen = program(tmp_path, "chosen", "exec /bin/sleep 1 >/dev/null 2>&1")
    assert browser_says(f"open_page({ADDRESS!r}, 0.1)", tmp_path, BROWSER=f"{chosen} %s") == "True"
