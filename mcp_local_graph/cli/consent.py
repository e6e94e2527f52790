"""`consent`: the message to an administrator who has to approve permissions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app
from mcp_local_graph.catalogue.scopes import WORKLOADS, meaning, named, works_for_personal
from mcp_local_graph.cli import output
from mcp_local_graph.cli.options import Command, with_settings
from mcp_local_graph.tools import needed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.auth.consent import Approval
    from mcp_local_graph.config import Settings


@click.command(cls=Command)
@click.argument("what", nargs=-1)
@with_settings
def command(settings: Settings, *, what: tuple[str, ...]) -> None:
    """Write the message by which an administrator approves permissions, ready to be sent. Needs no network.

    WHAT are permissions (Mail.Read) or workloads (mail); without any, all that the tools may ask for.
    """
    wanted = scopes_of(what) if what else needed(app.tools(settings))
    approval = asyncio.run(app.services(settings).auth.approval(wanted))
    output.say(message(approval) if approval.scopes else "All of these permissions are granted already.")


def scopes_of(words: Iterable[str], *, personal: bool = False) -> frozenset[str]:
    """The permissions that words of the command line stand for; for a `personal` account those that it can have.

    Raises:
        click.BadParameter: a word stands for none.
    """
    found = frozenset[str]()
    for word in words:
        try:
            meant = named(word)
        except KeyError:
            known = ", ".join(sorted(WORKLOADS))
            raise click.BadParameter(f"{word} is neither a permission known here nor one of {known}") from None
        kept = works_for_personal(meant) if personal else meant
        if not kept:
            raise click.BadParameter(f"{word} is for work and school accounts; a personal account cannot grant it")
        found |= kept
    return found


def message(approval: Approval) -> str:
    """What an administrator needs to know and to do, in the words of the person who asks."""
    account = approval.account
    # Nobody is signed in where the first sign-in was refused: then the person signs the message themselves.
    me = f"{account.user_name} (tenant {account.tenant_id})" if account else "my account"
    link = approval.link or "(a personal account has no administrator: the permissions are yours to grant)"
    return "\n".join(
        [
            "Subject: Please approve permissions for an app",
            "",
            "Hello,",
            "",
            "I use mcp-local-graph, a program on my own computer by which my assistant works with Microsoft 365 as me.",
            "It needs these permissions, which only an administrator can approve:",
            "",
            *(f"  {scope}: {meaning(scope)}" for scope in sorted(approval.scopes)),
            "",
            "They are delegated: the program can do no more than I can, and only while I am signed in. To approve them",
            "for everybody in the organisation, open this address and sign in as an administrator:",
            "",
            f"  {link}",
            "",
            "Afterwards the browser may say that http://localhost cannot be reached. The approval holds all the same.",
            "",
            f"Application id: {approval.client_id}",
            f"Account: {me}",
            *([f"Microsoft's answer: {approval.trace}"] if approval.trace else []),
        ]
    )
