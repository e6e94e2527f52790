from __future__ import annotations

import io
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import docx
import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    import requests

    from tests.sandbox.rig import Rig

Json = dict[str, Any]
ODD = "Drift 50% #1 (Ångström).csv"
PLAN = "Kestrel Sound/Budget plan Kestrel Sound v3.docx"


def get(rig: Rig, path: str, account: str | None = None, scope: str = "Files.Read") -> Json:
    tenant = "consumers" if account == company.INES_AT_HOME.user_name else None
    answer = rig.graph(f"/v1.0{path}", rig.bearer([scope], account, tenant=tenant))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def names(page: Json) -> list[str]:
    return [one["name"] for one in page["value"]]


def fetch(rig: Rig, path: str) -> requests.Response:
    """The bytes of a file, by the address that Graph leads to, without a token."""
    answer = rig.graph(f"/v1.0{path}", rig.bearer(["Files.Read"]))
    assert answer.status_code == 302
    return rig.http.get(answer.headers["location"], timeout=10)


def shared(url: str) -> str:
    return "u!" + urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_a_drive_says_whose_it_is(rig: Rig) -> None:
    drive = get(rig, "/me/drive")
    assert (drive["driveType"], drive["owner"]["user"]["id"]) == ("business", rig.tenant.person.oid)
    assert get(rig, f"/drives/{drive['id']}")["webUrl"] == drive["webUrl"]
    assert [one["id"] for one in get(rig, "/me/drives")["value"]] == [drive["id"]]


def test_the_root_has_folders_files_and_a_notebook(rig: Rig) -> None:
    page = {one["name"]: one for one in get(rig, "/me/drive/root/children")["value"]}
    assert page["Board"]["folder"] == {"childCount": 2}
    assert page["Stock list.xlsx"]["size"] > 10_000
    assert "folder" not in page["Stock list.xlsx"]
    assert page["Field notes"]["package"] == {"type": "oneNote"}
    assert page["Board"]["size"] > page["Stock list.xlsx"]["size"]
    assert get(rig, "/me/drive/root")["root"] == {}


def test_items_are_found_by_id_by_path_and_in_their_folder(rig: Rig) -> None:
    drive = get(rig, "/me/drive")["id"]
    by_path = get(rig, f"/me/drive/root:/{quote(PLAN)}")
    assert get(rig, f"/me/drive/items/{by_path['id']}")["name"] == by_path["name"]
    assert get(rig, f"/drives/{drive}/items/{by_path['id'].lower()}?$select=id")["id"] == by_path["id"]
    assert get(rig, f"/drives/{drive}/root:/{quote(PLAN.upper())}:")["id"] == by_path["id"]
    folder = by_path["parentReference"]["id"]
    assert by_path["name"] in names(get(rig, f"/me/drive/items/{folder}/children"))
    assert by_path["name"] in names(get(rig, f"/drives/{drive}/root:/Kestrel%20Sound:/children"))
    assert names(get(rig, "/me/drive/items/root/children")) == names(get(rig, "/me/drive/root/children"))


@pytest.mark.parametrize("path", [ODD, PLAN])
def test_content_is_at_an_address_that_needs_no_token(rig: Rig, path: str) -> None:
    item = get(rig, f"/me/drive/root:/{quote(path)}")
    by_id = fetch(rig, f"/me/drive/items/{item['id']}/content")
    assert (by_id.status_code, len(by_id.content)) == (200, item["size"])
    assert by_id.headers["content-type"].split(";")[0] == item["file"]["mimeType"]
    assert fetch(rig, f"/me/drive/root:/{quote(path)}:/content").content == by_id.content
    assert rig.http.get(item["@microsoft.graph.downloadUrl"], timeout=10).content == by_id.content


def test_a_document_of_the_drive_opens(rig: Rig) -> None:
    document = docx.Document(io.BytesIO(fetch(rig, f"/me/drive/root:/{quote(PLAN)}:/content").content))
    assert "48,500" in {cell.text for cell in document.tables[0].rows[-1].cells}


def test_the_address_of_a_file_is_a_secret_that_does_not_last(rig: Rig) -> None:
    item = get(rig, f"/me/drive/root:/{quote(ODD)}?$select=name,@microsoft.graph.downloadUrl")
    url = item["@microsoft.graph.downloadUrl"]
    assert set(item) == {"@odata.context", "name", "@microsoft.graph.downloadUrl"}
    assert urlsplit(url).query.removeprefix("tempauth=") in rig.tenant.control.issued_secrets()
    assert rig.http.get(url, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 401
    rig.tenant.control.reset()
    assert rig.http.get(url, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("budget", ["Budget plan Kestrel Sound v3.docx"]),
        ("halcyon", ["Budget plan Kestrel Sound v3.docx", "Halcyon.png"]),
        ("multibeam bias", ["FC-26-1187.pdf"]),
        ("%", []),
        ("o''ring", ["Stock list.xlsx"]),
    ],
)
def test_a_search_looks_into_names_and_contents(rig: Rig, words: str, found: list[str]) -> None:
    assert names(get(rig, f"/me/drive/root/search(q='{quote(words)}')?$select=name")) == found


def test_a_search_may_begin_at_a_folder(rig: Rig) -> None:
    folder = get(rig, "/me/drive/root:/Photos")["id"]
    assert names(get(rig, f"/me/drive/items/{folder}/search(q='halcyon')")) == ["Halcyon.png"]


def test_folders_are_paged_and_sorted(rig: Rig) -> None:
    page = get(rig, "/me/drive/root/children?$top=2&$orderby=name desc&$select=name")
    assert names(page) == ["Stock list.xlsx", "Photos"]
    path = page["@odata.nextLink"].removeprefix(f"{rig.tenant.graph_url}/v1.0")
    assert names(get(rig, path)) == ["Old", "Kestrel Sound"]


def test_a_link_that_was_shared_leads_to_the_file_of_somebody_else(rig: Rig) -> None:
    theirs = get(rig, "/me/drive/root:/Lines/Line%20plan%20Kestrel%20v2.csv", company.JOON.user_name)
    link = shared(f"{theirs['webUrl']}?e=4Qb1sT")
    item = get(rig, f"/shares/{link}/driveItem", scope="Files.ReadWrite")
    assert (item["id"], item["shared"]) == (theirs["id"], {"scope": "users"})
    drive = item["parentReference"]["driveId"]
    assert get(rig, f"/drives/{drive}/items/{item['id']}", scope="Files.Read.All")["name"] == item["name"]
    answer = rig.graph(f"/v1.0/shares/{link}/driveItem/content", rig.bearer(["Files.ReadWrite"]))
    assert answer.status_code == 302


def test_what_is_not_shared_stays_with_its_owner(rig: Rig) -> None:
    theirs = get(rig, "/me/drive/root:/Lines/Private%20thoughts.txt", company.JOON.user_name)
    token = rig.bearer(["Files.ReadWrite.All"])
    drive = theirs["parentReference"]["driveId"]
    for path in (f"/drives/{drive}/items/{theirs['id']}", f"/drives/{drive}/root/children"):
        assert refusal(rig.graph(f"/v1.0{path}", token)) == (403, "accessDenied")
    answer = rig.graph(f"/v1.0/shares/{shared(theirs['webUrl'])}/driveItem", token)
    assert refusal(answer) == (403, "accessDenied")
    nothing = get(rig, "/me/drive", company.TOMASZ.user_name)["id"]
    assert refusal(rig.graph(f"/v1.0/drives/{nothing}", token)) == (403, "accessDenied")


@pytest.mark.parametrize(
    ("path", "scope", "answer"),
    [
        ("/me/drive/root/children", "Mail.Read", (403, "accessDenied")),
        ("/me/drive/items/01NOWHERE", "Files.Read", (404, "itemNotFound")),
        ("/me/drive/root:/nowhere.txt", "Files.Read", (404, "itemNotFound")),
        ("/drives/b!nowhere/root", "Files.Read", (404, "itemNotFound")),
        ("/me/drive/root:/Board:/content", "Files.Read", (400, "invalidRequest")),
        (f"/me/drive/root:/{quote(PLAN)}:/content?format=pdf", "Files.Read", (406, "notSupported")),
        ("/me/drive/root/children?$count=true", "Files.Read", (400, "invalidRequest")),
        ("/me/drive/root/children?$orderby=size", "Files.Read", (400, "invalidRequest")),
        ("/me/drive/root/children?$select=shoes", "Files.Read", (400, "invalidRequest")),
        ("/shares/x!YQ/driveItem", "Files.ReadWrite", (400, "invalidRequest")),
        ("/shares/u!-_-_A/driveItem", "Files.ReadWrite", (400, "invalidRequest")),
        ("/shares/u!aHR0cHM6Ly94/driveItem", "Files.ReadWrite", (404, "itemNotFound")),
    ],
)
def test_a_wrong_request_is_refused(rig: Rig, path: str, scope: str, answer: tuple[int, str]) -> None:
    assert refusal(rig.graph(f"/v1.0{path}", rig.bearer([scope]))) == answer


def test_an_account_without_a_licence_has_no_drive(rig: Rig) -> None:
    token = rig.bearer(["Files.Read"], company.RUI.user_name)
    assert refusal(rig.graph("/v1.0/me/drive", token)) == (404, "ResourceNotFound")


def test_a_personal_drive_has_ids_of_its_own_kind(rig: Rig) -> None:
    home = company.INES_AT_HOME.user_name
    drive = get(rig, "/me/drive", home)
    assert (drive["driveType"], len(drive["id"])) == ("personal", 16)
    (item,) = get(rig, "/me/drive/root/children", home)["value"]
    assert item["id"].startswith(f"{drive['id']}!")
    assert get(rig, f"/me/drive/items/{item['id']}", home)["name"] == "Passport.pdf"
