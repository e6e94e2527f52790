"""Asking the person: which way, whether at all, and what a failure means for the next. Everything here blocks."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.auth import browser, consent, ladder
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.broker import machine
from mcp_local_graph.auth.prompts import Refusals, check_times
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import (
    TRY_AGAIN,
    AccountUnclear,
    AdminConsentNeeded,
    KeyStoreUnavailable,
    LocalGraphError,
    Need,
    SignInFailed,
    SignInNeeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.entra import Entra
    from mcp_local_graph.auth.registration import Registration
    from mcp_local_graph.auth.silent import Silent

_logger = logging.getLogger(__name__)
# MSAL's word for how an account came to be, where it was not in the browser.
_BY_WAY = {"broker": Rung.BROKER, "urn:ietf:params:oauth:grant-type:device_code": Rung.DEVICE}


class Wish(NamedTuple):
    """How a sign-in is wanted.

    `asked`: the person wants to be asked now, though they declined before. `in_person`: they have typed the command
    that asks, so the limit of prompts does not count. `anyone`: another account than the one in use is welcome. A need
    that arose at `since` (seconds since 1970) is met without a prompt where somebody has signed in after that.
    """

    asked: bool = False
    in_person: bool = False
    anyone: bool = False
    since: float | None = None


class Asker:
    """The ways to ask a person, for one registration. `opened` gives the cache and the silent way, and may block."""

    def __init__(self, registration: Registration, opened: Callable[[], tuple[Entra, Silent]]) -> None:
        self._registration = registration
        self._opened = opened
        self._finding = threading.Lock()
        self._no_broker: str | None = None
        self.refusals = Refusals()
        # The ways that have turned out to be closed, and why: each with its remedy, which the person is to hear.
        self.closed: dict[Rung, LocalGraphError] = {}

    def machine(self) -> ladder.Abilities:
        """What this machine can show."""
        with self._finding:
            if self._no_broker is None:  # asked once: finding out imports the broker's package
                self._no_broker = machine.why_not(machine.this_machine(), self._registration.cloud) or ""
        return ladder.Abilities(no_broker=self._no_broker, browser=browser.can_open())

    def rungs(self) -> tuple[Rung, ...]:
        """The ways that are left, in order."""
        rungs = ladder.rungs(self._registration.sign_in, self.machine())
        return tuple(rung for rung in rungs if rung not in self.closed)

    def begin(self, need: Need, wish: Wish) -> Attempt:
        """Ask, unless another program on this machine is asking already; who asks for it themselves gets their own.

        Raises:
            SignInFailed: it was refused not long ago, or the person was asked too often.
            LocalGraphError: Entra did not let us begin.
        """
        entra, silent = self._opened()
        if wish.since is not None and need.claims is None and silent.signed_in_since(need, wish.since):
            return _met(need, silent.account())
        self.refusals.check(need, asked=wish.asked)
        need = _completed(need, None if wish.anyone else silent.account())
        held = contextlib.ExitStack()
        try:
            held.enter_context(entra.cache.alone("prompt", 0))
        except KeyStoreUnavailable:
            if not wish.asked:
                return self._elsewhere(need)
        except OSError as error:
            _logger.warning("Asking without the lock of other servers: %s", error.strerror)
        try:
            attempt = self._ask(need, wish)
        except BaseException:
            held.close()
            raise
        attempt.outcome.add_done_callback(lambda _: held.close())
        attempt.outcome.add_done_callback(lambda outcome: self._ended(need, outcome.exception()))
        return attempt

    def refused_silently(self, need: Need, error: LocalGraphError) -> LocalGraphError:
        """What it means that Entra refused without a person: another way of asking may get what this one did not."""
        silent = self._opened()[1]
        try:
            way = _BY_WAY.get(str(silent.entry(need).get("account_source")), Rung.BROWSER)
        except LocalGraphError:
            return error
        return self._judge(way, _completed(need, silent.account()), error)

    def _ask(self, need: Need, wish: Wish) -> Attempt:
        """Begin on the first rung that is open; where it turns out to be closed, on the next.

        Every prompt that a person sees counts, over all processes with this cache, but for those they called for.
        """
        from mcp_local_graph.auth import flows  # noqa: PLC0415 - brings MSAL

        entra, _ = self._opened()
        if not wish.in_person:
            check_times(entra.cache.prompts)
        settle = flows.Settle(
            known=self._known,
            keep=self._keep,
            drop=self._drop,
            check=self._check_account,
            anyone=wish.anyone,
            judge=self._judge,
            asking=_nothing if wish.in_person else entra.cache.note_prompt,
        )
        ways = {
            Rung.BROKER: lambda: flows.through_broker(entra.broker(), need, settle),
            Rung.BROWSER: lambda: flows.browser(entra, need, settle),
            Rung.DEVICE: lambda: flows.device(entra, need, settle),
        }
        while rungs := self.rungs():
            try:
                return ways[rungs[0]]()
            except LocalGraphError as error:
                if not self._close(rungs[0], error):
                    raise
        raise SignInFailed("No way of signing in is left on this machine.", "Start the server again to try them all.")

    def _elsewhere(self, need: Need) -> Attempt:
        from mcp_local_graph.auth import flows  # noqa: PLC0415 - brings MSAL

        entra, silent = self._opened()

        def found() -> Account | None:
            try:
                silent.token(need)
            except LocalGraphError:
                return None
            return entra.cache.account(silent.entry(need)["home_account_id"])

        return flows.elsewhere(entra.cache, need, found)

    def _judge(self, rung: Rung, need: Need, error: LocalGraphError) -> LocalGraphError:
        """What a failure means: where it closes a rung and another is open, the person is needed once more."""
        if isinstance(error, AdminConsentNeeded):
            return self._for_admin(need, error)
        if not self._close(rung, error):
            return error
        needed = SignInNeeded(error.what, need, error.remedy, trace=error.trace)
        needed.another_way = True
        return needed

    def _for_admin(self, need: Need, error: AdminConsentNeeded) -> AdminConsentNeeded:
        """The error with the link to what is missing and no more. It is noted, for `mcp-local-graph consent`."""
        cache = self._opened()[0].cache
        account = cache.account(need.account) if need.account else None
        granted = cache.granted(account.home_account_id) if account else frozenset[str]()
        missing = need.scopes - granted or need.scopes
        told = consent.explained(error, missing, consent.link(self._registration, account, missing))
        cache.note_waiting(consent.Waiting(missing, told.trace.line()))
        return told

    def _close(self, rung: Rung, error: LocalGraphError) -> bool:
        """Close the rungs that a failure closes; true where that leaves another one. A pinned way stays open."""
        closes = ladder.closed_by(rung, error)
        if not closes or self._registration.sign_in is not SignIn.AUTO:
            return False
        _logger.info("%s %s", error.what, error.remedy)
        self.closed.update(dict.fromkeys(closes, error))
        return bool(self.rungs())

    def _ended(self, need: Need, error: BaseException | None) -> None:
        self.refusals.ended(need, error if isinstance(error, LocalGraphError) else None)

    def _known(self) -> frozenset[str]:
        """The home account ids of all who are signed in."""
        return frozenset(account.home_account_id for account in self._opened()[0].cache.accounts())

    def _keep(self, account: Account, need: Need, answer: dict[str, Any]) -> None:
        from mcp_local_graph.auth.cache import Newest  # noqa: PLC0415 - brings MSAL
        from mcp_local_graph.auth.outcomes import graph_scopes  # noqa: PLC0415 - as above

        cache = self._opened()[0].cache
        home, granted = account.home_account_id, graph_scopes(answer)
        cache.note_token(home, Newest.of(answer), asked=need.scopes, granted=granted, claims=need.claims)
        cache.note_person(account)

    def _drop(self, account: Account) -> None:
        self._opened()[0].cache.remove(account.home_account_id)

    def _check_account(self, account: Account) -> None:
        pinned = self._registration.account
        if pinned is not None and not account.is_named(pinned):
            raise AccountUnclear(
                f"Another account signed in than {pinned}, which the settings name; it was not kept.",
                f"Sign in as {pinned}, or change --account.",
            )


def _completed(need: Need, account: Account | None) -> Need:
    """Expect the account in use. Nothing is asked for but what is needed: a refresh gathers the rest."""
    if account is None or need.account not in {None, account.home_account_id}:
        return need
    return need._replace(account=account.home_account_id, hint=need.hint or account.user_name)


def _nothing() -> None:
    """A prompt that a person called for counts for nobody."""


def _met(need: Need, account: Account | None) -> Attempt:
    """An attempt that is over before it began."""
    attempt = Attempt(need, 1)
    attempt.shown = Shown(Rung.NONE, "")
    attempt.end(account or AccountUnclear("The account in use has changed meanwhile.", TRY_AGAIN))
    return attempt
