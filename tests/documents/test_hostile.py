"""Documents that were made to do harm end as a clear error or in their harmless text, and the next one is read."""

from __future__ import annotations

import http.server
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from mcp_local_graph.documents.messages import ERRORS, MOST_MEMORY
from mcp_local_graph.documents.service import Document, Documents
from mcp_local_graph.errors import DocumentUnreadable
from tests.documents import by_hand, hostile, kit, samples
from tests.documents.samples import Sample, all_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
MB = 1024 * 1024


async def refused(content: bytes, code: str, name: str = "x.docx", *, memory: int = MOST_MEMORY) -> None:
    """The document ends as this error, and the next is read."""
    documents = Documents(memory=memory)
    with pytest.raises(DocumentUnreadable) as raised:
        await documents.read(content, name=name)
    assert (raised.value.what, raised.value.remedy) == ERRORS[code]
    assert (await documents.read(b"next", name="a.txt")).text == "next"


async def read(content: bytes, name: str) -> Document:
    return await Documents().read(content, name=name)


async def test_what_unpacks_to_too_much_is_refused() -> None:
    await refused(hostile.swollen("docx"), "unpacked")


async def test_a_size_that_is_claimed_too_low_does_not_help_a_bomb() -> None:
    await refused(hostile.lying("xlsx"), "unpacked", "x.xlsx")


async def test_members_that_share_their_bytes_are_counted_each() -> None:
    await refused(hostile.overlapping(), "unpacked")


async def test_a_bomb_in_an_archive_stays_in_it() -> None:
    document = await read(hostile.nested(), "bomb.zip")
    assert document.text.startswith("8 files in this archive:\n0.zip | ")


@pytest.mark.parametrize("name", ["x.docx", "x.zip"])
async def test_too_many_members_are_refused(name: str) -> None:
    content = hostile.crowded() if name == "x.docx" else by_hand.zipped(dict.fromkeys(map(str, range(10_001)), b""))
    await refused(content, "entries", name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
async def test_a_billion_laughs_are_not_heard(encoding: str) -> None:
    await refused(hostile.word_with(hostile.LAUGHS, "&i;", encoding), "entities")


async def test_entities_that_no_look_at_the_bytes_finds_are_not_told_out_either() -> None:
    await refused(hostile.word_with(hostile.LAUGHS, "&i; end", "utf-32-be"), "broken")
    assert (await read(hostile.word_with("", "plain", "utf-32-be"), "x.docx")).text == "plain"


@pytest.mark.parametrize("name", ["x.xml", "x.svg", "x.html", "x.txt"])
async def test_a_billion_laughs_outside_of_office_stay_names(name: str) -> None:
    document = await read(f"{hostile.LAUGHS}<p>&i; end</p>".encode(), name)
    assert document.total_chars < 1500
    assert document.text.count("haha") <= 1


class Listening:
    """A web server that counts who came."""

    def __init__(self) -> None:
        self.came: list[str] = []
        came = self.came

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                came.append(self.path)

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/x"


@pytest.fixture
def listening() -> Iterator[Listening]:
    there = Listening()
    thread = threading.Thread(target=there.server.serve_forever, args=(0.01,))
    thread.start()
    yield there
    there.server.shutdown()
    thread.join()
    there.server.server_close()


def entity(url: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY a SYSTEM "{url}">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-32-be"])
async def test_nothing_outside_of_a_document_is_fetched_or_opened(
    tmp_path: Path, listening: Listening, encoding: str
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-in-a-file")
    for url in (listening.url, secret.as_uri()):
        mine = entity(url)
        link = f'<p>text<img src="{url}"><link rel=stylesheet href="{url}"><iframe src="{url}"></iframe></p>'
        for content, name in (
            (hostile.word_with(mine, "&a;", encoding), "x.docx"),
            (by_hand.opendocument("text", "<text:p>&a;</text:p>", before=mine), "x.odt"),
            (by_hand.opendocument("spreadsheet", samples.ODS, before=mine), "x.ods"),
            (f"{mine}<x>&a;</x>".encode(), "x.xml"),
            (link.encode(), "x.html"),
        ):
            said = kit.answer(content, name)
            assert "canary" not in str(said)
            with_error: Document | None = None
            try:
                with_error = await read(content, name)
            except DocumentUnreadable as error:
                assert error.what in {ERRORS["entities"].what, ERRORS["broken"].what}  # noqa: PT017 - or it is read
            assert "canary" not in str(with_error)
    assert listening.came == []


async def test_ten_thousand_sheets_are_counted_and_the_last_can_be_read() -> None:
    content = hostile.sheets(10_000)
    first = await read(content, "x.ods")
    last = await Documents().read(content, name="x.ods", pages="10000")
    assert (first.parts, first.next_offset) == ("10,000 sheets", len(first.text))
    assert last.text == '== Sheet "9999" (1 row x 1 column) ==\nx'


async def test_a_sheet_of_many_rows_is_cut() -> None:
    document = await read(hostile.rows(100_000), "x.xlsx")
    assert document.text.startswith('== Sheet "S" (100,000 rows x 3 columns) ==\n0 | 7 | 8\n1 | 7 | 8\n')
    assert document.next_offset == len(document.text) <= 12_000


async def test_a_sheet_of_two_cells_far_apart_does_not_take_all_memory() -> None:
    await refused(hostile.corners(), "crashed", "x.xlsx")


async def test_a_document_that_grows_in_memory_is_stopped() -> None:
    await refused(hostile.hungry(), "memory", memory=200 * MB)


async def test_pages_that_are_claimed_but_not_there_are_counted_as_damaged() -> None:
    document = await Documents().read(hostile.pages(500), name="x.pdf")
    assert (document.text, document.parts) == ("== Page 1 ==\nx", "500 pages")
    assert document.note == "Damaged parts that could not be read: 499."


SAMPLES = [sample for sample in all_kinds() if sample.content]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.kind for sample in SAMPLES])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
async def test_a_document_that_was_cut_short_is_an_error_or_what_is_left_of_it(sample: Sample, share: float) -> None:
    said = kit.answer(sample.content[: int(len(sample.content) * share)], sample.name)
    if "error" in said:
        assert said["error"] in (["broken"], ["encrypted"], ["unknown"])
    else:
        assert said["total"] <= len(kit.text(sample.content, sample.name)) + 20


@pytest.mark.parametrize("locked", [samples.locked_pdf, samples.locked_office])
async def test_a_password_is_named_as_the_reason(locked: object) -> None:
    content = samples.locked_pdf() if locked is samples.locked_pdf else samples.locked_office()
    await refused(content, "encrypted")


async def test_macros_are_named_and_the_text_is_read() -> None:
    for content, name in (
        (by_hand.changed(samples.word(samples.report), {"word/vbaProject.bin": b"x"}), "a.docm"),
        (by_hand.changed(samples.excel({"S": [["x"]]}), {"xl/vbaProject.bin": b"x"}), "a.xlsm"),
        (by_hand.changed(samples.powerpoint(samples.deck), {"ppt/vbaProject.bin": b"x"}), "a.pptm"),
    ):
        document = await read(content, name)
        assert document.text
        assert "It has macros; they were neither run nor read." in document.note


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"[" * 300_000, "a.json"),
        (b"<div>" * 15_000 + b"deep", "a.html"),
        (b"<x>" * 300_000, "a.xml"),
        (b"{" * 300_000 + b"deep", "a.rtf"),
        (b"{\\rtf1" + b"{" * 300_000 + b"deep", "b.rtf"),
        (b"BEGIN:VEVENT\r\n" * 10_000, "a.ics"),
        (by_hand.opendocument("text", "<text:p>" * 50_000 + "deep" + "</text:p>" * 50_000), "a.odt"),
        (hostile.word_with("", "</w:t></w:r>" + "<w:sdt>" * 20_000), "a.docx"),
        (
            b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
                for level in range(1000)
            ),
            "a.eml",
        ),
    ],
)
async def test_what_is_nested_without_end_ends(content: bytes, name: str) -> None:
    documents = Documents(deadline=10)
    try:
        assert len((await documents.read(content, name=name)).text) <= 12_000
    except DocumentUnreadable as error:
        assert error.what in {ERRORS["broken"].what, ERRORS["crashed"].what}  # noqa: PT017 - either is an end
    assert (await documents.read(b"next", name="a.txt")).text == "next"


PARAGRAPH = "a" * 80_000


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (b"<!-- a -->\n" * 300 + b"<div>hi</div>", "a.html", "hi"),
        (b"<!-- a -->\n" * 300 + b"<html><p>hi", "a", "hi"),
        (b"{\\rtf1 " + PARAGRAPH.encode() + b"\\par end}", "a.rtf", f"{PARAGRAPH}\nend"),
        (b"{\\rtf1 " + b"{" * 100_000 + b"\\plain " * 30_000 + b"end}", "a.rtf", "end"),
        (b'"a"\n' * 20_000 + b'"end"', "a.csv", "a\n" * 20_000 + "end"),
        (b'",' * 20_000 + b"end", "a.csv", ", | " * 10_000 + "end"),
    ],
)
async def test_a_text_takes_time_by_its_length_whatever_it_repeats(content: bytes, name: str, text: str) -> None:
    document = await Documents(deadline=10).read(content, name=name)
    assert document.total_chars == len(text)
    assert text.startswith(document.text)


@pytest.mark.parametrize("header", ["From", "To", "Content-Type", "Content-Disposition", "X-Other"])
@pytest.mark.parametrize("unit", ["a@", '"', "(", "a;", ","])
async def test_a_header_without_end_does_not_keep_a_mail_from_being_read(header: str, unit: str) -> None:
    content = f"Subject: here\r\n{header}: {unit * (MB // len(unit))}\r\n\r\nbody".encode()
    document = await Documents(deadline=10).read(content, name="a.eml")
    end = max(document.total_chars - 19, 0)
    assert (await Documents(deadline=10).read(content, name="a.eml", offset=end)).text == "Subject: here\n\nbody"


def mail_within_mails(levels: int) -> bytes:
    """A mail with a text, and parts in parts in parts behind it."""
    head = b"Subject: here\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nbody\r\n--a\r\n"
    inner = (f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(levels))
    return head + "".join(inner).encode() + b"\r\n" + b"line\r\n" * 50_000


async def test_of_a_mail_with_parts_in_parts_without_end_the_text_is_read() -> None:
    document = await Documents(deadline=10).read(mail_within_mails(20_000), name="a.eml")
    assert document.text.startswith("Subject: here\n\nbody\n\nAttachments (1, not read):\n")
    assert document.note == "It has more than 200 parts; those behind them are left out."


def children() -> list[int]:
    """The processes that this one has started and that are still there."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has gone meanwhile
            continue
        if int(facts[1]) == os.getpid() and facts[0] != "Z":
            found.append(int(status.parent.name))
    return found


async def reader() -> int:
    """Wait for a reader's process that has sealed itself and is at work."""
    with anyio.fail_after(10):
        while True:
            for child in children():
                limits = Path(f"/proc/{child}/limits").read_text()
                if any(line.split()[3:5] == ["0", "0"] for line in limits.splitlines() if "open files" in line):
                    return child
            await anyio.lowlevel.checkpoint()


async def test_a_document_that_takes_years_is_ended_in_time() -> None:
    with pytest.raises(DocumentUnreadable) as raised:
        await Documents(deadline=0.6, memory=8192 * MB).read(hostile.maze(), name="x.pdf")
    assert (raised.value.what, raised.value.remedy) == ERRORS["time"]
    assert (await read(b"next", "a.txt")).text == "next"


@needs_proc
async def test_no_process_is_left_when_time_is_up_or_the_call_is_given_up() -> None:
    documents = Documents(deadline=0.6, memory=8192 * MB)
    with pytest.raises(DocumentUnreadable):
        await documents.read(hostile.maze(), name="x.pdf")
    assert children() == []
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: Documents(memory=8192 * MB).read(hostile.maze(), name="x.pdf"))
        await reader()
        group.cancel_scope.cancel()
    assert children() == []


@needs_proc
@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
async def test_a_reader_that_dies_is_an_error_and_the_next_document_is_read(sign: signal.Signals) -> None:
    raised: list[DocumentUnreadable] = []

    async def call() -> None:
        with pytest.raises(DocumentUnreadable) as caught:
            await Documents(memory=8192 * MB).read(hostile.maze(), name="x.pdf")
        raised.append(caught.value)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        os.kill(await reader(), sign)
    assert [error.what for error in raised] == [ERRORS["crashed"].what]
    assert (await read(b"next", "a.txt")).text == "next"


@needs_proc
async def test_the_reader_has_nothing_but_its_pipes() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: Documents(memory=8192 * MB).read(hostile.maze(), name="x.pdf"))
        place = Path(f"/proc/{await reader()}")
        assert (place / "environ").read_bytes() == b""
        assert list((place / "cwd").iterdir()) == []
        open_ = {str(each.readlink()).partition(":")[0] for each in (place / "fd").iterdir()}
        assert open_ == {"pipe", "/dev/null"}
        limits = {line[:26].strip(): line[26:].split()[1] for line in (place / "limits").read_text().splitlines()[1:]}
        assert [limits[f"Max {what}"] for what in ("open files", "processes", "file size", "core file size")] == [
            "0"
        ] * 4
        assert limits["Max address space"] == str(8192 * MB)
        assert limits["Max cpu time"] == "21"
        group.cancel_scope.cancel()


@needs_proc
async def test_the_server_itself_grows_by_little_whatever_it_is_given() -> None:
    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    await read(b"warm", "a.txt")
    bombs = [
        hostile.swollen("docx"),
        hostile.corners(),
        hostile.sheets(10_000),
    ]
    wide = b"x" * (Documents.limit - 1)
    before = memory()
    for content in (*bombs, wide):
        try:
            await read(content, "x")
        except DocumentUnreadable:
            continue
    assert memory() - before < 64 * MB
    assert sys.getsizeof(wide) > 24 * MB
