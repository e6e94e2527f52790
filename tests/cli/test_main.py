"""Words in, words out, exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import __version__
from mcp_local_graph.tools import TOOLSETS
from tests.cli.rig import PROGRAM, SECONDS, Ran, here, there
from tests.support import flags

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

SETTINGS = [
    "state-dir",
    "client-id",
    "tenant",
    "cloud",
    "login-url",
    "graph-url",
    "ca-file",
    "sign-in",
    "token-store",
    "log-level",
]
COMMANDS = ["serve", "login", "logout", "status", "tools", "demo"]


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command_and_the_exit_codes(flag: str) -> None:
    ran = here(flag)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: mcp-local-graph [OPTIONS] COMMAND")
    for command in COMMANDS:
        assert f"\n  {command} " in ran.out
    assert "Exit codes: 0 ok, 1 failed, 2 wrong usage or settings, 4 a sign-in is needed." in " ".join(ran.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(command: str) -> None:
    ran = here(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: mcp-local-graph {command}")


@pytest.mark.parametrize(
    ("command", "own"),
    [("serve", "--demo"), ("login", "--add"), ("logout", "--all"), ("status", "--json"), ("use", "--help")],
)
def test_help_tells_what_only_this_command_has_before_the_settings(command: str, own: str) -> None:
    (_, options, settings) = re.split(r"^(?:Options|Settings):$", here(command, "--help").out, flags=re.MULTILINE)
    assert own in options
    assert "--tenant" not in options
    assert settings.lstrip().startswith("--state-dir")


@pytest.mark.parametrize("command", ["serve", "login", "logout", "status", "tools"])
def test_help_names_every_setting_and_its_variable(command: str) -> None:
    shown = " ".join(here(command, "--help").out.split())
    for name in SETTINGS:
        assert f"--{name} " in shown
        assert f"MCP_LOCAL_GRAPH_{name.upper().replace('-', '_')}" in shown


def test_the_version_is_one_line() -> None:
    assert here("--version").out == f"mcp-local-graph {__version__}\n"


@pytest.mark.parametrize(
    ("word", "advice"),
    [("stauts", " Did you mean 'status'?"), ("log-in", " Did you mean 'login'?"), ("xyzzy", "")],
)
def test_a_command_that_is_misspelt_is_told_which_may_be_meant(word: str, advice: str) -> None:
    ran = here(word)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == f"Error: No such command '{word}'.{advice}"


@pytest.mark.parametrize("words", [["singin"], ["status", "--nonsense"], ["status", "more"]])
def test_what_it_does_not_know_is_wrong_usage_and_on_stderr(words: list[str]) -> None:
    ran = here(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: mcp-local-graph")
    assert "Error: " in ran.err


def test_a_flag_without_its_value_is_wrong_usage() -> None:
    assert here("login", "--tenant") == Ran(2, "", "Error: Option '--tenant' requires an argument.\n")


def test_the_tools_are_a_table_with_the_permissions_of_each() -> None:
    ran = here("tools")
    assert (ran.code, ran.err) == (0, "")
    sets, listed = (part.splitlines() for part in ran.out.split("\n\n"))
    assert sets[2:] == [f"| `{toolset.name}` | {toolset.description} |" for toolset in TOOLSETS]
    rows = {cells[1]: cells[2:-1] for line in listed[2:] if (cells := [cell.strip() for cell in line.split("|")])}
    tools = [tool for toolset in TOOLSETS for tool in toolset.tools]
    assert list(rows) == [f"`{tool.name}`" for tool in tools]
    assert rows["`profile_get`"][2:] == ["`User.Read`", "", "`MailboxSettings.Read`, `User.Read.All`"]
    assert rows["`mail_search`"][0] == "mail"
    assert rows["`mail_search`"][2:] == ["`Mail.Read`", "`Mail.Read.Shared`", "`MailboxSettings.Read`, `User.Read`"]
    assert rows["`account_status`"][2:] == ["", "", ""]
    assert {line.count("|") for line in listed} == {7}


def test_the_tools_are_those_that_the_settings_offer(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('exclude = ["mail_read"]\nscopes = "Mail.Read"\n')
    ran = here("tools", "--toolsets", "mail", "--state-dir", str(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    assert "| `mail` | Mail in your mailbox and in shared ones |" in ran.lines
    assert "`mail_search`" in ran.out
    assert all(word not in ran.out for word in ("`mail_read`", "`people`", "people_find", "Mail.Read.Shared"))
    wrong = here("tools", "--toolsets", "post", "--state-dir", str(tmp_path))
    assert (wrong.code, wrong.out) == (2, "")
    assert "--toolsets names what there is not: post." in wrong.err


def test_without_words_a_person_at_a_terminal_gets_help() -> None:
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            PROGRAM, stdin=theirs, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: mcp-local-graph")


@pytest.mark.parametrize("words", [[], ["--log-level", "error"], ["serve"]])
def test_a_host_without_a_terminal_gets_a_server_that_ends_with_its_input(words: list[str]) -> None:
    ran = there(*words)
    assert (ran.code, ran.out) == (0, "")
    assert "Usage" not in ran.err


def test_flags_before_a_command_belong_to_the_server() -> None:
    ran = here("--log-level", "error", "status")
    assert ran.code == 2
    assert "mcp-local-graph serve" in ran.err
    ran = here("--nonsense")
    assert ran.code == 2
    assert "mcp-local-graph serve" in ran.err


def test_without_stdin_at_all_it_is_a_server_that_ends() -> None:
    program = f"import os, sys; os.close(0); os.execv(sys.executable, {PROGRAM!r})"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_network_that_is_down_is_a_failure_in_plain_words(tenant: DemoTenant, tmp_path: Path) -> None:
    words = flags(tenant, tmp_path)
    tenant.stop()
    ran = here("login", *words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Error: Microsoft's sign-in service cannot be reached.\n")
    assert "Traceback" not in ran.err
