"""Pages made to exhaust a parser: bounded in depth, in size and in rules, and read to an end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mcp_local_graph.safety.html_tokens import tokens
from mcp_local_graph.safety.untrusted import Links, answer, from_html
from tests.safety.strings import rendered_in

DEEPEST = 200
PIECES = [
    *(
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href='http://a.b'>",
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
    ),
    *(
        "<ul>",
        "<li>",
        "</ul>",
        "<blockquote>",
        "</blockquote>",
        "<h1>",
        "</h1>",
        "<br>",
        "<hr>",
        "<img alt='",
        "'>",
        "<pre>",
    ),
    *(
        "<!--",
        "-->",
        "<style>",
        ".x{display:none}",
        "</style>",
        "<i class=x>",
        "<script>",
        "</script>",
        "<svg>",
        "<select>",
    ),
    *(
        "<span style='color:#fff'>",
        "</span>",
        "text",
        " ",
        "\n",
        "&lt;",
        "&#x200b;",
        "](",
        "![",
        "http://c.d/",
        "<",
        ">",
        '"',
    ),
    *(
        "<template>",
        "<textarea>",
        "</textarea>",
        "<frameset>",
        "<ol>",
        "</ol>",
        "</tr>",
        "<th>",
        "<x-b>",
        "<plaintext>",
        "&nbsp;",
    ),
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_page_becomes_text_that_is_safe_and_stays_as_it_is(html: str) -> None:
    text = from_html(html, Links())
    assert rendered_in(text) == []
    assert str(answer(text)) == str(text)
    assert text.removed >= 0


@pytest.mark.parametrize(
    "opened",
    [
        "<div>",
        "<blockquote>",
        "<ul><li>",
        "<b><div>",
        "<div><span></div>",
        "<div></span>",
        "<table><tr><td><div></table>",
        "<div><table><tr><td></div></table>",
        "<a href=x><div>",
        "<svg><g></svg><div>",
        "<button><div>",
        "<div><!--</div>-->",
        "<div title='</div>'>",
        '<div a"></div>',
        "<div><textarea></div></textarea>",
        "<div><script></div></script>",
    ],
)
def test_no_page_is_deeper_than_a_reader_needs(opened: str) -> None:
    made = tokens(opened * 3000 + "end")
    node = LexborHTMLParser(made.html).root
    deepest = max((len(_above(each)) for each in node.traverse()), default=0) if node else 0
    assert deepest <= DEEPEST * 3
    assert "end" in from_html(opened * 3000 + "<p>end") or "script" in opened or "textarea" in opened


def _above(node: object) -> list[object]:
    found = []
    while (node := getattr(node, "parent", None)) is not None:
        found.append(node)
    return found


def test_what_was_left_open_is_not_repeated_in_each_paragraph() -> None:
    made = tokens("".join(f"<p><b id=b{number}><i class=c{number}></p>" for number in range(500)))
    root = LexborHTMLParser(made.html).root
    assert root is not None
    assert sum(1 for _ in root.traverse()) < 5000


def test_attributes_are_few_and_short() -> None:
    made = tokens("<div " + " ".join(f"a{number}=1" for number in range(5000)) + f" title='{'x' * 9000}'>x</div>")
    assert made.html.count("=") == 40
    assert len(made.html) < 1000
    assert tokens(f"<p title='{'x' * 9000}' class=y>").html == '<p class="y">'


def test_a_page_that_is_too_long_says_so_at_its_end() -> None:
    text = from_html("<p>start</p>" + "word " * 250_000)
    assert text.startswith("start\n\nword word")
    assert text.endswith("\n(The rest is left out: it is too long.)")
    assert from_html("<br>x" * 110_000).endswith("\n(The rest is left out: it is too long.)")


def test_pictures_inside_a_page_do_not_make_it_too_long() -> None:
    text = from_html(f"<p>start<img alt=Chart src='data:image/png;base64,{'A' * 1_500_000}'></p><p>end</p>")
    assert text == "start[image: Chart]\n\nend"


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<!--",
        "<a b='",
        "<p>x",
        "<style>",
        "<style>{",
        "/*",
        "&",
        "<td>",
        "<li>x",
        "http://a.b/ ",
        "<script>",
        "\0",
        "=",
    ],
)
def test_any_amount_of_anything_comes_to_an_end(unit: str) -> None:
    text = from_html(unit * (60_000 // len(unit)))
    assert not re.search(r"[\0-\x08]", text)
