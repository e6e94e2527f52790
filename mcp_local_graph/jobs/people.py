"""People: a mail address as it is asked for, and one ranked list out of several sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Where a person comes from, the nearest first: those one works with, the directory, one's own contacts.
SOURCES = ("people", "directory", "contacts")
# Nothing that would end a segment of a path.
_ADDRESS = re.compile(r"[^@\s/\\?#%]+@[A-Za-z0-9.-]+")


class Found(NamedTuple):
    """Somebody, as Graph has them; `path` is where, `source` one of SOURCES. Texts are raw."""

    name: str
    mail: str
    source: str
    path: tuple[str, ...]
    job_title: str = ""
    department: str = ""
    office: str = ""
    phones: tuple[str, ...] = ()


def address(text: str) -> str:
    """A mail address in its one spelling; empty where the text is none."""
    plain = text.strip().lower()
    return plain if _ADDRESS.fullmatch(plain) else ""


def of(source: str, item: Mapping[str, Any]) -> Found:
    """One of Graph's people, users or contacts."""
    mails = [each.get("address") for each in item.get("scoredEmailAddresses") or item.get("emailAddresses") or ()]
    phones = [*(item.get("businessPhones") or ()), item.get("mobilePhone")]
    phones += [each.get("number") for each in item.get("phones") or ()]
    place = {"people": ("me", "people"), "directory": ("users",), "contacts": ("me", "contacts")}[source]
    return Found(
        name=item.get("displayName") or "",
        mail=item.get("mail") or next((mail for mail in mails if mail), "") or item.get("userPrincipalName") or "",
        job_title=item.get("jobTitle") or "",
        department=item.get("department") or "",
        office=item.get("officeLocation") or "",
        phones=tuple(dict.fromkeys(phone for phone in phones if phone)),
        source=source,
        path=(*place, str(item.get("id") or "")),
    )


def ranked(lists: Mapping[str, Sequence[Found]], words: str) -> list[Found]:
    """Everybody once. Who has all the words in name or address comes first, then as Graph ranked them by source."""
    everybody: dict[str, Found] = {}
    for source in SOURCES:
        for one in lists.get(source, ()):
            key = one.mail.casefold() or f"{one.name.casefold()} {'/'.join(one.path)}"
            everybody[key] = _joined(everybody[key], one) if key in everybody else one
    return sorted(everybody.values(), key=lambda one: not _has(one, words.casefold().split()))


def _joined(first: Found, second: Found) -> Found:
    """The same person from two sources. A directory's entry is the one that can be looked up further."""
    filled = {
        name: getattr(second, name)
        for name in ("name", "job_title", "department", "office", "phones")
        if not getattr(first, name)
    }
    if second.source == "directory":
        filled |= {"path": second.path, "source": second.source}
    return first._replace(**filled)


def _has(one: Found, words: Iterable[str]) -> bool:
    text = f"{one.name} {one.mail}".casefold()
    return all(word in text for word in words)
