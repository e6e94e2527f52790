"""Answers held to the types of their properties."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_local_graph.graph.shapes import fitting


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": 5},
        {"subject": ["a"]},
        {"from": "Marit"},
        {"toRecipients": {"emailAddress": {}}},
        {"toRecipients": ["marit@brackwater.example"]},
        {"size": "5"},
        {"size": True},
        {"size": -1},
        {"size": 2**63},
        {"size": 1e999},
        {"businessPhones": [5]},
        {"businessPhones": "5"},
    ],
    ids=str,
)
def test_a_property_of_another_type_is_missing_at_any_depth(wrong: dict[str, Any]) -> None:
    assert fitting(wrong) == {}
    assert fitting({"value": [{"id": "1", **wrong}]}) == {"value": [{"id": "1"}]}


def test_what_fits_or_is_not_known_stays() -> None:
    whole = {
        "value": [
            {"id": "1", "subject": "Tide", "from": {"emailAddress": {"name": "Marit"}}, "size": 5, "new": [1, {}]}
        ],
        "businessPhones": ["1"],
        "internetMessageHeaders": [{"name": "Received", "value": "from elsewhere.example"}],
        "body": None,
        "@odata.count": 0,
    }
    assert fitting(whole) == whole


def test_an_id_is_a_text() -> None:
    assert fitting({"id": 5}) == {"id": ""}
