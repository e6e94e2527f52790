"""The one form of a question about mail that Graph accepts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.mail_query import Wanted, planned

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_nothing_wanted_is_the_newest_first() -> None:
    assert planned(Wanted()).options == {"orderby": ("receivedDateTime desc",)}


def test_a_sorted_filter_begins_with_what_it_is_sorted_by() -> None:
    plan = planned(Wanted(unread=True, flagged=True, attachments=True))
    assert plan.options["orderby"] == ("receivedDateTime desc",)
    assert plan.options["filter"] == (
        "receivedDateTime ge 1900-01-01T00:00:00Z and isRead eq false and flag/flagStatus eq 'flagged' "
        "and hasAttachments eq true"
    )


def test_a_whole_address_and_a_time_are_filtered() -> None:
    plan = planned(Wanted(sender="marit@brackwater.example", after=MONDAY, before=datetime(2026, 11, 25, tzinfo=UTC)))
    assert plan.options["filter"] == (
        "receivedDateTime ge 2026-11-23T08:00:00Z and receivedDateTime lt 2026-11-25T00:00:00Z "
        "and from/emailAddress/address eq 'marit@brackwater.example'"
    )


def test_words_are_searched_for_without_a_sort_or_a_filter() -> None:
    plan = planned(
        Wanted(words='budget "field survey"', sender="Marit Solheim", recipient="zoe", subject="Q4", after=MONDAY)
    )
    assert plan.options == {
        "search": r'"budget AND \"field survey\" AND from:\"Marit Solheim\" AND to:zoe AND subject:Q4'
        r' AND received>=2026-11-23"'
    }


@pytest.mark.parametrize(
    ("words", "kql"),
    [
        ('say "hi', r"say AND hi"),
        ("a:b (c) d<e", r"\"a b\" AND c AND \"d e\""),
        ("OR cats OR", "cats"),
        ("- * -- NOT", ""),
        ('"" \\ ', ""),
        ('x" OR from:boss "', r"x AND \"or from boss\""),
    ],
)
def test_words_cannot_end_the_search_or_mean_something_in_it(words: str, kql: str) -> None:
    assert planned(Wanted(words=words, subject="s")).options["search"] == f'"{kql}{" AND " if kql else ""}subject:s"'


def message(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"receivedDateTime": "2026-11-24T10:00:00Z", "isRead": True, **properties}


@pytest.mark.parametrize(
    ("words", "kql"),
    [
        ("cats AND dogs", "cats AND dogs"),
        ("budget OR vessel", "(budget OR vessel)"),
        ("(budget OR vessel) sandray", "(budget OR vessel) AND sandray"),
        ("a OR b OR c d OR e", "(a OR b OR c) AND (d OR e)"),
        ("phishing or fishing", "phishing AND or AND fishing"),
        ("NOT phishing", "NOT phishing"),
        ('-phishing -"bank details"', r"NOT phishing AND NOT \"bank details\""),
        ("budg*", "budg*"),
        ('"field surv*"', r"\"field surv\""),
        ("from:zoe@brackwater.example hasAttachments:true", "from:zoe@brackwater.example AND hasattachment:true"),
        (
            '(from:"Zoë Lindqvist" OR from:marit) Subject:budget',
            r"(from:\"Zoë Lindqvist\" OR from:marit) AND subject:budget",
        ),
        ("-from:marit", "NOT from:marit"),
        ("from: tomasz", "from:tomasz"),
        ('subject: "budget plan" fog', r"subject:\"budget plan\" AND fog"),
        ("from:", "from"),
    ],
)
def test_words_may_be_as_in_outlooks_search_box(words: str, kql: str) -> None:
    assert planned(Wanted(words=words)).options["search"] == f'"{kql}"'


@pytest.mark.parametrize(
    "words",
    ["received:today", "fog sent>=2026-11-01", "is:unread", "in:archive fog", "has:attachment", "fog OR (is:read)"],
)
def test_what_other_arguments_are_for_is_not_taken_for_words(words: str) -> None:
    with pytest.raises(RequestRefused, match=r"`query` takes no `(received|sent|is|in|has)`") as refused:
        planned(Wanted(words=words))
    assert refused.value.remedy == "Use the arguments after, before, unread, flagged, has_files, folder."


def test_a_search_for_nothing_is_refused() -> None:
    with pytest.raises(RequestRefused, match="nothing to search for"):
        planned(Wanted(words="- *"))


def test_what_a_search_cannot_be_asked_is_looked_for_in_what_it_finds_and_said() -> None:
    plan = planned(Wanted(words="budget", unread=True, flagged=True))
    assert plan.local == "unread and flagged"
    assert plan.keep(message(isRead=False, flag={"flagStatus": "flagged"}))
    assert not plan.keep(message(isRead=False, flag={"flagStatus": "complete"}))
    assert not plan.keep(message(flag={"flagStatus": "flagged"}))


def test_a_search_is_by_the_day_and_the_hours_are_looked_at_afterwards() -> None:
    plan = planned(Wanted(words="budget", after=MONDAY, before=datetime(2026, 11, 24, 12, tzinfo=UTC)))
    assert plan.local == ""
    assert plan.keep(message())
    assert not plan.keep(message(receivedDateTime="2026-11-23T07:59:59Z"))
    assert not plan.keep(message(receivedDateTime="2026-11-24T12:00:00Z"))
    assert plan.keep(message(receivedDateTime=None))


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", "received>=2026-11-25 AND received<=2026-11-25"),
        ("Asia/Tokyo", "received>=2026-11-24 AND received<=2026-11-25"),
        ("America/Los_Angeles", "received>=2026-11-25 AND received<=2026-11-26"),
    ],
)
def test_a_local_day_is_searched_for_by_the_days_of_utc_that_cover_it(zone: str, days: str) -> None:
    local = ZoneInfo(zone)
    wanted = Wanted(
        words="fog", after=datetime(2026, 11, 25, tzinfo=local), before=datetime(2026, 11, 26, tzinfo=local)
    )
    assert planned(wanted).options["search"] == f'"fog AND {days}"'


def test_an_evening_that_is_tomorrow_in_utc_is_searched_for_too() -> None:
    evening = datetime(2026, 11, 25, 21, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert planned(Wanted(words="fog", before=evening)).options["search"] == '"fog AND received<=2026-11-26"'


def test_a_time_without_an_offset_is_utc() -> None:
    plan = planned(Wanted(words="budget", after=MONDAY))
    assert plan.keep(message(receivedDateTime="2026-11-23T08:00:00"))
    assert not plan.keep(message(receivedDateTime="2026-11-23T07:59:59"))


def test_only_what_is_looked_at_again_may_be_left_out_of_what_was_found() -> None:
    assert not planned(Wanted(words="budget")).drops
    assert not planned(Wanted(unread=True, after=MONDAY)).drops
    assert planned(Wanted(words="budget", unread=True)).drops
    assert planned(Wanted(words="budget", after=MONDAY)).drops
    assert planned(Wanted(words="budget", before=MONDAY)).drops


def test_a_filter_says_in_words_what_it_asks_for() -> None:
    assert planned(Wanted()).said == "newest first"
    wanted = Wanted(sender="marit@brackwater.example", after=MONDAY, unread=True, flagged=True, attachments=True)
    assert planned(wanted).said == (
        "unread, flagged, with files, by marit@brackwater.example, from 2026-11-23 08:00, newest first"
    )


def test_a_filter_needs_no_second_look() -> None:
    assert planned(Wanted(unread=True)).keep(message())
