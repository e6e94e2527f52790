"""The only module that writes to stdout. While a server is running, stdout belongs to the protocol: nobody calls it."""

from __future__ import annotations

import json
from typing import Any

import click


def say(words: str = "") -> None:
    """Answer a person, on stdout."""
    click.echo(words)


def say_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Answer a program, on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def complain(words: str) -> None:
    """Tell a person what went wrong, on stderr."""
    click.echo(words, err=True)
