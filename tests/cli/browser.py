"""A browser with a person in it, for the BROWSER variable: `<python> browser.py <report file> <address>`.

The report has one line for each sign-in: the status and title of the page that it ended on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mcp_local_graph.sandbox import Person

if __name__ == "__main__":
    report, address = sys.argv[1:]
    end = Person().sign_in(address)
    with Path(report).open("a", encoding="utf-8") as file:
        file.write(f"{end.status} {end.title}\n")
