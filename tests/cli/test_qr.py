"""The QR code of the page for a code, where the output is a terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import segno

from mcp_local_graph.cli import qr
from tests.cli.rig import PROGRAM, SECONDS, here, with_a_code
from tests.support import flags

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

MODULES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def drawn(lines: list[str]) -> list[tuple[int, ...]]:
    """The modules that a terminal would show, black on white."""
    rows: list[tuple[int, ...]] = []
    for line in lines:
        match = re.fullmatch(r"\x1b\[30;107m([ ▀▄█]+)\x1b\[0m", line)
        assert match, line
        rows += zip(*(MODULES[character] for character in match[1]), strict=True)
    return rows


@pytest.mark.parametrize("address", ["https://microsoft.com/devicelogin", "https://login.microsoftonline.us/common"])
def test_what_is_drawn_is_the_code_of_the_address(address: str) -> None:
    rows = drawn(qr.lines(address))
    wanted = [tuple(row) for row in segno.make_qr(address, error="m").matrix_iter(border=2)]
    assert rows[: len(wanted)] == wanted
    assert set(rows[len(wanted) :]) <= {(0,) * len(wanted)}
    assert len(wanted) <= 50


def test_where_the_output_is_no_terminal_nothing_is_drawn(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_device_code_interval(0)
    ran = here("login", *flags(tenant, tmp_path, sign_in="device"), help_with=with_a_code(tenant))
    assert ran.code == 0
    assert not set(ran.out) & {"▀", "▄", "█", "\x1b"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(
    ("columns", "encoding", "code"), [(80, "utf-8", True), (30, "utf-8", False), (80, "ascii", False)]
)
def test_in_a_terminal_the_address_is_drawn_where_there_is_room_for_it(
    tenant: DemoTenant, tmp_path: Path, *, columns: int, encoding: str, code: bool
) -> None:
    import pty  # noqa: PLC0415 - not on Windows

    outer, inner = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "PYTHONIOENCODING": encoding}
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "login", *flags(tenant, tmp_path, sign_in="device")],
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        os.close(inner)
        shown = b""
        while b"Waiting" not in shown:
            shown += os.read(outer, 4096)
        process.terminate()
        process.wait(SECONDS)
    os.close(outer)
    lines = shown.decode().splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("Open http://localhost:"))
    address = lines[at].split()[1]
    assert lines[:at] == (qr.lines(address) if code else [])
