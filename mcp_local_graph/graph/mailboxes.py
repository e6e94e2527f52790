"""Which mailbox a request is for: Outlook serves four at a time for each.

Source: learn.microsoft.com, "Microsoft Graph service-specific throttling limits", Outlook service.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

# What of a person or a group is kept by Outlook: mail, calendars, contacts, and what is computed from them.
_OUTLOOK = """
    messages mailfolders sendmail getmailtips inferenceclassification outlook mailboxsettings translateexchangeids
    calendar calendars calendargroups calendarview events findmeetingtimes reminderview
    contacts contactfolders people todo
"""
_PERSONS = frozenset(_OUTLOOK.split())
# A key may stand in parentheses, as in links of Graph's: `users('x')`.
_KEY = re.compile(r"^(\w+)\('(.*)'\)$")
_GROUPS = frozenset({"threads", "conversations", "events", "calendar", "calendarview"})


def of_path(path: str) -> str:
    """The mailbox of a path below /v1.0 (a query may follow): `me`, `users/x@y`, `groups/id`; empty for none."""
    written = path.partition("?")[0].strip("/").removeprefix("v1.0/").split("/")
    first, *rest = (part for segment in written for part in _KEY.sub(r"\1\n\2", unquote(segment)).lower().split("\n"))
    what = [part.partition("(")[0] for part in rest]
    if first == "me" and _PERSONS.intersection(what[:1]):
        return "me"
    if first == "users" and _PERSONS.intersection(what[1:2]):
        return f"users/{rest[0]}"
    if first == "groups" and _GROUPS.intersection(what[1:2]):
        return f"groups/{rest[0]}"
    return ""
