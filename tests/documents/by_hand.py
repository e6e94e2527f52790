"""Files that no library here writes, made byte by byte: OLE containers, xls, xlsb, OpenDocument, odd zips."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def zipped(members: Mapping[str, bytes | str], *, stored: bool = False) -> bytes:
    """A zip of these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def changed(content: bytes, members: Mapping[str, bytes | str]) -> bytes:
    """The same zip with some members put in the place of, or beside, its own."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({**{name: archive.read(name) for name in archive.namelist()}, **members})


def member(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file ([MS-CFB]), version 3, with these streams at its root; up to three of them."""
    padded = {name: data.ljust(8 * _SECTOR, b"\0") for name, data in streams.items()}  # none is of the mini stream
    padded = {name: data.ljust(-(-len(data) // _SECTOR) * _SECTOR, b"\0") for name, data in padded.items()}
    fat, body, entries = [_FAT, _END], b"", [_entry("Root Entry", 5, _END, 0, child=1 if streams else _FREE)]
    for index, (name, data) in enumerate(padded.items(), 1):
        first, count = len(fat), len(data) // _SECTOR
        fat += [*range(first + 1, first + count), _END]
        right = index + 1 if index < len(padded) else _FREE
        entries.append(_entry(name, 2, first, len(data), right=right))
        body += data
    assert len(fat) <= 128, "one sector of the FAT is all there is"
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff")
    directory = b"".join(entries).ljust(_SECTOR, b"\0")
    head = struct.pack("<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
                       0, 1, 1, 0, 4096, _END, 0, _END, 0)  # fmt: skip
    return (head + struct.pack("<I", 0)).ljust(_SECTOR, b"\xff") + table + directory + body


def _entry(name: str, kind: int, start: int, size: int, *, right: int = _FREE, child: int = _FREE) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIQ", encoded, len(encoded), kind, 1, _FREE, right, child, b"", 0, 0, 0, start, size
    )


Cell = str | float


def xls(sheets: Mapping[str, Sequence[Sequence[Cell]]], *, locked: bool = False) -> bytes:
    """An Excel 97 workbook ([MS-XLS]): labels and numbers, nothing else. `locked`: it claims to be encrypted."""
    parts = {name: _xls_sheet(rows) for name, rows in sheets.items()}
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 6))
    begin += _record(0x002F, struct.pack("<HHH", 1, 1, 1).ljust(54, b"x")) if locked else b""
    table = sum(4 + 8 + 2 * len(name) for name in parts)
    place = len(begin) + table + 4
    bounds = b""
    for name, data in parts.items():
        bounds += _record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(name), 1) + name.encode("utf-16-le"))
        place += len(data)
    return ole({"Workbook": begin + bounds + _record(0x000A, b"") + b"".join(parts.values())})


def _xls_sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    data = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 6))
    width = max((len(row) for row in rows), default=0)
    data += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                data += _record(0x0204, place + text)
            else:
                data += _record(0x0203, place + struct.pack("<d", value))
    return data + _record(0x000A, b"")


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def relations(*targets: tuple[str, str], external: bool = False) -> str:
    """A part's relationships: kind and target; their ids are rId1, rId2 …"""
    mode = ' TargetMode="External"' if external else ""
    lines = [
        f'<Relationship Id="rId{at}" Type="{_RELATIONS}/{kind}" Target="{target}"{mode}/>'
        for at, (kind, target) in enumerate(targets, 1)
    ]
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def types(**parts: str) -> str:
    """[Content_Types].xml with the main part's type."""
    lines = [f'<Override PartName="/{name.replace("__", "/")}" ContentType="{kind}"/>' for name, kind in parts.items()]
    usual = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    lines += [usual, '<Default Extension="xml" ContentType="application/xml"/>']
    return f'<Types xmlns="{_PACKAGE}/content-types">{"".join(lines)}</Types>'


def xlsb(name: str, rows: Sequence[Sequence[Cell]]) -> bytes:
    """A binary workbook ([MS-XLSB]) of one sheet."""
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    sheet = _binary(129, b"") + _binary(148, size) + _binary(145, b"")
    for at, row in enumerate(rows):
        sheet += _binary(0, struct.pack("<II", at, 0).ljust(25, b"\0"))
        for column, value in enumerate(row):
            place = struct.pack("<II", column, 0)
            if isinstance(value, str):
                sheet += _binary(6, place + struct.pack("<I", len(value)) + value.encode("utf-16-le"))
            else:
                sheet += _binary(5, place + struct.pack("<d", value))
    sheet += _binary(146, b"") + _binary(130, b"")
    wide = [struct.pack("<I", len(text)) + text.encode("utf-16-le") for text in ("rId1", name)]
    bundle = struct.pack("<II", 0, 1) + wide[0] + wide[1]
    book = _binary(131, b"") + _binary(143, b"") + _binary(156, bundle) + _binary(144, b"") + _binary(132, b"")
    kind = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    return zipped(
        {
            "[Content_Types].xml": types(**{"xl/workbook.bin": kind}),
            "_rels/.rels": relations(("officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations(("worksheet", "worksheets/sheet1.bin")),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _binary(kind: int, data: bytes) -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(data)
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return head + length + data


_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
)


def opendocument(kind: str, body: str, *, before: str = "", manifest: str = "<manifest/>") -> bytes:
    """An OpenDocument file: `kind` is text, spreadsheet or presentation; `before` stands before the root."""
    root = f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>{before}{root}</office:document-content>',
            "META-INF/manifest.xml": manifest,
        }
    )
