"""What a caller of Documents gets: pieces, parts, notes, pictures, errors."""

from __future__ import annotations

import anyio
import pytest

from mcp_local_graph.documents.parsed import MOST_BYTES
from mcp_local_graph.documents.service import Document, Documents
from mcp_local_graph.errors import DocumentUnreadable
from tests.documents import by_hand, kit, samples

pytestmark = pytest.mark.anyio
LINES = [f"line {number} of the whole text" for number in range(2000)]
LONG = "\n".join(LINES).encode()
PAPER = samples.pdf([[f"this is page {number}"] for number in range(1, 13)])


async def read(content: bytes, name: str = "", **asked: str | int) -> Document:
    return await Documents().read(content, name=name, **asked)  # type: ignore[arg-type] # as its caller gave it


async def refusal(content: bytes, name: str = "", **asked: str | int) -> DocumentUnreadable:
    with pytest.raises(DocumentUnreadable) as raised:
        await read(content, name, **asked)
    return raised.value


async def test_a_long_text_comes_in_pieces_that_are_the_text_when_joined() -> None:
    whole, offset, pieces = "", 0, 0
    while True:
        piece = await read(LONG, "long.txt", offset=offset)
        whole, pieces = whole + piece.text, pieces + 1
        assert (piece.offset, piece.total_chars) == (offset, len(LONG))
        if piece.next_offset is None:
            break
        assert piece.next_offset == offset + len(piece.text)
        assert piece.text.endswith("\n")
        offset = piece.next_offset
    assert whole == LONG.decode()
    assert pieces == 1 + len(LONG) // 12_000


async def test_a_piece_says_which_it_is_and_where_the_rest_begins() -> None:
    first = await read(LONG, "long.txt", max_chars=110)
    assert first.text.endswith("3 of the whole text\n")
    assert (
        first.note
        == f"These are characters 0 to {len(first.text)} of {len(LONG):,}. For the rest: offset={len(first.text)}."
    )
    last = await read(LONG, "long.txt", offset=len(LONG) - 10)
    assert last.note == f"These are characters {len(LONG) - 10:,} to {len(LONG):,} of {len(LONG):,}."
    assert last.next_offset is None


async def test_the_same_question_has_the_same_answer() -> None:
    assert await read(LONG, "long.txt", offset=500) == await read(LONG, "long.txt", offset=500)


async def test_a_piece_is_never_more_than_a_model_is_given_at_once() -> None:
    text = ("漢字" * 200 + "\n") * 100
    piece = await read(text.encode(), "cjk.txt", max_chars=10**9)
    assert 0.7 * MOST_BYTES < len(piece.text.encode()) <= MOST_BYTES
    assert text.startswith(piece.text)


async def test_an_offset_beyond_the_end_says_where_the_end_is() -> None:
    error = await refusal(b"short", "a.txt", offset=5)
    assert error.text() == "`offset` is beyond the end of its text, which has 5 characters.\nBegin with offset 0."


async def test_pages_are_chosen_by_number_and_range() -> None:
    document = await read(PAPER, "paper.pdf", pages="2, 11-30")
    assert document.parts == "12 pages"
    assert document.text == (
        "== Page 2 ==\nthis is page 2\n\n== Page 11 ==\nthis is page 11\n\n== Page 12 ==\nthis is page 12"
    )


async def test_pages_that_are_not_there_say_how_many_there_are() -> None:
    for pages in ("13", "0", "x", "99-", "-"):
        error = await refusal(PAPER, "paper.pdf", pages=pages)
        assert error.text().startswith("`pages` names none of its parts; there are 12.\nWrite numbers as in 1-3,7"), (
            pages
        )


async def test_a_sheet_is_chosen_by_its_name() -> None:
    book = samples.excel({"Jan-Feb": [["winter"]], "2": [["named two"]], "März": [["spring"]]})
    assert (await read(book, "b.xlsx", pages="märz")).text.endswith("spring")
    assert (await read(book, "b.xlsx", pages="jan-feb")).text.endswith("winter")
    assert (await read(book, "b.xlsx", pages="2")).text.endswith("named two")
    assert (await read(book, "b.xlsx", pages="Jan-Feb,3")).text.splitlines()[1::3] == ["winter", "spring"]


async def test_pages_of_what_has_none_are_not_applied_and_that_is_said() -> None:
    document = await read(b"all of it", "a.txt", pages="2")
    assert (document.text, document.parts) == ("all of it", "")
    assert document.note == "It has no pages to choose from: `pages` was not applied."


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
async def test_a_picture_comes_as_it_is_with_its_size(kind: str) -> None:
    content = samples.picture(kind, 64, 48)
    document = await read(content, f"a.{kind}")
    assert document == Document(
        "image", "", note="A picture of 64 x 48 pixels.", image=content, image_type=f"image/{kind}"
    )


async def test_a_picture_too_large_for_a_model_is_not_handed_over() -> None:
    wide = await read(samples.picture("png", 9000, 2), "a.png")
    heavy = await read(samples.picture("png") + b"\0" * 4_000_000, "a.png")
    assert (wide.image, wide.image_type, heavy.image) == (None, "", None)
    assert wide.note.endswith("It is too large to be shown.")


async def test_what_a_file_really_is_wins_over_its_name_and_is_said() -> None:
    document = await read(PAPER, "letter.docx", pages="1")
    assert (document.kind, document.note) == ("pdf", "Whatever its name says, this is what it is: PDF (pdf).")
    assert (await read(b"<p>a</p>", "page", content_type="text/HTML; charset=utf-8")).kind == "html"
    assert (await read(b"a,b\n1,2\n", "x", content_type="text/csv")).text == "a | b\n1 | 2"
    assert (await read(b"a;b\n1;2\n", "x.txt", content_type="text/csv")).note == ""


async def test_a_charset_that_came_with_the_file_is_heeded() -> None:
    content = "Größe ±".encode("iso8859-15")
    document = await read(content, "a.txt", content_type='text/plain; Charset="ISO-8859-15"')
    assert (document.text, document.note) == ("Größe ±", "")


async def test_an_empty_file_is_no_error() -> None:
    assert await read(b"", "a.docx") == Document("text", "", note="The file is empty.")


async def test_a_file_that_is_too_large_is_refused_unread() -> None:
    error = await refusal(b"a" * (Documents.limit + 1), "a.txt")
    assert error.text() == "The file is larger than 25 MB; larger ones are not read.\nOpen it in its own application."


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (by_hand.ole({"WordDocument": b"x"}), "a.doc", "Word 97 document (.doc)"),
        (by_hand.ole({"PowerPoint Document": b"x"}), "a.ppt", "PowerPoint 97 presentation (.ppt)"),
        (by_hand.ole({"__properties_version1.0": b"x"}), "a.msg", "Outlook message file (.msg)"),
        (by_hand.ole({"Other": b"x"}), "a.bin", "no type that has text"),
        (samples.picture("tiff"), "a.tif", "picture of a kind that is not shown"),
        (samples.picture("bmp"), "a.bmp", "picture of a kind that is not shown"),
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "a.7z", "archive of a kind that is not read"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 50, "a.mp4", "sound or video"),
        (b"\x78\x9f\x3e\x22\1\0\1", "winmail.dat", "winmail.dat (TNEF)"),
        (b"MZ" + b"\x90\0" * 60 + b"PE\0\0", "a.exe", "It is a program"),
        (bytes(range(256)) * 4, "a.txt", "no type that has text"),
        (b"a\0b\0\0\0c", "a.txt", "no type that has text"),
    ],
)
async def test_what_is_not_read_is_named_with_what_to_do(content: bytes, name: str, says: str) -> None:
    error = await refusal(content, name)
    assert says in error.what
    assert error.remedy


async def test_many_readings_at_once_all_end() -> None:
    documents, texts = Documents(), []

    async def one(number: int) -> None:
        texts.append((await documents.read(f"text {number}".encode(), name="a.txt")).text)

    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(one, number)
    assert sorted(texts) == [f"text {number}" for number in range(6)]


async def test_when_time_runs_out_what_was_read_is_the_answer_and_that_is_said() -> None:
    said = kit.answer(LONG, "a.txt", seconds=0.0)
    assert said["text"] == LINES[0]
    assert said["notes"] == [("unfinished",)]


async def test_when_time_runs_out_before_the_piece_that_is_the_error() -> None:
    assert kit.error(LONG, "a.txt", seconds=0.0, offset=5000) == ["time"]
