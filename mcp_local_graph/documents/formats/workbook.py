"""xlsx, xlsb, xls and ods: the values of each sheet, as they were when it was saved; errors are empty (calamine)."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import operator
import re
from typing import TYPE_CHECKING

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.parsed import Note, Parsed, Unreadable, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_calamine import CalamineSheet

    from mcp_local_graph.documents.parsed import Hints

# The beginning of a workbook's globals, and the record that says how they are encrypted ([MS-XLS] 2.1.7.20.3, 2.4.117).
_FILE_PASS = re.compile(rb"\x09\x08\x10\0\0\x06\x05\0.{12}(\x86\0\0\0)?\x2f\0", re.DOTALL)
Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def parse(content: bytes, hints: Hints) -> Parsed:
    """Its sheets; only those that are asked for are loaded."""
    notes = _of_old(content) if hints.kind == "xls" else archive.left_out(archive.checked(content))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if hidden:
        notes.append(("hidden_parts", len(hidden)))

    def lines(part: int) -> Iterator[str]:
        sheet = book.get_sheet_by_name(names[part])
        yield f'== Sheet "{sheet.name}" ({_size(sheet)}){" (hidden)" if sheet.name in hidden else ""} =='
        yield from _rows(sheet)

    return Parsed(lines, names, whole=False, notes=notes)


def _of_old(content: bytes) -> list[Note]:
    """An Excel 97 file: macros are in a storage of this name ([MS-OVBA] 2.2.1).

    Raises:
        Unreadable: it has a password (calamine would not say why it gives up).
    """
    if _FILE_PASS.search(content):
        raise Unreadable("encrypted")
    return [("macros",)] if "_VBA_PROJECT".encode("utf-16-le") in content else []


def _size(sheet: CalamineSheet) -> str:
    return f"{_count(sheet.height, 'row')} x {_count(sheet.width, 'column')}" if sheet.height else "empty"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _rows(sheet: CalamineSheet) -> Iterator[str]:
    """Its rows from the first that has anything."""
    lines = (row(map(shown, cells)) for cells in sheet.iter_rows())
    return itertools.dropwhile(operator.not_, lines)


def shown(value: Value) -> str:
    """A cell's value as a person would write it; numbers with the 15 digits that Excel keeps."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return _moment(value)
    return str(value)


def _moment(value: dt.datetime) -> str:
    if value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat(" ", "seconds").removesuffix(":00")
