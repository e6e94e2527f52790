"""A browser for the BROWSER variable: opens the address as a Person who does what PERSON_DOES says.

accept (also when unset), cancel, or nothing. PERSON names the account.
"""

from __future__ import annotations

import os
import sys

from mcp_local_graph.sandbox import Person

COMMAND = f"{sys.executable} {__file__} %s"


def main(address: str) -> None:
    person = Person(os.environ.get("PERSON"))
    match os.environ.get("PERSON_DOES", "accept"):
        case "accept":
            person.sign_in(address)
        case "cancel":
            person.sign_in(address, cancel=True)
        case _:
            person.browse(address)


if __name__ == "__main__":
    main(sys.argv[1])
