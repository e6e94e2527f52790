# ruff: noqa: INP001 - a script, not a package
"""Figures for a reader: what was found, beside what it may be at most."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Figure(NamedTuple):
    """What was found; `good` is None where there is no target."""

    words: str
    good: bool | None = None


def at_most(what: str, found: float, target: float, unit: str) -> Figure:
    """One that has a target."""
    shown = f"{found:.0f}" if found == int(found) else f"{found:.2f}"
    return Figure(f"{what}: {shown} {unit} (target {target:g})".replace("  ", " "), found <= target)


def show(title: str, figures: Iterable[Figure]) -> bool:
    """Print a group with the machine's load; true when nothing in it is over target."""
    load = f" (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)" if hasattr(os, "getloadavg") else ""
    print(f"{title}{load}")  # noqa: T201 - a script's output
    good = True
    for figure in figures:
        verdict = "    " if figure.good is None else "good" if figure.good else "BAD "
        print(f"  {verdict}  {figure.words}", flush=True)  # noqa: T201 - as above
        good = good and figure.good is not False
    return good
