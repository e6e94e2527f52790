"""What a mailbox, a calendar and a drive are made from: the demo tenant's data in the words of people, not of Graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody by name and address. The name is the sender's own choice, so it can be anything."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file whose bytes are made when somebody first asks for them; the same bytes every time."""

    name: str
    content_type: str
    make: Callable[[], bytes]
    # A picture that stands in the text of a mail, by its content id.
    inline: bool = False
    content_id: str = ""

    @property
    def content(self) -> bytes:
        """The bytes."""
        return _made(self.make)


@cache
def _made(make: Callable[[], bytes]) -> bytes:
    return make()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A mail or an event that hangs at a mail (Graph: itemAttachment)."""

    name: str
    item: Mail | Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A file in a drive that a mail refers to (Graph: referenceAttachment, whose v1.0 does not say the address)."""

    name: str
    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What makes a mail one of the calendar's: `kind` is Graph's meetingMessageType."""

    kind: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it lies in one mailbox.

    `key` names it in its mailbox and over all copies in others; `thread` is the same in all mails of a conversation and
    `answers` is the key of the mail that it replies to. `html` is the whole document, `unique` the part of it that is
    not quoted (empty where nothing is); `text` is the body of a mail in plain text, then `html` is empty. `sent_by` is
    who really sent it where that is not `sender` (a delegate). `folder` is the key of a Folder.
    """

    key: str
    at: datetime
    sender: Address
    subject: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    sent_by: Address | None = None
    html: str = ""
    unique: str = ""
    text: str = ""
    folder: str = "inbox"
    thread: str = ""
    answers: str = ""
    read: bool = True
    draft: bool = False
    # "", "flagged" or "complete"; a flag may have a day when it is due.
    flag: str = ""
    due: date | None = None
    importance: str = "normal"
    categories: tuple[str, ...] = ()
    focused: bool = True
    read_receipt: bool = False
    files: tuple[File | Attached | Reference, ...] = ()
    meeting: Meeting | None = None
    # All internet headers, in the order of the wire; none in drafts and sent mail.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def conversation(self) -> str:
        """The name of its conversation."""
        return self.thread or self.key

    @property
    def message_id(self) -> str:
        """Its Message-ID, which all copies share."""
        return message_id(self.key, self.sender)


def message_id(key: str, sender: Address) -> str:
    """The Message-ID of a mail by its key and its sender."""
    return f"<{key}.bw@{sender.address.rpartition('@')[2]}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A mail folder. `well_known` is Graph's name for it, whatever it is called here; `parent` is a Folder's key."""

    key: str
    name: str
    parent: str = "msgfolderroot"
    well_known: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """All mail of one mailbox, newest first. `delegates` are the object ids of others who may open it."""

    owner: str
    address: Address
    folders: tuple[Folder, ...]
    mails: tuple[Mail, ...]
    delegates: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is asked to a meeting. `kind`: required, optional, resource; `response` as Graph has it."""

    who: Address
    response: str = "accepted"
    kind: str = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How an event repeats: Graph's recurrencePattern, then until a day, a number of times, or without end."""

    pattern: Mapping[str, Any]
    until: date | None = None
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One occurrence that differs, by its day in the series; `cancelled` takes it out, else `changed` replaces fields."""

    day: date
    cancelled: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as its organizer made it. `start` and `end` are naive, on the clocks of `zone` (a Windows name)."""

    key: str
    subject: str
    start: datetime
    end: datetime
    organizer: Address
    zone: str = "GMT Standard Time"
    all_day: bool = False
    attendees: tuple[Attendee, ...] = ()
    location: str = ""
    online: bool = False
    html: str = ""
    show_as: str = "busy"
    sensitivity: str = "normal"
    importance: str = "normal"
    categories: tuple[str, ...] = ()
    reminder: int = 15
    cancelled: bool = False
    repeat: Repeat | None = None
    changes: tuple[Change, ...] = ()
    files: tuple[File | Reference, ...] = ()
    # The key of a calendar of the organizer's, where it is not the default one.
    calendar: str = "calendar"
