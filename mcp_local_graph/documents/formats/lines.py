"""The lines of calendars and contact cards: names, parameters and values, taken apart (RFC 5545, RFC 6350)."""

from __future__ import annotations

import quopri
from dataclasses import dataclass, field

from icalendar.parser import Contentline, Contentlines

from mcp_local_graph.documents.charsets import decoded

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Line:
    """`NAME;PARAMETER=x:value`, names in upper case."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class Thing:
    """What stands between BEGIN and END. `lines` that could not be taken apart are left out, and counted."""

    name: str
    lines: list[Line] = field(default_factory=list)
    inner: list[Thing] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """Its lines of this name."""
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The value of its first line of this name, or nothing."""
        return next((line.value for line in self.lines if line.name == name), "")


def things(text: str) -> tuple[list[Thing], int]:
    """What a file holds, and how many lines could not be read. What has no end, ends with the file."""
    root, bad = Thing(""), 0
    open_ = [root]
    for raw in Contentlines.from_ical(text):  # type: ignore[no-untyped-call] # it has none
        line = _line(raw) if isinstance(raw, Contentline) else None
        if line is None:
            bad += bool(str(raw).strip())
        elif line.name == "BEGIN" and len(open_) < _DEEPEST:
            thing = Thing(line.value.upper())
            open_[-1].inner.append(thing)
            open_.append(thing)
        elif line.name == "END" and len(open_) > 1:
            open_.pop()
        else:
            open_[-1].lines.append(line)
    return root.inner, bad


def _line(raw: Contentline) -> Line | None:
    try:
        name, parameters, value = raw.parts()
    except ValueError:
        return _old(str(raw))
    flat = {key.upper(): ", ".join(each) if isinstance(each, list) else str(each) for key, each in parameters.items()}
    return Line(name.rpartition(".")[2].upper(), flat, _plain(str(value), flat))


def _old(text: str) -> Line | None:
    """A line of vCard 2.1, whose parameters may be bare words: `TEL;CELL:1`."""
    head, colon, value = text.partition(":")
    name, *parameters = head.split(";")
    if not colon or not name.replace("-", "").isalnum():
        return None
    flat = {key.upper(): given for key, _, given in (each.partition("=") for each in parameters)}
    if flat.pop("QUOTED-PRINTABLE", None) == "":
        flat["ENCODING"] = "QUOTED-PRINTABLE"
    return Line(name.upper(), flat, _plain(value, flat))


def _plain(value: str, parameters: dict[str, str]) -> str:
    """A value of vCard 2.1 may be quoted-printable."""
    if parameters.get("ENCODING", "").upper() != "QUOTED-PRINTABLE":
        return value
    return decoded(quopri.decodestring(value.encode("utf-8", "replace")), parameters.get("CHARSET", ""))[0]
