"""The look of the pages that a person sees: readable in light and dark, by keyboard and by screen reader."""

from __future__ import annotations

import re

import pytest

from mcp_local_graph.auth.pages import Button, Mood, page

TEXT = page("Title", "Words.", buttons=(Button("Go", "/go", main=True), Button("No", "/no"))).decode()
STYLE = re.findall("<style>(.*?)</style>", TEXT, re.DOTALL)[0]


def colours(part: str) -> dict[str, str]:
    """The colours by name, as six digits."""
    found = dict(re.findall(r"--([a-z]+): #([0-9a-f]{3,6});", part))
    return {name: value if len(value) == 6 else "".join(digit * 2 for digit in value) for name, value in found.items()}


LIGHT = colours(STYLE.split("@media", maxsplit=1)[0])
DARK = colours(STYLE.split("@media", maxsplit=1)[1].split("}", maxsplit=1)[0])


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_links_stand_out_and_edges_can_be_seen(theme: dict[str, str]) -> None:
    assert set(theme) >= {"ink", "paper", "card", "line", "go", "good", "bad"}
    for text, ground in (("ink", "card"), ("ink", "paper"), ("go", "card")):
        assert contrast(theme[text], theme[ground]) >= 4.5, text
    for mark in ("good", "bad"):
        assert contrast(theme[mark], theme["card"]) >= 3


def test_the_words_on_the_button_stand_out_in_both_themes() -> None:
    assert contrast("ffffff", LIGHT["go"]) >= 4.5
    assert contrast("10141a", DARK["go"]) >= 4.5


def test_a_page_has_a_language_a_title_one_heading_and_real_buttons() -> None:
    assert "<html lang=en>" in TEXT
    assert TEXT.count("<h1>") == 1
    assert "<title>Title</title>" in TEXT
    assert [found[1] for found in re.findall(r"<button([^>]*)>([^<]+)</button>", TEXT)] == ["Go", "No"]
    assert "focus-visible" in STYLE


def test_how_it_went_is_told_by_words_and_only_then_by_colour() -> None:
    assert "<main class=good>" in page("You are signed in", mood=Mood.GOOD).decode()
    assert "<main class=bad>" in page("Not signed in", mood=Mood.BAD).decode()
    assert "<main>" in TEXT
