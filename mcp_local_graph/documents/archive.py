"""Zip files of strangers: counted and unpacked once on trial, before a library may open them."""

from __future__ import annotations

import encodings.cp437  # noqa: F401 - how zipfile reads names: later no module can be loaded
import io
import zipfile
import zlib

from mcp_local_graph.documents.messages import MOST_ENTRIES, MOST_UNPACKED
from mcp_local_graph.documents.parsed import Note, Unreadable

_ENCRYPTED = 0x1
_PIECE = 1024 * 1024
# Bytes of a small member that tells what the archive is.
_SMALL = 1024 * 1024
# Where comments are kept that are not read; those of a docx are.
_COMMENTS = ("xl/comments", "xl/threadedcomments", "ppt/comments")
_DECLARATIONS = tuple("<!DOCTYPE".encode(charset) for charset in ("utf-8", "utf-16-le", "utf-16-be"))


def opened(content: bytes) -> zipfile.ZipFile:
    """The archive's list of members.

    Raises:
        Unreadable: it is none, or lists too many.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable("broken") from error
    if len(archive.infolist()) > MOST_ENTRIES:
        raise Unreadable("entries")
    return archive


def small(archive: zipfile.ZipFile, name: str) -> bytes:
    """The beginning of a member; nothing where there is no such one, or it is broken."""
    try:
        with archive.open(name) as member:
            return member.read(_SMALL)
    except (KeyError, RuntimeError, OSError, zipfile.BadZipFile, zlib.error, EOFError):
        return b""


def checked(content: bytes) -> zipfile.ZipFile:
    """An office document's archive, after all of it was unpacked on trial.

    Raises:
        Unreadable: it is damaged, encrypted, unpacks to too much, or declares entities, which is forbidden in office
            documents (ISO/IEC 29500-2, 9.1) and of no use in OpenDocument.
    """
    archive = opened(content)
    # OpenDocument names what is encrypted in a list of its own (part 2 of version 1.3, 4.8.3).
    if b"encryption-data" in small(archive, "META-INF/manifest.xml"):
        raise Unreadable("encrypted")
    room = MOST_UNPACKED
    try:
        for member in archive.infolist():
            room -= _unpacked(archive, member, room)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Unreadable("broken") from error
    return archive


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int) -> int:
    """The bytes that a member really has, whatever it claims."""
    if member.flag_bits & _ENCRYPTED:
        raise Unreadable("encrypted")
    # The claim would end the reading early; a library may not heed it.
    claimed, member.file_size = member.file_size, 2 * MOST_UNPACKED
    size, carry = 0, b""
    with archive.open(member) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > room:
                raise Unreadable("unpacked")
            if any(declaration in carry + piece for declaration in _DECLARATIONS):
                _only_in_xml(member)
            carry = piece[-32:]
    member.file_size = claimed
    return size


def _only_in_xml(member: zipfile.ZipInfo) -> None:
    if member.filename.lower().endswith((".xml", ".rels", ".vml")):
        raise Unreadable("entities")


def left_out(archive: zipfile.ZipFile) -> list[Note]:
    """What an office document holds beside its text, by the places where it is kept."""
    names = [name.lower() for name in archive.namelist()]
    macros = any(name.endswith("vbaproject.bin") or name.startswith("basic/") for name in names)
    counts: list[Note] = [
        ("charts", sum("/charts/chart" in name and name.endswith(".xml") for name in names)),
        ("embedded", sum("/embeddings/" in name for name in names)),
        ("pictures", sum("/media/" in name or name.startswith("pictures/") for name in names)),
    ]
    said = [("macros", macros), ("comments", any(name.startswith(_COMMENTS) for name in names))]
    return [*((code,) for code, so in said if so), *(each for each in counts if each[1])]
