"""What the README shows is what the program says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from mcp_local_graph.cli.main import group
from tests.pages import BLOCKS, DOCUMENT_BLOCKS, DOCUMENTS, ERRORS, README, errors, with_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PLATFORMS = ROOT / "docs" / "platforms.md"
NAMED = re.compile(r"`mcp-local-graph ([a-z]+)([^`]*)")
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


def texts_of_the_program() -> Iterator[tuple[str, str]]:
    """Every text in the program's source that is no docstring, and where it stands."""
    for path in sorted((ROOT / "mcp_local_graph").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = path.relative_to(ROOT / "mcp_local_graph").as_posix()
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
                yield f"{place}:{node.lineno}", node.value


def test_every_command_that_an_error_or_a_hint_names_can_be_run() -> None:
    named = [(place, *found) for place, text in texts_of_the_program() for found in NAMED.findall(text)]
    assert len(named) > 20
    shown: dict[str, str] = {}
    for place, name, words in named:
        if name not in shown:
            shown[name] = CliRunner().invoke(group, [name, "--help"]).output
        assert shown[name].startswith(f"Usage: group {name}"), place
        assert all(word in shown[name] for word in words.split() if word.startswith("--")), place
        assert all(way in shown[name] for way in words.split("--sign-in ")[1:]), place


def test_every_flag_that_an_error_or_a_hint_names_is_one() -> None:
    az = {"--allow-no-subscriptions", "--claims-challenge", "--scope", "--resource", "--query"}
    context = click.Context(group)
    commands = [group.get_command(context, name) for name in group.list_commands(context)]
    known = az.union(*(parameter.opts for command in commands if command for parameter in command.params))
    named = {
        (place, flag)
        for place, text in texts_of_the_program()
        if place.startswith(("auth/", "graph/", "config.py", "clouds.py", "errors.py")) and "{ --" not in text  # no CSS
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)
    }
    assert len(named) > 10
    assert sorted((place, flag) for place, flag in named if flag not in known) == []


def test_what_only_another_system_runs_is_listed_in_one_place() -> None:
    package = ROOT / "mcp_local_graph"
    marked = {
        path.relative_to(package).as_posix(): set(re.findall(r"# only: (Windows|macOS)(?:, (macOS))?", text))
        for path in sorted(package.rglob("*.py"))
        if "# only: " in (text := path.read_text(encoding="utf-8"))
    }
    listed = re.findall(r"^\| `(\S+\.py)` \| ([^|]+) \|", PLATFORMS.read_text("utf-8"), re.MULTILINE)
    systems = {
        path: ", ".join(sorted({word for pair in pairs for word in pair if word}, key=["Windows", "macOS"].index))
        for path, pairs in marked.items()
    }
    assert dict(listed) == systems
    assert len(listed) == len(systems)


def test_no_line_for_another_system_is_left_out_of_the_coverage_by_any_other_mark() -> None:
    for path in (ROOT / "mcp_local_graph").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"no cover.*(Windows|macOS|win32|darwin)", line), f"{path.name}: {line}"
