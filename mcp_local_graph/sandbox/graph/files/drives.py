"""Whose drive a request is about, and what of it the caller may see."""

from __future__ import annotations

from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import shake_128
from typing import TYPE_CHECKING
from urllib.parse import quote

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.drive import DRIVES, Node
from mcp_local_graph.sandbox.graph.errors import GraphRefused

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.router import Query

ROOT = Node(path="", changed=400)


@dataclass(frozen=True, slots=True)
class Place:
    """A node in somebody's drive."""

    account: Account
    node: Node

    @property
    def id(self) -> str:
        """Its id: of OneDrive for work, or of a personal one."""
        if self.account.personal:
            return f"{drive_id(self.account)}!{ids.number(9000, self.node.path) + 100}"
        digest = shake_128(f"{self.account.oid}\n{self.node.path}".encode()).digest(20)
        return f"01{b32encode(digest).decode()}"

    @property
    def web_url(self) -> str:
        """Where a browser shows it."""
        return f"{web_root(self.account)}/{quote(self.node.path)}".rstrip("/")

    @property
    def children(self) -> list[Place]:
        """What lies in a folder."""
        above = f"{self.node.path}/" if self.node.path else ""
        nodes = DRIVES[self.account.user_name]
        return [Place(self.account, one) for one in nodes if one.path.rpartition("/")[0] == above.rstrip("/")]

    @property
    def inside(self) -> list[Place]:
        """Everything below a folder."""
        above = f"{self.node.path}/" if self.node.path else ""
        return [Place(self.account, one) for one in DRIVES[self.account.user_name] if one.path.startswith(above)]


def drive_id(account: Account) -> str:
    """The id of somebody's drive."""
    if account.personal:
        return account.oid.replace("-", "")[-16:].upper()
    return f"b!{urlsafe_b64encode(shake_128(account.oid.encode()).digest(48)).decode()}"


def web_root(account: Account) -> str:
    """Where a browser shows somebody's drive."""
    if account.personal:
        return f"https://onedrive.live.com/personal/{drive_id(account).lower()}/Documents"
    user = account.user_name.replace("@", "_").replace(".", "_")
    tenant = account.user_name.partition("@")[2].partition(".")[0]
    return f"https://{tenant}-my.sharepoint.example/personal/{user}/Documents"


def own(query: Query) -> Account:
    """The caller, who has a drive.

    Raises:
        GraphRefused: they have none, for want of a licence.
    """
    if query.account.user_name not in DRIVES:
        raise GraphRefused(404, "ResourceNotFound", "User's mysite not found.")
    return query.account


def of_id(query: Query, wanted: str) -> Account:
    """The owner of a drive by its id; the caller's own, or one in which something is shared with the caller.

    Raises:
        GraphRefused: there is none, or nothing in it is for the caller.
    """
    for account in company.PEOPLE:
        if account.user_name in DRIVES and drive_id(account).lower() == wanted.lower():
            if account == query.account or _anything(query, account):
                return account
            raise access_denied()
    raise not_found()


def by_id(query: Query, account: Account, wanted: str) -> Place:
    """An item by its id.

    Raises:
        GraphRefused: there is none, or it is not for the caller.
    """
    if wanted.lower() == "root":
        return allowed(query, Place(account, ROOT))
    places = [Place(account, one) for one in (ROOT, *DRIVES[account.user_name])]
    return allowed(query, next((one for one in places if one.id.lower() == wanted.lower()), None))


def by_path(query: Query, account: Account, path: str) -> Place:
    """An item by its path below the root; names have no case.

    Raises:
        GraphRefused: there is none, or it is not for the caller.
    """
    wanted = path.strip("/").lower()
    nodes = (ROOT, *DRIVES[account.user_name])
    return allowed(query, next((Place(account, one) for one in nodes if one.path.lower() == wanted), None))


def by_web_url(query: Query, url: str) -> Place:
    """An item by the address that was shared.

    Raises:
        GraphRefused: there is none, or it is not for the caller.
    """
    wanted = url.partition("?")[0].rstrip("/")
    places = [Place(one, node) for one in company.PEOPLE for node in DRIVES.get(one.user_name, ())]
    return allowed(query, next((one for one in places if one.web_url == wanted), None))


def allowed(query: Query, place: Place | None) -> Place:
    """An item, where the caller may see it.

    Raises:
        GraphRefused: there is none, or it is not for the caller.
    """
    if place is None:
        raise not_found()
    if place.account != query.account and query.account.user_name not in place.node.shared:
        raise access_denied()
    return place


def not_found() -> GraphRefused:
    """There is no such item."""
    return GraphRefused(404, "itemNotFound", "The resource could not be found.")


def access_denied() -> GraphRefused:
    """It is not for the caller."""
    return GraphRefused(403, "accessDenied", "Access denied")


def _anything(query: Query, account: Account) -> bool:
    return any(query.account.user_name in one.shared for one in DRIVES[account.user_name])
