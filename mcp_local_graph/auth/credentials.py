"""Tokens for Graph from azure-identity, for those who chose `--credential`: somebody else has signed in already.

`CredentialTokens` stands where `AuthenticationService` does. azure-identity itself is in `auth.azure_tokens`, which is
imported at the first question, in a thread.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.auth.accounts import Account, Who
from mcp_local_graph.auth.challenges import answers
from mcp_local_graph.config import Credential
from mcp_local_graph.errors import SettingsError, SignInFailed
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mcp_local_graph.auth.attempt import Attempt
    from mcp_local_graph.auth.consent import Approval
    from mcp_local_graph.clouds import Cloud
    from mcp_local_graph.errors import Need

# A token is not used in its last five minutes, nor in the last fifth of a short life.
_MARGIN, _MARGIN_SHARE = 300.0, 0.2


class Identity(StrEnum):
    """Whom a token speaks for."""

    PERSON = "a signed-in person"
    APP = "an app, without a signed-in person: tools about me do not work"
    UNKNOWN = "a person or an app; known after the first call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which credential, of which cloud and tenant. `patience` is for `az`, in seconds: its first run is slow."""

    kind: Credential
    cloud: Cloud
    ca_file: Path | None
    tenant: str
    patience: int = 25

    @property
    def scope(self) -> str:
        """All that the credential may do at Graph."""
        return f"{self.cloud.graph_url}/.default"

    @property
    def mend(self) -> str:
        """The one thing to do where the credential is refused and there is nothing better to say."""
        if self.kind is Credential.AZURE_CLI:
            return f"Run `az login --scope {self.scope}`."
        return "Send these lines to the administrator of the app."


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialStatus:
    """What there is to know without asking. `account` is None until a token was had that tells it."""

    credential: Credential
    identity: Identity
    account: Account | None
    granted: frozenset[str]

    @property
    def is_ready(self) -> bool:
        """Whether a tool can work without asking anybody first: nobody could be asked."""
        return True

    def facts(self) -> dict[str, Any]:
        """For `status --json`."""
        return {
            "credential": self.credential.value,
            "identity": self.identity.value,
            "account": self.account.user_name if self.account else None,
            "tenant_id": self.account.tenant_id if self.account else None,
            "granted": sorted(self.granted),
        }

    def details(self) -> list[str]:
        """There is no more to say to a person at a terminal."""
        return self.lines()

    def lines(self) -> list[str]:
        """One line per fact, for `status` and account_status."""
        who = f" ({self.account.user_name}, tenant {self.account.tenant_id})" if self.account else ""
        return [
            f"Tokens come from --credential {self.credential}; nobody signs in here.",
            f"They speak for {self.identity}{who}.",
            *([f"Granted: {', '.join(sorted(self.granted))}"] if self.granted else []),
            "Tokens: in memory only, gone when the server stops",
        ]


class _Kept(NamedTuple):
    """A token, what it says of itself, until when it is good by a clock that nobody sets, and what it answers."""

    token: str
    claims: dict[str, Any]
    good_until: float
    challenge: str

    def is_refused(self, challenge: str | None, refused: str | None) -> bool:
        """Whether this is the token that was refused, or one that does not answer the challenge."""
        answered = challenge is None or bool(refused and answers(self.challenge, challenge))
        return self.token == refused or not answered


class CredentialTokens:
    """Tokens for Graph that a credential of azure-identity gives. Nothing happens before the first question."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._asking = threading.Lock()
        self._kept: _Kept | None = None
        self._claims: dict[str, Any] = {}
        self._flights: dict[tuple[str | None, str | None], asyncio.Future[str]] = {}

    async def token(
        self,
        scopes: Iterable[str],  # noqa: ARG002 - a credential gives all that it has, whatever is asked for
        claims: str | None = None,
        *,
        instead_of: str | None = None,
    ) -> str:
        """An access token for Graph; `claims` and `instead_of` as in AuthenticationService.

        Callers that ask for the same at the same time share one request.

        Raises:
            ServiceUnavailable: no network, or a service is down.
            SignInFailed: the credential gives no token.
            SettingsError: the environment lacks what the credential needs.
        """
        kept = self._kept
        if kept is not None and claims is None and instead_of is None and time.monotonic() < kept.good_until:
            return kept.token
        key = (claims, instead_of)
        if key not in self._flights:
            self._flights[key] = asyncio.ensure_future(in_thread(self._token, claims, instead_of))
            self._flights[key].add_done_callback(lambda flight: self._landed(key, flight))
        return await asyncio.shield(self._flights[key])

    @property
    def mend(self) -> str:
        """The one thing to do where the credential may do too little."""
        return self._source.mend

    @property
    def refused(self) -> None:
        """Nobody is asked, so nobody has said no."""

    async def begin(
        self,
        need: Need,  # noqa: ARG002 - the surface of AuthenticationService
        *,
        asked: bool = False,  # noqa: ARG002 - as above
        in_person: bool = False,  # noqa: ARG002 - as above
        anyone: bool = False,  # noqa: ARG002 - as above
        since: float | None = None,  # noqa: ARG002 - as above
    ) -> tuple[Attempt, bool]:
        """Nobody can sign in here.

        Raises:
            SignInFailed: always; says where instead.
        """
        what = f"Nobody signs in here: tokens come from --credential {self._source.kind}."
        raise SignInFailed(what, self._source.mend)

    async def sign_out(self, *, everyone: bool = False) -> tuple[Account, ...]:  # noqa: ARG002 - as above
        """There is nothing to forget here.

        Raises:
            SignInFailed: always; says where instead.
        """
        what = f"Nobody is signed in here: tokens come from --credential {self._source.kind}."
        by_az = self._source.kind is Credential.AZURE_CLI
        raise SignInFailed(what, "Run `az logout`." if by_az else "Stop the server, or serve without --credential.")

    async def use(self, name: str) -> Account:  # noqa: ARG002 - as above
        """There is nothing to choose from. Raises SignInFailed, always."""
        what = f"There is one identity only: that of --credential {self._source.kind}."
        raise SignInFailed(what, self._source.mend)

    async def status(self) -> CredentialStatus:
        """What there is to know. Asks nobody."""
        return CredentialStatus(
            credential=self._source.kind,
            identity=self._identity(),
            account=self._account(),
            granted=await self.granted(),
        )

    async def who(self) -> Who:
        """As whom calls are made, as far as the last token tells."""
        return Who(self._account(), await self.granted())

    async def granted(self) -> frozenset[str]:
        """The permissions that the last token names; empty where it cannot be read."""
        roles = self._claims.get("roles")
        scopes = str(self._claims.get("scp") or "").split()
        return frozenset([*scopes, *(map(str, roles) if isinstance(roles, list) else ())])

    async def approval(self, scopes: Iterable[str]) -> Approval:  # noqa: ARG002 - as above
        """Nobody asks for permissions here. Raises SignInFailed, always."""
        what = f"The permissions of --credential {self._source.kind} are not asked for here."
        raise SignInFailed(what, self._source.mend)

    def require_person(self) -> None:
        """To be asked before anything about `/me`.

        Raises:
            SettingsError: the tokens speak for an app.
        """
        if self._identity() is Identity.APP:
            raise SettingsError(
                f"There is no signed-in person: tools about me do not work with --credential {self._source.kind}.",
                "Serve without --credential to sign in as yourself, or ask about people by name.",
            )

    def _account(self) -> Account | None:
        name = self._claims.get("upn") or self._claims.get("preferred_username") or self._claims.get("app_displayname")
        return Account("", str(name), str(self._claims.get("tid") or "")) if name else None

    def _identity(self) -> Identity:
        """What the last token says of itself; where it says nothing, what the credential can only be."""
        if self._claims.get("idtyp") == "app":
            return Identity.APP
        if self._claims.get("idtyp") == "user" or self._claims.get("scp"):
            return Identity.PERSON
        return Identity.UNKNOWN if self._source.kind is Credential.AZURE_CLI else Identity.APP

    def _landed(self, key: tuple[str | None, str | None], flight: asyncio.Future[str]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # asked for here, so that nobody misses it when all who waited were cancelled

    def _token(self, claims: str | None, instead_of: str | None) -> str:
        """In daemon threads, one at a time: who waited finds what another has fetched meanwhile."""
        with self._asking:
            if self._kept is not None and self._kept.is_refused(claims, instead_of):
                self._kept = None  # nobody may get it again, whatever comes of this
            if self._kept is None or time.monotonic() >= self._kept.good_until:
                self._kept = self._fetch(claims)
                self._claims = self._kept.claims
            return self._kept.token

    def _fetch(self, claims: str | None) -> _Kept:
        from mcp_local_graph.auth import azure_tokens  # noqa: PLC0415 - a fifth of a second, paid by those who chose it

        fetched = azure_tokens.fetch(self._source, claims)
        left = fetched.expires_on - time.time()
        good = left - min(_MARGIN, left * _MARGIN_SHARE)
        return _Kept(fetched.token, _claims_of(fetched.token), time.monotonic() + good, claims or "")


def _claims_of(token: str) -> dict[str, Any]:
    """What a token says of itself. Microsoft's are JWTs, but nobody has promised that."""
    part = [*token.split("."), ""][1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
