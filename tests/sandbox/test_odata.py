"""OData's grammar and its rules, below the wire: trees, tests, searches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mcp_local_graph.sandbox.company import INES
from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.odata import search, syntax
from mcp_local_graph.sandbox.graph.router import Asked, Query, names
from mcp_local_graph.sandbox.graph.types import define
from mcp_local_graph.sandbox.state import AccessToken, State

THING = define(
    "thing",
    "id:text name:text size:int weight:number sent:time day:date read:bool level:low|high from:recipient "
    "to:*recipient tags:*text flag:followupFlag blob:binary",
)
EVERYTHING = frozenset(
    names("id name size weight sent day read level from/emailAddress/address from flag/flagStatus blob to tags")
)
RULES = odata.Rules(
    type=THING,
    dialect=odata.OUTLOOK,
    default=("id", "name"),
    always=("id",),
    page=2,
    most=5,
    filterable=EVERYTHING,
    sortable=frozenset({"name", "size", "sent", "from/emailAddress/address", "level"}),
    lambdas=frozenset({"to", "tags"}),
)
DIRECTORY = odata.Rules(
    type=THING,
    dialect=odata.DIRECTORY,
    default=("id",),
    filterable=EVERYTHING,
    sortable=frozenset({"name"}),
    lambdas=frozenset({"tags"}),
    search=search.directory_search({"level"}, {"name"}),
)
FILES = odata.Rules(type=THING, dialect=odata.FILES, default=("id",), filterable=frozenset({"name"}))


def somebody(address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": address.split("@", maxsplit=1)[0].title(), "address": address}}


THINGS: list[dict[str, Any]] = [
    {
        "id": "1",
        "name": "Ålesund O'Brien",
        "size": 10,
        "weight": 1.5,
        "sent": "2026-11-01T08:00:00Z",
        "day": "2026-11-01",
        "read": True,
        "level": "low",
        "from": somebody("ada@a.example"),
        "to": [somebody("bo@b.example"), somebody("cy@c.example")],
        "tags": ["Red", "Blue"],
        "flag": {"flagStatus": "flagged"},
    },
    {
        "id": "2",
        "name": "beta and or not",
        "size": 20,
        "weight": 0.5,
        "sent": "2026-11-02T09:30:00+02:00",
        "day": "2026-11-02",
        "read": False,
        "level": "high",
        "from": somebody("BO@b.example"),
        "to": [somebody("ada@a.example")],
        "tags": [],
        "flag": {"flagStatus": "notFlagged"},
    },
    {"id": "3", "name": None, "size": None, "sent": "2026-11-03T00:00:00Z", "read": False, "from": None, "tags": []},
]


def query(headers: dict[str, str] | None = None, parameters: dict[str, str] | None = None, /, **options: str) -> Query:
    state = State(login_url="", graph_url="https://graph.example", pages_url="")
    token = AccessToken(
        account=INES,
        client_id="",
        audience="",
        scopes=frozenset(),
        expires_at=0,
        serial=1,
        handles_challenges=False,
    )
    asked = Asked(method="GET", path="/v1.0/things", query="", headers=headers or {})
    named = {f"${name}": value for name, value in options.items()}
    return Query(state=state, asked=asked, token=token, ids=(), options=named, parameters=parameters or {})


EVENTUAL = {"consistencylevel": "Eventual"}


def found(rules: odata.Rules = RULES, headers: dict[str, str] | None = None, /, **options: str) -> list[str]:
    asked = query(headers, **{"top": "5"} | options)
    return [one["id"] for one in odata.collection(asked, rules, THINGS, "things")["value"]]


def refused(rules: odata.Rules = RULES, headers: dict[str, str] | None = None, /, **options: str) -> tuple[str, str]:
    with pytest.raises(GraphRefused) as raised:
        odata.collection(query(headers, **options), rules, THINGS, "things")
    assert raised.value.status == 400
    return raised.value.code, str(raised.value)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("size eq 10", "1"),
        ("size ne 10", "23"),
        ("size gt 10", "2"),
        ("size ge 10", "12"),
        ("size lt 20", "1"),
        ("size le 20", "12"),
        ("size eq -10", ""),
        ("weight gt 1", "1"),
        ("size eq null", "3"),
        ("null eq size", "3"),
        ("name ne null", "12"),
        ("10 lt size", "2"),
        ("read", "1"),
        ("not read", "23"),
        ("read eq false and size ge 20", "2"),
        ("read eq true or size eq 20", "12"),
        ("size eq 10 or size eq 20 and read eq true", "1"),
        ("(size eq 10 or size eq 20) and read eq false", "2"),
        ("not (size eq 10) and not(size eq 20)", "3"),
        ("size in (10, 30)", "1"),
        ("name in ('x','BETA and or not')", "2"),
        ("name eq 'ålesund o''brien'", "1"),
        ("startswith(name,'BETA')", "2"),
        ("contains(name, 'AND OR')", "2"),
        ("startswith(name,'b') eq true", "2"),
        ("level eq 'HIGH'", "2"),
        ("sent ge 2026-11-02T07:30:00Z", "23"),
        ("sent gt 2026-11-02T07:30:00Z", "3"),
        ("sent lt 2026-11-02T07:30:00.0000001Z", "1"),
        ("sent le 2026-11-02T08:30:00+01:00", "12"),
        ("sent eq 2026-11-03", "3"),
        ("day eq 2026-11-02", "2"),
        ("from/emailAddress/address eq 'bo@B.example'", "2"),
        ("from eq null", "3"),
        ("flag/flagStatus eq 'flagged'", "1"),
        ("flag/flagStatus ne 'flagged'", "23"),
        ("tags/any(t:t eq 'red')", "1"),
        ("tags/any()", "1"),
        ("not tags/any()", "23"),
        ("tags/any(t:startswith(t,'bl') and size eq 10)", "1"),
        ("to/any(r: r/emailAddress/address eq 'ada@a.example')", "2"),
        ("to/all(r:contains(r/emailAddress/name, 'o') or r/emailAddress/name eq 'cy')", "13"),
    ],
)
def test_a_filter_finds(text: str, ids: str) -> None:
    assert found(filter=text) == list(ids)


@pytest.mark.parametrize("rules", [RULES, DIRECTORY])
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("startsWith(name,'BETA')", "2"),
        ("STARTSWITH(name,'b') Eq True", "2"),
        ("size EQ 10 Or size Eq 20 AND read eq FALSE", "12"),
        ("size In (10, 30)", "1"),
        ("name NE Null And Not read", "2"),
        ("tags/Any(t:t eq 'red')", "1"),
    ],
)
def test_functions_and_operators_may_be_written_in_any_case(rules: odata.Rules, text: str, ids: str) -> None:
    assert found(rules, EVENTUAL, filter=text, count="true") == list(ids)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Syntax error at position 0"),
        ("size", "must evaluate to a single boolean"),
        ("'x'", "must evaluate to a single boolean"),
        ("size eq", "Syntax error at position 7"),
        ("size eq 10 read", "Syntax error at position 11"),
        ("size = 10", "character '=' is not valid at position 5"),
        ("(size eq 10", "Syntax error at position 11"),
        ("size in 10", "Syntax error"),
        ("name eq 'x", "unterminated string literal"),
        ("name eq 10", "'Edm.String' and 'Edm.Int32' for operator kind 'Equal'"),
        (
            "sent ge '2026-11-02T07:30:00Z'",
            "'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThanOrEqual'",
        ),
        ("sent ge 2026-13-02T07:30:00Z", "Unrecognized 'Edm.DateTimeOffset' literal"),
        ("sent ge 2026-11-02T07:30:00 01:00", "not valid at position 15"),
        ("id eq 3d8e7011-51c6-4b2e-9f0a-7ac4d81b6e11", "'Edm.String' and 'Edm.Guid'"),
        ("from eq 'x'", "'microsoft.graph.recipient' and 'Edm.String'"),
        ("level eq 'huge'", "The string 'huge' is not a valid enumeration type constant."),
        ("startswith(name)", "No function signature"),
        ("startswith(size,'x')", "No function signature"),
        ("sounds(name,'x')", "An unknown function with name 'sounds'"),
        ("name/any(n:n eq 'x')", "may only be used following a collection"),
        ("tags/all()", "Syntax error"),
        ("((" * 60 + "read" + "))" * 60, "node count limit"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(text: str, words: str) -> None:
    code, message = refused(filter=text)
    assert code == "BadRequest"
    assert message.startswith("Invalid filter clause: ")
    assert words in message


@pytest.mark.parametrize(
    ("rules", "options", "code"),
    [
        (RULES, {"filter": "shoe eq 1"}, "RequestBroker--ParseUri"),
        (RULES, {"filter": "from/shoe eq 1"}, "RequestBroker--ParseUri"),
        (RULES, {"filter": "to/any(t:t/shoe eq 1)"}, "RequestBroker--ParseUri"),
        (RULES, {"filter": "endswith(name,'x')"}, "ErrorInvalidUrlQueryFilter"),
        (RULES, {"filter": "tolower(name) eq 'x'"}, "ErrorInvalidUrlQueryFilter"),
        (RULES, {"filter": "from/emailAddress/name eq 'x'"}, "ErrorInvalidUrlQueryFilter"),
        (RULES, {"orderby": "shoe"}, "RequestBroker--ParseUri"),
        (RULES, {"orderby": "read"}, "ErrorInvalidUrlQueryFilter"),
        (RULES, {"orderby": "name down"}, "BadRequest"),
        (RULES, {"orderby": "name,"}, "BadRequest"),
        (RULES, {"select": "shoe"}, "RequestBroker--ParseUri"),
        (RULES, {"select": ""}, "RequestBroker--ParseUri"),
        (RULES, {"select": "from/emailAddress"}, "BadRequest"),
        (RULES, {"expand": "shoe"}, "RequestBroker--ParseUri"),
        (RULES, {"expand": "!"}, "BadRequest"),
        (RULES, {"top": "0"}, "BadRequest"),
        (RULES, {"top": "6"}, "BadRequest"),
        (RULES, {"top": "-1"}, "BadRequest"),
        (RULES, {"skip": "x"}, "BadRequest"),
        (RULES, {"count": "maybe"}, "BadRequest"),
        (RULES, {"skiptoken": "made-up"}, "Directory_ExpiredPageToken"),
        (RULES, {"search": '"x"', "filter": "read"}, "SearchWithFilter"),
        (RULES, {"search": '"x"', "orderby": "name"}, "SearchWithOrderBy"),
        (RULES, {"search": '"x"', "skip": "1"}, "SearchWithSkip"),
        (RULES, {"search": '"x"', "count": "true"}, "SearchWithCount"),
        (RULES, {"filter": "read", "orderby": "sent"}, "InefficientFilter"),
        (RULES, {"filter": "read and size gt 1", "orderby": "size"}, "InefficientFilter"),
        (RULES, {"filter": "size gt 1 and name ne 'x'", "orderby": "name,size"}, "InefficientFilter"),
        (DIRECTORY, {"filter": "name ne 'x'"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"filter": "not read"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"filter": "endswith(name,'x')"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"filter": "contains(name,'x')"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"filter": "shoe eq 1"}, "BadRequest"),
        (DIRECTORY, {"filter": "read", "orderby": "name"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"count": "true"}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"search": '"name:x"'}, "Request_UnsupportedQuery"),
        (DIRECTORY, {"top": "1001"}, "Request_UnsupportedQuery"),
        (FILES, {"filter": "size eq 1"}, "invalidRequest"),
        (FILES, {"count": "true"}, "invalidRequest"),
        (FILES, {"select": "shoe"}, "invalidRequest"),
    ],
)
def test_each_part_of_graph_refuses_in_its_own_words(rules: odata.Rules, options: dict[str, str], code: str) -> None:
    assert refused(rules, **options)[0] == code


def test_messages_name_the_type_as_the_part_of_graph_does() -> None:
    assert (
        refused(select="shoe")[1] == "Could not find a property named 'shoe' on type 'Microsoft.OutlookServices.Thing'."
    )
    assert refused(DIRECTORY, select="shoe")[1].endswith("named 'shoe' on type 'microsoft.graph.thing'.")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("name", "321"),
        ("name desc", "123"),
        ("name DESC", "123"),
        ("size asc", "312"),
        ("sent desc", "321"),
        ("level desc,sent", "123"),
        ("from/emailAddress/address desc", "213"),
    ],
)
def test_an_order_sorts(text: str, ids: str) -> None:
    assert found(orderby=text) == list(ids)


def test_what_is_sorted_by_may_be_filtered_by_first() -> None:
    assert found(filter="sent ge 2026-11-01T00:00:00Z and read eq false", orderby="sent desc") == ["3", "2"]
    assert found(filter="size ge 1 and name ne 'x' and read", orderby="size,name") == ["1"]


def test_the_directory_answers_advanced_queries_where_a_delay_is_accepted() -> None:
    assert found(DIRECTORY, EVENTUAL, filter="name ne 'x' and not read", count="true") == ["2", "3"]
    assert found(DIRECTORY, EVENTUAL, filter="endswith(name,'NOT')", count="true") == ["2"]
    assert found(DIRECTORY, EVENTUAL, filter="size gt 1", orderby="name desc", count="true") == ["1", "2"]
    assert refused(DIRECTORY, EVENTUAL, expand="manager")[0] == "Request_UnsupportedQuery"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('"name:ales"', "1"),
        ('"name:brien al"', "1"),
        ('"name:and"', "2"),
        ('"level:HI"', "2"),
        ('"level:gh"', ""),
        ('"name:al" OR "level:high"', "12"),
        ('"name:al" AND "level:high"', ""),
        ('"name:beta" "level:high"', "2"),
        ('NOT "name:al"', "23"),
        ('("name:al" OR "name:beta") AND NOT "level:high"', "1"),
    ],
)
def test_a_directory_search_finds(text: str, ids: str) -> None:
    assert found(DIRECTORY, EVENTUAL, search=text) == list(ids)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("name:al", "BadRequest", "character ':' is not valid at position 4 in 'name:al'"),
        ('"name:al', "BadRequest", "is not valid at position 0"),
        ('("name:al"', "BadRequest", "Syntax error"),
        ('"name:al")', "BadRequest", "Syntax error"),
        ('"name:al" AND', "BadRequest", "Syntax error"),
        ("", "BadRequest", "empty"),
        ("ales", "Request_UnsupportedQuery", "invalid search clause"),
        ('"shoe:al"', "Request_UnsupportedQuery", "invalid search clause"),
        ('"name:"', "Request_UnsupportedQuery", "invalid search clause"),
    ],
)
def test_a_directory_search_that_cannot_be_read_is_refused(text: str, code: str, words: str) -> None:
    found_code, message = refused(DIRECTORY, EVENTUAL, search=text)
    assert (found_code, words in message) == (code, True)


def test_quotes_inside_a_phrase_are_escaped() -> None:
    assert search.phrases(r'"say \"hi\" \\ now" word OR') == [r'say "hi" \ now', "word", search.Sign("OR")]


def test_a_moment_without_a_zone_is_universal_time() -> None:
    tree = syntax.parse("sent eq 2026-11-03")
    assert isinstance(tree, syntax.Compare)
    assert tree.right == syntax.Literal("time", datetime(2026, 11, 3, tzinfo=UTC))
