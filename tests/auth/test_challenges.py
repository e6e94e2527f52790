from __future__ import annotations

import json
from typing import Any

import pytest

from mcp_local_graph.auth.challenges import answers


def challenge(not_before: int | None = None, **more: Any) -> str:  # noqa: ANN401 - any JSON
    nbf = {} if not_before is None else {"nbf": {"essential": True, "value": str(not_before)}}
    return json.dumps({"access_token": nbf | more})


STEP_UP: dict[str, Any] = {"acrs": {"essential": True, "value": "c1"}}


@pytest.mark.parametrize(
    ("given", "asked", "does"),
    [
        (challenge(1000), challenge(1000), True),
        (challenge(1000), challenge(1030), True),
        (challenge(1000), challenge(900), True),
        (challenge(1000), challenge(1061), False),
        (challenge(1000), challenge(1000, **STEP_UP), False),
        (challenge(1000, **STEP_UP), challenge(1001, **STEP_UP), True),
        (challenge(**STEP_UP), challenge(**STEP_UP), True),
        (challenge(**STEP_UP), challenge(acrs={"essential": True, "value": "c2"}), False),
        ("", challenge(1000), False),
        ("no JSON", "no JSON", True),
        ("[]", challenge(1000), False),
        ('{"access_token":{"nbf":{"value":"soon"}}}', challenge(1000), False),
    ],
)
def test_a_token_answers_the_challenge_it_was_got_for_however_often_it_is_said(
    given: str, asked: str, *, does: bool
) -> None:
    assert answers(given, asked) is does
