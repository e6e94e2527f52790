"""Documents that were made to do harm."""

from __future__ import annotations

import struct
import zlib

from tests.documents import by_hand, samples

MB = 1024 * 1024
_MAIN = {
    "docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    "pptx": (
        "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
}
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def office(kind: str, main: bytes | str) -> bytes:
    """An office document with this as its main part, and nothing else."""
    place, content_type = _MAIN[kind]
    return by_hand.zipped(
        {
            "[Content_Types].xml": by_hand.types(**{place: content_type}),
            "_rels/.rels": by_hand.relations(("officeDocument", place)),
            place: main,
        }
    )


def word_with(before: str, words: str, encoding: str = "utf-8") -> bytes:
    """A docx with something before its root element, and these words (or entities) in it."""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{name}"><w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:document>'
    return office("docx", f'<?xml version="1.0" encoding="{encoding}"?>{before}{body}'.encode(encoding))


def swollen(kind: str) -> bytes:
    """An office document of a few hundred kilobytes whose main part unpacks to 210 MB of spaces."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b" " * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packed * 210 + packer.flush()
    small = bytearray(office(kind, b"-" * len(packed)))
    return _packed_anew(small, packed, 210 * MB)


def _packed_anew(content: bytearray, packed: bytes, size: int) -> bytes:
    """The zip with other bytes in its last member, which claims to be of that size. Its checksum is wrong."""
    head, directory, end = content.rfind(b"PK\3\4"), content.rfind(b"PK\1\2"), content.rfind(b"PK\5\6")
    first = content.find(b"PK\1\2")
    body = head + 30 + sum(struct.unpack_from("<HH", content, head + 26))
    for place in (head + 18, directory + 20):
        struct.pack_into("<II", content, place, len(packed), size)
    struct.pack_into("<I", content, end + 16, body + len(packed))
    return bytes(content[:body]) + packed + bytes(content[first:])


def lying(kind: str) -> bytes:
    """The same, but its directory says that the member has ten bytes."""
    content = bytearray(swollen(kind))
    struct.pack_into("<I", content, content.rfind(b"PK\1\2") + 24, 10)
    struct.pack_into("<I", content, content.rfind(b"PK\3\4") + 22, 10)
    return bytes(content)


def overlapping(copies: int = 400) -> bytes:
    """A docx whose directory names its largest member 400 times (as Fifield's bomb does, if less cleverly)."""
    content = office("docx", b" " * MB)
    end = content.rfind(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", content, end + 12)
    directory = content[start : start + size]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    count = directory.count(b"PK\x01\x02") + copies
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size + copies * len(last), start, 0)
    return content[:start] + directory + last * copies + tail


def nested(depth: int = 6, copies: int = 8) -> bytes:
    """A zip of zips of zips …, at whose bottom there are gigabytes."""
    content = by_hand.zipped({"0": b"\0" * MB})
    for _ in range(depth):
        content = by_hand.zipped({f"{number}.zip": content for number in range(copies)})
    return content


def crowded(members: int = 10_001) -> bytes:
    """A docx of too many members."""
    place, content_type = _MAIN["docx"]
    parts = dict.fromkeys((f"word/{number}.xml" for number in range(members)), b"")
    return by_hand.zipped({"[Content_Types].xml": by_hand.types(**{place: content_type}), **parts}, stored=True)


def sheets(count: int) -> bytes:
    """An OpenDocument spreadsheet of so many sheets."""
    one = (
        '<table:table table:name="{}"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p>'
    )
    tables = "".join(one.format(n) + "</table:table-cell></table:table-row></table:table>" for n in range(count))
    return by_hand.opendocument("spreadsheet", tables)


def sheet(rows: str) -> bytes:
    """An xlsx with these rows as XML in its only sheet."""
    book = samples.excel({"S": [["x"]]})
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return by_hand.changed(
        book, {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{name}"><sheetData>{rows}</sheetData></worksheet>'}
    )


def rows(count: int) -> bytes:
    """An xlsx of a sheet with so many rows of three numbers."""
    return sheet("".join(f"<row><c><v>{n}</v></c><c><v>7</v></c><c><v>8</v></c></row>" for n in range(count)))


def corners() -> bytes:
    """An xlsx with two cells: the first and the last that a sheet can have."""
    return sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>')


def hungry() -> bytes:
    """A docx of 60 MB of empty elements, which take ten times as much once they are parsed."""
    return word_with("", "</w:t></w:r></w:p>" + "<w:p/>" * (10 * MB) + "<w:p><w:r><w:t>")


def pages(count: int) -> bytes:
    """A PDF whose page tree claims so many pages."""
    return samples.pdf([["x"]]).replace(b"/Count 1", b"/Count %d" % count)


def maze(levels: int = 24, doors: int = 8) -> bytes:
    """A PDF that takes years to read: each form on its page draws the next one eight times."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
        _stream(b"", b"/F Do"),
    ]
    for level in range(levels):
        inside = b"/Resources << /XObject << /F %d 0 R >> >>" % (6 + level) if level < levels - 1 else b""
        objects.append(_stream(form + inside, b"/F Do " * doors if inside else b"0 0 m"))
    return _pdf(objects)


def _stream(facts: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (facts, len(packed), packed)


def _pdf(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
