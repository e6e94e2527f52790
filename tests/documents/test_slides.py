"""pptx: groups, diagrams, charts of several kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.documents import by_hand, kit, samples

if TYPE_CHECKING:
    from pptx.chart.data import ChartData
    from pptx.presentation import Presentation
    from pptx.slide import Slide

BOX = (Inches(1), Inches(1), Inches(3), Inches(1))
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def blank(presentation: Presentation) -> Slide:
    slide: Slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    return slide


def test_shapes_in_groups_are_read() -> None:
    def build(presentation: Presentation) -> None:
        outer = blank(presentation).shapes.add_group_shape()
        inner = outer.shapes.add_group_shape()
        inner.shapes.add_textbox(*BOX).text_frame.text = "deep\vinside"

    assert kit.text(samples.powerpoint(build), "a.pptx") == "== Slide 1 ==\ndeep\ninside"


def test_a_chart_is_the_table_it_was_made_from() -> None:
    def build(presentation: Presentation) -> None:
        data = CategoryChartData()  # type: ignore[no-untyped-call] # it has none
        data.categories = ["Q1", "Q2"]
        data.add_series("A", (1, None))  # type: ignore[no-untyped-call] # as above
        data.add_series("B", (0.1 + 0.2, 4))  # type: ignore[no-untyped-call] # as above
        blank(presentation).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, cast("ChartData", data))

    content = samples.powerpoint(build)
    assert kit.text(content, "a.pptx") == "== Slide 1 ==\n\nChart\n | Q1 | Q2\nA | 1\nB | 0.3 | 4"
    assert kit.notes(content, "a.pptx") == [("embedded", 1)]


def test_a_chart_without_categories_has_its_values() -> None:
    def build(presentation: Presentation) -> None:
        data = XyChartData()  # type: ignore[no-untyped-call] # it has none
        data.add_series("Cloud").add_data_point(1, 2.5)  # type: ignore[no-untyped-call] # as above
        blank(presentation).shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *BOX, cast("ChartData", data))

    assert kit.text(samples.powerpoint(build), "a.pptx").endswith("\n\nChart\nCloud | 2.5")


def test_the_texts_of_a_diagram_are_read() -> None:
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>" for text in ("Plan", "", "Do")
    )
    data = f'<dgm:dataModel xmlns:dgm="{DIAGRAM}" xmlns:a="{DRAWING}"><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>'

    def build(presentation: Presentation) -> None:
        slide = blank(presentation)
        kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
        part = Part(PackURI("/ppt/diagrams/data1.xml"), kind, slide.part.package, data.encode())
        relation = slide.part.relate_to(part, RELATIONSHIP_TYPE.DIAGRAM_DATA)
        frame = slide.shapes.add_table(1, 1, *BOX)._element  # noqa: SLF001 - the library makes no diagrams
        graphic = frame.graphic.graphicData
        graphic.clear()
        graphic.set("uri", DIAGRAM)
        relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        graphic.append(parse_xml(f'<dgm:relIds xmlns:dgm="{DIAGRAM}" xmlns:r="{relations}" r:dm="{relation}"/>'))

    assert kit.text(samples.powerpoint(build), "a.pptx") == "== Slide 1 ==\n- Plan\n- Do"


@pytest.mark.parametrize("kind", ["slideshow.main", "template.main"])
def test_shows_and_templates_are_read_too(kind: str) -> None:
    content = samples.powerpoint(samples.deck)
    types = by_hand.member(content, "[Content_Types].xml").replace(b"presentation.main", kind.encode())
    said = kit.answer(by_hand.changed(content, {"[Content_Types].xml": types}))
    assert (said["kind"], said["parts"]) == ("pptx", 2)


def test_a_part_that_is_named_but_not_there_does_not_hide_the_others() -> None:
    content = samples.powerpoint(samples.deck)
    rels = by_hand.member(content, "ppt/slides/_rels/slide1.xml.rels")
    more = b'<Relationship Id="rId99" Type="http://x/image" Target="NULL"/></Relationships>'
    broken = by_hand.changed(content, {"ppt/slides/_rels/slide1.xml.rels": rels.replace(b"</Relationships>", more)})
    assert kit.text(broken, "a.pptx") == kit.text(content, "a.pptx")


def test_the_slides_number_is_not_repeated_and_its_footer_is_read() -> None:
    def build(presentation: Presentation) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[6])
        for place in slide.slide_layout.placeholders:
            slide.shapes.clone_placeholder(place)
        for shape in slide.placeholders:
            shape.text_frame.text = str(shape.placeholder_format.type)

    text = kit.text(samples.powerpoint(build), "a.pptx")
    assert text.startswith("== Slide 1 ==\nFOOTER")
    assert len(text.splitlines()) == 2


def test_comments_are_not_read_and_that_is_said() -> None:
    content = by_hand.changed(samples.powerpoint(samples.deck), {"ppt/comments/comment1.xml": "<x/>"})
    assert ("comments",) in kit.notes(content, "a.pptx")


def test_hidden_slides_are_counted() -> None:
    assert ("hidden_parts", 1) in kit.notes(samples.powerpoint(samples.deck), "a.pptx")


def test_one_slide_is_read_alone() -> None:
    text = kit.text(samples.powerpoint(samples.deck), "a.pptx", pages="1")
    assert text == "== Slide 1: Plan 2027 ==\nThree goals\n  - Grow\n\nNotes: Smile here"
