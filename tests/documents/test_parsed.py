"""The pieces of a text: no half characters, few blank lines, an end to counting."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.documents import parsed
from mcp_local_graph.documents.parsed import MOST_BYTES, Parsed, Unreadable, chosen, pieces, window

if TYPE_CHECKING:
    from collections.abc import Iterator


def made(*lines: str) -> str:
    return "".join(pieces(Parsed(lambda _part: lines), [0]))


def test_blank_lines_in_a_row_become_one_and_those_at_the_ends_none() -> None:
    assert made("", "", "a  ", "", "\t", "", "b", "c", "") == "a\n\nb\nc"


def test_parts_are_set_apart_by_a_blank_line() -> None:
    assert "".join(pieces(Parsed(lambda part: [f"part {part}"]), [0, 2])) == "part 0\n\npart 2"


def test_a_line_of_several_lines_is_several() -> None:
    assert made("a\r\n\r\n\r\nb\rc") == "a\n\nb\nc"


def test_halves_of_characters_do_not_come_through() -> None:
    assert made("a\ud83d", "b\udc00c") == "a?\nb?c"


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=30), st.integers(1, 60))
def test_windows_one_after_another_are_the_whole(lines: list[str], most: int) -> None:
    whole = made(*lines)
    found, offset = "", 0
    while offset < len(whole):
        part = window(pieces(Parsed(lambda _part: lines), [0]), offset, most, 60)
        assert 0 < len(part.text) <= most
        assert (part.total, part.complete) == (len(whole), True)
        found, offset = found + part.text, offset + len(part.text)
    assert found == whole


def test_a_window_ends_at_a_line_or_a_word_if_one_is_near() -> None:
    assert window(iter(["aaaa bbbb\ncccc"]), 0, 11, 60).text == "aaaa bbbb\n"
    assert window(iter(["aaaabbbb cccc"]), 0, 10, 60).text == "aaaabbbb "
    assert window(iter(["a bbbbbbbbbbbbbbbbbb"]), 0, 10, 60).text == "a bbbbbbbb"


def test_a_window_keeps_to_the_bytes_whatever_it_was_asked_for() -> None:
    text = window(iter(["😀" * 10_000]), 0, 100_000, 60).text
    assert len(text.encode()) <= MOST_BYTES
    assert set(text) == {"😀"}


def endless() -> Iterator[str]:
    return itertools.repeat("x" * 1000)


def test_a_text_without_end_is_counted_up_to_a_bound() -> None:
    found = window(endless(), 0, 500, 3600)
    assert (found.text, found.total, found.complete) == ("x" * 500, parsed.COUNTED, False)


def test_when_time_is_up_what_there_is_is_the_answer() -> None:
    found = window(endless(), 0, 10**9, 0.01)
    assert found.text
    assert found.complete is False


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ("1", [0]),
        ("3,1", [0, 2]),
        ("2-3", [1, 2]),
        ("2 - 3", [1, 2]),
        ("2\u20133", [1, 2]),
        ("4-", [3, 4]),
        ("4-900", [3, 4]),
        ("1,1-2,x", [0, 1]),
        ("3-2,5", [4]),
        ("0-1", [0]),
    ],
)
def test_pages_are_numbers_and_ranges(pages: str, found: list[int]) -> None:
    assert chosen(pages, [""] * 5) == found


def test_a_name_is_taken_before_a_number_and_the_first_of_two_alike() -> None:
    assert chosen("2", ["2", "b", "c"]) == [0]
    assert chosen("a, b", ["a, B", "a", "A"]) == [0]
    assert chosen("A,3", ["x", "a", "A"]) == [1, 2]


def test_no_page_is_an_error_with_their_number() -> None:
    with pytest.raises(Unreadable) as raised:
        chosen("7", [""] * 5)
    assert (raised.value.code, raised.value.numbers) == ("pages", (5,))
