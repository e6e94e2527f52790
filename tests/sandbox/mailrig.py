"""What the tests of mail share: a mail to begin with, and questions about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import seeds
from mcp_local_graph.sandbox.data.mail import Mail, Placed
from mcp_local_graph.sandbox.data.seeds import Address

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

READ = ["Mail.Read"]
SHARED = ["Mail.Read.Shared"]
TEXT = 'outlook.body-content-type="text"'
FOR_GOOD = 'IdType="ImmutableId"'
INES = Address(company.INES.display_name, company.INES.user_name)
EVE = Address("Eve Marlow", "eve@outside.example")
BASE = Mail(
    key="k-1",
    sender=EVE,
    to=(INES,),
    subject="Zebra crossing",
    at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    html="<html><head></head><body><p>Stripes &amp; more</p></body></html>",
    placed=Placed(folder="archive", read=False),
)


def get(rig: Rig, path: str, token: str, **headers: str) -> dict[str, Any]:
    answer = rig.graph(f"/v1.0{path}", token, **headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def subjects(rig: Rig, path: str, token: str) -> list[str]:
    return [one["subject"] for one in get(rig, path, token)["value"]]


def lay(rig: Rig, *mails: Mail) -> None:
    rig.tenant.control.deliver(company.INES.user_name, *mails)


def only(rig: Rig, token: str, key: str = "k-1", select: str = "", **headers: str) -> dict[str, Any]:
    """The mail of that key, as a list shows it."""
    question = asked(f"internetMessageId eq '{message_id(key)}'")
    (found,) = get(rig, f"/me/mailFolders/archive/messages?$filter={question}{select}", token, **headers)["value"]
    return dict(found)


def message_id(key: str) -> str:
    return seeds.message_id(key, EVE)


def asked(question: str) -> str:
    """A search or a filter as it stands in an address."""
    return quote(question, safe="")
