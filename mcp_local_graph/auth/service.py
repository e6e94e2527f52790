"""The one place that knows who is signed in: tokens silently where it can be, an attempt to ask where it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from mcp_local_graph.auth import browser, ladder
from mcp_local_graph.auth.accounts import Who
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.prompts import Prompts
from mcp_local_graph.auth.status import Status
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import (
    TRY_AGAIN,
    AccountUnclear,
    ClientIdMissing,
    KeyStoreUnavailable,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInFailed,
    SignInNeeded,
)
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.entra import Entra
    from mcp_local_graph.auth.registration import Registration
    from mcp_local_graph.auth.silent import Silent

_logger = logging.getLogger(__name__)


class AuthenticationService:
    """Tokens for Graph, for the person at this machine.

    Nothing happens before the first question: no network, no key store, no import of MSAL.
    """

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._opening = threading.Lock()
        self._opened: tuple[Entra, Silent] | None = None
        self._flights: dict[tuple[Need, bool], asyncio.Future[str]] = {}
        self._beginning = anyio.Lock()
        self._attempt: Attempt | None = None
        self._prompts = Prompts()
        self._closed: set[Rung] = set()
        self._no_broker: str | None = None

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
        self._check_client_id()
        key = (need, renew)
        if key not in self._flights:
            self._flights[key] = asyncio.ensure_future(in_thread(self._silently, need, renew=renew))
            self._flights[key].add_done_callback(lambda flight: self._landed(key, flight))
        return await _within_deadline(asyncio.shield(self._flights[key]))

    @property
    def refused(self) -> Need | None:
        """What the person said no to last, and has not granted since."""
        return self._prompts.refused

    async def begin(
        self, need: Need, *, asked: bool = False, anyone: bool = False, since: float | None = None
    ) -> tuple[Attempt, bool]:
        """The attempt that is under way, or a new one; True where this call began it.

        `asked` means that the person wants to be asked now, though they declined before; `anyone` that another account
        than the one in use is welcome. A need that arose at `since` (seconds since 1970) is met without a prompt where
        somebody has signed in after that: the attempt is over then.

        Raises:
            SignInFailed: the person declined or let it pass and has not asked again, or was prompted too often.
            SettingsError: the settings allow no prompt, or not in this way.
            LocalGraphError: Entra did not let us begin.
        """
        self._check_client_id()
        async with self._beginning:
            if self._attempt is not None and not self._attempt.over:
                return self._attempt, False
            self._check_settings()
            self._prompts.check(asked=asked)
            beginning = asyncio.ensure_future(in_thread(self._begin, need, asked, anyone, since))
            try:
                self._attempt = await _within_deadline(asyncio.shield(beginning))
            except (asyncio.CancelledError, ServiceUnavailable):
                beginning.add_done_callback(_abandon)
                raise
            if self._attempt.shown.rung not in {Rung.ELSEWHERE, Rung.NONE}:
                self._prompts.asked()
            return self._attempt, True

    async def sign_out(self, *, everyone: bool = False) -> tuple[Account, ...]:
        """Forget the account in use, or all of them, on this machine; returns whom. Needs no network."""
        return await in_thread(self._sign_out, everyone=everyone)

    async def use(self, name: str) -> Account:
        """Choose the account that calls are made as, by user name or home account id.

        Raises:
            AccountUnclear: nobody of this name is signed in.
        """
        return await in_thread(self._use, name)

    async def status(self) -> Status:
        """What there is to know. Needs the key store, no network."""
        return await in_thread(self._status)

    def require_person(self) -> None:
        """Whoever signs in here is one."""

    async def granted(self) -> frozenset[str]:
        """The scopes that the account in use has granted."""
        return (await self.who()).granted

    async def who(self) -> Who:
        """As whom calls are made, and what that account granted. Needs the key store, no network."""
        return await in_thread(self._who)

    def _landed(self, key: tuple[Need, bool], flight: asyncio.Future[str]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # asked for here, so that nobody misses it when all who waited were cancelled

    def _check_client_id(self) -> None:
        if self._registration.client_id is None:
            raise ClientIdMissing

    def _check_settings(self) -> None:
        if self._registration.sign_in is SignIn.NEVER:
            raise SignInFailed(
                "A sign-in is needed, and this server may not ask for one (--sign-in never).",
                "Run `mcp-local-graph login --sign-in auto` in a terminal.",
            )

    # All that follows runs in daemon threads.

    def _open(self) -> tuple[Entra, Silent]:
        from mcp_local_graph.auth.entra import Entra  # noqa: PLC0415 - brings MSAL, which a start must not pay for
        from mcp_local_graph.auth.silent import Silent  # noqa: PLC0415 - as above

        with self._opening:
            if self._opened is None:
                entra = Entra(self._registration)
                self._opened = entra, Silent(entra)
            return self._opened

    def _silently(self, need: Need, *, renew: bool) -> str:
        return self._open()[1].token(need, renew=renew)

    def _machine(self) -> ladder.Abilities:
        from mcp_local_graph.auth import broker  # noqa: PLC0415 - brings MSAL

        with self._opening:
            if self._no_broker is None:  # asked once: finding out imports the broker's package
                self._no_broker = broker.why_not(broker.this_machine(), self._registration.cloud) or ""
        return ladder.Abilities(no_broker=self._no_broker, browser=browser.can_open())

    def _rungs(self) -> tuple[Rung, ...]:
        """The ways that are left, in order."""
        rungs = ladder.rungs(self._registration.sign_in, self._machine())
        return tuple(rung for rung in rungs if rung not in self._closed)

    def _begin(self, need: Need, asked: bool, anyone: bool, since: float | None) -> Attempt:  # noqa: FBT001 - of ours
        """Ask, unless another program on this machine is asking already; who asks for it themselves gets their own."""
        entra, silent = self._open()
        if since is not None and need.claims is None and silent.signed_in_since(need, since):
            return self._met(need)
        need = self._completed(need, None if anyone else self._account())
        held = contextlib.ExitStack()
        try:
            held.enter_context(entra.cache.alone("prompt", 0))
        except KeyStoreUnavailable:
            if not asked:
                return self._elsewhere(need)
        except OSError as error:
            _logger.warning("Asking without the lock of other servers: %s", error.strerror)
        try:
            attempt = self._ask(need, anyone=anyone)
        except BaseException:
            held.close()
            raise
        attempt.outcome.add_done_callback(lambda _: held.close())
        attempt.outcome.add_done_callback(lambda outcome: self._ended(need, outcome.exception()))
        return attempt

    def _completed(self, need: Need, account: Account | None) -> Need:
        """Expect the account in use. Nothing is asked for but what is needed: a refresh gathers the rest."""
        if account is None or need.account not in {None, account.home_account_id}:
            return need
        return replace(need, account=account.home_account_id, hint=need.hint or account.user_name)

    def _met(self, need: Need) -> Attempt:
        """An attempt that is over before it began."""
        attempt = Attempt(need, 1)
        attempt.shown = Shown(Rung.NONE, "")
        account = self._account()
        attempt.end(account or AccountUnclear("The account in use has changed meanwhile.", TRY_AGAIN))
        return attempt

    def _ask(self, need: Need, *, anyone: bool) -> Attempt:
        """Begin on the first rung that is open; where it turns out to be closed, on the next."""
        from mcp_local_graph.auth import flows  # noqa: PLC0415 - brings MSAL

        settle = flows.Settle(self._known, self._keep, self._drop, self._check_account, anyone, self._judge)
        entra, _ = self._open()
        ways = {
            Rung.BROKER: lambda: flows.through_broker(entra.broker(), need, settle),
            Rung.BROWSER: lambda: flows.browser(entra, need, settle),
            Rung.DEVICE: lambda: flows.device(entra, need, settle),
        }
        while rungs := self._rungs():
            try:
                return ways[rungs[0]]()
            except LocalGraphError as error:
                if not self._close(rungs[0], error):
                    raise
        raise SignInFailed("No way of signing in is left on this machine.", "Start the server again to try them all.")

    def _elsewhere(self, need: Need) -> Attempt:
        from mcp_local_graph.auth import flows  # noqa: PLC0415 - brings MSAL

        entra, silent = self._open()

        def found() -> Account | None:
            try:
                silent.token(need, renew=False)
            except LocalGraphError:
                return None
            return entra.cache.account(silent.entry(need)["home_account_id"])

        return flows.elsewhere(entra.cache, need, found)

    def _judge(self, rung: Rung, need: Need, error: LocalGraphError) -> LocalGraphError:
        """What a failure means: where it closes a rung and another is open, the person is needed once more."""
        if not self._close(rung, error):
            return error
        needed = SignInNeeded(error.what, need, error.remedy, trace=error.trace)
        needed.another_way = True
        return needed

    def _close(self, rung: Rung, error: LocalGraphError) -> bool:
        """Close the rungs that a failure closes; true where that leaves another one. A pinned way stays open."""
        closes = ladder.closed_by(rung, error)
        if not closes or self._registration.sign_in is not SignIn.AUTO:
            return False
        self._closed |= closes
        return bool(self._rungs())

    def _ended(self, need: Need, error: BaseException | None) -> None:
        self._prompts.ended(need, error if isinstance(error, LocalGraphError) else None)

    def _known(self) -> frozenset[str]:
        """The home account ids of all who are signed in."""
        return frozenset(account.home_account_id for account in self._open()[0].cache.accounts())

    def _keep(self, account: Account, need: Need, answer: dict[str, Any]) -> None:
        from mcp_local_graph.auth.outcomes import graph_scopes  # noqa: PLC0415 - brings MSAL

        cache = self._open()[0].cache
        home, granted = account.home_account_id, graph_scopes(answer)
        cache.note_token(home, str(answer["access_token"]), asked=need.scopes, granted=granted)
        cache.note_person(account)

    def _drop(self, account: Account) -> None:
        self._open()[0].cache.remove(account.home_account_id)

    def _check_account(self, account: Account) -> None:
        pinned = self._registration.account
        if pinned is not None and not account.is_named(pinned):
            raise AccountUnclear(
                f"Another account signed in than {pinned}, which the settings name; it was not kept.",
                f"Sign in as {pinned}, or change --account.",
            )

    def _use(self, name: str) -> Account:
        self._check_client_id()
        cache = self._open()[0].cache
        for account in cache.accounts():
            if account.is_named(name):
                cache.use(account.home_account_id)
                return account
        raise AccountUnclear(
            f"Nobody of the name {name} is signed in here.",
            "See `mcp-local-graph status`, or sign in: `mcp-local-graph login`.",
        )

    def _sign_out(self, *, everyone: bool) -> tuple[Account, ...]:
        self._check_client_id()
        entra, _ = self._open()
        account = self._account()
        leaving = entra.cache.accounts() if everyone else (account,) if account else ()
        for one in leaving:
            self._sign_out_of_broker(entra, one)
            entra.cache.remove(one.home_account_id)
        if everyone:
            entra.place.wipe()
        return leaving

    @staticmethod
    def _sign_out_of_broker(entra: Entra, account: Account) -> None:
        from mcp_local_graph.auth import broker  # noqa: PLC0415 - brings MSAL

        for entry in entra.cache.entries():
            theirs = entry["home_account_id"] == account.home_account_id and broker.established(entry)
            if theirs and not entra.broker().sign_out(entry):
                _logger.warning("The system's sign-in broker did not answer: the account stays signed in there")

    def _account(self) -> Account | None:
        """The account that a call would be made as now; None where that is unclear or nobody."""
        entra, silent = self._open()
        try:
            entry = silent.entry(Need(frozenset()))
        except (SignInNeeded, AccountUnclear):
            return None
        return entra.cache.account(entry["home_account_id"])

    def _who(self) -> Who:
        if self._registration.client_id is None:
            return Who(None, frozenset())
        account = self._account()
        granted = self._open()[0].cache.granted(account.home_account_id) if account else frozenset[str]()
        return Who(account, granted)

    def _status(self) -> Status:
        machine = self._machine()
        rungs = ladder.rungs(self._registration.sign_in, machine)
        nobody = Status(
            account=None,
            accounts=(),
            granted=frozenset(),
            used=frozenset(),
            token_store="",
            lasts=False,
            under_way=None,
            ways=tuple(rung.value for rung in rungs),
            no_broker=machine.no_broker,
            needed=self._registration.needed,
        )
        if self._registration.client_id is None:
            return nobody
        entra, _ = self._open()
        account = self._account()
        return replace(
            nobody,
            account=account,
            accounts=entra.cache.accounts(),
            granted=entra.cache.granted(account.home_account_id) if account else frozenset(),
            used=frozenset(entra.cache.note(account.home_account_id).used) if account else frozenset(),
            token_store=entra.cache.describe(),
            lasts=entra.cache.lasts,
            under_way=self._attempt.shown if self._attempt and not self._attempt.over else None,
        )


def _abandon(beginning: asyncio.Future[Attempt]) -> None:
    """End the attempt of a call that was cancelled meanwhile: nobody would ever show it."""
    if not beginning.cancelled() and beginning.exception() is None:
        beginning.result().end(SignInFailed("The call that wanted the sign-in was cancelled."))


# Seconds that signing in may keep a call waiting for the network, all in all: hosts drop one at about sixty.
_DEADLINE = 40.0
T = TypeVar("T")


async def _within_deadline(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_DEADLINE):
            return await work
    except TimeoutError as error:
        raise ServiceUnavailable(
            "Microsoft's sign-in service did not answer in time.", "Try again in a minute."
        ) from error
