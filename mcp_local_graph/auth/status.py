"""Who is signed in and how, in words for a model and a person, and as facts for a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import CLIENT_ID_MISSING, SIGN_IN

if TYPE_CHECKING:
    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is to know without asking anybody. `accounts` are all that the cache holds.

    `granted`, `used` and `needed` are scopes of Graph by short name: what the account in use has granted, what tools
    asked for so far, and what the offered tools may ask for. `lasts` says whether another process finds the sign-in.
    `ways` are the ways to ask a person on this machine, in order; `no_broker` is why the broker is not among them.
    """

    account: Account | None
    accounts: tuple[Account, ...]
    granted: frozenset[str]
    used: frozenset[str]
    needed: frozenset[str]
    token_store: str
    lasts: bool
    under_way: Shown | None
    ways: tuple[str, ...]
    no_broker: str

    @property
    def is_ready(self) -> bool:
        """Whether a tool can work without asking anybody first."""
        return self.account is not None

    def lines(self) -> list[str]:
        """One line per fact, and the next step where there is one."""
        if not self.token_store:
            return [CLIENT_ID_MISSING]
        tokens = f"Tokens: {self.token_store}"
        if self.account is None:
            return [self._nobody(), tokens]
        missing = sorted(self.needed - self.granted)
        return [
            f"Signed in: {self.account.user_name} (tenant {self.account.tenant_id})",
            *self._others(),
            f"Granted: {', '.join(sorted(self.granted)) or 'nothing yet'}",
            *([f"Asked for when needed: {', '.join(missing)}"] if missing else []),
            tokens,
        ]

    def facts(self) -> dict[str, Any]:
        """The same for `status --json`."""
        return {
            "account": self.account.user_name if self.account else None,
            "tenant_id": self.account.tenant_id if self.account else None,
            "accounts": [account.user_name for account in self.accounts],
            "granted": sorted(self.granted),
            "needed": sorted(self.needed),
            "used": sorted(self.used),
            "token_store": self.token_store or None,
            "sign_in": list(self.ways),
            "no_broker": self.no_broker or None,
        }

    def _nobody(self) -> str:
        if self.under_way:
            return "A sign-in is under way."
        if self.accounts:
            names = ", ".join(account.user_name for account in self.accounts)
            return f"Several accounts are signed in and none is chosen: {names}. `mcp-local-graph use <account>`"
        return f"Nobody is signed in. {SIGN_IN}"

    def _others(self) -> list[str]:
        others = [account.user_name for account in self.accounts if account != self.account]
        return [f"Also signed in: {', '.join(others)}"] if others else []
