"""The referee whistles."""

from __future__ import annotations

import pytest

from mcp_local_graph.sandbox.records import RequestRecord
from tests.tools import referee

pytestmark = pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)


def request(path: str, **query: str) -> RequestRecord:
    options = {f"${name}": value for name, value in query.items()}
    return RequestRecord(host="graph", endpoint="graph", method="GET", path=path, query=options, headers={}, form={})


def test_a_right_request_passes() -> None:
    right = [
        request("/v1.0/me", select="displayName,id"),
        request("/v1.0/me/manager", select="displayName,mail"),
        request("/v1.0/me/mailboxSettings", select="timeZone"),
        request("/v1.0/me/messages", top="5"),
        request("/v1.0/users", select="displayName,id", top="5"),
        request("/v1.0/users/ann@example.com/manager", select="displayName"),
        request("/v1.0/me/messages/1/attachments", select="name,contentId"),
        request("/v1.0/me/inventions", select="anything"),
    ]
    assert referee.problems(right) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (request("/v1.0/me", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/me/manager", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/me", select="id,id"), "not valid"),
        (request("/v1.0/users", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/users/ann@example.com", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/users/ann@example.com/messages", top="five"), "not valid"),
        (request("/v1.0/me/messages/1/attachments", select="shoeSize"), "no property shoeSize"),
        (request("/v1.0/me", top="5"), "takes no $top"),
        (request("/v1.0/me/messages", top="five"), "not valid"),
        (request("/v1.0/me/messages", count="maybe"), "not valid"),
    ],
)
def test_a_wrong_request_is_seen(wrong: RequestRecord, words: str) -> None:
    assert words in " ".join(referee.problems([wrong]))


def test_permissions_are_told_apart() -> None:
    assert "User.Read" in referee.sufficient("/v1.0/me")
    assert "Mail.Read" not in referee.sufficient("/v1.0/me")
    assert referee.permissions()["User.Read.All"] == (True, False)
