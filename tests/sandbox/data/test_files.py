"""Every file of the demo tenant opens with a known reader, and says what it should, or refuses as it should."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import docx
import openpyxl
import pptx
import pypdf
import pytest
from pypdf.errors import FileNotDecryptedError

from mcp_local_graph.sandbox.data.files import office, pdf, pictures, texts

if TYPE_CHECKING:
    from collections.abc import Callable

MAKERS = (
    office.budget_plan, office.budget_sheets, office.board_slides, office.minutes, office.stock_list,
    texts.calibration_report, texts.permit, texts.payslip, texts.invoice, texts.drift, pictures.drift_chart,
)  # fmt: skip


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_file_has_the_same_bytes_every_time(make: Callable[[], bytes]) -> None:
    assert make() == make()


def test_the_budget_plan_has_a_table_whose_sum_is_the_cap() -> None:
    document = docx.Document(io.BytesIO(office.budget_plan()))
    (table,) = document.tables
    assert [cell.text for cell in table.rows[-1].cells] == ["Total", "", "", "48,500"]
    assert document.paragraphs[0].text == "Kestrel Sound survey: budget plan"


def test_a_document_has_words_that_word_does_not_show() -> None:
    runs = [run for part in docx.Document(io.BytesIO(office.minutes())).paragraphs for run in part.runs]
    assert [run.text.startswith("Instruction to AI") for run in runs if run.font.hidden] == [True]


def test_the_workbook_has_two_sheets_with_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(office.budget_sheets()))
    assert book.sheetnames == ["Plan", "Actuals"]
    assert book["Plan"]["D2"].value == 30450
    stock = openpyxl.load_workbook(io.BytesIO(office.stock_list()))["Stock"]
    assert stock.max_row == 401


def test_the_slides_have_notes_and_a_table() -> None:
    slides = list(pptx.Presentation(io.BytesIO(office.board_slides())).slides)
    assert slides[1].notes_slide.notes_text_frame is not None
    assert "Priya" in slides[1].notes_slide.notes_text_frame.text
    assert [shape.has_table for shape in slides[3].shapes].count(True) == 1


def test_the_report_has_text_on_two_pages_and_the_permit_has_none() -> None:
    report = pypdf.PdfReader(io.BytesIO(texts.calibration_report()))
    assert "limit 25 mm" in report.pages[0].extract_text()
    assert "Dr. W. Achterberg" in report.pages[1].extract_text()
    scan = pypdf.PdfReader(io.BytesIO(texts.permit()))
    assert scan.pages[0].extract_text() == ""
    assert len(scan.pages[0].images) == 1


def test_the_payslip_opens_with_its_password_only() -> None:
    reader = pypdf.PdfReader(io.BytesIO(texts.payslip()))
    with pytest.raises(FileNotDecryptedError):
        reader.pages[0].extract_text()
    assert reader.decrypt("not-in-the-mail")
    assert "Net pay" in reader.pages[0].extract_text()


def test_text_with_parentheses_survives_in_a_pdf() -> None:
    page = pypdf.PdfReader(io.BytesIO(pdf.of_text("t", (r"a (b) \ é",)))).pages[0]
    assert page.extract_text().strip() == r"a (b) \ é"


def test_figures_are_as_excel_writes_them_in_europe() -> None:
    text = texts.drift().decode("utf-8-sig")
    assert text.splitlines()[-1] == "102;14,4;2,10;BW-300-0417"


def test_the_itinerary_is_a_calendar_and_the_card_a_card() -> None:
    moment = datetime(2026, 12, 8, 7, 12, tzinfo=UTC)
    assert b"DTSTART:20261208T071200Z\r\n" in texts.travel(moment, moment)
    assert texts.card().startswith(b"BEGIN:VCARD\r\n")


def test_an_archive_asks_for_a_password() -> None:
    with zipfile.ZipFile(io.BytesIO(texts.locked_archive())) as archive, pytest.raises(RuntimeError, match="encrypted"):
        archive.read("photos/IMG_0417.jpg")


def test_notes_are_in_the_old_encoding_and_the_wrapper_is_nothing_known() -> None:
    assert "Strömung" in texts.notes().decode("cp1252")
    assert texts.winmail()[:4] == bytes.fromhex("789f3e22")


@pytest.mark.parametrize("make", [pictures.logo, pictures.drift_chart, pictures.photograph])
def test_pictures_are_png(make: Callable[[], bytes]) -> None:
    assert make().startswith(b"\x89PNG\r\n\x1a\n")
