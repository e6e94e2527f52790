"""What the tests of `tools` and `graph` share: somebody who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.errors import Need
from mcp_local_graph.sandbox import Person
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from mcp_local_graph import app
    from mcp_local_graph.auth.accounts import Account


async def sign_in(services: app.Services, *scopes: str, account: str | None = None) -> Account:
    """Sign in through the pages with these permissions, as the main person unless another is named."""
    attempt, _ = await services.auth.begin(Need(frozenset(scopes or {"User.Read"})), asked=True, anyone=True)
    await in_thread(Person(account).sign_in, attempt.shown.address)
    await attempt.wait(10)
    return attempt.outcome.result(0)
