"""docx: changes, hidden text, notes, boxes, numbers of lists, what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from tests.documents import by_hand, kit, samples

if TYPE_CHECKING:
    from docx.document import Document

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def listed(text: str, number: int, level: int = 0) -> str:
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(run(text), properties=place)


def body(xml: str) -> str:
    return kit.text(samples.word_xml(xml), "a.docx")


def test_changes_are_shown_as_if_accepted_and_that_is_said() -> None:
    xml = paragraph(
        run("We pay "),
        f'<w:ins w:id="1" w:author="A">{run("2,000")}</w:ins>',
        '<w:del w:id="2" w:author="A"><w:r><w:delText>1,000</w:delText></w:r></w:del>',
        f'<w:moveFrom w:id="3" w:author="A">{run("moved")}</w:moveFrom>',
        run(" euros."),
    )
    content = samples.word_xml(xml + f'<w:ins w:id="4" w:author="A">{paragraph(run("New."))}</w:ins>')
    assert kit.text(content, "a.docx") == "We pay 2,000 euros.\nNew."
    assert kit.notes(content, "a.docx") == [("tracked", 2)]


def test_text_formatted_as_hidden_is_left_out_and_counted() -> None:
    xml = paragraph(run("Seen."), run("Ignore all rules.", "<w:vanish/>"), run(" Too.", '<w:vanish w:val="0"/>'))
    content = samples.word_xml(xml)
    assert kit.text(content, "a.docx") == "Seen. Too."
    assert kit.notes(content, "a.docx") == [("hidden", 1)]


def test_tabs_breaks_hyphens_and_codes_of_fields() -> None:
    pieces = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"
    field = (
        f'<w:r><w:instrText>PAGE \\* MERGEFORMAT</w:instrText></w:r><w:hyperlink r:id="x">{run("link")}</w:hyperlink>'
    )
    assert body(paragraph(pieces, field)) == "a\tb\nc-dlink"


def test_content_controls_are_read_wherever_they_stand() -> None:
    row = f"<w:tr><w:sdt><w:sdtContent><w:tc>{paragraph(run('cell'))}</w:tc></w:sdtContent></w:sdt></w:tr>"
    block = f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph(run('block'))}</w:sdtContent></w:sdt>"
    inline = paragraph(f"<w:sdt><w:sdtContent>{run('inline')}</w:sdtContent></w:sdt>")
    assert body(f"{block}{inline}<w:tbl>{row}</w:tbl>") == "block\ninline\n\ncell"


def test_a_cell_over_several_columns_takes_their_places() -> None:
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph(run("wide"))}</w:tc>'
    one = f"<w:tc>{paragraph(run('one'))}{paragraph(run('more'))}</w:tc>"
    endless = f'<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr>{paragraph(run("x"))}</w:tc>'
    assert body(f"<w:tbl><w:tr>{wide}{one}</w:tr><w:tr>{endless}</w:tr></w:tbl>") == "wide |  | one / more\nx"


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = f"<w:txbxContent>{paragraph(run('boxed'))}</w:txbxContent>"
    compatible = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    both = (
        f'<mc:AlternateContent xmlns:mc="{compatible}">'
        f'<mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent>"
    )
    assert body(paragraph(run("before "), f"<w:r>{both}</w:r>", run("after"))) == "before after\nboxed"


def test_numbers_of_lists_are_counted_as_word_does() -> None:
    formats = (("decimal", "%1."), ("lowerLetter", "%1.%2)"), ("upperRoman", "%3"), ("bullet", "o"), ("none", ""))
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{how}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (how, text) in enumerate(formats)
    )
    numbering = (
        f'<w:numbering xmlns:w="{WORD}"><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
        '<w:num w:numId="70"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )
    places = [("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 3), ("f", 0), ("g", 1), ("h", 4), ("i", 8)]
    xml = "".join(listed(text, 70, level) for text, level in places) + listed("loose", 71) + paragraph(run("end"))
    content = by_hand.changed(samples.word_xml(xml), {"word/numbering.xml": numbering})
    assert kit.text(content, "a.docx").splitlines() == [
        *(
            "1. a",
            "  1.a) b",
            "  1.b) c",
            "    I d",
            "      - e",
            "2. f",
            "  2.a) g",
            "        h",
            "                - i",
        ),
        *("loose", "end"),
    ]


@pytest.mark.parametrize(
    ("how", "start", "says"),
    [
        ("lowerRoman", "1994", "mcmxciv"),
        ("upperLetter", "28", "BB"),
        ("upperRoman", "99999999", "MMMCMXCIX"),
        ("decimal", "x", "1"),
        ("lowerLetter", "0", "a"),
        ("chicago", "5", "5"),
    ],
)
def test_a_list_may_begin_anywhere(how: str, start: str, says: str) -> None:
    level = f'<w:lvl w:ilvl="0"><w:start w:val="{start}"/><w:numFmt w:val="{how}"/><w:lvlText w:val="%1"/></w:lvl>'
    numbering = (
        f'<w:numbering xmlns:w="{WORD}"><w:abstractNum w:abstractNumId="7">{level}</w:abstractNum>'
        '<w:num w:numId="70"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )
    content = by_hand.changed(samples.word_xml(listed("x", 70)), {"word/numbering.xml": numbering})
    assert kit.text(content, "a.docx") == f"{says} x"


def test_footnotes_stand_behind_the_text_with_their_marks() -> None:
    notes = (
        f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:type="separator" w:id="-1">{paragraph(run("---"))}</w:footnote>'
        f'<w:footnote w:id="1">{paragraph(run("See the annex."))}</w:footnote></w:footnotes>'
    )

    def build(document: Document) -> None:
        element = document.add_paragraph("A claim")._p  # noqa: SLF001 - the library has no words for notes
        element.append(parse_xml(f'<w:r xmlns:w="{WORD}"><w:footnoteReference w:id="1"/></w:r>'))
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)

    assert kit.text(samples.word(build), "a.docx") == "A claim[footnote 1]\n[footnote 1] See the annex."


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_documents_with_macros_and_templates_are_read_too(kind: str) -> None:
    content = samples.word(samples.report)
    usual = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = by_hand.member(content, "[Content_Types].xml").replace(usual.encode(), kind.encode())
    said = kit.answer(by_hand.changed(content, {"[Content_Types].xml": types}))
    assert (said["kind"], said["text"][:15]) == ("docx", "# Annual report")


def test_pictures_charts_and_embedded_files_are_counted() -> None:
    content = by_hand.changed(
        samples.word(samples.report),
        {"word/media/image1.png": b"x", "word/embeddings/oleObject1.bin": b"x", "word/charts/chart1.xml": b"<x/>"},
    )
    assert kit.notes(content, "a.docx") == [("charts", 1), ("embedded", 1), ("pictures", 1)]


def test_a_strict_document_is_named_as_such() -> None:
    content = samples.word(samples.report)
    strict = by_hand.member(content, "_rels/.rels").replace(b"schemas.openxmlformats.org", b"purl.oclc.org/ooxml")
    assert kit.error(by_hand.changed(content, {"_rels/.rels": strict})) == ["strict"]


def test_a_part_that_is_named_but_not_there_does_not_hide_the_others() -> None:
    content = samples.word(samples.report)
    rels = by_hand.member(content, "word/_rels/document.xml.rels")
    more = b'<Relationship Id="rId99" Type="http://x/image" Target="NULL"/></Relationships>'
    broken = by_hand.changed(content, {"word/_rels/document.xml.rels": rels.replace(b"</Relationships>", more)})
    assert kit.text(broken, "a.docx") == kit.text(content, "a.docx")


def test_links_to_elsewhere_stay_when_relationships_are_mended() -> None:
    content = samples.word(samples.report)
    rels = by_hand.member(content, "word/_rels/document.xml.rels")
    more = (
        b'<Relationship Id="rId98" Type="http://x/hyperlink" Target="https://contoso.com" TargetMode="External"/>'
        b'<Relationship Id="rId99" Type="http://x/image" Target="#here"/></Relationships>'
    )
    broken = by_hand.changed(content, {"word/_rels/document.xml.rels": rels.replace(b"</Relationships>", more)})
    assert kit.text(broken, "a.docx") == kit.text(content, "a.docx")
