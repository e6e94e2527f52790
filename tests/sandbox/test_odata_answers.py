"""Pages, selected properties and what hangs on an item, below the wire."""

from __future__ import annotations

import pytest

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.types import define
from tests.sandbox.test_odata import DIRECTORY, RULES, THING, THINGS, query, refused


def test_select_brings_what_is_always_there_and_nothing_twice() -> None:
    answer = odata.collection(query(select="size,size, read"), RULES, THINGS[:1], "things")
    assert answer["@odata.context"] == "https://graph.example/v1.0/$metadata#things(size,size,read)"
    assert answer["value"] == [{"id": "1", "size": 10, "read": True}]
    assert set(odata.entity(query(select="*"), RULES, THINGS[2], "things")) == {"@odata.context", *THING.properties}


def test_what_an_item_lacks_is_null_or_an_empty_list() -> None:
    shown = odata.entity(query(select="weight,to"), RULES, THINGS[2], "things")
    assert (shown["weight"], shown["to"]) == (None, [])


def test_pages_of_a_mailbox_skip() -> None:
    asked = query({}, {"day": "a b"}, filter="id ne 'x'", count="true")
    answer = odata.collection(asked, RULES, THINGS, "things")
    assert answer["@odata.count"] == 3
    assert answer["@odata.nextLink"] == "https://graph.example/v1.0/things?day=a%20b&$filter=id%20ne%20%27x%27&$skip=2"
    rest = odata.collection(query(filter="id ne 'x'", count="true", skip="2"), RULES, THINGS, "things")
    assert ([one["id"] for one in rest["value"]], "@odata.count" in rest) == (["3"], False)


def test_pages_of_the_directory_have_tokens() -> None:
    first = query(top="2")
    link = odata.collection(first, DIRECTORY, THINGS, "things")["@odata.nextLink"]
    token = link.rpartition("$skiptoken=")[2]
    following = query(top="2", skiptoken=token)
    following.state.skip_tokens.update(first.state.skip_tokens)
    assert [one["id"] for one in odata.collection(following, DIRECTORY, THINGS, "things")["value"]] == ["3"]


def test_a_page_size_may_be_preferred() -> None:
    asked = query({"prefer": 'outlook.timezone="UTC", odata.maxpagesize=1'})
    assert len(odata.collection(asked, RULES, THINGS, "things")["value"]) == 1
    assert asked.applied == ["odata.maxpagesize=1"]
    assert asked.prefer["outlook.timezone"] == "UTC"


def test_a_count_counts_behind_the_filter() -> None:
    assert odata.count(query(filter="read eq false"), RULES, THINGS) == "2"


PARTS = odata.Rules(
    type=define("part", "id:text size:int"), dialect=odata.OUTLOOK, default=("id", "size"), always=("id",)
)
WHOLE = odata.Rules(
    type=THING,
    dialect=odata.OUTLOOK,
    default=("id",),
    expands={
        "parts": odata.Expand(
            rules=PARTS, of=lambda _query, item: [{"id": f"{item['id']}{n}", "size": n} for n in "ab"]
        ),
        "owner": odata.Expand(rules=PARTS, of=lambda _query, item: {"id": "o"} if item["id"] == "1" else None),
        "microsoft.graph.special/item": odata.Expand(
            rules=PARTS, of=lambda _query, item: {"id": "s"} if item["id"] == "2" else None
        ),
    },
)


def test_expand_brings_what_hangs_on_an_item() -> None:
    asked = query(expand="parts($select=id;$top=1),owner, Microsoft.Graph.Special/item", top="2")
    assert odata.collection(asked, WHOLE, THINGS, "things")["value"] == [
        {"id": "1", "parts": [{"id": "1a"}], "owner": {"id": "o", "size": None}},
        {"id": "2", "parts": [{"id": "2a"}], "item": {"id": "s", "size": None}},
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("parts($filter=size eq 1)", "BadRequest"),
        ("parts($select=shoe)", "RequestBroker--ParseUri"),
        ("parts($top=x)", "BadRequest"),
        ("parts(", "BadRequest"),
    ],
)
def test_an_expand_that_cannot_be_read_is_refused(text: str, code: str) -> None:
    assert refused(WHOLE, expand=text)[0] == code
