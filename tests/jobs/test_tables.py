"""Any JSON of Graph's as few words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.jobs.tables import LIMIT, Facts, Table, cut, facts, table
from tests.safety.costs import growth
from tests.tools import referee

GUID = "8c1f9a52-0b5c-4f0e-9a36-1f2e3d4c5b6a"
OUTLOOK_ID = "AAMkAGI2TG93AAA" * 10 + "="
MESSAGE = {
    "@odata.etag": 'W/"x"',
    "id": OUTLOOK_ID,
    "createdDateTime": "2026-11-25T09:00:00Z",
    "changeKey": "CQAAABYAAAD0123456789abcdef",
    "categories": [],
    "receivedDateTime": "2026-11-25T09:00:01.1234567Z",
    "hasAttachments": False,
    "internetMessageId": "<0123456789@example.com>",
    "subject": "Budget\tfor\r\nspring",
    "bodyPreview": "Dear all",
    "conversationId": OUTLOOK_ID,
    "isRead": True,
    "webLink": "https://outlook.office365.com/owa/?ItemID=x",
    "body": {"contentType": "html", "content": "<p>Dear <b>all</b></p><p>Bye</p>"},
    "sender": {"emailAddress": {"name": "Ann", "address": "ann@example.com"}},
    "from": {"emailAddress": {"name": "Ann", "address": "ann@example.com"}},
    "toRecipients": [
        {"emailAddress": {"name": "", "address": "b@example.com"}},
        {"emailAddress": {"address": "c@x.y"}},
    ],
    "flag": {"flagStatus": "notFlagged"},
}
EVENT = {
    "id": OUTLOOK_ID,
    "subject": "Review",
    "start": {"dateTime": "2026-11-25T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-25T10:00:00.0000000", "timeZone": "Europe/Berlin"},
    "location": {"displayName": "Room 1", "locationType": "default", "uniqueId": "Room 1", "uniqueIdType": "private"},
    "responseStatus": {"response": "none", "time": "0001-01-01T00:00:00Z"},
    "attendees": [
        {
            "type": "required",
            "status": {"response": "accepted", "time": "0001-01-01T00:00:00Z"},
            "emailAddress": {"name": "Ann", "address": "ann@example.com"},
        }
    ],
}

# Names that make an object one of the kinds that Graph has everywhere.
SHAPED = (
    "emailAddress",
    "name",
    "address",
    "dateTime",
    "timeZone",
    "contentType",
    "content",
    "displayName",
    "user",
    "id",
)


def row(item: dict[str, Any], *chosen: str) -> dict[str, str]:
    found = table([item], (), chosen)
    return dict(zip(found.columns, found.rows[0], strict=True))


def line(item: dict[str, Any], name: str) -> str | None:
    return dict(facts(item, (name,)).facts).get(name)


def test_a_list_shows_what_tells_most_and_says_what_it_left_out() -> None:
    found = table([MESSAGE, MESSAGE])
    assert found.columns == ("subject", "from", "receivedDateTime", "isRead", "hasAttachments", "bodyPreview")
    assert found.rows[0] == (
        *("Budget for spring", "Ann (ann@example.com)", "2026-11-25T09:00:01Z", "true", "false", "Dear all"),
    )
    assert set(found.left_out) == {
        "createdDateTime",
        "toRecipients",
        "webLink",
        "body",
        "sender",
        "flag.flagStatus",
        "internetMessageId",
    }


def test_where_little_is_known_to_tell_a_few_more_are_shown() -> None:
    item = {"createdDateTime": "x", "color": "red", "name": "n", "a": 1, "b": 2, "c": 3, "lastModifiedDateTime": "y"}
    assert table([item]).columns == ("name", "lastModifiedDateTime", "color", "a", "b")


def test_a_column_that_says_what_another_says_is_left_out_unless_chosen() -> None:
    items = [{"mail": f"{name}@x.y", "userPrincipalName": f"{name}@x.y"} for name in "ab"]
    assert table(items).columns == ("mail",)
    assert table(items, (), ("mail", "userPrincipalName")).columns == ("mail", "userPrincipalName")


def test_chosen_properties_are_all_shown_and_no_others() -> None:
    assert row(MESSAGE, "toRecipients", "FLAG", "body/content") == {
        "toRecipients": "b@example.com; c@x.y",
        "flag.flagStatus": "notFlagged",
    }
    assert row(MESSAGE, "body")["body"] == "Dear all Bye"


@pytest.mark.parametrize("name", ["id", "conversationId", "changeKey", "@odata.etag"])
def test_ids_are_never_shown_even_if_chosen(name: str) -> None:
    assert line(MESSAGE, name) is None
    assert row(MESSAGE, name, "subject").keys() == {"subject"}


@pytest.mark.parametrize(
    "item",
    [
        {"appId": GUID},
        {"anything": GUID},
        {"members": [GUID, GUID]},
        {"assignments": {GUID: {"orderHint": "8"}}},
        {"userIds": [OUTLOOK_ID]},
        {"contentBytes": "aGVsbG8gd29ybGQgaGVsbG8="},
        {"anything": "QUJD" * 30},
        {"createdBy": {"user": {"id": GUID}}},
        {"x@odata.navigationLink": "https://graph.microsoft.com/x"},
        {"@microsoft.graph.downloadUrl": "https://x.example/secret"},
        {"iCalUId": "040000008200E00074C5B7101A82E008"},
        {"eTag": '"{8C1F9A52-0B5C-4F0E-9A36-1F2E3D4C5B6A},1"'},
    ],
)
def test_what_is_no_word_is_not_shown(item: dict[str, Any]) -> None:
    assert facts(item, tuple(item)).facts == ()
    assert all(not any(cells) for cells in table([item]).rows)


def test_short_ids_that_people_give_are_words() -> None:
    item = {"employeeId": "E-1042", "productId": "42", "isoId": None, "valid": True}
    assert facts(item).facts == (("employeeId", "E-1042"), ("productId", "42"), ("valid", "true"))


def test_times_places_and_people_are_as_one_would_write_them() -> None:
    assert dict(facts(EVENT).facts) == {
        "subject": "Review",
        "start": "2026-11-25T09:00:00 UTC",
        "end": "2026-11-25T10:00:00 Europe/Berlin",
        "location": "Room 1",
        "responseStatus.response": "none",
        "attendees": "Ann (ann@example.com) type=required, status.response=accepted",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"user": {"displayName": "Ann", "id": GUID}}, "Ann"),
        ({"application": None, "device": None, "user": {"displayName": "Ann"}}, "Ann"),
        ({"application": {"displayName": "Planner"}}, "Planner"),
        ({"address": "a@b.c", "name": "a@b.c"}, "a@b.c"),
        ({"displayName": "Sales", "id": GUID}, "Sales"),
        ({"contentType": "text", "content": "a\n\n\n\nb"}, "a\n\nb"),
        ({"contentType": "html", "content": "<p>a</p><!-- x --><p hidden>b</p>"}, "a"),
        (["a", 1, None, True], "a; 1; ; true"),
        (3.5, "3.5"),
        ({"a": {"b": {"c": {"d": 1}}}}, None),
        ("2026-11-25T09:00:00.123+01:00", "2026-11-25T09:00:00+01:00"),
        ("Version 1.2.3", "Version 1.2.3"),
        ("0001-01-01", ""),
        ("/drives/b!_unE9jsCrIxF6CvUflzSFHKQzR_JT/root:/Board", "/drives/…/root:/Board"),
        (f"/groups/{GUID}/members", "/groups/…/members"),
    ],
)
def test_a_value_becomes_text(value: object, text: str | None) -> None:
    assert line({"x": value}, "x") == text


def test_of_a_body_of_any_size_only_the_beginning_is_read() -> None:
    body = {"contentType": "html", "content": f"<p>Dear all</p><p hidden>{'x' * 200_000}</p><p>Bye</p>"}
    assert line({"body": body}, "body") == "Dear all…"
    assert row({"body": body}, "body") == {"body": "Dear all…"}
    assert line({"body": {"contentType": "text", "content": "\n" * 200_000 + "a"}}, "body") == "…"
    assert (
        growth(lambda content: facts({"body": {**body, "content": content}}), lambda n: "<p>" + "fog " * n, 25_000) < 2
    )


def test_what_stands_below_is_named_with_dots() -> None:
    item = {"fields": {"Title": "Bolt", "Price": 2}, "a": {"b": {"c": "deep"}}, "none": {}}
    assert facts(item).facts == (("fields.Title", "Bolt"), ("fields.Price", "2"), ("a.b.c", "deep"))
    assert row(item, "fields") == {"fields.Title": "Bolt", "fields.Price": "2"}


def test_lists_in_an_object_are_cut_and_say_how_long_they_are() -> None:
    text = line({"x": [str(number) for number in range(100)]}, "x")
    assert text is not None
    assert text.endswith("18; 19; … 100 in all")


def test_long_texts_are_cut_so_that_one_sees_it() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abcd…"
    (shown,) = facts({"description": "x " * 10_000}).facts
    assert re.fullmatch(r"(x )+…|(x )+x…", shown[1])
    assert 5_000 < len(shown[1]) < 6_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.dictionaries(st.sampled_from(SHAPED), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(SHAPED) | st.text(max_size=5), JSON, max_size=5), max_size=3))
def test_json_of_any_shape_is_shown_in_one_way_or_another(items: list[dict[str, Any]]) -> None:
    found = table(items, [""] * len(items), ("emailAddress", "x"))
    for one in (found, table(items)):
        assert len(one.rows) == len(items)
        assert all(len(cells) == len(one.columns) for cells in one.rows)
        assert not any("\n" in cell or "\t" in cell for cells in one.rows for cell in cells)
    for item in items:
        assert all(text and "\n" not in name for name, text in facts(item).facts)


def size(found: Table | Facts) -> int:
    rows = found.rows if isinstance(found, Table) else found.facts
    return sum(len("\t".join(cells).encode()) + 1 for cells in rows)


@pytest.mark.parametrize("letter", ["a", "ü", "漢", "😀"])
def test_a_list_of_any_size_fits_into_an_answer_with_all_its_rows(letter: str) -> None:
    items = [{f"name{column}": f"{letter * 20} " * 30 for column in range(40)} for _ in range(100)]
    found = table(items, ["mabcdefgh"] * 100, tuple(items[0]))
    assert len(found.rows) == 100
    assert LIMIT / 3 < size(found) <= LIMIT
    assert len(found.columns) + len(found.left_out) == 40
    assert all(cell.endswith("…") for cells in found.rows for cell in cells)


@pytest.mark.parametrize("letter", ["a", "ü", "漢", "😀"])
def test_an_object_of_any_size_fits_into_an_answer(letter: str) -> None:
    item = {f"name{number}": f"{letter * 50}\n" * 400 for number in range(100)}
    found = facts(item)
    assert LIMIT / 3 < size(found) <= LIMIT
    assert len(found.facts) + len(found.left_out) == 100


def test_short_properties_come_before_long_ones() -> None:
    item = {"body": {"contentType": "text", "content": "a\nb"}, "subject": "x", "big": "y " * 400}
    assert [name for name, _ in facts(item).facts] == ["subject", "body", "big"]


def test_nothing_is_a_table_without_rows() -> None:
    assert table([]) == ((), (), ())
    assert facts({}) == ((), ())


@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
def test_the_answers_of_the_reference_are_words_without_ids() -> None:
    samples = [sample for sample in referee.load("response-samples")["mocks"] if body_of(sample)]
    assert len(samples) > 1500
    texts = [words(body_of(sample)) for sample in samples]
    ids = re.compile(r"(?:^|[\t:] ?)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:$|\t)", re.MULTILINE)
    assert [text for text in texts if ids.search(text) or "\n@odata" in text] == []
    assert max(len(text.encode()) for text in texts) < LIMIT + 2000
    before = sum(len(json.dumps(body_of(sample)).encode()) for sample in samples)
    assert sum(len(text.encode()) for text in texts) < before / 2


def body_of(sample: dict[str, Any]) -> dict[str, Any]:
    body = sample["response"].get("body")
    reads = sample["request"].get("method", "GET") == "GET"
    return body if reads and isinstance(body, dict) else {}


def words(body: dict[str, Any]) -> str:
    if isinstance(body.get("value"), list):
        found = table([item for item in body["value"] if isinstance(item, dict)])
        return "\n".join("\t".join(cells) for cells in (found.columns, *found.rows))
    return "\n".join(f"{name}: {text}" for name, text in facts(body).facts)


def test_folders_are_told_from_files() -> None:
    shown = table(
        [
            {"name": "Board", "size": 7, "folder": {"childCount": 0, "view": {"sortBy": "name"}}},
            {"name": "a.docx", "size": 9, "file": {"mimeType": "application/msword", "hashes": {"crc32Hash": "1"}}},
        ]
    )
    assert shown.columns == ("name", "size", "folder.childCount", "file.mimeType", "folder.view.sortBy")
    assert [row[2:4] for row in shown.rows] == [("0", ""), ("", "application/msword")]


def test_what_was_asked_for_by_name_is_shown_though_it_is_empty() -> None:
    chosen = ("subject", "categories", "flag")
    items: list[dict[str, Any]] = [
        {"subject": "a", "categories": [], "flag": None, "size": None},
        {"subject": "b", "categories": []},
    ]
    assert table(items, (), chosen) == Table(("subject", "categories", "flag"), (("a", "", ""), ("b", "", "")), ())
    assert facts(items[0], chosen) == Facts((("subject", "a"), ("categories", ""), ("flag", "")), ())
    assert facts(items[0]) == Facts((("subject", "a"),), ())
