"""Graph's messages in our words: who, when, what, and what speaks against trusting the sender."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.jobs import days, quotes, zones
from mcp_local_graph.jobs.lines import cut, cut_sender
from mcp_local_graph.safety.untrusted import Links, Untrusted, from_html, line, prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

SUMMARY = (
    "id",
    "subject",
    "from",
    "toRecipients",
    "receivedDateTime",
    "isRead",
    "isDraft",
    "flag",
    "hasAttachments",
    "bodyPreview",
    "conversationId",
)
# Bytes of a line of a list; 25 of them and all that is around them fit into 1,500 tokens.
_LINE = 205
# Characters by which the beginnings of previews are compared, and how many have to be alike.
_BANNER, _ALIKE = 24, 3
# Characters of a preview that a line can show at the most: more is not worth cleaning. Graph gives so many in all.
_PREVIEW, _MOST_PREVIEW = 160, 255
# Characters of bodies that are turned into text in no time: 0.1 s at most, if every tag is an element of its own.
_LARGE = 40_000
MARKS = "* unread, ! flagged, + files"
# What ends a sentence or a line, where more follows.
_SENTENCE = re.compile(r"[.!?][\])*]*(?=\s)|\S(?=[^\S\n]*\n)")
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|enc|tr|rv|i)\s*:", re.IGNORECASE)
# What the receiving server found out about the sender, in the order people know it. RFC 8601.
_CHECKS = ("spf", "dkim", "dmarc")
_RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc)\s*=\s*(\w+)", re.IGNORECASE)
# In these stand words of the sender's, such as the address it names.
_QUOTED, _COMMENT = re.compile(r'"[^"]*"'), re.compile(r"\([^()]*\)")
_MOST_HEADER, _MOST_NESTED = 10_000, 5
_FAILED = {"fail", "softfail", "permerror"}


class Summary(NamedTuple):
    """One message of a list."""

    ref: str
    sender: Untrusted
    subject: Untrusted
    preview: Untrusted
    when: datetime | None
    unread: bool
    flagged: bool
    files: bool
    draft: bool

    def line(self, size: int = _LINE) -> str:
        """Itself on one line of at most so many bytes."""
        marks = "".join(mark for mark, on in (("*", self.unread), ("!", self.flagged), ("+", self.files)) if on)
        start = " ".join(piece for piece in (self.ref, f"{self.when:%H:%M}" if self.when else "", marks) if piece)
        said = f"{start} {'[draft] ' if self.draft else ''}{cut_sender(self.sender, 60)}: {cut(self.subject, 90)}"
        return cut(f"{said} | {self.preview}" if self.preview else said, size)


def by_days(found: Iterable[Summary], now: datetime, size: int = _LINE) -> list[str]:
    """Messages below their days, in the order that they have."""
    result = []
    for day, group in groupby(found, lambda one: one.when.date() if one.when else None):
        result.append(days.named(day, now.date()) if day else "No date")
        result += [one.line(size) for one in group]
    return result


def summaries(
    found: Sequence[Mapping[str, Any]], refs: Iterable[str], zone: ZoneInfo, domain: str, own: str = ""
) -> tuple[Summary, ...]:
    """Messages of a list by their handles, in the mailbox of `own`, without what many of their previews begin with.

    Many organisations put a warning on top of every mail from outside; in a list it would stand in place of what the
    mails say. What it is in each of them is told by several beginning with the same words.
    """
    previews = [str(message.get("bodyPreview") or "") for message in found]
    alike: dict[str, list[str]] = defaultdict(list)
    for preview in previews:
        alike[preview[:_BANNER]].append(preview)
    banners = {start: _banner(group) for start, group in alike.items() if len(group) >= _ALIKE}
    said = (_said(preview, banners.get(preview[:_BANNER], 0)) for preview in previews)
    senders = (_who(message, domain, own) for message in found)
    return tuple(_summary(*one, zone) for one in zip(found, refs, senders, said, strict=True))


def _who(message: Mapping[str, Any], domain: str, own: str) -> Untrusted:
    """The sender; of a draft or a sent mail the recipients, which tell it from others."""
    sent = own and name_and_address(message.get("from"))[1].casefold() == own.casefold()
    return _to(message) if sent or message.get("isDraft") else short(message.get("from"), domain)


def _summary(message: Mapping[str, Any], ref: str, sender: Untrusted, preview: str, zone: ZoneInfo) -> Summary:
    return Summary(
        ref=ref,
        sender=sender,
        subject=line(message.get("subject") or "(no subject)"),
        preview=line(preview),
        when=zones.moment(message.get("receivedDateTime"), zone),
        unread=not message.get("isRead"),
        flagged=(message.get("flag") or {}).get("flagStatus") == "flagged",
        files=bool(message.get("hasAttachments")),
        draft=bool(message.get("isDraft")),
    )


def _said(preview: str, start: int) -> str:
    """What a line can show of a preview from `start` on; where more follows, up to the end of a word."""
    said = preview[start:]
    if len(said) <= _PREVIEW and len(preview) < _MOST_PREVIEW:
        return said
    return f"{said[:_PREVIEW].rsplit(maxsplit=1)[0]}..." if said.strip() else ""


def _banner(previews: list[str]) -> int:
    """How long the common beginning is, up to the end of a sentence or a line with which not all is said."""
    first, last = min(previews), max(previews)  # whatever these two have in common, all have
    if first == last:
        return 0
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    ends = [found.end() for found in _SENTENCE.finditer(last) if _BANNER <= found.end() <= length]
    return ends[-1] if ends else 0


def note(message: Mapping[str, Any]) -> str:
    """What goes with a message's handle, so that reading it takes one request: its conversation and its sender."""
    return json.dumps({"thread": message.get("conversationId"), "sender": name_and_address(message.get("from"))[1]})


def _to(message: Mapping[str, Any]) -> Untrusted:
    names = [name_and_address(each)[0] for each in message.get("toRecipients") or ()]
    return line("to " + (", ".join(name for name in names if name) or "nobody yet"))


def name_and_address(recipient: Mapping[str, Any] | None) -> tuple[str, str]:
    """Of one of Graph's recipients, raw. The name is the address where there is no other."""
    mail = (recipient or {}).get("emailAddress") or {}
    address = str(mail.get("address") or "")
    return str(mail.get("name") or address), address


def short(recipient: Mapping[str, Any] | None, domain: str) -> Untrusted:
    """A name; behind it the domain, where it is another than the person's own: a name alone proves nothing."""
    name, address = name_and_address(recipient)
    return line(name if is_inside(address, domain) or name == address else f"{name} @{address.rpartition('@')[2]}")


def full(recipient: Mapping[str, Any] | None) -> Untrusted:
    """A name with its address."""
    name, address = name_and_address(recipient)
    return line(name if name == address or not address else f"{name} ({address})")


def is_inside(address: str, domain: str) -> bool:
    """Whether an address is of the person's own domain. Exchange's own addresses (`/o=…`) are, which have no `@`."""
    own = not address or (address.startswith("/") and "@" not in address)
    return own or address.rpartition("@")[2].casefold() == domain.casefold()


def is_large(*items: Mapping[str, Any]) -> bool:
    """Whether the bodies of these would keep the event loop for long: HTML of a megabyte may take three seconds."""
    bodies = (item.get(name) or {} for item in items for name in ("body", "uniqueBody"))
    return sum(len(str(body.get("content") or "")) for body in bodies) > _LARGE


def text_of(body: Mapping[str, Any] | None, links: Links | None = None) -> Untrusted:
    """What a reader would see of a body."""
    content = str((body or {}).get("content") or "")
    html = str((body or {}).get("contentType") or "").lower() == "html"
    return from_html(content, links) if html else prose(content, links)


def without_quoted(text: Untrusted, subject: str) -> Untrusted:
    """What is new in it. What is forwarded is no quotation."""
    return text if _FORWARD.match(subject) else text.part(0, quotes.length_of_new(text))


def doubts(message: Mapping[str, Any], domain: str, *, first: bool) -> list[str]:
    """What a reader should know about the sender before believing a mail: ours to say, none of it their words."""
    _, address = name_and_address(message.get("from"))
    found = [] if is_inside(address, domain) else [f"outside {domain}"]
    if first:
        found.append("first mail from this address")
    return found + signs_of_forgery(message)


def signs_of_forgery(message: Mapping[str, Any]) -> list[str]:
    """What the mail itself has against its sender."""
    failed = failed_checks(message.get("internetMessageHeaders") or ())
    return [
        *(["answers go to another address (Reply-To)"] if answers_elsewhere(message) else []),
        *([f"{', '.join(failed)} failed: the sender may be forged"] if failed else []),
    ]


def answers_elsewhere(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """To whom answers go where that is not the sender alone: how somebody forged gets them."""
    own = name_and_address(message.get("from"))[1].casefold()
    answers: list[dict[str, Any]] = message.get("replyTo") or []
    return answers if any(name_and_address(one)[1].casefold() != own for one in answers) else []


def failed_checks(headers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which of SPF, DKIM and DMARC the receiving server says have failed.

    Only the first such header counts: servers write theirs on top, and those below may be the sender's own.
    """
    first = next((str(one.get("value")) for one in headers if _is_authentication(one)), "")
    results = {name.lower(): result.lower() for name, result in reversed(_RESULT.findall(_without_words(first)))}
    return [name.upper() for name in _CHECKS if results.get(name) in _FAILED]


def _without_words(header: str) -> str:
    """Without quoted strings and comments, which may be nested: RFC 5322 §3.2.2. A sender may nest a few."""
    text = _QUOTED.sub("", header[:_MOST_HEADER])
    for _ in range(_MOST_NESTED):
        text = _COMMENT.sub("", text)
    return text


def _is_authentication(header: Mapping[str, Any]) -> bool:
    return str(header.get("name")).lower() == "authentication-results"
