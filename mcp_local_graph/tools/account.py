"""Who is signed in, and signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.errors import CLIENT_ID_MISSING
from mcp_local_graph.tools.needs import Accounts, Effect, Toolset

if TYPE_CHECKING:
    from mcp_local_graph.auth.service import Status

ACCOUNT = Toolset("account", "Who is signed in, and signing in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """The state of signing in, in words."""

    status: Status

    def lines(self) -> list[str]:
        """One line per fact, and the next step where there is one."""
        status = self.status
        if not status.token_store:
            return [CLIENT_ID_MISSING]
        if status.account is None:
            waiting = (
                "A sign-in is under way." if status.under_way else "Nobody is signed in; account_sign_in starts it."
            )
            return [waiting, f"Tokens: {status.token_store}"]
        others = [account.user_name for account in status.accounts if account != status.account]
        return [
            f"Signed in: {status.account.user_name} (tenant {status.account.tenant_id})",
            *([f"Also signed in: {', '.join(others)}"] if others else []),
            f"Granted: {', '.join(sorted(status.granted)) or 'nothing yet'}",
            f"Tokens: {status.token_store}",
        ]


@ACCOUNT.tool("Show sign-in status", effect=Effect.READ, local=True)
async def account_status(accounts: Accounts) -> AccountStatus:
    """Show who is signed in to Microsoft 365, the permissions granted, and what to do next. Asks nobody."""
    return AccountStatus(status=await accounts.status())


@ACCOUNT.tool("Sign in", effect=Effect.WRITE)
async def account_sign_in(accounts: Accounts) -> AccountStatus:
    """Sign in to Microsoft 365. Only when the person asks for it: every other tool starts sign-in by itself."""
    return AccountStatus(status=await accounts.require())
