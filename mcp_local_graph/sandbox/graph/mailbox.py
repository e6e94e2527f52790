"""The mailbox's settings."""

from __future__ import annotations

from typing import Any

from mcp_local_graph.sandbox.graph import odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import Query, Workload, names

MAILBOX = Workload(denied="ErrorAccessDenied")

SETTINGS = names(
    "archiveFolder timeZone delegateMeetingMessageDeliveryOptions dateFormat timeFormat userPurpose "
    "automaticRepliesSetting language workingHours"
)


@MAILBOX.get("/me/mailboxSettings", scopes="MailboxSettings.Read MailboxSettings.ReadWrite")
def mailbox_settings(query: Query) -> dict[str, Any]:
    """Time zone, language, working hours, automatic replies."""
    wanted = odata.selected(query.options, SETTINGS, SETTINGS, "mailboxSettings")
    settings = query.profile.mailbox
    if settings is None:
        text = "The mailbox is inactive, soft-deleted, or hosted on-premises."
        raise GraphRefused(404, "MailboxNotEnabledForRESTAPI", text)
    context = (
        f"{query.root}/$metadata#users('{query.account.oid}')/mailboxSettings{odata.context_select(query.options)}"
    )
    return {"@odata.context": context, **{name: settings[name] for name in wanted}}
