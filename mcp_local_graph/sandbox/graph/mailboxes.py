"""Whose mailbox a request is about, and whether the token and Exchange let the person in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.mails import DELEGATES
from mcp_local_graph.sandbox.graph.errors import GraphRefused, denied
from mcp_local_graph.sandbox.graph.mail import store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mcp_local_graph.sandbox.company import Account, Profile
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox
    from mcp_local_graph.sandbox.graph.router import Query
    from mcp_local_graph.sandbox.state import State


def of(query: Query) -> Mailbox:
    """The mailbox that a request is about.

    Raises:
        GraphRefused: there is none, or it is somebody's who has not let the person in.
    """
    return mailbox(query.state, owner(query, DELEGATES).account)


def owner(query: Query, let_in: Mapping[str, Collection[str]]) -> Profile:
    """Whose mailbox, calendar or contacts a request is about.

    Another one's takes a `.Shared` permission, and that they have let the person in: `let_in` has whom by whose.

    Raises:
        GraphRefused: nobody of that name is here, has a mailbox, or has let the person in.
    """
    if not query.whose:
        return _with_mailbox(query.profile)
    found = _find(query, query.whose.lower())
    if found.account == query.account:
        return _with_mailbox(found)
    if not any(scope.endswith(".Shared") for scope in query.token.scopes & query.scopes):
        raise denied("ErrorAccessDenied")
    _with_mailbox(found)
    if query.account.user_name not in let_in.get(found.account.user_name, ()):
        text = "The specified object was not found in the store., Default folder Root not found."
        raise GraphRefused(404, "ErrorItemNotFound", text)
    return found


def mailbox(state: State, account: Account) -> Mailbox:
    """An account's mailbox, filled when it is first opened."""
    if account.oid not in state.mailboxes:
        state.mailboxes[account.oid] = store.seeded(account, state.days)
    return state.mailboxes[account.oid]


def _find(query: Query, wanted: str) -> Profile:
    for one in query.state.profiles.values():
        known = {one.account.oid, one.account.user_name.lower()}
        if one.account.tenant_id == query.account.tenant_id and wanted in known:
            return one
    raise GraphRefused(404, "ErrorInvalidUser", f"The requested user '{query.whose}' is invalid.")


def _with_mailbox(profile: Profile) -> Profile:
    if profile.mailbox is None:
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise GraphRefused(404, "MailboxNotEnabledForRESTAPI", text)
    return profile
