"""The ways to ask a person: in the browser, or by a code on another device. Each is one attempt with one outcome."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads
from mcp_local_graph.auth.loopback import Listener
from mcp_local_graph.auth.outcomes import Account, Pending, device_code, signed_in
from mcp_local_graph.errors import LocalGraphError, Need, SignInDeclined, SignInExpired

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

# Seconds that a browser sign-in may take. Entra's own pages time out at about the same.
BROWSER_LIFETIME = 600.0


class Rung(StrEnum):
    """A way to ask."""

    BROWSER = "browser"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person has to be shown: an address to open and, on another device, the code to type there."""

    rung: Rung
    address: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """What the service does with an account that came out of an attempt: keep it, or drop it again."""

    keep: Callable[[Account, dict[str, Any]], None]
    drop: Callable[[Account], None]


class Attempt:
    """One sign-in under way. It ends once: with an account, or with the error that says why not."""

    def __init__(self, need: Need, lifetime: float) -> None:
        self.need = need
        self.ends_at = time.monotonic() + lifetime
        self.outcome: Future[Account] = Future()
        self.shown: Shown
        self._timer = threading.Timer(lifetime, self.end, [_expired()])
        self._timer.daemon = True
        self._timer.start()
        self.outcome.add_done_callback(lambda _: self._timer.cancel())

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.outcome.done()

    def end(self, result: Account | LocalGraphError) -> None:
        """Settle it. Only the first word counts."""
        with contextlib.suppress(InvalidStateError):
            if isinstance(result, Account):
                self.outcome.set_result(result)
            else:
                self.outcome.set_exception(result)

    def cancel(self) -> None:
        """The person said no."""
        self.end(SignInDeclined("The sign-in was cancelled.", "Ask for account_sign_in to try again."))

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, at most so long where a time is given; True if it is."""
        if not self.over:
            await asyncio.wait([asyncio.wrap_future(self._watched())], timeout=seconds)
        return self.over

    def _watched(self) -> Future[None]:
        """A future that ends with the attempt, and that one waiter may cancel without ending it for all."""
        watched: Future[None] = Future()

        def wake(_: object) -> None:
            if watched.set_running_or_notify_cancel():
                watched.set_result(None)

        self.outcome.add_done_callback(wake)
        return watched


def _expired() -> SignInExpired:
    return SignInExpired("Nobody finished the sign-in in time.", "Ask for account_sign_in to try again.")


def browser(app: msal.PublicClientApplication, need: Need, settle: Settle) -> Attempt:
    """Authorization code with PKCE, answered to a listener of our own. Raises OSError where none can listen."""
    attempt = Attempt(need, BROWSER_LIFETIME)
    conversation = _BrowserConversation(app, attempt, settle)
    try:
        listener = Listener(conversation)
    except OSError as error:
        attempt.end(SignInExpired("No port could be opened for the browser's answer."))
        raise error from None
    conversation.flow = app.initiate_auth_code_flow(
        sorted(need.scopes),
        redirect_uri=listener.redirect_uri,
        response_mode="form_post",
        prompt=None if need.hint else "select_account",
        login_hint=need.hint,
        claims_challenge=need.claims,
    )
    attempt.shown = Shown(Rung.BROWSER, listener.address)
    attempt.outcome.add_done_callback(lambda _: threads.start(_close_later, listener))
    return attempt


# Seconds that the last page may still be fetched after the outcome is known.
_LAST_PAGE = 2.0


def _close_later(listener: Listener) -> None:
    listener.served_last_page.wait(_LAST_PAGE)
    listener.close()


class _BrowserConversation:
    """The attempt's side of the listener."""

    def __init__(self, app: msal.PublicClientApplication, attempt: Attempt, settle: Settle) -> None:
        self._app = app
        self._attempt = attempt
        self._settle = settle
        self._held: tuple[Account, dict[str, Any]] | None = None
        self.flow: dict[str, Any] = {}

    def sign_in_address(self) -> str:
        return str(self.flow["auth_uri"])

    def is_answer(self, state: str) -> bool:
        return bool(state) and state == self.flow.get("state")

    def redeem(self, answer: dict[str, str]) -> SignedInAs:
        need = self._attempt.need
        try:
            account, result = signed_in(
                lambda: self._app.acquire_token_by_auth_code_flow(dict(self.flow), answer), need
            )
        except LocalGraphError as error:
            self._attempt.end(error)
            raise
        expected = need.account in {None, account.home_account_id}
        self._held = account, result
        if expected:
            self.keep()
        return SignedInAs(account.user_name, expected)

    def keep(self) -> None:
        if self._held and not self._attempt.over:
            self._settle.keep(*self._held)
            self._attempt.end(self._held[0])

    def cancel(self) -> None:
        if self._held and not self._attempt.over:
            self._settle.drop(self._held[0])
            self._attempt.cancel()


@dataclass(frozen=True, slots=True)
class SignedInAs:
    """An account for the last page."""

    user_name: str
    expected: bool


def device(app: msal.PublicClientApplication, need: Need, settle: Settle) -> Attempt:
    """A code to type on any device with a browser. Raises LocalGraphError where Entra gives none."""
    flow = device_code(lambda: app.initiate_device_flow(sorted(need.scopes), claims_challenge=need.claims), need)
    attempt = Attempt(need, float(flow["expires_in"]))
    attempt.shown = Shown(Rung.DEVICE, str(flow["verification_uri"]), str(flow["user_code"]))
    threads.start(_poll, app, flow, attempt, settle)
    return attempt


def _poll(app: msal.PublicClientApplication, flow: dict[str, Any], attempt: Attempt, settle: Settle) -> None:
    """Ask Entra every `interval` seconds until the attempt is over, by its answer or otherwise."""
    ended = threading.Event()
    attempt.outcome.add_done_callback(lambda _: ended.set())
    while not ended.wait(flow.get("interval", 5)):
        try:
            account, result = signed_in(lambda: _one_poll(app, flow), attempt.need)
        except Pending:
            continue
        except LocalGraphError as error:
            if not error.retryable:
                attempt.end(error)
            continue
        settle.keep(account, result)
        attempt.end(account)


def _one_poll(app: msal.PublicClientApplication, flow: dict[str, Any]) -> dict[str, Any]:
    """One question to Entra. MSAL's own loop sleeps in whole seconds and cannot be ended from outside."""
    result: dict[str, Any] = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    return result
