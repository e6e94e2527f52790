"""Whose mailbox: the signed-in person's own, by whatever name, or that of somebody who shares theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs import people
from mcp_local_graph.tools import facts

if TYPE_CHECKING:
    from mcp_local_graph.tools.needs import Graph


def own_address(graph: Graph) -> str:
    """The signed-in person's mail address; their user name while nobody knows it, or where they have none."""
    return people.address(facts.known(graph, facts.ADDRESS)) or graph.user_name.lower()


def domain(graph: Graph) -> str:
    """The domain of the signed-in person's address."""
    return own_address(graph).rpartition("@")[2]


def is_own(graph: Graph, address: str) -> bool:
    """Whether an address in its one spelling is the signed-in person's, by their user name too."""
    return address in {own_address(graph), graph.user_name.lower()}


def owner(graph: Graph, mailbox: str) -> tuple[str, ...]:
    """The path of a mailbox: one's own where no address is given, or one's own.

    Raises:
        RequestRefused: it is no address, or the account has no part in others' mailboxes.
    """
    if not mailbox.strip():
        return ("me",)
    if not (address := people.address(mailbox)):
        raise RequestRefused("`mailbox` is no mail address.", "Give the whole address of whose mailbox is shared.")
    if is_own(graph, address):
        return ("me",)
    if graph.personal:
        raise RequestRefused("A personal account has no shared mailboxes.", "Leave `mailbox` out.")
    return ("users", address)
