"""Paths of Graph: what was written, or nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.graph_path import LONGEST, name, outside_file_names, segments
from tests.tools import referee

if TYPE_CHECKING:
    from collections.abc import Iterator

# None of these is a path below /v1.0, by anybody's reading.
TRAVERSAL = [
    *("", "/", " ", "//", "///", "/me//messages", "//graph.example/me", "/v1.0", "/v1.0/", "/beta/me", "beta"),
    *("https://graph.microsoft.com/v1.0/me", "http:/x/me", "file:///etc/passwd", "ftp://x", "javascript:alert(1)"),
    *("/..", "/../beta/me", "/me/../users", "/me/./messages", "/me/messages/..", "../../etc", "/me/...", "/me/ .. /x"),
    *("/me/..;/users", "/me/..;a=b/users", "/me/%2e%2e/users", "/me/.%2e/users", "/me/%2E./users", "/me/%2e"),
    *("/me/%252e%252e/users", "/me/%25252e", "/me%2fusers", "/me%2Fusers", "/me%252fusers", "/me%25252fusers"),
    *(
        "/me%5cusers",
        "/me%5C..%5Cusers",
        "/me%255cusers",
        "/me\\users",
        "\\me",
        "/me/..\\users",
        "/me/%c0%af",
        "/me/%ff",
    ),
    *("/me/%%32f", "/me/%2%66users", "/me/\uff0e\uff0e/users", "/me/\u2024\u2024/x", "/me\uff0fusers"),
    *(
        "/me\u2044users"[:3] + "/\ufe68x",
        "/me/\uff0f\uff0f",
        "/me?$top=1",
        "/me/messages?x",
        "/me#x",
        "/me%3fx",
        "/me%23x",
    ),
    *(
        "/me/\x00",
        "/me/%00",
        "/me/\r\nHost: x",
        "/me/%0d%0aHost",
        "/me/\t/x",
        "/me/\u202e/x",
        "/me/\u200b/x",
        "/me\ud800",
    ),
    *("/$batch", "$metadata", "/:80/me", "@graph.example/me", "/me@graph.example:443", "/1me", "/-", "/'me'"),
    *("/sites/x/getByPath(path='/a/../b')", "/drives/x/root:/../y:/children", "/drives/x/root:/a/..:/children"),
    "/me/" + "a" * LONGEST,
]


@pytest.mark.parametrize("path", TRAVERSAL)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(RequestRefused) as raised:
        segments(path)
    assert "/me/messages" in raised.value.remedy
    assert len(raised.value.what) < 100


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/me", "me"),
        ("me/messages/", "me messages"),
        ("/v1.0/me", "me"),
        ("/V1.0/Users", "Users"),
        (" /me/mailFolders/inbox/messages ", "me mailFolders inbox messages"),
        ("/users/name@example.com/manager", "users name@example.com manager"),
        ("/users/o'brien@example.com", "users o'brien@example.com"),
        ("/me/messages/delta", "me messages delta"),
        ("/me/messages/microsoft.graph.delta()", "me messages microsoft.graph.delta()"),
        ("/groups/1/members/microsoft.graph.user", "groups 1 members microsoft.graph.user"),
        ("/me/drive/root:/Folder/a.docx:/children", "me drive root: Folder a.docx: children"),
        ("/me/drive/root:/R&D%20plan/100%.docx", "me drive root: R&D plan 100%.docx".replace("R&D plan", "R&D\0plan")),
        ("/sites/contoso.sharepoint.com:/teams/hr:/lists", "sites contoso.sharepoint.com: teams hr: lists"),
        ("/sites/contoso.sharepoint.com,1a,2b/lists", "sites contoso.sharepoint.com,1a,2b lists"),
        ("/drives/b!x/items/01ABC", "drives b!x items 01ABC"),
        ("/communications/callRecords(1)", "communications callRecords(1)"),
        ("/me/messages/AAMkAD-_=", "me messages AAMkAD-_="),
        ("/me/mailFolders/Gelöschte Elemente".replace(" ", "%20"), "me mailFolders Gelöschte\0Elemente"),
        ("/me/outlook/masterCategories/Kategorie \u0646\u0645", "me outlook masterCategories Kategorie\0\u0646\u0645"),
    ],
)
def test_a_path_comes_apart_as_it_is_meant(path: str, meant: str) -> None:
    assert segments(path) == tuple(part.replace("\0", " ") for part in meant.split(" "))


@pytest.mark.parametrize(
    "function",
    [
        "reminderView(startDateTime='2026-11-25T00:00:00',endDateTime='2026-11-26T00:00:00')",
        "search(q='R&D / it''s? #1')",
        "getByPath(path='/marketing/plan')",
        "getActivitiesByInterval(startDateTime='2026-01-01',endDateTime='2026-02-01',interval='day')",
        "getEmailActivityCounts(period='D7')",
        "allTranscripts(meetingOrganizerUserId='a',startDateTime=2026-01-01T00:00:00Z)",
    ],
)
def test_a_functions_literals_stay_whole(function: str) -> None:
    assert segments(f"/me/{function}/x") == ("me", function, "x")
    assert segments(f"/me/{function}") == ("me", function)


def test_a_slash_in_what_only_looks_like_a_literal_divides() -> None:
    assert segments("/me/search(q='a/b)/c") == ("me", "search(q='a", "b)", "c")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1, max_size=4))
def test_whatever_is_accepted_is_what_was_written(parts: list[str]) -> None:
    text = "/me/" + "/".join(parts)
    try:
        found = segments(text)
    except RequestRefused:
        return
    assert "/".join(found) == text.strip("/") or "%" in text
    assert quote("/".join(found), safe="/").count("/..") == 0


def naughty() -> Iterator[str]:
    yield from json.loads((referee.DATA / "texts" / "naughty_strings.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
def test_naughty_strings_are_refused_or_kept_as_they_are() -> None:
    for text in naughty():
        try:
            found = segments(f"/me/{text}")
        except RequestRefused:
            continue
        assert ("/".join(found) == f"me/{text.rstrip()}".removesuffix("/")) or "%" in text


@pytest.mark.parametrize(
    ("segment", "plain"),
    [
        ("mailFolders", "mailfolders"),
        ("microsoft.graph.Delta()", "delta"),
        ("graph.user", "user"),
        ("root:", "root"),
        ("search(q='x')", "search"),
    ],
)
def test_names_are_compared_without_what_stands_around_them(segment: str, plain: str) -> None:
    assert name(segment) == plain


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/me/drive/root:/content/authentication:/children", "me drive root: children"),
        ("/me/drive/root:/content", "me drive root:"),
        ("/drives/1/items/2:/content/a.docx:/versions", "drives 1 items 2: versions"),
        ("/sites/x:/authentication:/lists", "sites x: lists"),
        ("/users/root:/authentication/methods", "users root: authentication methods"),
        ("/me/items/x:/authentication", "me items x: authentication"),
        ("/me/authentication", "me authentication"),
    ],
)
def test_names_of_files_are_told_from_graphs_own(path: str, own: str) -> None:
    assert outside_file_names(segments(path)) == tuple(own.split())


@pytest.mark.parametrize("nothing", ["", "/", " "])
def test_no_path_at_all_is_called_so(nothing: str) -> None:
    with pytest.raises(RequestRefused, match=r"^The path is empty\."):
        segments(nothing)
