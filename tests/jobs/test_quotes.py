"""What is new in a mail."""

from __future__ import annotations

import pytest

from mcp_local_graph.jobs.quotes import length_of_new
from tests.safety.costs import LINEAR, growth

NEW = "Thursday works for me.\n\nInês"


@pytest.mark.parametrize(
    "quoted",
    [
        "-----Original Message-----\nFrom: Marit\nSent: Monday\n\nWhen?",
        "---------- Forwarded message ---------\nFrom: Marit <marit@brackwater.example>\n\nWhen?",
        "On Mon, 23 Nov 2026 at 09:12, Marit Solheim (marit@brackwater.example) wrote:\n\n> When?",
        "On Mon, 23 Nov 2026 at 09:12, Marit Solheim\n<marit@brackwater.example> wrote:\n> When?",
        "Am 23.11.2026 um 09:12 schrieb Marit Solheim:\n> Wann?",
        "Em seg., 23 de nov. de 2026, Marit Solheim escreveu:\n> Quando?",
        "________________________________\nFrom: Marit Solheim\n\nWhen?",
        "From: Marit Solheim\nSent: Monday, 23 November 2026 09:12\nTo: Inês\nSubject: When\n\nWhen?",
        "Von: Marit Solheim\nGesendet: Montag\nAn: Inês\nBetreff: Wann\n\nWann?",
        "> When?\n> Marit\n",
        "On Mon, 23 Nov 2026, Marit Solheim wrote:\n> When?\n\nThis e-mail is confidential.",
        "---\nFrom: Marit Solheim\nSent: Monday\nTo: Inês\n\nWhen?",
        "On Mon, 23 Nov 2026 at 09:12, Marit Solheim wrote:\n\nWhen?",
    ],
)
def test_what_stands_quoted_below_is_not_new(quoted: str) -> None:
    assert length_of_new(f"{NEW}\n\n{quoted}") == len(NEW)


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        "> When?\n\nThursday.\n\n> Where?\n\nHere.",
        "From: the harbour to the tower it is a mile.\nTo: be clear, a sea mile.",
        "On Monday I wrote: nothing came back.\nSo I ask again.",
        "-----Original Message-----\nFrom: Marit\n\nWhen?",
        "EXTERNAL: be careful.\n\nAm 23.11.26 um 09:12 schrieb Marit:\n> Wann?\n>\n> Marit\nAm Donnerstag.\nInês",
        "On Mon, 23 Nov 2026, Marit Solheim\nwrote:\n> When?\nThursday.",
    ],
)
def test_a_mail_without_a_clear_end_of_what_is_new_is_new_as_a_whole(text: str) -> None:
    assert length_of_new(text) == len(text)


def test_thousands_of_quoted_lines_are_looked_at_once() -> None:
    text = ">\n" * 200_000 + "That is all."  # looked at once for each of them, it would take hours
    assert length_of_new(text) == len(text)


@pytest.mark.parametrize(
    "unit", ["--Original Message--\n>\n", "On Monday, I wrote:\n>\n", "From: a\nTo: b\n", "> a\nb\n\n"]
)
def test_a_text_of_four_times_the_size_takes_about_four_times_as_long(unit: str) -> None:
    assert growth(length_of_new, lambda number: unit * number + "answer", 1000) < LINEAR
