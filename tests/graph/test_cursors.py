"""Cursors: a word for a next link, for a day, for one tool of one account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.errors import CursorUnknown
from mcp_local_graph.graph.cursors import LIFETIME, Cursor, find, keep
from mcp_local_graph.graph.store import Limits, Store

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "https://graph.microsoft.com"
CURSOR = Cursor(
    tool="mail_search",
    origin=ORIGIN,
    url=f"{ORIGIN}/v1.0/me/messages?$skiptoken=abc",
    headers={"Prefer": 'IdType="ImmutableId"', "ConsistencyLevel": "eventual"},
    query="unread",
    offset=7,
)


class Clock:
    """Tells the time that it was set to, in seconds since 1970."""

    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Store:
    return Store(tmp_path / "shown.db", clock=clock, limits=Limits(cursors=20))


def found(kept: Store, word: str, tool: str = "mail_search", origin: str = ORIGIN) -> Cursor:
    return find(kept, word, tool=tool, origin=origin)


def refusal(kept: Store, word: str, tool: str = "mail_search", origin: str = ORIGIN) -> str:
    with pytest.raises(CursorUnknown) as raised:
        found(kept, word, tool, origin)
    assert raised.value.remedy == "Ask for the list again without a cursor."
    return raised.value.what


def test_a_cursor_is_eight_characters_and_leads_on_after_a_restart(kept: Store, tmp_path: Path, clock: Clock) -> None:
    word = keep(kept, CURSOR)
    assert re.fullmatch("[a-z2-7]{8}", word)
    assert found(Store(tmp_path / "shown.db", clock=clock), f" {word} ") == CURSOR


def test_it_can_be_used_again(kept: Store) -> None:
    word = keep(kept, CURSOR)
    assert found(kept, word) == found(kept, word)


def test_two_lists_that_go_on_at_the_same_place_have_cursors_of_their_own(kept: Store) -> None:
    assert keep(kept, CURSOR) != keep(kept, CURSOR)


def test_its_day_ends(kept: Store, clock: Clock) -> None:
    word = keep(kept, CURSOR)
    clock.now += LIFETIME - 1
    assert found(kept, word) == CURSOR
    clock.now += 1
    assert refusal(kept, word) == f"The cursor {word} is not known here, or is older than a day."


def test_what_has_expired_is_cleared_away(kept: Store, clock: Clock) -> None:
    keep(kept, CURSOR)
    clock.now += LIFETIME
    keep(kept, CURSOR)
    assert kept.run(lambda db: db.execute("SELECT count(*) FROM cursors").fetchone()) == (1,)


def test_their_number_is_bounded_and_the_oldest_goes_first(kept: Store, clock: Clock) -> None:
    words = []
    for number in range(30):
        clock.now += 1
        words.append(keep(kept, CURSOR._replace(offset=number)))
    assert refusal(kept, words[9])
    assert [found(kept, word).offset for word in words[10:]] == list(range(10, 30))


def test_another_accounts_is_unknown(kept: Store, tmp_path: Path) -> None:
    word = keep(kept, CURSOR)
    assert "not known here" in refusal(Store(tmp_path / "other.db"), word)


def test_another_tools_is_told_whose_it_is(kept: Store) -> None:
    word = keep(kept, CURSOR)
    assert refusal(kept, word, tool="graph_get") == f"The cursor {word} was given by mail_search."


def test_another_clouds_is_unknown(kept: Store) -> None:
    word = keep(kept, CURSOR)
    assert "not known here" in refusal(kept, word, origin="https://graph.microsoft.us")


@pytest.mark.parametrize("word", ["", "abc", "ABCDEFGH", "abcdefg1", "abcdefghi", "https://x", "x" * 100_000, "\x1b"])
def test_what_is_no_cursor_is_told_so_and_is_not_repeated(kept: Store, word: str) -> None:
    assert refusal(kept, word) == "That is no cursor."


def test_one_that_was_made_up_is_unknown(kept: Store) -> None:
    assert "not known here" in refusal(kept, "abcdefgh")
