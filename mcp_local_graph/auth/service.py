"""The one place that knows who is signed in: tokens silently where it can be, an attempt to ask where it cannot."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio

from mcp_local_graph import __version__, tls
from mcp_local_graph.auth import browser
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.config import SignIn, TokenStore
from mcp_local_graph.errors import (
    TRY_AGAIN,
    ClientIdMissing,
    Need,
    ServiceUnavailable,
    SettingsError,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    SignInNeeded,
)
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.cache import AccountCache
    from mcp_local_graph.clouds import Cloud

# At most so many prompts within so many seconds, whoever asks: a model in a loop must not tire a person into a yes.
_PROMPTS, _WINDOW = 3, 600.0
_CONSENT_MISSING = 65001


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """As which app, where and how one signs in."""

    client_id: str | None
    tenant: str
    cloud: Cloud
    ca_file: Path | None
    sign_in: SignIn
    token_store: TokenStore
    state_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is to know without asking anybody. `accounts` are all that the cache holds."""

    account: Account | None
    accounts: tuple[Account, ...]
    granted: frozenset[str]
    token_store: str
    under_way: Shown | None


class AuthenticationService:
    """Tokens for Graph, for the person at this machine.

    Nothing happens before the first question: no network, no key store, no import of MSAL.
    """

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._opening = threading.Lock()
        self._connecting = threading.Lock()
        self._asking_entra = threading.Lock()
        self._cache: AccountCache | None = None
        self._app: msal.PublicClientApplication | None = None
        self._flights: dict[tuple[Need, bool], asyncio.Future[str]] = {}
        self._beginning = anyio.Lock()
        self._attempt: Attempt | None = None
        self._refusal: SignInFailed | None = None
        self._refused_until = 0.0
        self._prompts: deque[float] = deque(maxlen=_PROMPTS)

    async def token(self, scopes: Iterable[str], claims: str | None = None, *, renew: bool = False) -> str:
        """An access token that covers `scopes`, without asking anybody.

        `claims` is a claims challenge as JSON text; `renew` asks for a new token though the cached one looks good.
        Callers that ask for the same at the same time share one request.

        Raises:
            SignInNeeded: only the person can help.
            ServiceUnavailable: no network, or Entra is down; a prompt would not help.
            SignInFailed: Entra refused for a reason that no prompt mends.
            ClientIdMissing: no app registration was named.
        """
        need = Need(frozenset(scopes), claims)
        self._client_id()
        key = (need, renew)
        if key not in self._flights:
            self._flights[key] = asyncio.ensure_future(in_thread(self._silently, need, renew=renew))
            self._flights[key].add_done_callback(lambda flight: self._landed(key, flight))
        return await asyncio.shield(self._flights[key])

    async def begin(self, need: Need, *, asked: bool = False) -> tuple[Attempt, bool]:
        """The attempt that is under way, or a new one; True where this call began it.

        `asked` means that the person wants to be asked now, though they declined before.

        Raises:
            SignInFailed: the person declined or let it pass and has not asked again, or was prompted too often.
            SettingsError: the settings allow no prompt, or not in this way.
            LocalGraphError: Entra did not let us begin.
        """
        self._client_id()
        async with self._beginning:
            if self._attempt is not None and not self._attempt.over:
                return self._attempt, False
            self._check_prompt(asked=asked)
            beginning = asyncio.ensure_future(in_thread(self._begin, need))
            try:
                self._attempt = await asyncio.shield(beginning)
            except asyncio.CancelledError:
                beginning.add_done_callback(_abandon)
                raise
            self._prompts.append(time.monotonic())
            return self._attempt, True

    async def sign_out(self, *, everyone: bool = False) -> tuple[Account, ...]:
        """Forget the account in use, or all of them, on this machine; returns whom."""
        return await in_thread(self._sign_out, everyone=everyone)

    async def status(self) -> Status:
        """What there is to know. Needs the key store, no network."""
        return await in_thread(self._status)

    async def granted(self) -> frozenset[str]:
        """The scopes that the account in use has granted."""
        return (await self.status()).granted

    def _landed(self, key: tuple[Need, bool], flight: asyncio.Future[str]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # asked for here, so that nobody misses it when all who waited were cancelled

    def _client_id(self) -> str:
        if self._registration.client_id is None:
            raise ClientIdMissing
        return self._registration.client_id

    # All that follows runs in daemon threads.

    def _open_cache(self) -> AccountCache:
        from mcp_local_graph.auth.cache import AccountCache, Place, open_vault  # noqa: PLC0415 - brings MSAL

        with self._opening:
            if self._cache is None:
                registration = self._registration
                place = Place(
                    registration.state_dir,
                    registration.cloud.login_url,
                    self._client_id(),
                    registration.token_store,
                )
                self._cache = AccountCache(open_vault(place))
            return self._cache

    def _application(self) -> msal.PublicClientApplication:
        """MSAL's application. Making one asks Entra for its endpoints; a failure is not kept."""
        import msal  # noqa: PLC0415 - a tenth of a second that a start must not pay

        from mcp_local_graph.auth.wire import EntraClient  # noqa: PLC0415 - as above

        cache = self._open_cache()
        with self._connecting:
            if self._app is None:
                try:
                    self._app = msal.PublicClientApplication(
                        self._client_id(),
                        authority=f"{self._registration.cloud.login_url}/{self._registration.tenant}",
                        # The host is from our own table or the person's setting: asking Microsoft whether it is one
                        # of theirs would be a request to a third place.
                        instance_discovery=False,
                        client_capabilities=["CP1"],
                        token_cache=cache,
                        http_client=EntraClient(tls.client_context(self._registration.ca_file)),
                        app_name="mcp-local-graph",
                        app_version=__version__,
                    )
                except (KeyError, ValueError) as error:  # JSON, but no discovery document
                    raise ServiceUnavailable(
                        "What answered in place of Microsoft's sign-in service does not describe one.",
                        "Check --tenant and the network, then try again.",
                    ) from error
            return self._app

    def _silently(self, need: Need, *, renew: bool) -> str:
        from mcp_local_graph.auth.outcomes import graph_scopes, token_answer  # noqa: PLC0415 - brings MSAL

        cache = self._open_cache()
        account = self._entry_in_use(cache)
        if account is None:
            raise SignInNeeded("Nobody is signed in yet.", need)
        home = account["home_account_id"]
        need = replace(need, account=home, hint=account.get("username"))
        with self._asking_entra:
            answer = token_answer(lambda: self._ask_silently(cache, account, need, renew=renew), need)
        cache.grant(home, graph_scopes(answer))
        return str(answer["access_token"])

    def _ask_silently(self, cache: AccountCache, account: dict[str, Any], need: Need, *, renew: bool) -> Any:  # noqa: ANN401 - MSAL's
        """Ask with all that was ever granted: MSAL may otherwise find an older token of more scopes, a revoked one."""
        from mcp_local_graph.auth.remedies import codes_of  # noqa: PLC0415 - needed at a refresh only

        granted = cache.granted(account["home_account_id"])
        answer = self._acquire(account, granted | need.scopes, need, renew=renew)
        if isinstance(answer, dict) and _CONSENT_MISSING in codes_of(answer) and need.scopes < granted:
            cache.retire(account["home_account_id"], granted - need.scopes)
            answer = self._acquire(account, need.scopes, need, renew=renew)
        return answer

    def _acquire(self, account: dict[str, Any], scopes: frozenset[str], need: Need, *, renew: bool) -> Any:  # noqa: ANN401 - MSAL's
        return self._application().acquire_token_silent_with_error(
            sorted(scopes),
            account,
            claims_challenge=need.claims,
            force_refresh=renew,
            # Where Entra is out of reach, a token that is old but good still serves.
            http_exceptions=(ServiceUnavailable,),
        )

    def _begin(self, need: Need) -> Attempt:
        from mcp_local_graph.auth import flows  # noqa: PLC0415 - brings MSAL

        granted = self._open_cache().granted(need.account) if need.account else frozenset[str]()
        need = replace(need, scopes=need.scopes | granted)
        rung, pinned = self._rung(), self._registration.sign_in is not SignIn.AUTO
        attempt = flows.begin(self._application(), need, flows.Settle(self._keep, self._drop), rung, pinned=pinned)
        attempt.outcome.add_done_callback(lambda outcome: self._remember(outcome.exception()))
        return attempt

    def _rung(self) -> Rung:
        chosen = self._registration.sign_in
        if chosen is SignIn.BROKER:
            raise SettingsError(
                "Signing in through the operating system's broker is not part of this version.",
                "Set --sign-in auto.",
            )
        if chosen is SignIn.BROWSER or (chosen is SignIn.AUTO and browser.can_open()):
            return Rung.BROWSER
        return Rung.DEVICE

    def _check_prompt(self, *, asked: bool) -> None:
        now = time.monotonic()
        if self._registration.sign_in is SignIn.NEVER:
            raise SignInFailed(
                "A sign-in is needed, and this server may not ask for one (--sign-in never).",
                "Run `mcp-local-graph login --sign-in auto` in a terminal.",
            )
        if asked:
            self._refusal = None
        if self._refusal is not None and now < self._refused_until:
            raise type(self._refusal)(
                f"{self._refusal.what} It is not asked again by itself.",
                TRY_AGAIN,
                trace=self._refusal.trace,
            )
        if len(self._prompts) == _PROMPTS and now - self._prompts[0] < _WINDOW:
            raise SignInFailed(
                f"You were asked to sign in {_PROMPTS} times within {_WINDOW / 60:.0f} minutes.",
                "Wait a few minutes, or run `mcp-local-graph login` in a terminal.",
            )

    def _remember(self, error: BaseException | None) -> None:
        """A no is a no, for a while; an account is a new beginning."""
        if isinstance(error, SignInDeclined | SignInExpired):
            self._refusal, self._refused_until = error, time.monotonic() + _WINDOW
        elif error is None:
            self._refusal = None
            self._prompts.clear()

    def _keep(self, account: Account, answer: dict[str, Any]) -> None:
        from mcp_local_graph.auth.outcomes import graph_scopes  # noqa: PLC0415 - brings MSAL

        cache = self._open_cache()
        cache.grant(account.home_account_id, graph_scopes(answer))
        cache.use(account.home_account_id)

    def _drop(self, account: Account) -> None:
        self._open_cache().remove(account.home_account_id)

    def _sign_out(self, *, everyone: bool) -> tuple[Account, ...]:
        cache = self._open_cache()
        leaving = tuple(account for account in cache.accounts() if everyone or account.home_account_id == cache.in_use)
        for account in leaving:
            cache.remove(account.home_account_id)
        return leaving

    def _status(self) -> Status:
        if self._registration.client_id is None:
            return Status(account=None, accounts=(), granted=frozenset(), token_store="", under_way=None)
        cache = self._open_cache()
        in_use = cache.in_use
        accounts = cache.accounts()
        account = next((account for account in accounts if account.home_account_id == in_use), None)
        under_way = self._attempt.shown if self._attempt and not self._attempt.over else None
        return Status(
            account=account,
            accounts=accounts,
            granted=cache.granted(in_use) if in_use else frozenset(),
            token_store=cache.describe(),
            under_way=under_way,
        )

    @staticmethod
    def _entry_in_use(cache: AccountCache) -> dict[str, Any] | None:
        """MSAL's entry for the account in use."""
        return next((entry for entry in cache.entries() if entry["home_account_id"] == cache.in_use), None)


def _abandon(beginning: asyncio.Future[Attempt]) -> None:
    """End the attempt of a call that was cancelled meanwhile: nobody would ever show it."""
    if not beginning.cancelled() and beginning.exception() is None:
        beginning.result().end(SignInFailed("The call that wanted the sign-in was cancelled."))
