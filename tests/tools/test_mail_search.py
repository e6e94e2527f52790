"""Finding mail: what is asked of Graph, what a model sees, what it costs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.mailrig import BASE

if TYPE_CHECKING:
    from tests.tools.desk import Answer, Desk

pytestmark = pytest.mark.anyio
LINE = re.compile(r"m[a-z2-7]{8,} \d\d:\d\d ([*!+]{1,3} )?\S.*")
DAY = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}( \d{4})?( \((today|yesterday)\))?")


def messages(answer: Answer) -> list[str]:
    assert not answer.is_error, answer.text
    assert all(LINE.fullmatch(line) or DAY.fullmatch(line) for line in answer.data)
    return [line for line in answer.data if LINE.fullmatch(line)]


async def test_without_arguments_the_newest_of_the_inbox_at_a_price_a_model_can_pay(desk: Desk) -> None:
    answer = await desk.ask("mail_search")
    assert len(messages(answer)) == 25
    assert answer.tokens <= 1500
    assert len(answer.requests) == 1
    assert answer.notes[0].startswith("Inbox, newest first. * unread, ! flagged, + files; times: Europe/London.")
    assert answer.meta["ifc"] == {"integrity": "untrusted", "confidentiality": "private"}


async def test_a_list_goes_on_by_its_cursor_and_nothing_is_shown_twice_or_left_out(desk: Desk) -> None:
    whole = messages(await desk.ask("mail_search", limit=30))
    first = await desk.ask("mail_search", limit=15)
    (cursor,) = re.findall(r"cursor=(\w+)", "\n".join(first.notes))
    second = await desk.ask("mail_search", limit=15, cursor=cursor)
    handles = [line.split()[0] for line in whole]
    assert [line.split()[0] for line in [*messages(first), *messages(second)]] == handles
    assert second.notes[0] == first.notes[0]
    assert len(second.requests) == 1


async def test_unread_mail_is_one_request(desk: Desk) -> None:
    answer = await desk.ask("mail_search", unread=True, limit=50)
    assert len(answer.requests) == 1
    assert all(" *" in line for line in messages(answer))


async def test_mail_from_somebody_about_something_is_one_request_and_says_how_it_was_asked(desk: Desk) -> None:
    answer = await desk.ask("mail_search", sender="Zoë Lindqvist", subject="budget plan")
    assert len(answer.requests) == 1
    assert answer.requests[0].query["$search"] == r'"from:\"Zoë Lindqvist\" AND subject:\"budget plan\""'
    assert {"$filter", "$orderby"}.isdisjoint(answer.requests[0].query)
    assert "Budget plan Kestrel Sound, version 3" in "\n".join(messages(answer))
    assert answer.notes[0].startswith('All folders, searched for from:"Zoë Lindqvist" AND subject:"budget plan".')


async def test_a_whole_address_is_filtered_and_sorted(desk: Desk) -> None:
    answer = await desk.ask("mail_search", sender="marit.sandvold@brackwater.example", after="30 days ago")
    assert answer.requests[0].query["$orderby"] == "receivedDateTime desc"
    assert all("Marit Sandvold" in line for line in messages(answer))
    assert answer.notes[0].startswith("All folders, by marit.sandvold@brackwater.example, from ")
    assert any("which vessel" in line for line in messages(answer))  # which a rule moved to another folder


async def test_the_latest_monday_is_meant_by_a_weekday(desk: Desk) -> None:
    answer = await desk.ask("mail_search", after="monday", before="today")
    assert not answer.is_error
    today = datetime.now(ZoneInfo("Europe/London")).date()
    monday = today - timedelta(today.weekday())
    assert f"from {monday} 00:00, until {today} 00:00" in answer.notes[0]


async def test_what_a_search_cannot_be_asked_is_looked_for_in_its_results_and_said(desk: Desk) -> None:
    answer = await desk.ask("mail_search", query="budget", unread=True)
    found = messages(answer)
    assert found
    assert all(" *" in line for line in found)
    assert any("Graph cannot search for unread: looked for among" in note for note in answer.notes)


async def test_a_cursor_goes_on_with_its_own_search_and_no_other(desk: Desk) -> None:
    first = await desk.ask("mail_search", query="Brackwater", after="last week", limit=3)
    (cursor,) = re.findall(r"cursor=(\w+)", "\n".join(first.notes))
    again = await desk.ask("mail_search", query="Brackwater", after="last week", cursor=cursor)
    assert not again.is_error
    other = await desk.ask("mail_search", query="vessel", cursor=cursor)
    assert other.is_error
    assert other.text.startswith("This cursor goes on with another search: searched for Brackwater AND received>=")
    assert other.text.endswith("Leave out the cursor, or the rest.")


async def test_of_sent_mail_the_recipients_are_shown(desk: Desk) -> None:
    sent = messages(await desk.ask("mail_search", folder="sentitems"))
    assert sent
    assert all(re.search(r"\bto \w", line.partition(":")[2]) for line in sent)


async def test_what_fits_beyond_the_limit_comes_with_the_cursor(desk: Desk) -> None:
    everything = [line.split()[0] for line in messages(await desk.ask("mail_search", query="budget", unread=True))]
    assert len(everything) > 1
    first = await desk.ask("mail_search", query="budget", unread=True, limit=1)
    assert [line.split()[0] for line in messages(first)] == everything[:1]
    found, answer = messages(first), first
    while cursors := re.findall(r"cursor=(\w+)", "\n".join(answer.notes)):
        answer = await desk.ask("mail_search", cursor=cursors[0])
        found += messages(answer)
    assert [line.split()[0] for line in found] == everything


async def test_the_limit_counts_what_is_shown_not_what_is_dropped(desk: Desk) -> None:
    desk.tenant.control.deliver(
        company.INES.user_name,
        *(replace(BASE, key=f"late-{number}", at=datetime.now(UTC), subject="Gale warning") for number in range(5)),
        *(
            replace(BASE, key=f"early-{number}", at=datetime.now(UTC) - timedelta(days=1), subject="Gale warning")
            for number in range(2)
        ),
    )
    before = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    answer = await desk.ask("mail_search", subject="Gale warning", before=before, limit=2)
    assert len(messages(answer)) == 2


@pytest.mark.parametrize("name", ["sent", "Sent Items", "Itens Enviados", "ITENS ENVIADOS"])
async def test_a_usual_folder_is_known_by_its_english_and_by_its_localised_name(desk: Desk, name: str) -> None:
    found = messages(await desk.ask("mail_search", folder=name, limit=50))
    assert found == messages(await desk.ask("mail_search", folder="sentitems", limit=50))
    assert desk.last.notes[0].startswith("Sent Items, newest first.")
    assert found


async def test_a_folder_is_known_by_its_path_and_by_its_handle(desk: Desk) -> None:
    folders = await desk.ask("mail_folders")
    by_handle = await desk.ask("mail_search", folder=folders.handle("f", "Besprechungen"))
    by_path = await desk.ask("mail_search", folder="Inbox/Besprechungen")
    assert messages(by_handle) == messages(by_path)
    assert len(messages(by_path)) >= 3


async def test_a_folder_that_is_not_there_is_said_with_what_to_do(desk: Desk) -> None:
    answer = await desk.ask("mail_search", folder="Nowhere")
    assert answer.is_error
    assert answer.text == "There is no folder of that name.\nTake the handle of one from mail_folders."


async def test_a_shared_mailbox_is_searched_and_its_mail_can_be_read(desk: Desk) -> None:
    answer = await desk.ask("mail_search", mailbox="support@brackwater.example", query="E17")
    assert answer.notes[0].startswith("All folders of support@brackwater.example, searched for E17.")
    read = await desk.ask("mail_read", ref=answer.handle("m", "shows E17"))
    assert read.data[0].endswith("BW-200 shows E17 after start")


async def test_a_mailbox_that_nobody_shares_is_refused_with_a_reason(desk: Desk) -> None:
    answer = await desk.ask("mail_search", mailbox="priya.venkataraman@brackwater.example")
    assert answer.is_error
    assert "no access" in answer.text


@pytest.mark.parametrize("mailbox", ["support", "a b@c.example", "x@y.example/../../me", "@"])
async def test_what_is_no_address_is_not_asked_of_graph(desk: Desk, mailbox: str) -> None:
    answer = await desk.ask("mail_search", mailbox=mailbox)
    assert answer.is_error
    assert "is no mail address" in answer.text
    assert answer.requests == []


async def test_nothing_found_says_what_was_tried(desk: Desk) -> None:
    answer = await desk.ask("mail_search", query="xylophone")
    assert answer.data == []
    assert answer.notes == ["Nothing found: All folders, searched for xylophone."]


async def test_a_day_that_is_none_is_refused_before_anything_is_asked(desk: Desk) -> None:
    answer = await desk.ask("mail_search", after="last thursday week")
    assert answer.is_error
    assert "3 days ago" in answer.text
    assert answer.requests == []


async def test_a_name_that_somebody_outside_borrowed_is_shown_with_its_domain(desk: Desk) -> None:
    answer = await desk.ask("mail_search", subject="change of bank details")
    (line,) = messages(answer)
    assert "Zoë Lindqvist @brackwater-finance.example:" in line


async def test_a_mail_of_many_languages_comes_as_it_was_written(desk: Desk) -> None:
    answer = await desk.ask("mail_search", limit=50)
    text = "\n".join(answer.data)
    assert all(part in text for part in ("הצעת מחיר", "🎄", "Ótimo!"))


async def test_drafts_are_known_by_whom_they_are_for(desk: Desk) -> None:
    found = messages(await desk.ask("mail_search", folder="drafts"))
    assert found
    assert all("[draft] to " in line for line in found)
