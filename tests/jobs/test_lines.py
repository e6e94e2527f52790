"""Lines and parts of texts."""

from __future__ import annotations

import pytest

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.lines import bytes_in_words, counted, cut, cut_sender, end_of_part


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("Zoë", 4) == "Zoë"


def test_a_text_that_does_not_fit_is_cut_by_bytes_where_one_can_see_it() -> None:
    assert cut("short of breath", 10) == "short o..."
    assert cut("ëëëëëë", 10) == "ëëë..."
    assert cut("سلام دنیا", 12).encode() == "سلام...".encode()
    assert cut("anything", 2) == "..."


def test_a_part_ends_after_a_line_or_else_a_word() -> None:
    text = "one two three\nfour five six seven"
    assert end_of_part(text, 0, 100) == len(text)
    assert text[: end_of_part(text, 0, 20)] == "one two three\n"
    assert text[14 : end_of_part(text, 14, 12)] == "four five "
    assert end_of_part("x" * 50, 10, 20) == 30


@pytest.mark.parametrize(("text", "offset"), [("fog", 3), ("fog", 99), ("", 1)])
def test_a_part_beyond_the_end_is_refused_with_the_length(text: str, offset: int) -> None:
    with pytest.raises(RequestRefused, match=f"which has {len(text)} characters"):
        end_of_part(text, offset, 500)
    assert end_of_part("", 0, 500) == 0


@pytest.mark.parametrize("size", [5, 7, 20, 300])
def test_the_parts_of_a_text_are_the_text(size: int) -> None:
    text = "The quick brown fox\njumps over the lazy dog. " * 20
    parts, at = [], 0
    while at < len(text):
        end = end_of_part(text, at, size)
        parts.append(text[at:end])
        at = end
    assert "".join(parts) == text
    assert max(map(len, parts)) <= size


def test_sizes_and_numbers_are_said_in_words() -> None:
    assert [bytes_in_words(size) for size in (0, 400, 48_200, 3_200_000)] == ["1 KB", "1 KB", "48 KB", "3.2 MB"]
    assert (counted(1, "file"), counted(2, "file"), counted(0, "reply", "replies")) == (
        "1 file",
        "2 files",
        "0 replies",
    )


def test_what_stands_behind_a_long_name_stays() -> None:
    assert cut_sender("Marit Solheim @fabrikam.example", 60) == "Marit Solheim @fabrikam.example"
    assert cut_sender(f"{'Marit ' * 9}@fabrikam.example", 40) == "Marit Marit Marit M... @fabrikam.example"
    assert cut_sender("Marit " * 9, 20) == cut("Marit " * 9, 20)
