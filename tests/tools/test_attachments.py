"""What is in the files that come with mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data.mail import File
from tests.sandbox.mailrig import BASE

if TYPE_CHECKING:
    from tests.tools.desk import Answer, Desk

pytestmark = pytest.mark.anyio


async def file(desk: Desk, query: str, name: str, *, where: str = "", **how: object) -> Answer:
    found = await desk.ask("mail_search", query=query, has_files=True, limit=50)
    for line in [line for line in found.data if line.startswith("m")]:
        read = await desk.ask("mail_read", ref=line.split()[0])
        files = [one for one in read.data if one.startswith("File: ") and name in one and where in one]
        if files:
            return await desk.ask("attachment_read", ref=files[0].split()[1], **how)
    raise AssertionError(found.text)


@pytest.mark.parametrize(
    ("query", "name", "kind", "inside"),
    [
        ("budget plan", "v3.docx", "docx", "Charter M/V Halcyon | 21 | 1,450 | 30,450"),
        ("budget plan", "budget.xlsx", "xlsx", '== Sheet "'),
        ("drifts", "drift.csv", "csv", " | "),
        ("slides", ".pptx", "pptx", "== Slide 1"),
    ],
)
async def test_a_file_is_read_as_text_in_one_request(desk: Desk, query: str, name: str, kind: str, inside: str) -> None:
    answer = await file(desk, query, name)
    assert not answer.is_error, answer.text
    assert name in answer.data[0]
    assert kind in answer.data[0]
    assert inside in answer.text
    assert len(answer.requests) == 1
    assert answer.tokens <= 6000


async def test_a_picture_is_shown_when_it_is_asked_for(desk: Desk) -> None:
    without = await file(desk, "drifts", "drift 0417.png")
    assert without.images == []
    assert "image=true shows it" in without.notes
    assert (await file(desk, "drifts", "drift 0417.png", image=True)).images == ["image/png"]


async def test_a_scanned_file_is_honest_about_having_no_text(desk: Desk) -> None:
    answer = await file(desk, "permit", ".pdf")
    assert not answer.is_error
    assert any("(scans), without text: 1 of 1. image=true with pages=N shows page N." in note for note in answer.notes)
    assert answer.images == []
    shown = await file(desk, "permit", ".pdf", image=True, pages="1")
    assert shown.images == ["image/png"]
    assert any("Page 1 is shown as a picture." in note for note in shown.notes)


async def test_what_has_no_picture_says_so_when_one_is_asked_for(desk: Desk) -> None:
    answer = await file(desk, "drifts", "drift.csv", image=True)
    assert "image=true shows pictures and pages of a pdf only" in answer.notes


async def test_the_last_day_of_an_attached_event_is_the_one_that_a_person_means(desk: Desk) -> None:
    answer = await file(desk, "Messe", "OceanExpo")
    start, end = (next(line for line in answer.data if line.startswith(word)) for word in ("Start: ", "End: "))
    days = date.fromisoformat(end.split()[1]) - date.fromisoformat(start.split()[1])
    assert days == timedelta(2)  # Thursday to Saturday
    assert end.endswith(" (whole day)")


async def test_a_locked_file_is_an_error_that_says_so(desk: Desk) -> None:
    answer = await file(desk, "payslip", "Payslip.pdf")
    assert answer.is_error
    assert "password" in answer.text


async def test_an_attached_mail_is_read_like_one(desk: Desk) -> None:
    answer = await file(desk, "attached", "", where="attached mail or event")
    assert not answer.is_error
    assert "Subject: " in answer.text


async def test_a_link_to_a_file_elsewhere_is_said_to_be_one(desk: Desk) -> None:
    found = await desk.ask("mail_search", query="slides", limit=50)
    links: list[str] = []
    for line in [line for line in found.data if line.startswith("m")]:
        read = await desk.ask("mail_read", ref=line.split()[0])
        links += [one.split()[1] for one in read.data if "link to a file in OneDrive" in one]
    answer = await desk.ask("attachment_read", ref=links[0])
    assert answer.is_error
    assert "only a link to a file" in answer.text


async def test_a_long_file_is_read_in_parts(desk: Desk) -> None:
    answer = await file(desk, "drifts", "drift.csv", max_chars=500)
    (hint,) = (note for note in answer.notes if "offset=" in note)
    offset = int(hint.split("offset=")[1].split(".")[0].split()[0])
    rest = await file(desk, "drifts", "drift.csv", max_chars=500, offset=offset)
    assert rest.data[-1] not in answer.data


async def test_a_file_that_was_not_listed_by_us_is_looked_up_first(desk: Desk) -> None:
    found = await desk.ask("mail_search", query="budget plan", has_files=True)
    listed = await desk.ask("graph_get", path=f"/me/messages/{found.handle('m')}/attachments", select="name")
    answer = await desk.ask("attachment_read", ref=listed.handle("a", ".docx"))
    assert "Charter M/V Halcyon" in answer.text
    assert len(answer.requests) <= 2


@pytest.mark.parametrize(
    ("size", "said"), [(26_000_000, "(text)"), (27_000_000, "too large to read here: 27.0 MB, 26.2 MB at most.")]
)
async def test_a_file_is_fetched_where_it_is_not_larger_than_what_is_read(desk: Desk, size: int, said: str) -> None:
    log = File(name=f"log-{size}.txt", content_type="text/plain", make=lambda: b"All is well here.\n" * (size // 18))
    mail = replace(BASE, key=f"log-{size}", subject=f"Log of {size}", attachments=(log,))
    desk.tenant.control.deliver(company.INES.user_name, mail)
    found = await desk.ask("mail_search", subject=f"Log of {size}")
    read = await desk.ask("mail_read", ref=found.handle("m"))
    answer = await desk.ask("attachment_read", ref=read.handle("a"))
    assert said in answer.text


async def test_how_far_it_is_with_a_file_is_told(desk: Desk) -> None:
    found = await desk.ask("mail_search", query="budget plan", has_files=True)
    read = await desk.ask("mail_read", ref=found.handle("m"))
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with desk.open() as client:
        await client.call_tool("attachment_read", {"ref": read.handle("a")}, progress_callback=note)
    assert told == ["Fetching the file", "Reading the file"]
