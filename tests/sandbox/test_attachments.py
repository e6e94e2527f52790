from __future__ import annotations

import base64
import email
import email.policy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox.data.mail import File, Link
from tests.sandbox.mailrig import BASE, FOR_GOOD, READ, get, lay, only
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.bearer(READ)


def attached(rig: Rig, token: str, query: str = "", **headers: str) -> list[dict[str, Any]]:
    path = f"/me/messages/{only(rig, token)['id']}/attachments{query}"
    return list(get(rig, path, token, **headers)["value"])


WITH_ALL = replace(
    BASE,
    html='<p>See <img src="cid:logo@1"></p>',
    attachments=(
        File(name="a.txt", content_type="text/plain", make=lambda: b"hello"),
        File(name="logo.png", content_type="image/png", make=lambda: b"\x89PNG", content_id="logo@1"),
        Link(name="Plan.docx", url="https://brackwater-my.example/plan"),
        replace(BASE, key="inner", subject="Inside", headers=(("Subject", "Inside"),)),
    ),
)


def test_attachments_are_of_three_kinds(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    text, logo, link, mail = attached(rig, token)
    assert [one["@odata.type"].rpartition(".")[2] for one in (text, logo, link, mail)] == [
        "fileAttachment",
        "fileAttachment",
        "referenceAttachment",
        "itemAttachment",
    ]
    assert (base64.b64decode(text["contentBytes"]), text["contentType"], text["isInline"]) == (
        b"hello",
        "text/plain",
        False,
    )
    assert (logo["isInline"], logo["contentId"], text["contentId"]) == (True, "logo@1", None)
    assert text["size"] > 5
    assert not {"contentBytes", "contentId"} & {*link, *mail}
    assert only(rig, token)["hasAttachments"] is True


def test_a_picture_inside_the_text_is_no_attachment_for_the_flag(rig: Rig, token: str) -> None:
    lay(rig, replace(WITH_ALL, attachments=WITH_ALL.attachments[1:2]))
    assert only(rig, token)["hasAttachments"] is False


def test_the_bytes_of_attachments_are_left_out_by_select_or_named_by_their_type(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    bare = attached(rig, token, "?$select=name,size")
    assert set(bare[0]) == {"@odata.type", "@odata.mediaContentType", "id", "name", "size"}
    named = attached(rig, token, "?$select=name,microsoft.graph.fileAttachment/contentBytes")
    assert ["contentBytes" in one for one in named] == [True, True, False, False]
    named = attached(rig, token, "?$select=microsoft.graph.fileAttachment/contentId")
    assert [one.get("contentId", "none") for one in named] == [None, "logo@1", "none", "none"]
    assert [one["name"] for one in attached(rig, token, "?$filter=isInline eq true")] == ["logo.png"]


def test_a_message_brings_its_attachments_along(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    shown = only(rig, token, select="&$select=subject&$expand=attachments($select=id,name,size,contentType,isInline)")
    assert [one["name"] for one in shown["attachments"]] == ["a.txt", "logo.png", "Plan.docx", "Inside"]
    assert all("contentBytes" not in one for one in shown["attachments"])


def test_an_attachment_is_had_alone_and_as_bytes(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    text, _, link, mail = attached(rig, token)
    where = f"/me/messages/{only(rig, token)['id']}/attachments"
    alone = get(rig, f"{where}/{text['id']}", token)
    assert alone.pop("@odata.context").endswith("/attachments/$entity")
    assert alone == text
    value = rig.graph(f"/v1.0{where}/{text['id']}/$value", token)
    assert (value.content, value.headers["content-type"]) == (b"hello", "text/plain")
    inside = rig.graph(f"/v1.0{where}/{mail['id']}/$value", token)
    assert b"Subject: Inside" in inside.content
    assert refusal(rig.graph(f"/v1.0{where}/{link['id']}/$value", token)) == (405, "ErrorInvalidRequest")


def test_an_attachment_has_an_id_for_good_as_its_message_has(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    usual, for_good = attached(rig, token)[0]["id"], attached(rig, token, Prefer=FOR_GOOD)[0]["id"]
    assert usual != for_good
    folder = f"/me/mailFolders/archive/messages/{only(rig, token)['id']}/attachments"
    assert {get(rig, f"{folder}/{name}", token)["name"] for name in (usual, for_good)} == {"a.txt"}


def test_a_mail_inside_a_mail_is_expanded(rig: Rig, token: str) -> None:
    lay(rig, WITH_ALL)
    mail = attached(rig, token)[3]
    where = f"/me/messages/{only(rig, token)['id']}/attachments"
    inner = get(rig, f"{where}/{mail['id']}?$expand=microsoft.graph.itemattachment/item", token)["item"]
    assert (inner["@odata.type"], inner["id"], inner["subject"]) == ("#microsoft.graph.message", "", "Inside")
    assert inner["body"]["contentType"] == "html"
    assert inner["internetMessageHeaders"] == [{"name": "Subject", "value": "Inside"}]
    text = attached(rig, token)[0]
    assert "item" not in get(rig, f"{where}/{text['id']}?$expand=microsoft.graph.itemattachment/item", token)


def test_a_message_is_had_as_it_travelled(rig: Rig, token: str) -> None:
    headers = (("From", "Eve <eve@outside.example>"), ("Subject", "Zebra\r\n  crossing"), ("Content-Type", "text/html"))
    lay(rig, replace(WITH_ALL, headers=headers))
    answer = rig.graph(f"/v1.0/me/messages/{only(rig, token)['id']}/$value", token)
    parsed = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert parsed["Subject"] == "Zebra crossing"
    assert [part.get_content_type() for part in parsed.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "image/png",
        "text/plain",
        "text/html",
        "text/plain",
    ]


def test_a_mail_without_html_travels_as_text_alone(rig: Rig, token: str) -> None:
    lay(rig, replace(BASE, html="", text="Just words", headers=(("Subject", "Words"),)))
    answer = rig.graph(f"/v1.0/me/messages/{only(rig, token)['id']}/$value", token)
    parsed = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert (parsed.get_content_type(), parsed.get_content().strip()) == ("text/plain", "Just words")
