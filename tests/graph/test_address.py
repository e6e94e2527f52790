"""From the SDK's own builders to URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from mcp_local_graph.errors import NotFound, RequestRefused
from mcp_local_graph.graph.address import absolute

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiota_abstractions.base_request_builder import BaseRequestBuilder

BASE = "https://graph.example/v1.0"
HOSTILE = [
    "a b/c",
    "a/../../b",
    "x?$select=id",
    "x#y",
    "x&y=z",
    "%2e%2e",
    "..\\..",
    "https://evil.example",
    "@evil",
    "ü',)",
    "a\r\nb",
    "{+baseurl}",
    "me-token-to-replacex",
]


@pytest.fixture(scope="module")
def graph() -> GraphServiceClient:
    return GraphServiceClient(request_adapter=GraphRequestAdapter(AnonymousAuthenticationProvider()))


def test_me_is_addressed_as_me(graph: GraphServiceClient) -> None:
    assert absolute(graph.me, BASE, {}) == f"{BASE}/me"
    assert absolute(graph.me.manager, BASE, {}) == f"{BASE}/me/manager"
    assert absolute(graph.me.mailbox_settings, BASE, {}) == f"{BASE}/me/mailboxSettings"
    assert absolute(graph.me.messages, BASE, {"top": 5}) == f"{BASE}/me/messages?$top=5"


def test_a_user_whose_id_begins_like_the_sdks_word_for_me_stays_who_they_are(graph: GraphServiceClient) -> None:
    user = graph.users.by_user_id("me-token-to-replacex")
    assert absolute(user.manager, BASE, {}) == f"{BASE}/users/me-token-to-replacex/manager"
    named_so = graph.groups.by_group_id("g").members.by_directory_object_id("me-token-to-replace")
    assert absolute(named_so.graph_user, BASE, {}).endswith("/members/me-token-to-replace/graph.user")


def test_an_id_is_one_segment_of_the_path_whatever_is_in_it(graph: GraphServiceClient) -> None:
    assert absolute(graph.users.by_user_id("a b/c"), BASE, {}) == f"{BASE}/users/a%20b%2Fc"
    for hostile in HOSTILE:
        url = httpx.URL(absolute(graph.users.by_user_id(hostile).messages, BASE, {}))
        before, segment, after = url.raw_path.decode().removeprefix("/v1.0/").split("/")
        assert (url.host, before, after) == ("graph.example", "users", "messages")
        assert httpx.URL(f"https://x/{segment}").path == f"/{hostile}"


@pytest.mark.parametrize("nothing", ["", ".", ".."])
def test_an_id_that_would_name_another_thing_is_refused(graph: GraphServiceClient, nothing: str) -> None:
    with pytest.raises(NotFound, match="ids"):
        absolute(graph.users.by_user_id(nothing), BASE, {})
    with pytest.raises(NotFound, match="ids"):
        absolute(graph.me.messages.by_message_id(nothing).attachments, BASE, {})


def test_no_url_has_a_double_slash(graph: GraphServiceClient) -> None:
    builders: list[Callable[[], BaseRequestBuilder]] = [
        lambda: graph.me,
        lambda: graph.users,
        lambda: graph.users.by_user_id("x").manager,
        lambda: graph.drives.by_drive_id("d").items.by_drive_item_id("i").children,
    ]
    for builder in builders:
        assert "//" not in absolute(builder(), BASE, {}).removeprefix("https://")


def test_options_are_written_with_their_dollar_and_their_values_quoted(graph: GraphServiceClient) -> None:
    options = {"filter": "subject eq 'a&b=c #1 +2'", "select": ("id", "subject"), "top": 0, "count": True}
    url = httpx.URL(absolute(graph.me.messages, BASE, options))
    assert dict(url.params) == {
        "$filter": "subject eq 'a&b=c #1 +2'",
        "$select": "id,subject",
        "$top": "0",
        "$count": "true",
    }
    assert b"%26b%3Dc%20%231%20%2B2" in url.query
    assert absolute(graph.me.messages, BASE, {"count": False}).endswith("?$count=false")


def test_options_without_a_value_are_left_out(graph: GraphServiceClient) -> None:
    assert absolute(graph.me, BASE, {"select": (), "expand": None}) == f"{BASE}/me"
    assert absolute(graph.me, BASE, {"select": []}) == f"{BASE}/me"


def test_an_option_that_the_endpoint_does_not_take_is_a_mistake_of_ours(graph: GraphServiceClient) -> None:
    with pytest.raises(ValueError, match="takes no top"):
        absolute(graph.me, BASE, {"select": ("id",), "top": 5})
    with pytest.raises(ValueError, match=r"takes no \$select"):
        absolute(graph.me, BASE, {"$select": ("id",)})
    with pytest.raises(ValueError, match="takes no select"):
        absolute(graph.me.send_mail, BASE, {"select": ("id",)})


def test_an_option_that_is_not_odatas_has_no_dollar(graph: GraphServiceClient) -> None:
    url = absolute(graph.me.mail_folders, BASE, {"includeHiddenFolders": "true", "top": 3})
    assert url == f"{BASE}/me/mailFolders?includeHiddenFolders=true&$top=3"


def test_an_endpoint_gets_the_options_that_it_cannot_do_without(graph: GraphServiceClient) -> None:
    span = {"startDateTime": "2026-11-21T00:00:00Z", "endDateTime": "2026-11-22T00:00:00Z"}
    url = httpx.URL(absolute(graph.me.calendar_view, BASE, {**span, "top": 3}))
    assert (url.path, dict(url.params)) == ("/v1.0/me/calendarView", {**span, "$top": "3"})
    with pytest.raises(ValueError, match="needs endDateTime, startDateTime"):
        absolute(graph.me.calendar_view, BASE, {"top": 3})
    with pytest.raises(ValueError, match="needs endDateTime"):
        absolute(graph.me.calendar_view, BASE, {"startDateTime": "x", "endDateTime": None})


def test_a_question_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(RequestRefused):
        absolute(("me", "messages"), BASE, {"search": "x" * 100_000})
