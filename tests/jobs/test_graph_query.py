"""Query options: the model's words, and what Graph has to be told besides."""

from __future__ import annotations

import pytest

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.graph_path import segments
from mcp_local_graph.jobs.graph_query import Query, query, split


def sent(path: str, **wish: object) -> Query:
    return query(segments(path), Query(**wish))  # type: ignore[arg-type] # options of a query


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("", ""),
        ("budget", '"budget"'),
        (" from:ann budget ", '"from:ann budget"'),
        ('subject:"two words"', '"subject:\\"two words\\""'),
        ('"displayName:ann" OR "mail:ann"', '"displayName:ann" OR "mail:ann"'),
    ],
)
def test_words_to_search_for_get_their_quotes(typed: str, quoted: str) -> None:
    assert sent("/me/messages", search=typed).search == quoted


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/users", {"count": True}),
        ("/users", {"search": "ann"}),
        ("/users", {"filter": "endswith(mail,'@example.com')"}),
        ("/users", {"filter": "city ne null"}),
        ("/users", {"filter": "NOT(accountEnabled eq true)"}),
        ("/users", {"filter": "startswith(displayName,'A')", "orderby": ("displayName",)}),
        ("/groups", {"filter": "members/$count eq 0"}),
        ("/groups/1/members", {"count": True}),
        ("/groups/1/transitiveMembers/microsoft.graph.user", {"search": "ann"}),
        ("/me/memberOf", {"count": True}),
        ("/devices", {"search": "x"}),
    ],
)
def test_advanced_questions_to_the_directory_ask_its_index(path: str, wish: dict[str, object]) -> None:
    query = sent(path, **wish)
    assert query.eventual
    assert query.count is (None if "search" in wish else True)


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/users", {}),
        ("/users", {"filter": "startswith(displayName,'A')"}),
        ("/users", {"filter": "displayName eq 'do not endswith(x'"}),
        ("/users", {"orderby": ("displayName",)}),
        ("/me/messages", {"search": "ann"}),
        ("/groups/1/events", {"count": True}),
        ("/me/contacts", {"count": True}),
        ("/sites", {"search": "x"}),
        ("/users/ann@example.com/messages", {"count": True}),
    ],
)
def test_other_questions_do_not(path: str, wish: dict[str, object]) -> None:
    assert not sent(path, **wish).eventual


def test_a_page_is_as_long_as_asked_or_as_usual_where_its_length_can_be_chosen() -> None:
    assert sent("/me/messages", top=7).top == 7
    assert sent("/me/messages").top == 25
    assert sent("/me/joinedTeams").top is None
    assert sent("/me/messages/delta", top=7).top is None


@pytest.mark.parametrize("select", ["subject", "subject,from", "body/content", "microsoft.graph.user/mail", "a@b.c"])
def test_names_are_selected(select: str) -> None:
    assert sent("/me/mailboxSettings", select=split(select)).select == tuple(select.split(","))


@pytest.mark.parametrize("path", ["/me", "/users", "/users/x", "/me/manager", "/groups/1/members", "/drives/1/items/2"])
def test_the_id_is_asked_for_with_other_names_where_there_is_one(path: str) -> None:
    assert sent(path, select=("name",)).select == ("name", "id")
    assert sent(path, select=("id", "name")).select == ("id", "name")
    assert sent(path).select == ()


@pytest.mark.parametrize(
    "path", ["/me/mailboxSettings", "/users/x/mailboxSettings", "/me/drive/items/1/retentionLabel"]
)
def test_what_has_no_id_is_not_asked_for_one(path: str) -> None:
    assert sent(path, select=("name",)).select == ("name",)


@pytest.mark.parametrize("select", ["a,,b", "*", "a b", "a&$top=5", "a'b", "1a", "a,", "ä", "a\nb", "a)", "$value"])
def test_what_is_no_list_of_names_is_refused(select: str) -> None:
    with pytest.raises(RequestRefused, match="select"):
        sent("/me/messages", select=split(select) or ("",))


@pytest.mark.parametrize("option", ["filter", "search"])
@pytest.mark.parametrize("text", ["a\r\nb", "a\x00", "a\u202eb", "\U000e0041"])
def test_invisible_characters_in_an_option_are_refused(option: str, text: str) -> None:
    with pytest.raises(RequestRefused, match=option):
        sent("/me/messages", **{option: text})


@pytest.mark.parametrize("option", ["filter", "search", "select", "orderby", "expand"])
def test_an_option_of_any_length_is_not_sent(option: str) -> None:
    value: object = "a" * 2001 if option in {"filter", "search"} else ("a" * 2001,)
    with pytest.raises(RequestRefused, match=f"{option} is too long"):
        sent("/me/messages", **{option: value})


def test_names_may_have_spaces_around() -> None:
    assert split(" a , b,c ") == ("a", "b", "c")
    assert split("  ") == ()


@pytest.mark.parametrize(
    "path", ["/me/todo/lists", "/me/todo/lists/1", "/me/todo/lists/1/tasks", "/users/ann/todo/lists/1/tasks/2"]
)
def test_to_do_is_never_told_what_to_select(path: str) -> None:
    assert sent(path, select=("title", "status")).select == ()


@pytest.mark.parametrize("path", ["/me/drive/root:/todo:/children", "/users/todo", "/me/planner/tasks"])
def test_what_only_looks_like_to_do_is_told_what_to_select(path: str) -> None:
    assert sent(path, select=("title",)).select[0] == "title"
