"""JSON of every kind: bounded, and either what was expected or an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.errors import GraphRefused, ServiceUnavailable
from mcp_local_graph.graph import bodies
from mcp_local_graph.graph.retry import Setback
from tests.safety.costs import seconds

JSON = "application/json; odata.metadata=minimal"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def parsed(text: str | bytes) -> dict[str, Any]:
    return bodies.parsed(text if isinstance(text, bytes) else text.encode(), JSON)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4), st.booleans())
def test_what_is_an_object_comes_through_as_it_is(value: dict[str, Any], ascii_only: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    assert parsed(json.dumps(value, ensure_ascii=ascii_only)) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e99999999}',
        b'{"a":[-1.5E+400]}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\x00"}',
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"[" * 100_000,
        b"[" * 100_000,
    ],
)
def test_what_claims_to_be_json_and_is_not_got_damaged_on_the_way(body: bytes) -> None:
    with pytest.raises(Setback, match="broken"):
        bodies.parsed(body, JSON)
    with pytest.raises(ServiceUnavailable, match="not Microsoft Graph"):
        bodies.parsed(body, "text/html")


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_json_that_is_no_object_has_no_sense(body: bytes) -> None:
    with pytest.raises(ServiceUnavailable, match="no sense"):
        bodies.parsed(body, JSON)


def test_a_byte_order_mark_is_no_trouble() -> None:
    assert parsed(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_as_deep_as_graph_ever_goes_is_read() -> None:
    deep = '{"a":' * (bodies.DEPTH - 1) + "1" + "}" * (bodies.DEPTH - 1)
    assert json.dumps(parsed(deep), separators=(",", ":")) == deep


def test_of_two_properties_with_one_name_the_last_counts() -> None:
    assert parsed('{"id":"1","a":{"x":1,"x":2},"id":"2"}') == {"id": "2", "a": {"x": 2}}


@pytest.mark.parametrize(
    "body",
    ["1," * 1_000_000 + "1", "{}," * 500_000 + "{}", "[" * 1_000_000 + "]" * 1_000_000],
    ids=["numbers", "objects", "levels"],
)
def test_a_million_values_are_refused_before_they_cost_anything(body: str) -> None:
    with pytest.raises(GraphRefused, match="too many"):
        parsed('{"value":[' + body + "]}")


def test_as_many_values_as_a_large_page_has_are_read() -> None:
    page = {"value": [{"id": str(number), "a": [1, 2, 3], "b": {"c": None}} for number in range(40_000)]}
    assert parsed(json.dumps(page)) == page


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d", ""),
        (r"a\ude00b", "ab"),
        (r"\ude00\ud83d", ""),
        (r"\uD83D\uD83D\uDE00", "\U0001f600"),
        (r"\\ud83d", r"\ud83d"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_half_a_character_is_left_out(written: str, read: str) -> None:
    answer = parsed(f'{{"{written}":["{written}",{{"a":"{written}"}}]}}')
    assert answer == {read: [read, {"a": read}]}
    assert json.dumps(answer, ensure_ascii=False).encode()


def test_the_body_of_an_error_is_looked_at_only_so_far() -> None:
    assert bodies.tried(b'{"error":{"code":"x"}}') == {"error": {"code": "x"}}
    assert bodies.tried(b'{"error":{"code":"x","message":"' + b"y" * 300_000 + b'"}}') is None
    assert bodies.tried(b"[" * 100) is None
    assert bodies.tried(b"[" * 100 + b"]" * 100) is None
    assert bodies.tried(b"<html>") is None


def test_halves_of_characters_cost_little() -> None:
    plain, halves = ('{"a":"' + text * 300_000 + '"}' for text in (r"\u4e00", r"\ud800"))
    assert parsed(halves) == {"a": ""}
    assert min(seconds(lambda: parsed(halves)) for _ in range(3)) < 8 * min(
        seconds(lambda: parsed(plain)) for _ in range(3)
    )
