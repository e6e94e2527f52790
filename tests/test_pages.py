"""What the README shows is what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mcp_local_graph.cli.main import group
from tests.pages import BLOCKS, DOCUMENT_BLOCKS, DOCUMENTS, ERRORS, README, errors, with_blocks

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"`?(?:uvx )?(mcp-local-graph [a-z][^`\n]*)")


def test_the_readme_shows_the_programs_own_help_tools_and_settings() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_blocks(text), "run scripts/documents"
    assert all(f"<!-- {name} -->" in text for name in BLOCKS)


def test_the_page_of_documents_shows_the_programs_own_kinds_and_limits() -> None:
    text = DOCUMENTS.read_text(encoding="utf-8")
    assert text == with_blocks(text, DOCUMENT_BLOCKS), "run scripts/documents"


def test_the_page_of_errors_is_the_programs_own_table() -> None:
    assert ERRORS.read_text(encoding="utf-8") == errors(), "run scripts/documents"


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "docs/errors.md"])
def test_every_command_that_a_page_names_exists(page: str) -> None:
    found = COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    assert found
    for command in found:
        _, name, *words = command.split()
        flags = [word for word in words if word.startswith("--")]
        shown = CliRunner().invoke(group, [name, "--help"])
        assert shown.exit_code == 0, command
        assert all(flag in shown.output for flag in flags), command


def test_the_two_commands_of_the_readme_are_scripts_that_can_be_run() -> None:
    for name in ("scripts/demo", "scripts/test"):
        assert name in README.read_text(encoding="utf-8")
        assert (ROOT / name).stat().st_mode & 0o100


def test_help_is_shown_to_a_person_in_less_than_a_page() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "mcp_local_graph", "--help"], capture_output=True, text=True, check=True
    )
    assert len(shown.stdout.splitlines()) < 24
