"""Style sheets made to exhaust a reader: what they cost is counted, and grows no faster than the page."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.safety import html_looks
from mcp_local_graph.safety.html_sheets import MOST_COMPARISONS, Sheets, Tag
from mcp_local_graph.safety.untrusted import from_html
from tests.safety.costs import LINEAR, growth

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_ALL = "(Its styles are too many to be followed to the end: some of this text may be hidden from a reader.)"
PAGES: dict[str, Callable[[int], str]] = {
    "rules, parents and elements": lambda n: (
        f"<style>{'[a*=z] p{color:red}' * n}</style>{'<div a=y>' * 199}{'<p>x' * (2 * n)}"
    ),
    "different rules, parents and elements": lambda n: (
        f"<style>{''.join(f'[a*=z{k}] p{{color:red}}' for k in range(n))}</style>{'<div a=y>' * 199}{'<p>x' * (2 * n)}"
    ),
    "size": lambda n: f"<style>p{{font-size:{'x ' * n}}}</style>{'<p>' * n}",
    "length": lambda n: f"<style>p{{text-indent:{'x ' * n}}}</style>{'<p>' * n}",
    "background": lambda n: f"<style>p{{background:{'x' * n}}}</style>{'<p>' * n}",
    "other declarations": lambda n: f"<style>p{{{'aa:b;' * n}}}</style>{'<p>' * n}",
    "declarations": lambda n: f"<style>p{{{'color:red;' * n}}}</style>{'<p>' * n}",
    "declarations, own styles": lambda n: (
        f"<style>p{{{'color:red;' * n}}}</style>{''.join(f'<p style=width:{k}px>' for k in range(n))}"
    ),
    "selectors of a rule": lambda n: f"<style>{'p,' * n}p{{color:red}}</style>{'<p>' * n}",
    "attributes of a selector": lambda n: f"<style>p{'[a=b]' * n}{{color:red}}</style>{'<p a=b>' * n}",
    "looks at an attribute": lambda n: (
        f"<style>p{''.join(f'[a*=b{k}]' for k in range(n))}{{color:red}}</style>"
        f"{f'<p a={chr(32).join(map(str, range(n)))}>' * n}"
    ),
    "classes of a selector": lambda n: f"<style>p{'.a' * n}{{color:red}}</style>{'<p class=a>' * n}",
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_of_four_times_the_size_takes_about_four_times_as_long(kind: str) -> None:
    assert growth(from_html, PAGES[kind], 200) < LINEAR


def test_comparisons_with_the_elements_around_count_and_are_made_once() -> None:
    sheets = Sheets.of(["".join(f"[a*=z{n}] p{{display:none}}" for n in range(10))])
    outer = [Tag.of("div", {"a": "y"}) for _ in range(100)]
    for _ in range(50):
        assert sheets.style(Tag.of("p", {}), outer, html_looks.NOTHING) == {}
    assert sheets.comparisons == 2 * 10 * 100 + 10 * 50  # an attribute that is looked through is one more


def test_a_long_value_counts_for_more_than_one_comparison() -> None:
    sheets = Sheets.of([f"p[a*={'x' * 99}y]{{display:none}}"])
    sheets.style(Tag.of("p", {"a": "x" * 8000}), [], html_looks.NOTHING)
    assert sheets.comparisons > 100


def test_a_page_that_costs_too_much_is_read_without_its_styles_and_says_so() -> None:
    rules = "".join(f"[a*=z{n}] p{{color:red}}" for n in range(1500)) + ".y{display:none}"
    text = from_html(f"<style>{rules}</style>{'<div a=y>' * 199}{'<p>x' * 200}<b class=y>seen</b>")
    assert text.endswith(f"xseen\n{NOT_ALL}")
    sheets = Sheets.of([rules])
    outer = [Tag.of("div", {"a": "y"}) for _ in range(199)]
    for _ in range(500):
        sheets.style(Tag.of("p", {}), outer, html_looks.NOTHING)
    assert MOST_COMPARISONS < sheets.comparisons < MOST_COMPARISONS + 5000
    assert sheets.are_too_many


def test_a_page_of_many_rules_is_read_without_the_last_ones_and_says_so() -> None:
    rules = ".x{color:red}" * 4000
    assert from_html(f"<style>{rules}.y{{display:none}}</style><b class=y>b</b>") == f"b\n{NOT_ALL}"
    assert from_html(f"<style>{'.x{aa:b}' * 4000}.y{{display:none}}</style>a<b class=y>b</b>") == "a"


def test_what_is_remembered_of_hostile_styles_is_little() -> None:
    tracemalloc.start()
    try:
        for number in range(40):
            long = f"{number}{'x ' * 50_000}"
            from_html(
                f"<style>p{{color:{long};width:{long}}}</style><p style='color:{long[:8000]}' width='{long[:8000]}'>x"
            )
        remembered, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert remembered < 500_000
