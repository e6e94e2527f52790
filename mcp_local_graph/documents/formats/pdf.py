"""pdf: the text of each page within its borders, what was filled into its form, and a page as a picture."""

from __future__ import annotations

import ctypes
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from mcp_local_graph.documents.parsed import Hints, Note, Parsed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters of a form field's name or value that are read.
_FIELD = 4000
# Pixels of a picture's longer side: models see no more (Anthropic's vision guide). In grey it fits even uncompressed.
_SIDE = 1568
# Pixels per point of a small page: 300 per inch.
_FINEST = 300 / 72
# PDFium's signs for a hyphen at which a word was broken at a line's end.
_BROKEN_WORD = re.compile("[\\x02\ufffe](\r\n)?")


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its pages; only those that are asked for are loaded."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise Unreadable("encrypted" if error.err_code in _LOCKED else "broken") from error
    pages = _Pages(document)
    return Parsed(pages.lines, [""] * len(document), whole=False, notes=pages.notes, picture=pages.picture)


_LOCKED = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)


class _Pages:
    """Makes lines of pages, and counts those that have none."""

    def __init__(self, document: Any) -> None:  # noqa: ANN401 - pypdfium2 has no types
        self._document = document
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
        self._read = self._scanned = self._blank = self._damaged = 0
        attached = document.count_attachments()
        self.notes: list[Note] = [("embedded", attached)] if attached else []
        self._said = len(self.notes)

    def lines(self, part: int) -> Iterator[str]:
        """A mark and the page's text; nothing of a page without text, but the notes tell."""
        self._read += 1
        try:
            page = self._document[part]
            lines = [*_whole_words(page.get_textpage().get_text_bounded()), *self._fields(page)]
            if any(line.strip() for line in lines):
                yield from [f"== Page {part + 1} ==", *lines]
            elif next(iter(page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None):
                self._scanned += 1
            else:
                self._blank += 1
            page.close()
        except pdfium.PdfiumError:
            self._damaged += 1
        self._count()

    def picture(self, part: int) -> bytes:
        """The page as it is seen, in shades of grey, as a png; nothing of a damaged one."""
        try:
            page = self._document[part]
            scale = min(_FINEST, (_SIDE - 1) / max(page.get_size()))  # a part of a pixel counts as one
            bitmap = page.render(scale=scale, grayscale=True)
        except pdfium.PdfiumError:
            return b""
        return _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)

    def _count(self) -> None:
        """Bring the notes up to what was seen so far."""
        counts: list[Note] = [
            ("scanned", self._scanned, self._read),
            ("blank_pages", self._blank, self._read),
            ("unread_parts", self._damaged),
        ]
        self.notes[self._said :] = [note for note in counts if note[1]]

    def _fields(self, page: Any) -> Iterator[str]:  # noqa: ANN401 - as above
        """What stands in the fields of a form: `name: value`."""
        form = self._document.formenv
        if form is None:
            return
        for index in range(raw.FPDFPage_GetAnnotCount(page)):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
                name = _said(raw.FPDFAnnot_GetFormFieldName, form, annotation)
                value = _said(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
                yield from [f"[field] {name}: {value}"] if value else []
            raw.FPDFPage_CloseAnnot(annotation)


def _png(grey: bytes, width: int, height: int, stride: int) -> bytes:
    """A png of 8-bit grey, each row unfiltered (ISO/IEC 15948)."""
    rows = b"".join(b"\0" + grey[at : at + width] for at in range(0, height * stride, stride))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _said(ask: Any, form: Any, annotation: Any) -> str:  # noqa: ANN401 - as above
    """A string that PDFium writes as UTF-16 with a zero at its end."""
    buffer = ctypes.create_string_buffer(2 * _FIELD)
    size = ask(form, annotation, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), len(buffer))
    return bytes(buffer.raw[: max(min(size, len(buffer)) - 2, 0)]).decode("utf-16-le", "replace")


def _whole_words(text: str) -> list[str]:
    """Its lines, words that a hyphen broke joined again."""
    return _BROKEN_WORD.sub("", text).splitlines()
