"""What the program writes of its documents, checked by a test and renewed by scripts/documents.

In the README and docs/documents.md these are the parts between markers; docs/errors.md is the tables of errors, whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcp_local_graph.auth.broker.failures import BY_STATUS
from mcp_local_graph.auth.remedies import BY_CODE, Actor, Remedy
from mcp_local_graph.cli.main import group
from mcp_local_graph.cli.options import SETTINGS
from mcp_local_graph.cli.tools import tables
from mcp_local_graph.documents.kinds import readable
from mcp_local_graph.documents.messages import DEADLINE, MOST_CONTENT, MOST_ENTRIES, MOST_MEMORY, MOST_UNPACKED
from mcp_local_graph.graph.failures import CODES, STATUSES, error_for
from mcp_local_graph.tools import TOOLSETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import click

README = Path(__file__).parents[1] / "README.md"
ERRORS = README.parent / "docs" / "errors.md"
DOCUMENTS = ERRORS.with_name("documents.md")


def _help() -> str:
    context = group.make_context("mcp-local-graph", [], resilient_parsing=True, terminal_width=100)
    return f"```text\n{group.get_help(context)}\n```"


def _tools() -> str:
    return tables(tool for toolset in TOOLSETS for tool in toolset.tools)


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


def _kinds() -> str:
    return "\n".join(["| kind | files |", "|---|---|", *(f"| {title} | {files} |" for title, files in readable())])


def _limits() -> str:
    return "\n".join(
        [
            "| limit | |",
            "|---|---|",
            f"| size of a file | {MOST_CONTENT // 2**20} MB |",
            f"| what an archive may unpack to | {MOST_UNPACKED // 2**20} MB in {MOST_ENTRIES:,} files |",
            f"| memory of the reading process | {MOST_MEMORY // 2**20} MB |",
            f"| time | {DEADLINE:.0f} seconds |",
        ]
    )


BLOCKS = {"tools": _tools, "help": _help, "settings": _settings}
DOCUMENT_BLOCKS = {"kinds": _kinds, "limits": _limits}


def with_blocks(text: str, blocks: Mapping[str, Callable[[], str]] = BLOCKS) -> str:
    for name, block in blocks.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n\n{block()}\n\n{end}{rest.partition(end)[2]}"
    return text


def errors() -> str:
    """One row per remedy, in the order of the table: what Entra says, what it means, what to do, and who."""
    codes: dict[Remedy, list[int]] = {}
    for code, remedy in BY_CODE.items():
        codes.setdefault(remedy, []).append(code)
    rows = [_row(", ".join(map(str, found)), remedy) for remedy, found in codes.items()]
    words: dict[Remedy, list[str]] = {}
    for word, remedy in BY_STATUS.items():
        words.setdefault(remedy, []).append(word)
    return "\n".join(
        [
            "# What the errors mean",
            "",
            "Every error says what happened, one thing to do, and the ids that your IT will ask for.",
            "",
            "## Microsoft's sign-in",
            "",
            "The error's code is `AADSTS…`. Any other than these: look it up at",
            "`https://login.microsoftonline.com/error?code=<number>`.",
            "",
            "| AADSTS | what it means | what to do | who |",
            "|---|---|---|---|",
            *rows,
            "",
            "## The operating system's broker",
            "",
            "Its word stands behind `broker` in the error's code. After any other word the browser is used.",
            "",
            "| broker | what it means | what to do | who |",
            "|---|---|---|---|",
            *(_row(", ".join(found), remedy) for remedy, found in words.items()),
            "",
            "## Microsoft Graph",
            "",
            "The code is Graph's word, or the HTTP status where there is none. Of several words the innermost counts.",
            "",
            "| Graph | what it means | what to do | who |",
            "|---|---|---|---|",
            *_graph(),
            "",
        ]
    )


def _graph() -> list[str]:
    """The rows of Graph's words, of statuses, and of what is told from more than one of them."""
    codes: dict[tuple[str, str], list[str]] = {}
    for code, (_, what, remedy) in [*CODES.items(), *STATUSES.items()]:
        codes.setdefault((what, remedy), []).append(str(code))
    samples = {
        "403": error_for(403, {}, None, frozenset({"Mail.Read"})),
        "429": error_for(429, {"retry-after": "30"}, None, frozenset()),
        "500, 502, 503, 504": error_for(503, {}, None, frozenset()),
    }
    refused = error_for(401, {}, None, frozenset())
    said = [("401", refused.what, "None: a new one is fetched, or you are asked to sign in.")]
    said += [(code, error.what, error.remedy) for code, error in samples.items()]
    said += [(", ".join(found), what, remedy) for (what, remedy), found in codes.items()]
    return [
        f"| {code} | {what} | {remedy or 'Check what was asked for.'} | {_who(remedy)} |" for code, what, remedy in said
    ]


def _who(remedy: str) -> Actor:
    """Who has to act on what Graph says."""
    if "report it" in remedy:
        return Actor.US
    return Actor.ADMIN if "administrator" in remedy else Actor.NOBODY if remedy.startswith("Try again") else Actor.YOU


def _row(codes: str, remedy: Remedy) -> str:
    return f"| {codes} | {remedy.cause} | {remedy.action} | {remedy.who} |"


if __name__ == "__main__":
    ERRORS.write_text(errors(), encoding="utf-8")
    DOCUMENTS.write_text(with_blocks(DOCUMENTS.read_text(encoding="utf-8"), DOCUMENT_BLOCKS), encoding="utf-8")
    README.write_text(with_blocks(README.read_text(encoding="utf-8")), encoding="utf-8")
