"""The ways to ask a person: in the browser, or by a code on another device. Each begins one attempt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.loopback import Listener
from mcp_local_graph.auth.outcomes import Pending, device_code, signed_in
from mcp_local_graph.errors import LocalGraphError, SignInExpired, SignInFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.errors import Need

# Seconds that a browser sign-in may take. Entra's own pages time out at about the same.
BROWSER_LIFETIME = 600.0


@dataclass(frozen=True, slots=True)
class Settle:
    """What the service does with an account that came out of an attempt: keep it, or drop it again."""

    keep: Callable[[Account, dict[str, Any]], None]
    drop: Callable[[Account], None]


def begin(app: msal.PublicClientApplication, need: Need, settle: Settle, rung: Rung, *, pinned: bool) -> Attempt:
    """Ask in one way; where nothing can listen for the browser's answer and the way is not `pinned`, by a code.

    Raises:
        LocalGraphError: Entra did not let us begin, or the pinned way is closed.
    """
    if rung is Rung.DEVICE:
        return device(app, need, settle)
    try:
        return browser(app, need, settle)
    except OSError as error:
        if pinned:
            raise SignInFailed(
                "No port could be opened for the browser's answer.", "Try `mcp-local-graph login --sign-in device`."
            ) from error
        return device(app, need, settle)


def browser(app: msal.PublicClientApplication, need: Need, settle: Settle) -> Attempt:
    """Authorization code with PKCE, answered to a listener of our own. Raises OSError where none can listen."""
    attempt = Attempt(need, BROWSER_LIFETIME)
    conversation = _BrowserConversation(app, attempt, settle)
    try:
        listener = Listener(conversation)
    except OSError:
        attempt.cancel()
        raise
    attempt.outcome.add_done_callback(lambda _: threads.start(_close_later, listener))
    try:
        conversation.flow = app.initiate_auth_code_flow(
            sorted(need.scopes),
            redirect_uri=listener.redirect_uri,
            response_mode="form_post",
            prompt=None if need.hint else "select_account",
            login_hint=need.hint,
            claims_challenge=need.claims,
        )
    except ValueError as error:
        attempt.end(SignInFailed("The question to Microsoft cannot be put: its claims challenge makes no sense."))
        raise attempt.outcome.exception() from error  # type: ignore[misc]  # set in the line above
    attempt.shown = Shown(Rung.BROWSER, listener.address)
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
        attempt.outcome.add_done_callback(lambda _: self._let_go())

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
        if self._attempt.over:  # it was cancelled, or its time ran out, while Microsoft answered
            self._let_go()
            raise SignInExpired("This sign-in was over before it was finished.", "Ask for account_sign_in.")
        if expected:
            self.keep()
        return SignedInAs(account.user_name, expected)

    def keep(self) -> bool:
        if self._held is None or self._attempt.over:
            return False
        self._settle.keep(*self._held)
        self._attempt.end(self._held[0])
        return True

    def cancel(self) -> None:
        self._attempt.cancel()

    def _let_go(self) -> None:
        """MSAL has stored the tokens of an account that nobody wanted in the end: drop them."""
        if self._held is None or self._attempt.outcome.exception() is None:
            return
        account, _ = self._held
        if account.home_account_id != self._attempt.need.account:
            self._settle.drop(account)


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
            account, result = signed_in(lambda: _one_poll(app, flow), attempt.need, polling=True)
        except Pending:
            continue
        except LocalGraphError as error:
            if not error.retryable:
                attempt.end(error)
            continue
        _settle_device(attempt, settle, account, result)


def _settle_device(attempt: Attempt, settle: Settle, account: Account, result: dict[str, Any]) -> None:
    """Keep the expected account. There is no page of ours to ask on whether another one is right."""
    known = account.home_account_id == attempt.need.account
    if known or (attempt.need.account is None and not attempt.over):
        settle.keep(account, result)
        attempt.end(account)
    else:
        settle.drop(account)
        attempt.end(
            SignInFailed(
                "Another account signed in than the one in use here, so it was not kept.",
                "To change the account: `mcp-local-graph login --again`.",
            )
        )


def _one_poll(app: msal.PublicClientApplication, flow: dict[str, Any]) -> dict[str, Any]:
    """One question to Entra. MSAL's own loop sleeps in whole seconds and cannot be ended from outside."""
    result: dict[str, Any] = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    return result
