"""The only module that writes to stdout. While a server is running, stdout belongs to the protocol: nobody calls it."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import click


def say(words: str = "") -> None:
    """Answer a person, on stdout."""
    click.echo(words)


def can_draw(columns: int) -> bool:
    """Whether stdout is a terminal of at least so many columns, for which there are block characters."""
    stream = sys.stdout
    try:
        "\N{FULL BLOCK}".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return stream.isatty() and shutil.get_terminal_size().columns >= columns


def say_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Answer a program, on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def complain(words: str) -> None:
    """Tell a person what went wrong, on stderr."""
    click.echo(words, err=True)
