"""What every test gets: a clean environment, a demo tenant of its own, and a search for leaked secrets afterwards."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.sandbox import DemoTenant
from tests.tools import referee

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


_LEADS_AWAY = (
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "SSH_CONNECTION",
    "SSH_TTY",
    "DBUS_SESSION_BUS_ADDRESS",
    "PYTHON_KEYRING_BACKEND",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
# The only reasons for which a test may be left out. Any other skip fails.
_SKIPS = (
    "Microsoft's descriptions of Graph are not at hand",
    "no network namespaces on this machine",
    "no chromium on this machine",
    "no file system of one's own on this machine",
    "this kernel filters no system calls",
    "no gnome-keyring or dbus-run-session on this machine",
    "memory is read from /proc",
    "this machine has no address but loopback",
    "there a display is always taken for granted",
    "there Python always knows a browser",
    "Windows has no modes",
    "Windows has no pseudo-terminals of this kind",
    "there a job object bounds memory",
    "only root can give a file to somebody else",
    "Windows has no signals to send, and closes pipes unseen",
    "Windows has no symbolic links for everybody",
    "a POSIX shell closes the streams",
)
_tenants = pytest.StashKey[list[DemoTenant]]()
_state = pytest.StashKey[list["Path"]]()


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, proxy, display or key store of the machine that the tests run on."""
    for name in os.environ:
        if name.upper() in _LEADS_AWAY or name.startswith("MCP_LOCAL_GRAPH_"):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tenant(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DemoTenant]:
    """A demo tenant in which nobody has signed in yet."""
    directory = tmp_path / "tenant"
    directory.mkdir()
    with DemoTenant(directory) as running:
        request.node.stash.setdefault(_tenants, []).append(running)
        request.node.stash[_state] = [tmp_path]
        yield running


@pytest.fixture(autouse=True)
def _referee(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every request that the product makes of a tenant is one that Microsoft describes, and so is every answer."""
    tenant = request.getfixturevalue("tenant") if "tenant" in request.fixturenames else None
    yield
    # Some tests call other things so.
    if isinstance(tenant, DemoTenant) and referee.DATA.is_dir():
        assert referee.problems(tenant.control.requests("graph")) == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test after which a secret that its tenant issued stands in its output or in a file it left."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and not _may_be_skipped(str(report.longrepr[2])):
        report.outcome = "failed"
        report.longrepr = f"a skip that is not on the list of tests/conftest.py: {report.longrepr[2]}"
    if call.when == "teardown" and report.passed:
        secrets = {secret for tenant in item.stash.get(_tenants, []) for secret in tenant.control.issued_secrets()}
        if leaks := _leaks(secrets, report, item.stash.get(_state, [])):
            report.outcome = "failed"
            report.longrepr = f"secrets of the tenant leaked into: {', '.join(leaks)}"
    return report


def _may_be_skipped(reason: str) -> bool:
    return reason.removeprefix("Skipped: ") in _SKIPS


def _leaks(secrets: set[str], report: pytest.TestReport, directories: list[Path]) -> list[str]:
    places = {title: text.encode() for title, text in report.sections}
    for directory in directories:
        # The plain-text store (tokens-….json, .new while it is written) is the named exception: it is there for tokens.
        files = (path for path in directory.rglob("*") if path.is_file() and path.suffix not in {".json", ".new"})
        places.update({str(path): path.read_bytes() for path in files})
    return [place for place, text in places.items() if any(secret.encode() in text for secret in secrets)]
