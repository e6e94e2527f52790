"""The one place that knows who is signed in: tokens silently where it can be, an attempt to ask where it cannot."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from mcp_local_graph.auth import consent
from mcp_local_graph.auth.accounts import Who
from mcp_local_graph.auth.asker import Asker, Wish
from mcp_local_graph.auth.at_hand import AtHand
from mcp_local_graph.auth.broker import machine
from mcp_local_graph.auth.status import Grants, Status
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import (
    AccountUnclear,
    AdminConsentNeeded,
    BlockedByPolicy,
    ClientIdMissing,
    LocalGraphError,
    Need,
    RegistrationWrong,
    ServiceUnavailable,
    SignInFailed,
)
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Attempt, Rung
    from mcp_local_graph.auth.consent import Approval
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
        self._flights: dict[tuple[Need, str | None], asyncio.Future[str]] = {}
        self._at_hand = AtHand()
        self._beginning = anyio.Lock()
        self._attempt: Attempt | None = None
        self._asker = Asker(registration, self._open)

    async def token(self, scopes: Iterable[str], claims: str | None = None, *, instead_of: str | None = None) -> str:
        """An access token that covers `scopes`, without asking anybody.

        `claims` is a claims challenge as JSON text; `instead_of` is a token that was refused, with claims or without.
        Callers that ask for the same at the same time share one request, as do all who had the same token refused.

        Raises:
            SignInNeeded: only the person can help.
            ServiceUnavailable: no network, or Entra is down; a prompt would not help.
            SignInFailed: Entra refused for a reason that no prompt mends.
            ClientIdMissing: no app registration was named.
        """
        need = Need(frozenset(scopes), claims)
        self._check_client_id()
        if claims is None and instead_of is None and (token := self._at_hand.token(self._stamp(), need.scopes)):
            return token
        key = (need, instead_of)
        if key not in self._flights:
            self._flights[key] = asyncio.ensure_future(in_thread(self._silently, need, instead_of))
            self._flights[key].add_done_callback(lambda flight: self._landed(key, flight))
        return await _within_deadline(asyncio.shield(self._flights[key]))

    @property
    def refused(self) -> Need | None:
        """What the person said no to last, and has not granted since."""
        return self._asker.refusals.last

    @property
    def closed(self) -> dict[Rung, LocalGraphError]:
        """The ways of asking that have turned out to be closed, and why."""
        return dict(self._asker.closed)

    async def begin(
        self,
        need: Need,
        *,
        asked: bool = False,
        in_person: bool = False,
        anyone: bool = False,
        since: float | None = None,
    ) -> tuple[Attempt, bool]:
        """The attempt that is under way, or a new one; True where this call began it. It may be over already.

        `asked`, `in_person`, `anyone` and `since` are explained at `Wish`.

        Raises:
            SignInFailed: the person declined or let it pass and has not asked again, or was prompted too often.
            SettingsError: the settings allow no prompt, or not in this way.
            LocalGraphError: Entra did not let us begin.
        """
        self._check_client_id()
        async with self._beginning:
            if self._attempt is not None and not self._attempt.over:
                return self._attempt, False
            self._check_settings(need)
            wish = Wish(asked=asked, in_person=in_person, anyone=anyone, since=since)
            beginning = asyncio.ensure_future(in_thread(self._asker.begin, need, wish))
            try:
                self._attempt = await _within_deadline(asyncio.shield(beginning))
            except (asyncio.CancelledError, ServiceUnavailable):
                beginning.add_done_callback(_abandon)
                raise
            return self._attempt, True

    async def sign_out(self, *, everyone: bool = False) -> tuple[Account, ...]:
        """Forget the account in use, or all of them, on this machine; returns whom. Needs no network.

        Raises:
            AccountUnclear: some are signed in, and none of them is in use.
        """
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
        known = self._at_hand.who(self._stamp())
        return known if known is not None else await in_thread(self._who)

    def _stamp(self) -> object:
        """Of the cache, where it is open."""
        return self._opened[0].cache.stamp() if self._opened else None

    async def approval(self, scopes: Iterable[str]) -> Approval:
        """What an administrator has to be asked for, so that these scopes can be had. Needs no network."""
        return await in_thread(self._approval, frozenset(scopes))

    def _landed(self, key: tuple[Need, str | None], flight: asyncio.Future[str]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # asked for here, so that nobody misses it when all who waited were cancelled

    def _check_client_id(self) -> None:
        if self._registration.client_id is None:
            raise ClientIdMissing

    def _check_settings(self, need: Need) -> None:
        if self._registration.sign_in is SignIn.NEVER:
            raise SignInFailed(
                f"A sign-in that grants {', '.join(sorted(need.scopes))} is needed, but this server may not ask for it "
                "(--sign-in never).",
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

    def _silently(self, need: Need, instead_of: str | None) -> str:
        entra, silent = self._open()
        stamp = entra.cache.stamp()
        try:
            token = silent.token(need, instead_of)
        except (AdminConsentNeeded, BlockedByPolicy, RegistrationWrong) as error:
            told = self._asker.refused_silently(need, error)
            if told is error:
                raise
            raise told from error
        self._at_hand.keep_token(stamp, need.scopes, token, silent.good_until(token))
        return token

    def _approval(self, scopes: frozenset[str]) -> Approval:
        self._check_client_id()
        who = self._who()
        return consent.approval(self._registration, who.account, scopes - who.granted, self._open()[0].cache.waiting)

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
        entra, silent = self._open()
        account = silent.account()
        if account is None and not everyone and (why := silent.why_nobody()):
            raise AccountUnclear(
                why.what,
                "To sign out one: `mcp-local-graph logout --account <account>`; all of them: "
                "`mcp-local-graph logout --all`.",
            )
        leaving = entra.cache.accounts() if everyone else (account,) if account else ()
        for one in leaving:
            theirs = [entry for entry in entra.cache.entries() if entry["home_account_id"] == one.home_account_id]
            entra.cache.remove(one.home_account_id)
            for entry in theirs:
                _leave_broker(entra, entry)
        if everyone:
            entra.place.wipe()
        return leaving

    def _who(self) -> Who:
        if self._registration.client_id is None:
            return Who(None, frozenset())
        entra, silent = self._open()
        stamp = entra.cache.stamp()
        account = silent.account()
        who = Who(account, entra.cache.granted(account.home_account_id) if account else frozenset())
        self._at_hand.keep_who(stamp, who)
        return who

    def _status(self) -> Status:
        nobody = Status(
            ways=tuple(rung.value for rung in self._asker.rungs()),
            no_broker=self._asker.machine().no_broker,
            closed=tuple(dict.fromkeys(f"{error.what} {error.remedy}" for error in self.closed.values())),
            needed=self._registration.needed,
        )
        if self._registration.client_id is None:
            return nobody
        entra, silent = self._open()

        accounts = entra.cache.accounts()
        notes = {account.home_account_id: entra.cache.note(account.home_account_id) for account in accounts}
        waiting = entra.cache.waiting
        return replace(
            nobody,
            account=silent.account(),
            why_nobody=f"{why.what} {why.remedy}" if (why := silent.why_nobody()) else "",
            accounts=accounts,
            grants={home: Grants(frozenset(note.granted), frozenset(note.used)) for home, note in notes.items()},
            waiting=waiting.scopes if waiting else frozenset(),
            broker_address=machine.redirect_uri(machine.this_machine(), entra.client_id),
            token_store=entra.cache.describe(),
            lasts=entra.cache.lasts,
            under_way=self._attempt.shown if self._attempt and not self._attempt.over else None,
        )


def _leave_broker(entra: Entra, entry: dict[str, Any]) -> None:
    """Sign out at the system's broker too, where the account is from there. It is gone here already."""
    if not machine.established(entry):
        return
    try:
        left = entra.broker().sign_out(entry)
    except LocalGraphError:  # no network, to make an application that could ask it
        left = False
    if not left:
        _logger.warning("The system's sign-in broker did not answer: the account stays signed in there")


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
