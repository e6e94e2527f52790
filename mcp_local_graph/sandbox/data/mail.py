"""How a mail of the demo company is written down, before it lies in mailboxes as Graph shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Address, Event, Meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that comes with a mail. `make` gives its bytes when they are first asked for.

    With `content_id` it is a picture that the HTML shows as `cid:…`.
    """

    name: str
    content_type: str
    make: Callable[[], bytes]
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file that stays where it is, in somebody's OneDrive; the mail has its address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """How a mail lies in one mailbox.

    `folder` is a well-known name, or a path of display names below one (`inbox/Permits/2026`). `flag` is flagged or
    complete; `due` is when a flag is due.
    """

    folder: str = "inbox"
    read: bool = True
    flag: str = ""
    due: datetime | None = None
    categories: tuple[str, ...] = ()
    focused: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, written once: it lies in Sent Items of its sender and in the mailbox of each recipient here.

    `key` names it for ever and makes its ids. Exactly one of `html` and `text` is given. `at` is when it was
    sent. `unique` is the part of the HTML that is not quoted (empty where nothing is). `answers` is the key of the mail
    that it replies to; `sent_by` is who really sent it where that is not `sender`. `thread` is the key of the mail that began the conversation. `placed` says how it lies
    in a recipient's mailbox, `elsewhere` (user name → placed) where that differs for one of them, or in the sender's.
    A draft lies with its sender only.
    """

    key: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    at: datetime
    html: str = ""
    text: str = ""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    thread: str = ""
    unique: str = ""
    answers: str = ""
    sent_by: Address | None = None
    read_receipt: bool = False
    meeting: Meeting | None = None
    # Whoever wrote it only said that they are the sender: the sender's own mailbox knows nothing of it.
    forged: bool = False
    importance: str = "normal"
    draft: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[File | Link | Mail | Event, ...] = ()
    placed: Placed = field(default_factory=Placed)
    elsewhere: Mapping[str, Placed] = field(default_factory=dict)
