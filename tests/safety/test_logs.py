"""Logs: ours redacted, other people's without their words."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.safety import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

JWT = "eyJ0eXAiOiJKV1QiLCJub25jZSI6IkFRQUJBQUFBQUFC.eyJhdWQiOiIwMDAwMDAwMy0wMDAwIn0.c2lnbmF0dXJl"
OPAQUE = "0.AXoA-kf92_nQqT1.b-7Zx4"


class Written:
    """What stands on stderr so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def getvalue(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What is logged after `configure`; logging is as before afterwards."""
    root = logging.getLogger()
    before = root.level, root.handlers[:], logging.raiseExceptions
    root.handlers[:] = []
    yield Written(capsys)
    logging.captureWarnings(False)  # noqa: FBT003 - the library's signature
    root.setLevel(before[0])
    root.handlers[:], logging.raiseExceptions = before[1:]


def test_our_own_message_is_one_line_with_time_level_and_logger(written: Written) -> None:
    logs.configure("info")
    logging.getLogger("mcp_local_graph.auth.wire").info("GET to %s\nfailed:\r\n  %s\x0b", "the service", "SSLError")
    line = written.getvalue()
    assert line.endswith(" INFO mcp_local_graph.auth.wire GET to the service failed: SSLError\n")
    assert line.count("\n") == 1
    assert line[:4].isdecimal()


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_level_decides(written: Written, level: str) -> None:
    logs.configure(level)
    ours = logging.getLogger("mcp_local_graph")
    for name in ("debug", "info", "warning", "error"):
        getattr(ours, name)("said")
    names = ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert [line.split()[2] for line in written.getvalue().splitlines()] == names[names.index(level.upper()) :]


@pytest.mark.parametrize(
    "name", ["msal.application", "httpx", "root", "mcp", "mcp_local_graphic", "xmcp_local_graph", "urllib3", ""]
)
def test_of_other_peoples_loggers_only_name_and_level_are_printed(written: Written, name: str) -> None:
    logs.configure("debug")
    logging.getLogger(name).warning("code=%s at http://localhost:1/start/abc", "0.Aabc")
    (line,) = written.getvalue().splitlines()
    assert line.endswith(f" WARNING {name or 'root'}")


def test_an_exception_is_its_class_and_nothing_else(written: Written) -> None:
    logs.configure("debug")
    for name in ("msal", "mcp_local_graph.server"):
        try:
            int(OPAQUE)
        except ValueError:
            logging.getLogger(name).exception("It failed")
    theirs, ours = written.getvalue().splitlines()
    assert theirs.endswith(" ERROR msal ValueError")
    assert ours.endswith(" ERROR mcp_local_graph.server It failed ValueError")
    assert OPAQUE not in written.getvalue()


def test_exc_info_without_an_exception_adds_nothing(written: Written) -> None:
    logs.configure("debug")
    logging.getLogger("mcp_local_graph").error("Said", exc_info=True)  # noqa: LOG014 - what the test is about
    assert written.getvalue().endswith(" ERROR mcp_local_graph Said\n")


def test_a_message_that_cannot_be_formatted_is_not_printed_with_its_values(written: Written) -> None:
    logs.configure("debug")
    logging.getLogger("mcp_local_graph").warning("%d tokens", OPAQUE)
    logging.getLogger("mcp_local_graph").warning("next")
    assert OPAQUE not in written.getvalue()
    assert written.getvalue().endswith(" next\n")


def test_a_warning_of_a_library_loses_its_words(written: Written) -> None:
    logs.configure("warning")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for on in (False, True):  # anew, over what `simplefilter` put back
            logging.captureWarnings(on)
        warnings.warn(f"token {OPAQUE}", UserWarning, stacklevel=1)
    assert written.getvalue().endswith(" WARNING py.warnings\n")


def test_what_a_library_configured_before_is_replaced(written: Written) -> None:
    elsewhere = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(elsewhere))
    logs.configure("debug")
    logging.getLogger("msal").warning(OPAQUE)
    assert elsewhere.getvalue() == ""
    assert OPAQUE not in written.getvalue()


SECRETS = [
    (f"Got {JWT} there", JWT),
    (f"id_token: {JWT}", "c2lnbmF0dXJl"),
    (f"access_token={OPAQUE}", OPAQUE),
    (f"refresh_token: {OPAQUE}", OPAQUE),
    (f"Token = {OPAQUE}", OPAQUE),
    (f"&code={OPAQUE}&state=x", OPAQUE),
    (f"device_code={OPAQUE}", OPAQUE),
    (f"user_code: {OPAQUE}", OPAQUE),
    (f"code_verifier={OPAQUE}", OPAQUE),
    (f"client_secret={OPAQUE}", OPAQUE),
    (f"client_assertion={OPAQUE}", OPAQUE),
    (f"client_info={OPAQUE}", OPAQUE),
    (f"password: {OPAQUE}", OPAQUE),
    (f"{{'access_token': '{OPAQUE}', 'n': 1}}", OPAQUE),
    (f'{{"refresh_token":"{OPAQUE}"}}', OPAQUE),
    (f'{{"refresh_token" : "{OPAQUE}"}}', OPAQUE),
    (f"code%3D{OPAQUE}", OPAQUE),
    (f"Authorization: Bearer {OPAQUE}", OPAQUE),
    (f"authorization=Basic {OPAQUE} and", OPAQUE),
    (f"{{'Authorization': 'Bearer {OPAQUE}'}}", OPAQUE),
    (f"Proxy-Authorization: Basic {OPAQUE}", OPAQUE),
    (f"sent Bearer {OPAQUE}, got 401", OPAQUE),
    (f"Cookie: a=1; session={OPAQUE}", OPAQUE),
    (f"Set-Cookie: mcp_local_graph_1={OPAQUE}; HttpOnly", OPAQUE),
    (f"http://localhost:49152/start/{OPAQUE[:8].replace('.', '')}", OPAQUE[:8].replace(".", "")),
    ("x" * 48, "x" * 48),
    ("Aa1+/=" * 20, "Aa1+/=Aa1+/="),
    (f"at https://graph.example/v1.0/me/messages/{'AAMkAGI2' * 8}=", "AAMkAGI2"),
    (f"ACCESS_TOKEN={OPAQUE}", OPAQUE),
    (f"access_token=\n{OPAQUE}", OPAQUE),
]


@pytest.mark.parametrize(("message", "secret"), SECRETS)
def test_nothing_that_looks_like_a_secret_is_printed(message: str, secret: str) -> None:
    assert secret not in logs.redacted(message)
    assert "[redacted]" in logs.redacted(message)


@pytest.mark.parametrize(
    "message",
    [
        "The sign-in service asks for a pause of 30 seconds.",
        "GET to the sign-in service failed: SSLError",
        "correlation id 3d8e7011-51c6-4b2e-9f0a-7ac4d81b6e11; 2026-11-21 13:00:00Z",
        "The token cache cannot be written (No space left on device); this sign-in ends with the server",
        "Signed in as ines.okafor@brackwater.example",
    ],
)
def test_a_plain_sentence_stays_as_it_is(message: str) -> None:
    assert logs.redacted(message) == message


def test_a_secret_stays_out_of_a_log_line_wherever_it_comes_in(written: Written) -> None:
    logs.configure("debug")
    ours = logging.getLogger("mcp_local_graph.auth")
    ours.warning("access_token=%s", OPAQUE)
    ours.warning({"access_token": OPAQUE})
    ours.warning("%(token)s", {"token": JWT})
    assert len(written.getvalue().splitlines()) == 3
    assert OPAQUE not in written.getvalue()
    assert "c2lnbmF0dXJl" not in written.getvalue()


def test_logs_go_to_stderr_and_never_to_stdout() -> None:
    program = (
        "import logging; from mcp_local_graph.safety import logs; logs.configure('debug');"
        "logging.getLogger('mcp_local_graph').warning('ours'); logging.getLogger('msal').warning('theirs')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert done.stdout == ""
    assert [line.split(" ", 2)[2] for line in done.stderr.splitlines()] == [
        "WARNING mcp_local_graph ours",
        "WARNING msal",
    ]
