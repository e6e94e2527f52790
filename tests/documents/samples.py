"""One good file of each kind, and builders for more."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any, NamedTuple

import docx
import openpyxl
import pptx
import pypdf
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from mcp_local_graph.documents.kinds import PICTURES
from tests.documents import by_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docx.document import Document
    from pptx.presentation import Presentation


class Sample(NamedTuple):
    """A file: its kind, its name, its bytes."""

    kind: str
    name: str
    content: bytes


def word(build: Callable[[Document], object]) -> bytes:
    """A docx."""
    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word_xml(body: str) -> bytes:
    """A docx whose body is this WordprocessingML, prefix `w`."""

    def build(document: Document) -> None:
        for element in parse_xml(f"<w:body {nsdecls('w', 'r', 'wp', 'a')}>{body}</w:body>"):
            document.element.body.insert_element_before(element, "w:sectPr")

    return word(build)


def excel(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """An xlsx."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def powerpoint(build: Callable[[Presentation], object]) -> bytes:
    """A pptx."""
    presentation = pptx.Presentation()
    build(presentation)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def pdf(pages: Sequence[Sequence[str]], draw: Callable[[Canvas], object] | None = None) -> bytes:
    """A PDF: a line per string; `draw` may put more on each page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pageCompression=1)
    for lines in pages:
        for at, line in enumerate(lines):
            canvas.drawString(72, 800 - 14 * at, line)
        if draw:
            draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def picture(kind: str, width: int = 40, height: int = 30) -> bytes:
    """A picture: png, jpeg, gif, webp, tiff, bmp …"""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, kind)
    return buffer.getvalue()


def scanned_pdf(pages: int = 2) -> bytes:
    """A PDF of pictures."""
    scan = ImageReader(io.BytesIO(picture("png", 300, 400)))
    return pdf([()] * pages, lambda canvas: canvas.drawImage(scan, 0, 0, 500, 700))


def locked_pdf() -> bytes:
    """A PDF that opens with a password only."""
    writer = pypdf.PdfWriter(pypdf.PdfReader(io.BytesIO(pdf([["words behind a lock"]]))))
    writer.encrypt("secret", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def locked_office() -> bytes:
    """A docx or xlsx with a password: an OLE file around it ([MS-OFFCRYPTO] 2.3.1)."""
    return by_hand.ole({"EncryptionInfo": b"\x04\0\x04\0" + b"\xaa" * 100, "EncryptedPackage": b"\xbb" * 5000})


def report(document: Document) -> None:
    document.add_heading("Annual report", 0)
    document.add_heading("Results", 1)
    document.add_paragraph("Sales grew by 12 % in Zürich.")
    document.add_paragraph("first point", style="List Bullet")
    document.add_paragraph("step one", style="List Number")
    document.add_paragraph("step two", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Region", "Sum", "North", "1,200"), strict=True):  # noqa: SLF001 - all cells
        cell.text = text
    document.add_heading("Outlook", 2)
    remark = document.add_paragraph("We expect more.").runs[0]
    document.add_comment(remark, text="Is that so?", author="Ana Ruiz")
    document.sections[0].header.paragraphs[0].text = "Contoso, confidential"
    document.sections[0].footer.paragraphs[0].text = "Board only"


def deck(presentation: Presentation) -> None:
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Plan 2027"
    body = first.placeholders[1].text_frame
    body.text = "Three goals"
    body.add_paragraph().text = "Grow"
    body.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "Smile here"
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(2)).table
    for place, text in (((0, 0), "Quarter"), ((0, 1), "Sum"), ((1, 0), "Q1"), ((1, 1), "17")):
        table.cell(*place).text = text
    box = second.shapes.add_textbox(Inches(1), Inches(4), Inches(3), Inches(1))
    box.text_frame.text = "Source: books"
    data = CategoryChartData()  # type: ignore[no-untyped-call] # it has none
    data.categories = ["North", "South"]
    data.add_series("Sales", (3.5, 4))  # type: ignore[no-untyped-call] # as above
    chart = second.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(5), Inches(3), Inches(2), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "By region"
    second.element.set("show", "0")


ROWS = (
    ("Item", "Amount", "Due"),
    ("Rent", 1200.5, dt.date(2026, 12, 1)),
    ("Power", 88, dt.datetime(2026, 11, 30, 8, 15)),  # noqa: DTZ001 - a workbook knows no zones
    (None, True, None),
    (),
    (),
    ("Total", 0.1 + 0.2, dt.time(9, 30)),
)
ODS = (
    '<table:table table:name="Kasse"><table:table-row>'
    '<table:table-cell office:value-type="string"><text:p>Brot</text:p></table:table-cell>'
    '<table:table-cell office:value-type="float" office:value="3.5"><text:p>3,50</text:p></table:table-cell>'
    "</table:table-row></table:table>"
)
ODT = (
    '<text:h text:outline-level="1">Protokoll</text:h><text:p>Anwesend:<text:s text:c="2"/>alle<text:tab/>ja'
    "<text:line-break/>Ende</text:p>"
    "<text:list><text:list-item><text:p>eins</text:p><text:list><text:list-item><text:p>innen</text:p>"
    "</text:list-item></text:list></text:list-item><text:list-item><text:p>zwei</text:p></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell>"
    "<text:p>B</text:p></table:table-cell></table:table-row></table:table>"
    "<text:p>Satz<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Fuß</text:p>"
    "</text:note-body></text:note> weiter</text:p>"
)
ODP = (
    '<draw:page draw:name="Anfang"><draw:frame><draw:text-box><text:p>Guten Tag</text:p></draw:text-box></draw:frame>'
    "<presentation:notes><draw:frame><draw:text-box><text:p>langsam</text:p></draw:text-box></draw:frame>"
    '</presentation:notes></draw:page><draw:page draw:name="Ende"><draw:frame><draw:text-box><text:p>Danke</text:p>'
    "</draw:text-box></draw:frame></draw:page>"
)
RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator X;}\f0 Sch\'f6ne Gr\'fc\'dfe\par "
    rb"Preis \u8364?5 {\v geheim}\b fett\b0\tab Ende\line {\pict 0102}a\{b\}}"
)
MAIL = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@fabrikam.com>\r\nTo: ana@contoso.com\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
    b"Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSch\xf6n.\r\n"
    b"--x\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    "SUMMARY:Jour fixe\\, Büro\r\nDTSTART;TZID=Europe/Berlin:20260302T100000\r\nDTEND;TZID=Europe/Berlin:20260302T1\r\n"
    " 10000\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20261231T000000Z;WKST=MO\r\nEXDATE:20260316T090000Z\r\n"
    "LOCATION:Raum 5\r\nORGANIZER;CN=Ana Ruiz:mailto:ana@contoso.com\r\n"
    'ATTENDEE;CN="Weber, Jo";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:MAILTO:jo@contoso.com\r\n'
    "DESCRIPTION:Agenda:\\n- alles\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
CARD = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ruiz;Ana;;;\r\nFN:Ana Ruiz\r\nORG:Contoso;Sales\r\n"
    b"EMAIL;TYPE=work:ana@contoso.com\r\n"
    b"TEL;CELL:+49 30 1\r\nADR;TYPE=home:;;Weg 1;Berlin;;10115;DE\r\nEND:VCARD\r\n"
)


def all_kinds() -> list[Sample]:
    """One file of every kind that is read."""
    page = "<title>t</title><p>One \u2013 Ünïcode</p><script>no()</script><p>Two</p>"
    return [
        Sample("docx", "report.docx", word(report)),
        Sample("xlsx", "plan.xlsx", excel({"Costs": ROWS, "Old": [["x"]]}, hidden=["Old"])),
        Sample("xlsb", "book.xlsb", by_hand.xlsb("Binär", [["a", 1.5], ["b", 2]])),
        Sample("xls", "old.xls", by_hand.xls({"Alt": [["Größe", 7.25]], "Neu": [["z"]]})),
        Sample("ods", "kasse.ods", by_hand.opendocument("spreadsheet", ODS)),
        Sample("pptx", "deck.pptx", powerpoint(deck)),
        Sample("odt", "protokoll.odt", by_hand.opendocument("text", ODT)),
        Sample("odp", "folien.odp", by_hand.opendocument("presentation", ODP)),
        Sample("pdf", "paper.pdf", pdf([["First page", "second line"], ["Last page"]])),
        Sample("rtf", "brief.rtf", RTF),
        Sample("html", "page.html", page.encode()),
        Sample("eml", "mail.eml", MAIL),
        Sample("ics", "invite.ics", CALENDAR),
        Sample("vcf", "ana.vcf", CARD),
        Sample("csv", "list.csv", 'Name;Ort\nMüller;Köln\n"a; b";\n'.encode("cp1252")),
        Sample("json", "data.json", b'{"a": [1, 2],\n "b": null}'),
        Sample("xml", "data.xml", b"<?xml version='1.0'?><a>\n<b>1</b></a>"),
        Sample("text", "note.txt", "One\nÜnïcode\n".encode("utf-16")),
        Sample("zip", "all.zip", by_hand.zipped({"a/b.txt": "123", "c.pdf": b"x" * 2000})),
        *(Sample(kind, f"photo.{kind}", picture(kind)) for kind in PICTURES),
    ]
