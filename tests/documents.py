"""The parts of the README that the program writes: between markers, checked by a test, renewed by scripts/documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcp_local_graph.cli.main import group
from mcp_local_graph.cli.options import SETTINGS
from mcp_local_graph.cli.tools import table

if TYPE_CHECKING:
    import click

README = Path(__file__).parents[1] / "README.md"


def _help() -> str:
    context = group.make_context("mcp-local-graph", [], resilient_parsing=True, terminal_width=100)
    return f"```text\n{group.get_help(context)}\n```"


def _settings() -> str:
    rows = ["| flag | environment | default | meaning |", "|---|---|---|---|"]
    for option in SETTINGS:
        values = " ".join(f"`{choice}`" for choice in getattr(option.type, "choices", ()))
        meaning = f"{option.help} {values}".strip()
        rows.append(f"| `{option.opts[0]}` | `{option.envvar}` | {_default(option)} | {meaning} |")
    return "\n".join(rows)


def _default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    return f"`{option.default}`" if option.show_default else ""


BLOCKS = {"tools": table, "help": _help, "settings": _settings}


def with_blocks(text: str) -> str:
    for name, block in BLOCKS.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n\n{block()}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    README.write_text(with_blocks(README.read_text(encoding="utf-8")), encoding="utf-8")
