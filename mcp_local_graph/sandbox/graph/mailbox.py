"""The mailbox's settings."""

from __future__ import annotations

from typing import Any

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import Query, Workload
from mcp_local_graph.sandbox.graph.types import define

MAILBOX = Workload(denied="ErrorAccessDenied")

SETTINGS = define(
    "mailboxSettings",
    """archiveFolder:text timeZone:text delegateMeetingMessageDeliveryOptions:text dateFormat:text timeFormat:text
    userPurpose:text automaticRepliesSetting:automaticRepliesSetting language:localeInfo workingHours:workingHours""",
)
_RULES = odata.Rules(type=SETTINGS, dialect=odata.OUTLOOK, default=tuple(SETTINGS.properties))


@MAILBOX.get("/me/mailboxSettings", scopes="MailboxSettings.Read MailboxSettings.ReadWrite")
def mailbox_settings(query: Query) -> dict[str, Any]:
    """Time zone, language, working hours, automatic replies."""
    settings = query.profile.mailbox
    if settings is None:
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise GraphRefused(404, "MailboxNotEnabledForRESTAPI", text)
    answer = odata.entity(query, _RULES, settings, f"users('{query.account.oid}')/mailboxSettings")
    # What belongs to the mailbox as such is no entity of a collection.
    answer["@odata.context"] = answer["@odata.context"].removesuffix("/$entity")
    return answer
