"""What a file is: by its bytes, then its extension, then the media type that came with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.kinds import BY_EXTENSION, KINDS
from mcp_local_graph.documents.parsed import Hints, Unreadable

if TYPE_CHECKING:
    import zipfile

_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of streams in an OLE file, which are written in UTF-16 in its directory ([MS-CFB] 2.6.1).
_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "word97"),
    ("PowerPoint Document", "powerpoint97"),
    ("__properties_version1.0", "outlook"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What [Content_Types].xml says of the main part (ECMA-376-1, 11.3.10, 12.3.23, 13.3.6; [MS-XLSB] 2.1.7).
_MAIN_PARTS = (
    (rb"(wordprocessingml\.(document|template)|ms-word\.(document|template)\.macroEnabled\w*)\.main\+xml", "docx"),
    (rb"ms-excel\.sheet\.binary\.macroEnabled\.main", "xlsb"),
    (rb"(spreadsheetml\.(sheet|template)|ms-excel\.(sheet|template|addin)\.macroEnabled)\.main\+xml", "xlsx"),
    (
        rb"(presentationml\.(presentation|slideshow|template)|ms-powerpoint\.\w+\.macroEnabled)\.main\+xml",
        "pptx",
    ),
)
_MIMETYPES = (
    (b"application/vnd.oasis.opendocument.text", "odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.presentation", "odp"),
)
_MAGIC = (
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"GIF8[79]a", "gif"),
    (rb"RIFF....WEBP", "webp"),
    (rb"\s*%PDF-", "pdf"),
    (rb"\s*\{\\rtf", "rtf"),
)
_NOT_READ = (
    (rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|BZh[1-9]|\xfd7zXZ|MSCF\0", "archive"),
    (rb"II\*\0|MM\0\*|BM....\0\0\0\0|\x00\x00\x01\x00|8BPS|....ftyp(heic|heix|mif1|avif)|\xd7\xcd\xc6\x9a", "picture"),
    (rb"....ftyp|RIFF....(WAVE|AVI )|ID3[\x02-\x04]\x00|OggS\0|fLaC\0|\x1aE\xdf\xa3|\xff[\xfb\xf3\xf2]", "media"),
    (rb"\x78\x9f\x3e\x22", "winmail"),  # [MS-OXTNEF] 2.1.3.1
    (rb"MZ.{58,}PE\0\0|\x7fELF|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe", "program"),
)
_TEXTS = (
    (rb"BEGIN:VCALENDAR\b", "ics"),
    (rb"BEGIN:VCARD\b", "vcf"),
    (rb"(<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+(<!doctype html|<html)\b", "html"),
    (rb"<\?xml\b", "xml"),
    # Only where nobody says what it is: headers and tags begin many a text.
    (rb"<(head|title|meta|body|div|p|span|table|font)\b", "html"),
    (rb"(Received|Return-Path|Delivered-To|MIME-Version|Message-ID|X-[\w-]+|DKIM-Signature|From): .*\n", "eml"),
)
_UNCERTAIN = 2
_BY_MEDIA_TYPE = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/json": "json",
    "text/xml": "xml",
    "application/xml": "xml",
}
# The share of control characters above which something is no text.
_CONTROLS = 0.05
# The share of zeros, all at odd or all at even places, from which a text is one of 16-bit characters.
_ZEROS = 0.15


def kind(content: bytes, hints: Hints) -> str:
    """The name of the kind in `kinds.KINDS`.

    Raises:
        Unreadable: it is of none of them.
    """
    head = content[:_HEAD]
    if head.startswith(_OLE):
        return _ole(content, hints)
    if head.startswith(_ZIP):
        return _zip(archive.opened(content))
    if found := _match(head, _MAGIC):
        return found
    if b"%PDF-" in head[:1024] and hints.extension == "pdf":  # readers allow for rubbish before it
        return "pdf"
    return _text(head, hints)


def _match(head: bytes, table: tuple[tuple[bytes, str], ...], flags: int = 0) -> str:
    return next((name for pattern, name in table if re.match(pattern, head, re.DOTALL | flags)), "")


def _ole(content: bytes, hints: Hints) -> str:
    """An xls, or none that is read. One file may be embedded in another: then its name decides."""
    book = any(name.encode("utf-16-le") in content for name in ("Workbook", "Book"))
    if book and BY_EXTENSION.get(hints.extension) == "xls":
        return "xls"
    for stream, code in _STREAMS:
        if stream.encode("utf-16-le") in content:
            raise Unreadable(code)
    if book:
        return "xls"
    raise Unreadable("unknown")


def _zip(members: zipfile.ZipFile) -> str:
    types = archive.small(members, "[Content_Types].xml")
    for pattern, name in _MAIN_PARTS:
        if re.search(pattern, types):
            if b"purl.oclc.org/ooxml" in archive.small(members, "_rels/.rels"):
                raise Unreadable("strict")
            return name
    mimetype = archive.small(members, "mimetype")
    return next((name for start, name in _MIMETYPES if mimetype.startswith(start)), "zip")


def _text(head: bytes, hints: Hints) -> str:
    """The kind of a text, or what else it is."""
    if code := _match(head, _NOT_READ):
        raise Unreadable(code)
    if _binary(head):
        raise Unreadable("unknown")
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    told = (BY_EXTENSION.get(hints.extension, ""), _BY_MEDIA_TYPE.get(hints.media_type, ""))
    said = next((name for name in told if name and KINDS[name].foreign and name != "rtf"), "")
    found = _match(begin, _TEXTS[:-_UNCERTAIN] if said else _TEXTS, re.IGNORECASE)
    return said if found == "xml" and said == "html" else found or said or "text"


def _binary(head: bytes) -> bool:
    """Whether it has bytes that no text has, in UTF-8, UTF-16 or a charset of old."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    zeros = head.count(0)
    if zeros > len(head) * _ZEROS and max(head[::2].count(0), head[1::2].count(0)) == zeros:
        return False
    controls = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\f\r\x1b")
    return controls > len(head) * _CONTROLS
