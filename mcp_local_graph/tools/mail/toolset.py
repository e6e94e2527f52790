"""What the tools of mail share: whose mailbox, which message, and how a message is addressed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from mcp_local_graph.jobs import messages
from mcp_local_graph.tools.needs import Kind, Shown, Toolset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_local_graph.tools.needs import Graph

MAIL = Toolset("mail", "Mail in your mailbox and in shared ones")

# Asked for when somebody names a shared mailbox.
SHARED = "Mail.Read.Shared"

Mailbox = Annotated[str, Field(description="Address of a shared mailbox; default: your own")]


def owner_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """The mailbox that something lies in."""
    return path[:2] if path[0] == "users" else path[:1]


def scope_of(path: tuple[str, ...]) -> str | None:
    """The permission that a mailbox needs beyond one's own."""
    return SHARED if path[0] == "users" else None


def shown(graph: Graph, path: tuple[str, ...], found: Iterable[Mapping[str, Any]]) -> list[str]:
    """The handles of messages in a mailbox."""
    return graph.show_all(
        [Shown(Kind.MESSAGE, (*path, "messages", str(one.get("id", ""))), messages.note(one)) for one in found]
    )
