from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.mailrig import BASE, READ, lay
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.bearer(READ)


def follow(rig: Rig, token: str, link: str, **headers: str) -> requests.Response:
    return rig.graph(link.removeprefix(rig.tenant.graph_url), token, **headers)


def rounds(rig: Rig, token: str, link: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    """All pages of a round, and where the next one begins."""
    values: list[dict[str, Any]] = []
    while True:
        page = follow(rig, token, link, **headers).json()
        values += page["value"]
        if "@odata.deltaLink" in page:
            return values, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def test_a_delta_has_everything_at_first_then_what_changed(rig: Rig, token: str) -> None:
    control, name = rig.tenant.control, company.INES.user_name
    path = "/v1.0/me/mailFolders/archive/messages/delta?$select=subject,isRead"
    values, link = rounds(rig, token, path, Prefer="odata.maxpagesize=4")
    assert len(values) == int(rig.graph("/v1.0/me/mailFolders/archive/messages/$count", token).text)
    assert set(values[0]) == {"@odata.etag", "id", "subject", "isRead"}
    assert rounds(rig, token, link)[0] == []
    lay(rig, BASE)
    control.mark(name, "invite-northmole", isRead=False)
    changed, link = rounds(rig, token, link)
    assert sorted(one["isRead"] for one in changed) == [False, False]
    assert "Zebra crossing" in {one["subject"] for one in changed}
    control.remove(name, "k-1")
    gone = next(one["id"] for one in changed if one["subject"] == "Zebra crossing")
    assert rounds(rig, token, link)[0] == [{"@removed": {"reason": "deleted"}, "id": gone}]


def test_a_delta_takes_a_few_options_and_its_own_tokens_only(rig: Rig, token: str) -> None:
    path = "/v1.0/me/mailFolders/inbox/messages/delta()"
    since = quote("receivedDateTime ge 2999-01-01T00:00:00Z")
    assert rounds(rig, token, f"{path}?$filter={since}")[0] == []
    assert refusal(rig.graph(f"{path}?$filter=isRead eq true", token)) == (400, "ErrorInvalidUrlQueryFilter")
    assert refusal(rig.graph(f"{path}?$search=x", token)) == (400, "BadRequest")
    assert refusal(rig.graph(f"{path}?$deltatoken=made-up", token)) == (410, "syncStateNotFound")
    _, link = rounds(rig, token, path)
    elsewhere = re.sub("inbox", "archive", link)
    assert refusal(follow(rig, token, elsewhere)) == (410, "syncStateNotFound")
