"""What opens something by itself is in no answer."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from mcp_local_graph.safety.secrets import masked, without_secrets
from mcp_local_graph.safety.untrusted import line
from tests import microsoft

SAMPLES = microsoft.DATA / "graph-v1.0-response-samples.json.gz"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIwMDAwMDAwMyJ9.c2lnbmF0dXJl"


def test_addresses_that_need_no_sign_in_are_left_out_at_any_depth() -> None:
    answer = {
        "@odata.context": "x",
        "value": [
            {
                "name": "plan.docx",
                "@microsoft.graph.downloadUrl": "https://s.example/?tempauth=v1",
                "children": [{"@content.downloadUrl": "y", "id": "2", "uploadUrl": "z"}],
                "thumbnails": [{"id": "0", "small": {"url": "https://t.example", "width": 4, "height": 3}}],
            }
        ],
    }
    kept = {
        "@odata.context": "x",
        "value": [
            {
                "name": "plan.docx",
                "children": [{"id": "2"}],
                "thumbnails": [{"id": "0", "small": {"width": 4, "height": 3}}],
            }
        ],
    }
    before = json.dumps(answer)
    assert without_secrets(answer) == kept
    assert json.dumps(answer) == before


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "passwordProfile",
        "secretText",
        "clientSecret",
        "refreshToken",
        "access_token",
        "clientState",
        "privateKey",
        "token",
        "sasToken",
        "newPassword",
        "secret",
        "webPushEncryptionSecret",
        "encryptionKey",
        "macKey",
        "azureOperationalInsightsWorkspaceKey",
        "passcode",
        "unlockPin",
        "pin",
    ],
)
def test_passwords_and_tokens_are_left_out(name: str) -> None:
    assert without_secrets([{name: "swordfish", "id": 1}]) == [{"id": 1}]


@pytest.mark.parametrize(
    "kept",
    [
        {
            "webUrl": "https://x.sharepoint.com/a?web=1",
            "joinWebUrl": "https://teams.microsoft.com/l/meetup-join/x",
            "url": "https://x",
        },
        {
            "passwordPolicies": "None",
            "lastPasswordChangeDateTime": "2026",
            "tokenIssuerType": "AzureAD",
            "hasPassword": False,
        },
        {"uploadUrls": 1, "width": 1, "height": 2},
        "text",
        5,
        None,
        True,
        [],
        {},
    ],
)
def test_everything_else_stays(kept: object) -> None:
    assert without_secrets(kept) == kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Bearer {TOKEN}.", "Bearer [removed]"),
        (f"({TOKEN})", "([removed])"),
        ("https://s.example/f?sv=1&sig=Zm9v%3D&se=2", "https://s.example/f?sv=1&sig=removed&se=2"),
        ("?TempAuth=eyJhbGciOiJub25lIn0.abcd 'x'", "?TempAuth=removed 'x'"),
        ("x&amp;sig=abc", "x&amp;sig=removed"),
        ("&X-Amz-Signature=ab\n", "&X-Amz-Signature=removed\n"),
        ("design=1 sig=2 token=3 keyJ.x eyJ eyJabc.de", "design=1 sig=2 token=3 keyJ.x eyJ eyJabc.de"),
    ],
)
def test_signatures_and_tokens_in_texts_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected
    assert masked(expected) == expected
    assert without_secrets({"a": [text]}) == {"a": [expected]}


def test_a_text_of_others_is_masked_too() -> None:
    assert line(f"key {TOKEN}") == "key [removed]"


def test_depth_is_no_matter() -> None:
    deep: Any = {"password": "x", "id": 0}
    for _ in range(20_000):
        deep = [deep]
    clean = without_secrets(deep)
    while isinstance(clean, list):
        (clean,) = clean
    assert clean == {"id": 0}


@pytest.mark.skipif(not SAMPLES.is_file(), reason=microsoft.ABSENT)
def test_no_sample_of_graphs_answers_keeps_a_pre_authenticated_address() -> None:
    opening = re.compile(r'(?i)(?:download|upload)Url"|tempauth=(?!removed)|[?&]sig=(?!removed)|"secretText"')
    opened = 0
    for sample in json.loads(gzip.decompress(SAMPLES.read_bytes()))["mocks"]:
        body = sample["response"].get("body")
        opened += bool(opening.search(json.dumps(body)))
        assert not opening.search(json.dumps(without_secrets(body)))
    assert opened >= 5
