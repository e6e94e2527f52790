"""Workbooks: values as people write them, and what is beside them."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from mcp_local_graph.documents.formats.workbook import Value, shown
from tests.documents import by_hand, hostile, kit, samples


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (1e21, "1e+21"),
        (123456789012345.0, "123456789012345"),
        (True, "TRUE"),
        (False, "FALSE"),
        (7, "7"),
        ("text", "text"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2), "2026-01-02"),  # noqa: DTZ001 - a workbook knows no zones
        (dt.datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04"),  # noqa: DTZ001 - as above
        (dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),  # noqa: DTZ001 - as above
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_a_value_as_a_person_would_write_it(value: Value, says: str) -> None:
    assert shown(value) == says


def test_a_formula_is_the_value_it_had_when_it_was_saved() -> None:
    content = hostile.sheet("<row><c><f>1+1</f><v>2</v></c></row>")
    assert kit.text(content, "a.xlsx").splitlines()[1] == "2"


def test_empty_rows_and_columns_before_the_data_are_passed_by() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "S"
    book.worksheets[0]["C4"] = "here"
    book.worksheets[0]["E6"] = "there"
    assert kit.text(saved(book), "a.xlsx") == '== Sheet "S" (3 rows x 3 columns) ==\nhere\n\n |  | there'


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_an_empty_sheet_says_so_and_a_sheet_of_a_chart_is_none() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Blank"
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], 1, 1, 1, 2))
    book.create_chartsheet("Picture").add_chart(chart)
    said = kit.answer(saved(book), "a.xlsx")
    assert (said["text"], said["parts"]) == ('== Sheet "Blank" (empty) ==', 1)
    assert ("charts", 1) in said["notes"]


def test_an_old_workbook_may_have_macros_or_a_password() -> None:
    streams = {"Workbook": b"\x09\x08\x08\0\0\x06\x05\0" + b"\0" * 8, "_VBA_PROJECT": b"x"}
    assert kit.answer(by_hand.ole(streams), "a.xls")["kind"] == "xls"
    assert kit.error(by_hand.xls({"S": [["x"]]}, locked=True), "a.xls") == ["encrypted"]


def test_a_workbook_in_which_a_document_is_embedded_is_still_one() -> None:
    book = by_hand.xls({"S": [["x"]]}) + "WordDocument".encode("utf-16-le")
    assert kit.answer(book, "a.xls")["kind"] == "xls"
    assert kit.error(book, "a") == ["word97"]


def test_macros_of_an_old_workbook_are_named() -> None:
    book = by_hand.xls({"S": [["x"]]}) + "_VBA_PROJECT".encode("utf-16-le")
    assert ("macros",) in kit.notes(book, "a.xls")


def test_an_encrypted_open_document_says_so() -> None:
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    assert kit.error(by_hand.opendocument("text", "", manifest=manifest), "a.odt") == ["encrypted"]
    assert kit.error(by_hand.opendocument("spreadsheet", samples.ODS, manifest=manifest), "a.ods") == ["encrypted"]


def test_an_open_document_without_content_is_broken() -> None:
    content = by_hand.zipped({"mimetype": "application/vnd.oasis.opendocument.text"})
    assert kit.error(content, "a.odt") == ["broken"]
    assert kit.error(by_hand.opendocument("text", "<text:p>"), "a.odt") == ["broken"]


def test_a_member_that_is_encrypted_locks_the_document_and_is_named_in_a_list() -> None:
    content = bytearray(samples.excel({"S": [["x"]]}))
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + place] |= 1
    assert kit.error(bytes(content), "a.xlsx") in (["encrypted"], ["broken"])
    listed = bytearray(by_hand.zipped({"a.txt": "x"}))
    listed[listed.index(b"PK\1\2") + 8] |= 1
    assert kit.notes(bytes(listed), "a.zip") == [("encrypted_files", 1)]


def test_a_library_that_panics_is_a_broken_document() -> None:
    content = bytearray(by_hand.xls({"S": [["x"]]}))
    content[76:80] = content[44:48] = b"\xff\xff\xff\xff"  # a table of sectors that has none (calamine 0.37 panics)
    assert kit.error(bytes(content), "a.xls") == ["broken"]


def test_a_wrong_checksum_is_damage() -> None:
    content = bytearray(samples.excel({"S": [["x"]]}))
    content[content.index(b"PK\1\2") + 16] ^= 1
    assert kit.error(bytes(content), "a.xlsx") == ["broken"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\xff\xd8\xff\xe0\0\x04ab\0\0", "broken"),
        (b"\xff\xd8\xff\xe0\0\x04ab", "broken"),
        (b"\x89PNG\r\n\x1a\n\0\0", "broken"),
        (b"PK\3\4 and no more", "broken"),
    ],
)
def test_a_file_that_only_begins_well_is_broken(content: bytes, error: str) -> None:
    assert kit.error(content, "a") == [error]


def test_every_form_of_webp_tells_its_size() -> None:
    head = b"RIFF\0\0\0\0WEBP"
    extended = head + b"VP8X" + b"\0" * 8 + (99).to_bytes(3, "little") + (49).to_bytes(3, "little")
    lossless = head + b"VP8L" + b"\0" * 4 + b"\x2f" + (99 | 49 << 14).to_bytes(4, "little")
    for content in (extended, lossless):
        assert kit.notes(content, "a.webp") == [("size", 100, 50)]


def test_a_document_type_in_a_member_that_is_no_xml_is_only_a_text() -> None:
    content = by_hand.changed(samples.excel({"S": [["x"]]}), {"xl/media/page.html": "<!DOCTYPE html>"})
    assert kit.text(content, "a.xlsx").endswith("\nx")


@pytest.mark.parametrize("kind", ["graphics", "formula"])
def test_an_open_document_of_a_kind_that_is_not_read_is_listed(kind: str) -> None:
    assert kit.answer(by_hand.opendocument(kind, ""), "a.odg")["kind"] == "zip"
