"""Whose calendars a request is for, and what of them the caller may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.diary.calendars import SHARED, Calendar, calendars, shared_with
from mcp_local_graph.sandbox.graph import mailboxes
from mcp_local_graph.sandbox.graph.errors import denied
from mcp_local_graph.sandbox.graph.mail.store import look_at, not_found

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.router import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A calendar that the caller may read: whose it is, and whether they are a stranger to what is private in it.

    `id` is its id in the caller's list, or in the owner's where it was asked for there.
    """

    id: str
    account: Account
    calendar: Calendar
    stranger: bool


def mailbox(query: Query) -> Account:
    """The account whose calendars the path is about; the caller may look into them.

    Raises:
        GraphRefused: there is no such mailbox, or it is not the caller's affair.
    """
    return mailboxes.owner(query, SHARED).account


def own(query: Query) -> list[Opened]:
    """All calendars in a mailbox's list: its own, and those that others share with it."""
    account = mailbox(query)
    stranger = account != query.account
    found = [_opened(account, one, stranger=stranger) for one in calendars(account.user_name)]
    return found if stranger else [*found, *_from_others(query)]


def default(query: Query) -> Opened:
    """The calendar that a path without one means."""
    account = mailbox(query)
    return _opened(account, calendars(account.user_name)[0], stranger=account != query.account)


def by_id(query: Query, wanted: str) -> Opened:
    """A calendar of the list by its id.

    Raises:
        GraphRefused: there is none of that id, or it is somebody's and the token is not good for it.
    """
    look_at(wanted)
    found = next((one for one in own(query) if one.id == wanted), None)
    if found is None:
        raise not_found()
    if found.account != mailbox(query) and not any(
        name.endswith(".Shared") for name in query.token.scopes & query.scopes
    ):
        raise denied("ErrorAccessDenied")
    return found


def _opened(account: Account, calendar: Calendar, *, stranger: bool) -> Opened:
    return Opened(
        id=ids.folder(account.oid, f"calendar:{calendar.key}"), account=account, calendar=calendar, stranger=stranger
    )


def _from_others(query: Query) -> list[Opened]:
    addresses = shared_with(query.account.user_name)
    owners = [one.account for one in query.state.profiles.values() if one.account.user_name in addresses]
    return [
        Opened(
            id=ids.folder(query.account.oid, f"shared calendar:{owner.oid}"),
            account=owner,
            calendar=Calendar(key="calendar", name=owner.display_name, writable=False),
            stranger=True,
        )
        for owner in owners
    ]
