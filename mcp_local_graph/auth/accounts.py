"""The accounts of this machine, and what a tool may know and do about them. It never sees a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.clouds import is_personal
from mcp_local_graph.errors import Need, SignInFailed, SignInNeeded

if TYPE_CHECKING:
    from mcp_local_graph.auth.credentials import CredentialStatus, CredentialTokens
    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.auth.status import Status

# The least that a sign-in asks for: who the person is. Every tenant lets its users grant it.
FIRST_SCOPES = frozenset({"User.Read"})


class Account(NamedTuple):
    """A signed-in account. `home_account_id` is MSAL's key; `tenant_id` is where it signed in."""

    home_account_id: str
    user_name: str
    tenant_id: str

    @property
    def key(self) -> str:
        """What tells it from all others: an account that came with a credential has no key of MSAL's."""
        return self.home_account_id or f"{self.tenant_id}|{self.user_name}"

    @property
    def personal(self) -> bool:
        """Whether it is a personal Microsoft account."""
        return is_personal(self.tenant_id)

    def is_named(self, name: str) -> bool:
        """Whether a person who says `name` means this account: its user name, or MSAL's key of it."""
        return name.casefold() in {self.user_name.casefold(), self.home_account_id.casefold()}


class Who(NamedTuple):
    """As whom calls are made, and what that account granted, by short name. `account` is None while that is unclear."""

    account: Account | None
    granted: frozenset[str]

    @property
    def personal(self) -> bool:
        """Whether it is a personal Microsoft account."""
        return self.account is not None and self.account.personal

    @property
    def user_name(self) -> str:
        """Its user name, or nothing."""
        return self.account.user_name if self.account else ""


class Accounts:
    """The accounts, for one tool call."""

    def __init__(self, service: AuthenticationService | CredentialTokens) -> None:
        self._service = service

    async def status(self) -> Status | CredentialStatus:
        """Who is signed in, what they granted, where it is kept."""
        return await self._service.status()

    async def require(self) -> Status | CredentialStatus:
        """Make sure that somebody is signed in, because the person asks for it.

        Raises:
            SignInNeeded: nobody is; marked as asked for, so that an earlier no does not count.
            LocalGraphError: it cannot be found out now.
        """
        if (refused := self._service.refused) is not None and not await self._is_there(refused):
            raise SignInNeeded("What was declined before is still missing.", refused, asked=True)
        try:
            await self._service.token(FIRST_SCOPES)
        except SignInNeeded as needed:
            need = needed.need._replace(scopes=needed.need.scopes | FIRST_SCOPES)
            raise SignInNeeded(needed.what, need, needed.remedy, trace=needed.trace, asked=True) from None
        except SignInFailed as failed:  # what ended this sign-in need not end another: another account, another way
            need = Need(FIRST_SCOPES)
            raise SignInNeeded(failed.what, need, failed.remedy, trace=failed.trace, asked=True) from None
        return await self._service.status()

    async def _is_there(self, refused: Need) -> bool:
        """Whether what was refused has been granted since, by an administrator for instance."""
        try:
            await self._service.token(refused.scopes, refused.claims)
        except (SignInNeeded, SignInFailed):
            return False
        return True
