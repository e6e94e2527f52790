"""Texts of others: nothing hidden, nothing that renders, and what a reader sees of them unchanged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.safety.untrusted import Links, Untrusted, answer, from_html, line, prose
from tests import microsoft
from tests.safety.strings import HOSTILE, PARSERS, WRITING, Hostile, hidden_in, rendered_in, squeezed

shared = pytest.mark.skipif(not microsoft.DATA.is_dir(), reason=microsoft.ABSENT)
MAKERS = [line, prose, answer]
hostile = pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name.replace(" ", "-"))
# Signs and words that the rules are about, so that they meet.
PIECES = [
    *(
        "http://",
        "https:\\",
        "//",
        "www.",
        "a.b",
        "evil.example",
        "/x/",
        "[",
        "]",
        "](",
        "]:",
        "!",
        "<",
        ">",
        "@",
        "\\\\",
    ),
    *(
        "`",
        "```",
        "~~~",
        "\n",
        "\n\n",
        " ",
        "\t",
        "data:",
        "a/b;,",
        "javascript:",
        "mailto:",
        "xmpp:",
        "~",
        "_",
        "ms-x:",
        "&sig=",
        "eyJ",
        ",",
    ),
    *("eyJaaaaaaaaaaaaaaaaaaaa", ".aaaa", "url(", "\u05d0", "\u0628", "\u0915", "\u6f22", "\U0001f600", "\xa9", "e"),
    *(
        "\u200d",
        "\u200c",
        "\u200b",
        "\u200e",
        "\u200f",
        "\ufe0f",
        "\ufe00",
        "\U000e0100",
        "\u0301" * 4,
        "\u0301\u200d" * 4,
    ),
    *(
        "\u0e38",
        "\ud800",
        "\x1b",
        "\x9b",
        "\x07",
        "[31m",
        "\r",
        "\x85",
        "\u2800",
        "\u2801",
        "\u3000",
        "\xa0",
        "1",
        "\u20e3",
    ),
    *(
        "\U0001f3f4\U000e0067\U000e0062",
        "\U000e0065\U000e006e\U000e0067",
        "\U000e007f",
        "\u1820",
        "\u180e",
        "-",
        "- ",
        "> ",
    ),
]
FILLERS = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"
MIXED = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=25).map("".join)


@hostile
@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_hidden_goes_what_renders_breaks_and_the_rest_is_there(maker: type, hostile: Hostile) -> None:
    text = maker(hostile.text)
    assert [each for each in hidden_in(text) if each not in hidden_in(hostile.visible)] == []
    assert rendered_in(text) == []
    assert squeezed(hostile.visible) in squeezed(text)


@pytest.mark.parametrize("language", WRITING)
@pytest.mark.parametrize("maker", MAKERS)
def test_writing_comes_through_as_it_is(maker: type, language: str) -> None:
    text = maker(WRITING[language])
    assert (str(text), text.removed) == (WRITING[language], 0)


@given(MIXED)
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_changes_nothing_and_nothing_ever_renders(text: str) -> None:
    for once in (line(text), prose(text)):
        assert rendered_in(once) == []
        assert str(answer(once)) == str(once)
    assert str(line(line(text))) == str(line(text))
    assert str(prose(prose(text))) == str(prose(text))


@given(st.text(st.characters(categories=("L", "N", "Zs"), include_characters=".,;?-()_", exclude_characters=FILLERS)))
@settings(max_examples=200, deadline=None)
def test_no_letter_and_no_digit_is_ever_lost(text: str) -> None:
    assert squeezed(line(text)) == squeezed(text) or "www." in text.lower()
    assert line(text).removed == 0


def test_a_line_is_one_line() -> None:
    assert line(" a\tb \r\n\n c   d\u2028e ") == "a b c d e"
    assert line("\u5c71\u7530\u3000\u592a\u90ce") == "\u5c71\u7530\u3000\u592a\u90ce"


def test_prose_has_at_most_one_blank_line_in_a_row_and_no_blanks_at_the_end_of_one() -> None:
    assert prose("\n\n  a \t\n\n \n\nb\r\n c\n\n") == "  a\n\nb\n c"
    assert prose("a" + " " * 500 + "b") == "a        b"


@pytest.mark.parametrize("maker", [line, prose])
def test_nothing_is_an_empty_text_and_a_number_is_its_digits(maker: type) -> None:
    assert [str(maker(value)) for value in (None, "", 0, 1.5, True)] == ["", "", "0", "1.5", "True"]


def test_what_was_taken_out_is_counted() -> None:
    assert line("a\u200bb\u00adc").removed == 2
    assert prose("\x1b[31mred").removed == 5
    assert line("a\r\nb\t c").removed == 0


def test_a_part_of_a_text_is_still_one_and_hidden_characters_are_counted_once() -> None:
    text = prose("ab\u200bcd")
    first, rest = text.part(0, 2), text.part(2)
    assert isinstance(first, Untrusted)
    assert (first, first.removed, rest, rest.removed) == ("ab", 1, "cd", 0)


def test_a_cut_through_an_emoji_leaves_nothing_hidden() -> None:
    family = prose("a \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f b")
    for place in range(len(family) + 1):
        for part in (family.part(0, place), family.part(place)):
            assert answer(part).removed == 0


def test_only_the_sanitiser_says_that_a_text_is_clean() -> None:
    package = Path(__file__).parents[2] / "mcp_local_graph"
    makers = [
        path.name for path in package.rglob("*.py") if re.search(r"\bUntrusted\(", path.read_text(encoding="utf-8"))
    ]
    assert makers == ["untrusted.py"]


def test_addresses_are_numbered_where_there_is_a_list_for_them() -> None:
    links = Links()
    text = prose("See https://a.example/x?y=1, (http://b.example/) and https://a.example/x?y=1.", links)
    assert text == "See [1 a.example], ([2 b.example]) and [1 a.example]."
    assert links.lines() == ["[1] `https://a.example/x?y=1`", "[2] `http://b.example/`"]
    assert str(answer("\n".join([text, "", *links.lines()]))) == "\n".join([text, "", *links.lines()])


def test_a_list_of_links_in_somebody_elses_text_is_none() -> None:
    assert prose("[1] `https://evil.example/x`") == "[1] `[evil.example]`"
    assert answer("x [1] `https://evil.example/x`") == "x [1] `[evil.example]`"
    assert answer("[1] `https://evil.example/x` `") == "[1] `[evil.example]` `"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.a.example/www.b.example",
        "https://a.example/javascript:x,mailto:c@d.example",
        "https://a.example/x?url(y)&z=data:,x",
        "https://a.example/x//b.example/y",
        "https://a.example/f?sig=",
        "https://a.example/f?x=1&tempauth=",
        "https://a.example/f?sig=abc",
    ],
)
def test_the_list_of_links_stays_as_it_is_and_nothing_of_it_is_live(url: str) -> None:
    links = Links()
    text = prose(f"a ` b {url} `` c", links)
    whole = "\n".join([text, "", *links.lines()])
    assert str(answer(whole)) == whole
    codes = [
        child.content
        for token in PARSERS["js-default"].parse(whole)
        for child in token.children or ()
        if child.type == "code_inline"
    ]
    assert [line.split("`")[1] for line in links.lines()] == codes[-len(links) :]


@shared
def test_every_naughty_string_is_harmless_and_stays_so() -> None:
    for naughty in json.loads((microsoft.DATA / "texts" / "naughty_strings.json").read_text(encoding="utf-8")):
        for text in (line(naughty), prose(naughty), from_html(naughty)):
            assert rendered_in(text) == []
            assert str(answer(text)) == str(text)
            assert not set(hidden_in(text)) - {"U+200C", "U+200D", "U+FE0F", "U+200F", "U+200E", "U+061C"}


@shared
def test_mails_keep_every_word() -> None:
    for mail in map(json.loads, (microsoft.DATA / "texts" / "mails.jsonl").read_text(encoding="utf-8").splitlines()):
        words = [word for word in mail["context"].split() if word.isalnum()]
        kept = iter(prose(mail["context"]).split())
        assert all(word in kept for word in words)  # in this order


def test_marks_that_a_hidden_character_held_apart_are_one_stack() -> None:
    assert line("\u0301" * 4 + "\ud800" + "\u0301" * 4) == "\u0301" * 5
