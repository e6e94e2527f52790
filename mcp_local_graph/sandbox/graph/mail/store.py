"""A mailbox's content: the company's mails as they lie in it, as Graph's messages."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_local_graph.sandbox.data import ids, mails
from mcp_local_graph.sandbox.data.ids import guid
from mcp_local_graph.sandbox.data.mail import File, Placed
from mcp_local_graph.sandbox.data.seeds import message_id as internet_message_id
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.folders import MISSING, WELL_KNOWN, Folder, folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail
    from mcp_local_graph.sandbox.data.seeds import Address
    from mcp_local_graph.sandbox.graph.odata.rules import Item
    from mcp_local_graph.sandbox.graph.router import Query

# Graph's own spelling of this one.
_KINDS = {"meetingTentativelyAccepted": "meetingTenativelyAccepted"}
_ID = re.compile(r"[A-Za-z0-9_-]{60,}={0,2}")
# Seconds between sending and lying there.
_ON_THE_WAY = timedelta(seconds=4)


@dataclass(slots=True)
class Message:
    """A mail in the mailbox of an object id. `item` is Graph's message but for what depends on how it is asked for."""

    owner: str
    mail: Mail
    folder: Folder
    id: str
    immutable: str
    item: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Mailbox:
    """Somebody's folders by their paths, and messages by their immutable ids."""

    account: Account
    folders: dict[str, Folder]
    messages: dict[str, Message] = field(default_factory=dict)
    changes: int = 0

    def folder(self, name: str) -> Folder | None:
        """A folder by its id or its well-known name, however that is capitalised."""
        by_name = self.folders.get(name.lower()) if name.lower() in WELL_KNOWN.keys() - {"rss"} else None
        return by_name or next((one for one in self.folders.values() if one.id == name), None)

    def message(self, name: str) -> Message | None:
        """A message by either of its ids."""
        return self.messages.get(name) or next((one for one in self.messages.values() if one.id == name), None)

    def inside(self, folder: Folder | None = None) -> list[Message]:
        """The messages of a folder, or of all folders."""
        return [one for one in self.messages.values() if folder in {None, one.folder}]

    def put(self, mail: Mail, placed: Placed, *, sent: bool = False) -> Message:
        """Lay a mail into a folder, as the copy of its sender's or of a recipient's."""
        owner, key = self.account.oid, f"{mail.key} sent" if sent else mail.key
        folder = self.folders[placed.folder]
        message = Message(
            owner=owner,
            mail=mail,
            folder=folder,
            id=ids.item(owner, key, folder.path),
            immutable=ids.item(owner, key, immutable=True),
        )
        message.item = item_of(message, placed, sent=sent)
        self.messages[message.immutable] = message
        return message

    def called(self, key: str) -> list[Message]:
        """The messages that a mail became here, as it was got, sent, or both."""
        return [one for one in self.messages.values() if one.mail.key == key]

    def change(self, message: Message, **changed: object) -> None:
        """Change properties of a message; its changeKey changes with them."""
        self.changes += 1
        fresh = ids.change_key(self.account.oid, message.mail.key, str(self.changes))
        message.item.update(changed, changeKey=fresh)


def seeded(account: Account, days: Days) -> Mailbox:
    """A mailbox with all that lies in it when the tenant starts."""
    own = mails.FOLDERS.get(account.user_name, ())
    made = Mailbox(account, folders(account.oid, mails.NAMES.get(account.user_name, {}), own))
    for mail in mails.mails(days):
        for placed, sent in copies(mail, account.address):
            made.put(mail, placed, sent=sent)
    return made


def copies(mail: Mail, own: str) -> Iterator[tuple[Placed, bool]]:
    """How a mail lies in somebody's mailbox: as what they sent, as what they got, as both, or not at all."""
    got = any(address.lower() == own for _, address in (*mail.to, *mail.cc, *mail.bcc))
    placed = mail.elsewhere.get(own)
    if mail.sender.address.lower() == own and not mail.forged:
        usual = Placed(folder="drafts" if mail.draft else "sentitems")
        yield (placed if placed and not got else usual), True
    if got and not mail.draft:
        yield placed or mail.placed, False


def message_of(item: Item) -> Message:
    """The message that an item is of."""
    found: Message = item["_message"]
    return found


def message_id(query: Query, message: Message) -> str:
    """A message's id: the one for good where the caller prefers it."""
    return message.immutable if query.prefer.get("idtype", "").lower() == "immutableid" else message.id


def look_at(name: str) -> None:
    """Refuse what is no id of Exchange's at all.

    Raises:
        GraphRefused: it is none.
    """
    if not is_id(name):
        raise GraphRefused(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def is_id(name: str) -> bool:
    """Whether it looks like one of Exchange's ids."""
    return _ID.fullmatch(name) is not None


def not_found() -> GraphRefused:
    """There is no such message, folder, attachment, event."""
    return GraphRefused(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def is_missing(name: str) -> bool:
    """Whether it is a well-known name of a folder that no mailbox here has."""
    return name.lower() in MISSING


def time_text(moment: datetime) -> str:
    """A moment as mailboxes write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def recipient(who: Address) -> dict[str, Any]:
    """Somebody as a message names them."""
    return {"emailAddress": {"name": who.name, "address": who.address}}


def item_of(message: Message, placed: Placed, *, sent: bool = False) -> dict[str, Any]:
    """Graph's message, but for what depends on how it is asked for."""
    owner, mail, moment = message.owner, message.mail, time_text(message.mail.at)
    arrived = time_text(message.mail.at + _ON_THE_WAY)
    return {
        "_message": message,
        "createdDateTime": arrived,
        "lastModifiedDateTime": arrived,
        "changeKey": ids.change_key(owner, mail.key, message.folder.path),
        "categories": list(placed.categories),
        "receivedDateTime": arrived,
        "sentDateTime": moment,
        # A picture inside the text does not count.
        "hasAttachments": any(not isinstance(one, File) or not one.content_id for one in mail.attachments),
        "internetMessageId": internet_message_id(mail.key, mail.sender),
        "subject": mail.subject,
        "importance": mail.importance,
        "parentFolderId": message.folder.id,
        "conversationId": ids.conversation(owner, mail.thread or mail.key),
        "conversationIndex": _index(mail),
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": mail.read_receipt,
        "isRead": placed.read or sent,
        "isDraft": mail.draft,
        "inferenceClassification": "focused" if placed.focused else "other",
        "sender": recipient(mail.sent_by or mail.sender),
        "from": recipient(mail.sender),
        "toRecipients": [recipient(who) for who in mail.to],
        "ccRecipients": [recipient(who) for who in mail.cc],
        # Only its sender knows.
        "bccRecipients": [recipient(who) for who in mail.bcc] if sent else [],
        "replyTo": [recipient(who) for who in mail.reply_to],
        "flag": _flag(placed, mail.at),
        "meetingMessageType": _KINDS.get(mail.meeting.kind, mail.meeting.kind) if mail.meeting else None,
    }


def _flag(placed: Placed, at: datetime) -> dict[str, Any]:
    flag: dict[str, Any] = {"flagStatus": placed.flag or "notFlagged"}
    if placed.flag == "complete":
        flag["completedDateTime"] = zoned(at)
    if placed.due:
        flag |= {"startDateTime": zoned(at), "dueDateTime": zoned(placed.due)}
    return flag


def zoned(moment: datetime) -> dict[str, str]:
    """A moment as a dateTimeTimeZone."""
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _index(mail: Mail) -> str:
    """The place in a conversation: a head that all its mails share, and five bytes for each answer."""
    thread = guid("thread", mail.thread or mail.key).replace("-", "")
    head = b"\x01" + bytes.fromhex(thread[:10] + thread)
    answer = bytes.fromhex(guid("answer", mail.key)[:8]) + b"\x00" if mail.answers else b""
    return b64encode(head + answer).decode()


def web_link(item_id: str) -> str:
    """Where Outlook on the web shows an item."""
    return f"https://outlook.office365.com/owa/?ItemID={quote(item_id, safe='')}&exvsurl=1&viewmodel=ReadMessageItem"
