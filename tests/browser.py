"""A browser for the BROWSER variable: opens the address as a Person who does what PERSON_DOES says.

accept (also when unset), cancel, or nothing. PERSON names the account. PERSON_REPORT names a file that gets a line for
each address: the status and title of the page that it ended on.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from mcp_local_graph.sandbox import Page, Person

COMMAND = f"{shlex.quote(sys.executable)} {shlex.quote(__file__)} %s"


def main(address: str) -> None:
    person = Person(os.environ.get("PERSON"))
    does = os.environ.get("PERSON_DOES", "accept")
    asked = does in {"accept", "cancel"}
    end = person.sign_in(address, cancel=does == "cancel") if asked else person.browse(address)
    if report := os.environ.get("PERSON_REPORT"):
        _note(Path(report), end)


def _note(report: Path, end: Page) -> None:
    with report.open("a", encoding="utf-8") as file:
        file.write(f"{end.status} {end.title}\n")


if __name__ == "__main__":
    main(sys.argv[1])
