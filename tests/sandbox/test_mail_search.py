from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.sandbox.data.mail import File, Placed
from mcp_local_graph.sandbox.data.seeds import Address
from tests.sandbox.mailrig import BASE, READ, asked, get, lay, subjects
from tests.sandbox.rig import MOMENT

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.bearer(READ)


ZEBRA = replace(
    BASE,
    cc=(Address("Carl Cole", "carl@c.example"),),
    bcc=(Address("Bea Berg", "bea@b.example"),),
    html="<p>The gauge reads 4.2 at Überlingen.</p><p>Regards</p>",
    importance="high",
    attachments=(File(name="tide-table.pdf", content_type="application/pdf", make=lambda: b"%PDF"),),
    placed=Placed(folder="archive", read=False, categories=("Field work",)),
)


def found(rig: Rig, token: str, words: str, path: str = "/me/messages") -> list[str]:
    question = asked('"' + words + '"')
    return subjects(rig, f"{path}?$search={question}&$top=1000&$select=subject", token)


@pytest.mark.parametrize(
    "words",
    [
        "zebra",
        "ZEBRA crossing",
        "crossing zebra",
        '\\"zebra crossing\\"',
        "uberlingen",
        "marlow",
        "eve@outside.example",
        "cross*",
        "subject:zebra",
        'subject:\\"zebra crossing\\"',
        "body:gauge",
        "from:eve",
        "from:eve@outside.example",
        "to:okafor",
        "cc:carl",
        "recipients:carl",
        "participants:eve",
        "attachment:tide",
        "attachment:tide-table.pdf",
        "category:field",
        "hasattachment:true",
        "hasAttachments:yes",
        "isread:false AND zebra",
        "importance:high",
        "kind:email",
        "received:2026-11-20",
        "received>=2026-11-20",
        "received<=11/20/2026",
        "received<2026-11-21 AND sent>2026-11-19",
        "received:2026-11-01..2026-11-30",
        "received<>2026-11-19",
        "nothing OR zebra",
        "NOT nothing AND zebra",
        "zebra -nothing",
        "(nothing OR zebra) AND (gauge OR nothing)",
        "from:eve subject:zebra",
    ],
)
def test_searches_find_a_message(rig: Rig, token: str, words: str) -> None:
    lay(rig, ZEBRA)
    assert "Zebra crossing" in found(rig, token, words, "/me/mailFolders/archive/messages")


@pytest.mark.parametrize(
    "words",
    [
        "zeb",
        '\\"crossing zebra\\"',
        "subject:gauge",
        "body:zebra",
        "from:okafor",
        "to:eve",
        "bcc:bea",  # only the sender's copy knows
        "shoe:zebra",
        "hasattachment:false AND zebra",
        "isread:true AND zebra",
        "received:yesterday AND subject:zebra",
        "received>2026-11-20 AND subject:zebra",
        "sent:today AND subject:zebra",
        "zebra NOT gauge",
        "zebra and nothing",
        "...",
        "importance:low AND zebra",
    ],
)
def test_searches_leave_a_message_out(rig: Rig, token: str, words: str) -> None:
    lay(rig, ZEBRA)
    assert "Zebra crossing" not in found(rig, token, words)


@pytest.mark.parametrize("words", ["today", '\\"this week\\"', '\\"this month\\"'])
def test_searches_know_the_days_around_today(rig: Rig, token: str, words: str) -> None:
    lay(rig, replace(BASE, at=MOMENT))
    assert found(rig, token, f"received:{words} AND zebra") == ["Zebra crossing"]


def test_a_search_pages_by_tokens_sorted_by_when_mails_were_sent(rig: Rig, token: str) -> None:
    first = get(rig, '/me/messages?$search="brackwater"&$top=3', token)
    assert "$skiptoken=" in first["@odata.nextLink"]
    path = first["@odata.nextLink"].removeprefix(f"{rig.tenant.graph_url}/v1.0")
    both = [*first["value"], *get(rig, path, token)["value"]]
    assert len({one["id"] for one in both}) == 6
    assert both == sorted(both, key=lambda one: str(one["sentDateTime"]), reverse=True)
