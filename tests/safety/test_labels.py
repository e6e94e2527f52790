"""Labels as others read them, and the label of several things together."""

from __future__ import annotations

from itertools import product

from mcp_local_graph.safety.labels import TRUSTED, UNTRUSTED, Label, meet

PUBLIC = Label("trusted", "public")
ALL = [Label("trusted", "public"), TRUSTED, Label("untrusted", "public"), UNTRUSTED]


def test_the_words_are_those_that_other_programs_know() -> None:
    assert {tuple(label.facts()) for label in ALL} == {("integrity", "confidentiality")}
    assert {label.facts()["integrity"] for label in ALL} == {"trusted", "untrusted"}
    assert {label.facts()["confidentiality"] for label in ALL} == {"public", "private"}


def test_together_things_are_as_little_trusted_and_as_private_as_any_of_them() -> None:
    assert meet([TRUSTED, UNTRUSTED, PUBLIC]) == UNTRUSTED
    assert meet([PUBLIC, Label("untrusted", "public")]) == Label("untrusted", "public")
    assert meet([TRUSTED, PUBLIC]) == TRUSTED
    for one, other in product(ALL, ALL):
        assert meet([one, other]) == meet([other, one])
        assert meet([one, one]) == one
        assert meet([one, UNTRUSTED]) == UNTRUSTED
