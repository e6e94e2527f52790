"""A small writer of PDF: pages of text, a page that is one picture, and pages behind a password."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_local_graph.sandbox.data.files.pictures import Canvas

_IDENTITY = hashlib.md5(b"Brackwater", usedforsecurity=False).digest()
# What the standard fills passwords up with (ISO 32000, 7.6.3.3).
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PERMISSIONS = -44


def of_text(title: str, pages: Sequence[str], password: str = "") -> bytes:
    """A document of text pages, a line to a line; with a password, one that opens only with it (RC4, 40 bits)."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    resources = "<< /Font << /F1 3 0 R >> >>"
    return _document(title, font, [_text(page) for page in pages], resources, "0 0 595 842", password)


def of_picture(title: str, canvas: Canvas) -> bytes:
    """A document of one page that is a picture and has no text, as scanners make it."""
    points = zlib.compress(bytes(canvas.points), 9)
    picture = (
        (
            f"<< /Type /XObject /Subtype /Image /Width {canvas.width} /Height {canvas.height} /ColorSpace /DeviceGray "
            f"/BitsPerComponent 8 /Filter /FlateDecode /Length {len(points)} >>\nstream\n"
        ).encode()
        + points
        + b"\nendstream"
    )
    resources = "<< /XObject << /Im0 3 0 R >> >>"
    return _document(title, picture, [b"q 595 0 0 842 0 0 cm /Im0 Do Q"], resources, "0 0 595 842", "")


def _text(page: str) -> bytes:
    lines = page.strip("\n").split("\n")
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    return b"BT /F1 11 Tf 56 780 Td 15 TL\n" + shown.encode("cp1252", "replace") + b"ET"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _document(title: str, shared: bytes, pages: Sequence[bytes], resources: str, box: str, password: str) -> bytes:
    """Objects 1 and 2 are catalogue and page tree, 3 is what the pages share, then each page and its content."""
    numbers = range(4, 4 + 2 * len(pages), 2)
    tree = f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{number} 0 R' for number in numbers)}] >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", tree.encode(), shared]
    lock = _lock(password) if password else None
    for number, content in zip(numbers, pages, strict=True):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Resources {resources} /Contents {number + 1} 0 R >>"
        objects += [page.encode(), _stream(content, number + 1, lock)]
    return _file(objects, title, lock)


def _stream(content: bytes, number: int, lock: _Lock | None) -> bytes:
    packed = zlib.compress(content, 9)
    if lock is not None:
        packed = lock.sealed(packed, number)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream"


def _file(objects: list[bytes], title: str, lock: _Lock | None) -> bytes:
    trailer = f"/Root 1 0 R /ID [<{_IDENTITY.hex()}> <{_IDENTITY.hex()}>]"
    if lock is None:
        objects.append(f"<< /Title ({_escaped(title)}) /Producer (Brackwater) >>".encode("cp1252", "replace"))
        trailer += f" /Info {len(objects)} 0 R"
    else:
        objects.append(lock.described())
        trailer += f" /Encrypt {len(objects)} 0 R"
    written, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} {trailer} >>\n"
    return bytes(written) + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


class _Lock:
    """The standard security handler, revision 2: old, and enough to be a document that does not open."""

    def __init__(self, owner: bytes, user: bytes, key: bytes) -> None:
        self._owner, self._user, self._key = owner, user, key

    def sealed(self, content: bytes, number: int) -> bytes:
        """A stream of object `number`, encrypted."""
        salted = self._key + number.to_bytes(3, "little") + b"\x00\x00"
        return _rc4(_md5(salted)[:10], content)

    def described(self) -> bytes:
        """The encryption dictionary."""
        return (
            f"<< /Filter /Standard /V 1 /R 2 /O <{self._owner.hex()}> /U <{self._user.hex()}> /P {_PERMISSIONS} >>"
        ).encode()


def _lock(password: str) -> _Lock:
    padded = (password.encode("latin-1") + _PADDING)[:32]
    owner = _rc4(_md5(padded)[:5], padded)
    key = _md5(padded + owner + _PERMISSIONS.to_bytes(4, "little", signed=True) + _IDENTITY)[:5]
    return _Lock(owner, _rc4(key, _PADDING), key)


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _rc4(key: bytes, content: bytes) -> bytes:
    box = list(range(256))
    swap = 0
    for place in range(256):
        swap = (swap + box[place] + key[place % len(key)]) % 256
        box[place], box[swap] = box[swap], box[place]
    return bytes(map(_next_point(box), content))


def _next_point(box: list[int]) -> Callable[[int], int]:
    place = swap = 0

    def sealed(point: int) -> int:
        nonlocal place, swap
        place = (place + 1) % 256
        swap = (swap + box[place]) % 256
        box[place], box[swap] = box[swap], box[place]
        return point ^ box[(box[place] + box[swap]) % 256]

    return sealed
