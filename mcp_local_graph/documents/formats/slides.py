"""pptx: per slide its title, text boxes, tables, charts, diagrams and notes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml import parse_xml
from pptx.package import Package

from mcp_local_graph.documents import archive
from mcp_local_graph.documents.parsed import Note, Parsed, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pptx.slide import Slide

    from mcp_local_graph.documents.parsed import Hints

_COUNTING = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE)
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its slides in the order in which they are shown."""
    notes: list[Note] = [note for note in archive.left_out(archive.checked(content)) if note[0] != "charts"]
    slides = list(Package.open(io.BytesIO(content)).main_document_part.presentation.slides)
    if hidden := sum(map(_hidden, slides)):
        notes.append(("hidden_parts", hidden))
    return Parsed(lambda part: _lines(slides[part], part + 1), [""] * len(slides), whole=False, notes=notes)


def _hidden(slide: Slide) -> bool:
    return slide.element.get("show") in {"0", "false"}


def _lines(slide: Slide, number: int) -> Iterator[str]:
    title = slide.shapes.title
    words = " ".join(title.text_frame.text.split()) if title is not None else ""
    yield f"== Slide {number}{': ' if words else ''}{words}{' (hidden)' if _hidden(slide) else ''} =="
    own = title.shape_id if title is not None else None
    for shape in _each(slide.shapes):
        if shape.shape_id != own and not _counts(shape):
            yield from _shape(shape, slide)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        text = slide.notes_slide.notes_text_frame.text.strip()
        yield from ["", f"Notes: {text}"] if text else []


def _counts(shape: Any) -> bool:  # noqa: ANN401 - shapes have no class in common that knows this
    """Whether it is only the slide's number or the day."""
    return shape.is_placeholder and shape.placeholder_format.type in _COUNTING


def _each(shapes: Iterable[Any]) -> Iterator[Any]:
    """All shapes, groups taken apart."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _each(shape.shapes)
        else:
            yield shape


def _shape(shape: Any, slide: Slide) -> Iterator[str]:  # noqa: ANN401 - as above
    if shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            text = paragraph.text.replace("\v", "\n").strip()
            yield "  " * paragraph.level + ("- " if paragraph.level else "") + text if text else ""
    elif shape.has_table:
        yield ""
        for line in shape.table.rows:
            yield row(cell.text for cell in line.cells)
        yield ""
    elif shape.has_chart:
        yield from _chart(shape.chart)
    else:
        yield from _diagram(shape, slide)


def _chart(chart: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """A chart as the table that it was made from: categories above, a row per series."""
    title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
    yield from ["", f"Chart{': ' if title else ''}{title}"]
    for plot in chart.plots:
        names = [str(category) for category in plot.categories]
        yield from [row(["", *names])] if names else []
        for series in plot.series:
            yield row([series.name, *("" if each is None else f"{each:.15g}" for each in series.values)])
    yield ""


def _diagram(shape: Any, slide: Slide) -> Iterator[str]:  # noqa: ANN401 - as above
    """The texts of a diagram (SmartArt), which are in a part of their own."""
    for ids in shape.element.iter(_DIAGRAM + "relIds"):
        data = parse_xml(slide.part.related_part(ids.get(_RELATION + "dm")).blob)
        for point in data.iter(_DIAGRAM + "pt"):
            text = "".join(each.text or "" for each in point.iter(_DRAWING + "t"))
            yield from [f"- {text}"] if text else []
