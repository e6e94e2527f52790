"""What an error says, and what its class means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mcp_local_graph import errors
from mcp_local_graph.errors import (
    ClientIdMissing,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SettingsError,
    SignInFailed,
    SignInNeeded,
    TokenRejected,
    Trace,
)

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def tree(kind: type[LocalGraphError], above: str = "") -> set[str]:
    """Every class as its path from the root."""
    path = f"{above}/{kind.__name__}"
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return {path}.union(*(tree(child, path) for child in children))


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawn: set[str] = set()
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if line.startswith("    "):
            name = line.lstrip(" │├└─")
            del branch[(len(line) - len(name)) // 4 - 1 :]
            branch.append(name.split()[0])
            drawn.add("/" + "/".join(branch))
    assert drawn == tree(LocalGraphError)


def test_an_error_is_what_happened_one_remedy_and_the_ids() -> None:
    trace = Trace(code="AADSTS53003", correlation_id="c-1", request_id="r-1", time=NOON)
    error = LocalGraphError("It failed.", "Do this.", trace=trace)
    assert error.text().splitlines() == [
        "It failed.",
        "Do this.",
        "code AADSTS53003; correlation id c-1; request id r-1; 2026-11-21 12:00:00Z",
    ]
    assert str(error) == "It failed."


def test_what_is_unknown_is_left_out() -> None:
    assert LocalGraphError("It failed.").text() == "It failed."
    assert LocalGraphError("It failed.", trace=Trace(request_id="r", time=NOON)).text().splitlines()[1:] == [
        "request id r; 2026-11-21 12:00:00Z"
    ]
    assert Trace(time=NOON).line() == ""


@pytest.mark.parametrize(
    ("kind", "code"), [(LocalGraphError, 1), (SettingsError, 2), (SignInFailed, 4), (ServiceUnavailable, 1)]
)
def test_each_class_has_an_exit_code(kind: type[LocalGraphError], code: int) -> None:
    assert kind("x").exit_code == code
    assert kind("x").retryable is (kind is ServiceUnavailable)


def test_what_needs_the_person_carries_what_to_ask_for() -> None:
    need = Need(frozenset({"User.Read"}), claims="{}")
    error = SignInNeeded("Nobody is signed in yet.", need)
    assert (error.need, error.asked, error.exit_code) == (need, False, 4)
    assert "mcp-local-graph login" in error.text()
    assert "{}" not in error.text()


def test_a_rejected_token_keeps_its_challenge_out_of_the_text() -> None:
    error = TokenRejected("No.", claims='{"nbf":1}')
    assert error.claims == '{"nbf":1}'
    assert "nbf" not in error.text()


def test_a_missing_client_id_says_how_to_get_one() -> None:
    text = ClientIdMissing().text()
    assert all(word in text for word in ("Register", "MCP_LOCAL_GRAPH_CLIENT_ID", "mcp-local-graph login --client-id"))
