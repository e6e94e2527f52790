"""Who is signed in and how, in words for a model and a person, and as facts for a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.errors import CLIENT_ID_MISSING, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Shown


class Grants(NamedTuple):
    """Scopes of Graph by short name: what an account has granted, and what tools asked for so far."""

    granted: frozenset[str]
    used: frozenset[str]


_NOTHING = Grants(frozenset(), frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is to know without asking anybody.

    `account` is the one in use, `accounts` are all that the cache holds, `grants` are theirs by home account id;
    `why_nobody` says why none is in use though some are there, and what to do. `needed` are the scopes that the
    offered tools may ask for, `waiting` those that an administrator had to approve.
    `token_store` says where tokens stay, `lasts` whether another process finds them. `ways` are the ways to ask a
    person on this machine, in order; `no_broker` is why the broker is not among them, `broker_address` what it needs
    in the app registration; `closed` are the errors by which ways have closed meanwhile, each with its remedy.
    """

    account: Account | None = None
    why_nobody: str = ""
    accounts: tuple[Account, ...] = ()
    grants: Mapping[str, Grants] = field(default_factory=dict)
    needed: frozenset[str]
    waiting: frozenset[str] = frozenset()
    token_store: str = ""
    lasts: bool = False
    under_way: Shown | None = None
    ways: tuple[str, ...]
    no_broker: str
    broker_address: str = ""
    closed: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether a tool can work without asking anybody first."""
        return self.account is not None

    @property
    def granted(self) -> frozenset[str]:
        """What the account in use has granted."""
        return self._grants(self.account).granted

    def lines(self) -> list[str]:
        """For a model: one line per fact, and the next step where there is one."""
        if not self.token_store:
            return [*CLIENT_ID_MISSING.splitlines()]
        account = self.account
        if account is None:
            return [self._nobody(), *self._notices(), self._tokens()]
        others = [other.user_name for other in self.accounts if other != account]
        return [
            f"Signed in: {account.user_name} (tenant {account.tenant_id})",
            *([f"Also signed in: {', '.join(others)}"] if others else []),
            f"Granted: {_listed(self.granted) or 'nothing yet'}",
            *self._missing(),
            *self._notices(),
            self._tokens(),
        ]

    def details(self) -> list[str]:
        """For a person at a terminal: all that there is, account by account."""
        if not self.token_store:
            return self.lines()
        return [
            *([] if self.account else [self._nobody()]),
            *(line for account in self.accounts for line in self._of(account)),
            *self._notices(),
            self._tokens(),
            f"Ways to sign in: {', '.join(self.ways) or 'none (--sign-in never)'}",
            self._broker(),
        ]

    def facts(self) -> dict[str, Any]:
        """The same for `status --json`."""
        return {
            "account": self.account.user_name if self.account else None,
            "tenant_id": self.account.tenant_id if self.account else None,
            "accounts": [self._facts_of(account) for account in self.accounts],
            "needed": sorted(self.needed),
            "waiting_for_administrator": sorted(self.waiting),
            "token_store": self.token_store or None,
            "sign_in": list(self.ways),
            "no_broker": self.no_broker or None,
            "closed": list(self.closed),
        }

    def _grants(self, account: Account | None) -> Grants:
        return self.grants.get(account.home_account_id, _NOTHING) if account else _NOTHING

    def _facts_of(self, account: Account) -> dict[str, Any]:
        grants = self._grants(account)
        return {
            "user_name": account.user_name,
            "tenant_id": account.tenant_id,
            "in_use": account == self.account,
            "granted": sorted(grants.granted),
            "used": sorted(grants.used),
        }

    def _of(self, account: Account) -> list[str]:
        grants = self._grants(account)
        in_use = account == self.account
        return [
            f"Signed in: {account.user_name} (tenant {account.tenant_id}){', in use' if in_use else ''}",
            f"  Granted: {_listed(grants.granted) or 'nothing yet'}",
            f"  Used: {_listed(grants.used) or 'nothing yet'}",
            *(f"  {line}" for line in (self._missing() if in_use else [])),
        ]

    def _nobody(self) -> str:
        if self.under_way:
            return "A sign-in is under way."
        if self.why_nobody:
            return self.why_nobody
        return f"Nobody is signed in. {SIGN_IN}"

    def _missing(self) -> list[str]:
        missing = self.needed - self.granted - self.waiting
        return [f"Asked for when needed: {_listed(missing)}"] if missing else []

    def _notices(self) -> list[str]:
        waits = f"An administrator has to approve: {_listed(self.waiting)}. `mcp-local-graph consent` has the message."
        return [*([waits] if self.waiting else []), *self.closed]

    def _broker(self) -> str:
        if self.no_broker:
            return f"The system's broker is not used: {self.no_broker}."
        return f"The system's broker needs this redirect address in the app registration: {self.broker_address}"

    def _tokens(self) -> str:
        return f"Tokens: {self.token_store}"


def _listed(scopes: Iterable[str]) -> str:
    return ", ".join(sorted(scopes))
