"""Handles: short, lasting, never of another object, and only of what was shown."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.errors import HandleUnknown
from mcp_local_graph.graph.handles import Kind, Shown, find, give, give_all
from mcp_local_graph.graph.store import Limits, Store

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

MESSAGE = ("me", "messages", "AAMkAD=")
# Two messages whose handles would begin alike under a key of 32 zeros, found by trying two million.
ALIKE = [("me", "messages", number) for number in ("1134806", "1286791")]


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path / "shown.db")


def message(number: int) -> Shown:
    return Shown(Kind.MESSAGE, ("me", "messages", str(number)))


def refusal(kept: Store, handle: str, *kinds: Kind) -> str:
    with pytest.raises(HandleUnknown) as raised:
        find(kept, handle, kinds)
    return raised.value.text()


def with_key_of_zeros(kept: Store) -> None:
    kept.run(lambda db: db.execute("INSERT INTO secret VALUES (1, zeroblob(32))"))


def test_a_handle_is_a_letter_and_eight_characters_and_leads_back(kept: Store) -> None:
    for kind in Kind:
        handle = give(kept, kind, ("me", "things", "an id / with = signs", "ü\ud800"))
        assert re.fullmatch(r"[a-z][a-z2-7]{8}", handle)
        assert handle[0] == kind
        found = find(kept, f" {handle}\n", (Kind.MESSAGE, kind))
        assert (found.kind, found.path) == (kind, ("me", "things", "an id / with = signs", "ü\ud800"))


def test_the_same_object_has_the_same_handle_for_ever(kept: Store, tmp_path: Path) -> None:
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    assert give(kept, Kind.MESSAGE, MESSAGE) == handle
    assert give(Store(tmp_path / "shown.db"), Kind.MESSAGE, MESSAGE) == handle


def test_what_a_tool_notes_of_an_object_comes_back_with_it_until_it_notes_something_else(kept: Store) -> None:
    handle = give(kept, Kind.MESSAGE, MESSAGE, "first")
    assert give(kept, Kind.MESSAGE, MESSAGE) == handle
    assert find(kept, handle).note == "first"
    give(kept, Kind.MESSAGE, MESSAGE, "second")
    assert find(kept, handle).note == "second"


def test_other_accounts_have_other_handles_for_it(kept: Store, tmp_path: Path) -> None:
    handle, other = give(kept, Kind.MESSAGE, MESSAGE), Store(tmp_path / "other.db")
    assert give(other, Kind.MESSAGE, MESSAGE) != handle
    assert refusal(other, handle) == f"There is no message {handle} here.\nUse a handle from mail_search."


def test_paths_that_read_alike_are_different_objects(kept: Store) -> None:
    paths = [("me", "messages", "a", "b"), ("me", "messages", "a/b"), ("me", "messages", 'a","b')]
    handles = give_all(kept, [Shown(Kind.MESSAGE, path) for path in paths])
    assert [find(kept, handle).path for handle in handles] == paths


def test_a_handle_that_another_object_has_is_lengthened(kept: Store) -> None:
    with_key_of_zeros(kept)
    first, second = give_all(kept, [Shown(Kind.MESSAGE, path) for path in ALIKE])
    assert (len(first), len(second)) == (9, 10)
    assert second.startswith(first)
    assert [find(kept, handle).path for handle in (first, second)] == ALIKE
    assert [give(kept, Kind.MESSAGE, path) for path in reversed(ALIKE)] == [second, first]


def test_a_handle_that_is_no_longer_kept_goes_to_nobody_else(kept: Store) -> None:
    with_key_of_zeros(kept)
    first = give(kept, Kind.MESSAGE, ALIKE[0])
    kept.run(lambda db: db.execute("UPDATE handles SET path = NULL"))
    assert give(kept, Kind.MESSAGE, ALIKE[1]) != first
    assert "no longer kept" in refusal(kept, first)


def test_the_oldest_used_go_first_and_say_so(kept: Store, tmp_path: Path) -> None:
    kept = Store(tmp_path / "shown.db", limits=Limits(handles=300))
    favourite = give(kept, *message(-1))
    handles = []
    for number in range(500):
        handles.append(give(kept, *message(number)))
        if number in {150, 300}:
            assert find(kept, favourite).path[-1] == "-1"
    assert refusal(kept, handles[0]) == (
        f"The message {handles[0]} is no longer kept here.\nList it again with mail_search."
    )
    assert find(kept, favourite).path[-1] == "-1"
    assert [find(kept, handle).path[-1] for handle in handles[-200:]] == [str(n) for n in range(300, 500)]
    assert rows(kept, "path IS NOT NULL") <= 300


def test_what_is_listed_again_has_its_old_handle(tmp_path: Path) -> None:
    kept = Store(tmp_path / "shown.db", limits=Limits(handles=10))
    first = give(kept, *message(0))
    give_all(kept, [message(number) for number in range(1, 30)])
    assert not is_open(kept, first)
    assert give(kept, *message(0)) == first
    assert is_open(kept, first)


def test_what_is_shown_again_counts_as_used(tmp_path: Path) -> None:
    kept = Store(tmp_path / "shown.db", limits=Limits(handles=300))
    favourite = give(kept, *message(-1))
    for number in range(500):
        give(kept, *message(number))
        give(kept, *message(-1))
    assert is_open(kept, favourite)


def test_tombstones_are_bounded_too(tmp_path: Path) -> None:
    kept = Store(tmp_path / "shown.db", limits=Limits(handles=10, tombstones=20))
    handles = [give(kept, *message(number)) for number in range(100)]
    assert rows(kept, "path IS NULL") <= 21
    assert "There is no message" in refusal(kept, handles[0])


def test_a_list_longer_than_the_limit_keeps_its_bound(tmp_path: Path) -> None:
    kept = Store(tmp_path / "shown.db", limits=Limits(handles=100))
    give_all(kept, [message(number) for number in range(1000)])
    assert rows(kept, "path IS NOT NULL") <= 100


def rows(kept: Store, which: str) -> int:
    query = f"SELECT count(*) FROM handles WHERE {which}"  # noqa: S608 - the tests' own words
    count: int = kept.run(lambda db: db.execute(query).fetchone())[0]
    return count


def is_open(kept: Store, handle: str) -> bool:
    try:
        find(kept, handle)
    except HandleUnknown:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "m", "mabcdefg", "m1bcdefgh", "MABCDEFGH", "zabcdefgh", "m" + "a" * 53, "mabcdefgh/"),
        *("mabcdefg\u0131", "AAMkADc0", "../etc", "m%61bcdefgh", "mabcdefgh mabcdefgh", "\x00", "m" * 100_000),
    ],
)
def test_what_is_no_handle_is_told_what_one_is_and_is_not_repeated(kept: Store, text: str) -> None:
    assert refusal(kept, text, Kind.MESSAGE) == "That is no handle of a message.\nUse a handle from mail_search."
    assert refusal(kept, text) == "That is no handle of ours.\nUse a handle from graph_get."
    assert refusal(kept, text, Kind.CALENDAR) == "That is no handle of a calendar.\nUse a handle from graph_get."


def test_a_handle_of_another_kind_is_told_so(kept: Store) -> None:
    handle = give(kept, Kind.ATTACHMENT, (*MESSAGE, "attachments", "1"))
    assert refusal(kept, handle, Kind.EVENT, Kind.MESSAGE) == (
        f"{handle} is an attachment, not an event or a message.\nUse a handle from calendar_list or mail_search."
    )


def test_no_handle_can_be_guessed(kept: Store) -> None:
    given = set(give_all(kept, [message(number) for number in range(200)]))
    guess = random.Random(1)  # noqa: S311 - the same guesses each time
    for _ in range(500):
        handle = guess.choice(list(Kind)) + "".join(guess.choices("abcdefghijklmnopqrstuvwxyz234567", k=8))
        assert handle in given or not is_open(kept, handle)


def test_a_row_that_was_put_in_by_another_hand_stands_for_nothing(kept: Store) -> None:
    handle = give(kept, Kind.MESSAGE, MESSAGE)
    kept.run(lambda db: db.execute("""UPDATE handles SET path = '["m","me","messages","another"]'"""))
    assert refusal(kept, handle).startswith("There is no message")
    kept.run(moved)
    assert refusal(kept, "mabcdefgh").startswith("There is no message")


def moved(db: sqlite3.Connection) -> None:
    db.execute("""UPDATE handles SET path = '["m","me","messages","AAMkAD="]', handle = 'mabcdefgh'""")
