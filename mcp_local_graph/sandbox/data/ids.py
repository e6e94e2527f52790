"""Ids of the kind that Exchange and the Microsoft directory give: long, opaque, the same at every start."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from uuid import UUID

# What lies before an item's own part, in an id that changes with the folder and in one that does not.
_PLAIN_HEAD = b"\x00\x03\x24\x00"
_IMMUTABLE_HEAD = bytes.fromhex("0009002e00000000001d840311aa6611cd9bc800aa002f845a0d00")
_LENGTH, _IMMUTABLE_LENGTH, _FOLDER_LENGTH = 113, 62, 89


def item(owner: str, key: str, folder: str = "", *, immutable: bool = False) -> str:
    """The id of an Outlook item in the mailbox of an object id: one that changes with its folder, or one for good."""
    if immutable:
        return _packed(_IMMUTABLE_HEAD, _IMMUTABLE_LENGTH, owner, key)
    return _packed(_PLAIN_HEAD + str(UUID(owner)).encode(), _LENGTH, owner, folder, key)


def folder(owner: str, key: str) -> str:
    """The id of a mail folder, a calendar, a contact folder."""
    return _packed(_PLAIN_HEAD + str(UUID(owner)).encode(), _FOLDER_LENGTH, owner, "folder", key)


def conversation(owner: str, thread: str) -> str:
    """The id of a conversation."""
    return _packed(_PLAIN_HEAD + str(UUID(owner)).encode(), 56, owner, "conversation", thread)


def change_key(*parts: str) -> str:
    """A changeKey; the ETag of an item is `W/"<changeKey>"`."""
    return _packed(b"\x09\x00\x00\x00\x16\x00\x00\x00", 30, *parts)


def guid(*parts: str) -> str:
    """A GUID out of words."""
    return str(UUID(bytes=_digest(16, *parts)))


def _packed(head: bytes, length: int, *parts: str) -> str:
    return urlsafe_b64encode(head + _digest(length - len(head), *parts)).decode()


def _digest(length: int, *parts: str) -> bytes:
    return hashlib.shake_128("\n".join(parts).encode()).digest(length)


def number(below: int, *parts: str) -> int:
    """A number out of words, from 0 up to but not `below`."""
    return int.from_bytes(_digest(8, *parts)) % below
