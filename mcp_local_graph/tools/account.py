"""Who is signed in, and signing in."""

from __future__ import annotations

from mcp_local_graph.tools.needs import Accounts, Effect, Result, Toolset

ACCOUNT = Toolset("account", "Who is signed in, and signing in")


@ACCOUNT.tool("Show sign-in status", effect=Effect.READ, local=True)
async def account_status(accounts: Accounts) -> Result:
    """Show who is signed in to Microsoft 365, the permissions granted, and what to do next. Asks nobody."""
    return await accounts.status()


@ACCOUNT.tool("Sign in", effect=Effect.WRITE)
async def account_sign_in(accounts: Accounts) -> Result:
    """Sign in to Microsoft 365. Only when the person asks for it: every other tool starts sign-in by itself."""
    return await accounts.require()
