"""All mails of the demo tenant, the folders they lie in, and who may open whose mailbox."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import staff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail

# Folders beyond those that every mailbox has: paths below a well-known one, or at the top.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    company.INES.user_name: (
        "inbox/Kestrel Sound",
        "inbox/Kestrel Sound/Permits",
        "inbox/Sandray 2026",
        "inbox/Besprechungen",
        "Reisen & Spesen",
    ),
    company.TOMASZ.user_name: ("inbox/Kestrel Sound",),
    company.JOON.user_name: ("inbox/Kestrel Sound",),
    company.PRIYA.user_name: ("inbox/Kestrel Sound",),
    company.ZOE.user_name: ("inbox/Kestrel Sound",),
    company.MARIT.user_name: ("inbox/Kestrel Sound",),
    company.DANA.user_name: ("inbox/Kestrel Sound",),
}
# Well-known folders that are called otherwise: in a mailbox that was set up in another language, or partly was.
NAMES: Mapping[str, Mapping[str, str]] = {
    company.INES.user_name: {"sentitems": "Itens Enviados"},
    company.ZOE.user_name: {
        "inbox": "Inkorgen",
        "drafts": "Utkast",
        "sentitems": "Skickat",
        "deleteditems": "Borttaget",
        "junkemail": "Skräppost",
        "archive": "Arkiv",
        "outbox": "Utkorgen",
        "conversationhistory": "Konversationshistorik",
    },
}
# Mailbox → who else may open it.
DELEGATES: Mapping[str, frozenset[str]] = {
    staff.SUPPORT.user_name: frozenset({company.INES.user_name, company.PRIYA.user_name}),
}


@lru_cache(maxsize=2)
def mails(days: Days) -> tuple[Mail, ...]:
    """Every mail once, whoever got it."""
    # Nobody has asked for a mail while the tenant starts, and these are a thousand lines.
    from mcp_local_graph.sandbox.data.letterbox.all import KINDS  # noqa: PLC0415 - hundreds of texts, made when a mailbox is opened

    return tuple(mail for kind in KINDS for mail in kind.mails(days))
