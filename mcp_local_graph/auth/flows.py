"""The ways to ask a person: in the browser, or by a code on another device. Each begins one attempt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.broker import window
from mcp_local_graph.auth.broker.asking import Ending
from mcp_local_graph.auth.loopback import Listener, SignedIn
from mcp_local_graph.auth.outcomes import Pending, device_code, signed_in
from mcp_local_graph.errors import (
    TRY_AGAIN,
    AccountUnclear,
    KeyStoreUnavailable,
    LocalGraphError,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    WayClosed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.broker.asking import Broker
    from mcp_local_graph.auth.cache import AccountCache
    from mcp_local_graph.auth.entra import Entra
    from mcp_local_graph.errors import Need

Signed = tuple["Account", dict[str, Any]]

# Seconds that a browser sign-in may take. Entra's own pages time out at about the same.
BROWSER_LIFETIME = 600.0


@dataclass(frozen=True, slots=True)
class Settle:
    """What the service does with what comes out of an attempt.

    `known` are the home account ids of all who are signed in; `keep` an account or `drop` it again; `check` raises
    where it may not be used at all; `anyone` says that another account than the one in use is welcome; `judge` says
    what a failure on a rung means for the next; `asking` is told when a person is asked.
    """

    known: Callable[[], frozenset[str]]
    keep: Callable[[Account, Need, dict[str, Any]], None]
    drop: Callable[[Account], None]
    check: Callable[[Account], None]
    anyone: bool
    judge: Callable[[Rung, Need, LocalGraphError], LocalGraphError]
    asking: Callable[[], None]


def browser(entra: Entra, need: Need, settle: Settle) -> Attempt:
    """Authorization code with PKCE, answered to a listener of our own. Raises WayClosed where none can listen."""
    app = entra.application()
    attempt = Attempt(need, BROWSER_LIFETIME, partial(settle.judge, Rung.BROWSER, need))
    conversation = _BrowserConversation(app, attempt, settle)
    try:
        listener = Listener(conversation)
    except OSError as error:
        attempt.cancel()
        raise WayClosed(
            "No port could be opened for the browser's answer.", "Try `mcp-local-graph login --sign-in device`."
        ) from error
    attempt.outcome.add_done_callback(lambda _: threads.start(_close_later, listener, attempt))
    try:
        conversation.flow = app.initiate_auth_code_flow(
            entra.registration.cloud.scopes(need.scopes),
            redirect_uri=listener.redirect_uri,
            response_mode="form_post",
            prompt=None if need.hint else "select_account",
            login_hint=need.hint,
            claims_challenge=need.claims,
        )
    except ValueError as error:
        senseless = SignInFailed("The question to Microsoft cannot be put: its claims challenge makes no sense.")
        raise _ended(attempt, senseless) from error
    attempt.shown = Shown(Rung.BROWSER, listener.address)
    settle.asking()
    return attempt


# Seconds that the last page may still be fetched after the outcome is known.
_LAST_PAGE = 2.0


def _close_later(listener: Listener, attempt: Attempt) -> None:
    if listener.visited:
        listener.served_last_page.wait(_LAST_PAGE)
    listener.close()
    attempt.closed.set()


class _BrowserConversation:
    """The attempt's side of the listener."""

    def __init__(self, app: msal.PublicClientApplication, attempt: Attempt, settle: Settle) -> None:
        self._app = app
        self._attempt = attempt
        self._settle = settle
        self._held: tuple[Account, dict[str, Any]] | None = None
        self._is_new = False
        self.flow: dict[str, Any] = {}
        attempt.outcome.add_done_callback(lambda _: self._let_go())

    def sign_in_address(self) -> str:
        return str(self.flow["auth_uri"])

    def is_answer(self, state: str) -> bool:
        return bool(state) and state == self.flow.get("state")

    def redeem(self, answer: dict[str, str]) -> SignedIn:
        need = self._attempt.need
        before = self._settle.known()
        try:
            account, result = signed_in(
                lambda: self._app.acquire_token_by_auth_code_flow(dict(self.flow), answer), need
            )
        except LocalGraphError as error:
            raise _ended(self._attempt, error) from None
        self._held = account, result
        self._is_new = account.home_account_id not in before
        try:
            self._settle.check(account)
        except AccountUnclear as error:
            self._refuse(error)
            raise
        expected = need.account in {None, account.home_account_id}
        if self._attempt.over:  # it was cancelled, or its time ran out, while Microsoft answered
            self._let_go()
            raise SignInExpired("This sign-in was over before it was finished.", TRY_AGAIN)
        if expected:
            self.keep()
        return SignedIn(account.user_name, "" if expected else need.hint or "another account")

    def keep(self) -> bool:
        if self._held is None or not self._attempt.claim():
            return False
        _keep(self._attempt, self._settle, self._held)
        self._held = None
        return True

    def cancel(self) -> None:
        self._refuse(SignInDeclined("The sign-in was cancelled.", TRY_AGAIN))

    def _refuse(self, error: LocalGraphError) -> None:
        held, self._held = self._held, None
        if held is None:
            self._attempt.end(error)
        else:
            _reject(self._attempt, self._settle, held[0], error, is_new=self._is_new)

    def _let_go(self) -> None:
        """MSAL has stored the tokens of an account that nobody wanted in the end: drop them, if they are new here."""
        if self._held is not None and self._is_new and self._attempt.outcome.exception() is not None:
            threads.start(self._settle.drop, self._held[0])


def _ended(attempt: Attempt, error: LocalGraphError) -> LocalGraphError:
    """End the attempt; the error as the person is to read it, with what it means here."""
    attempt.end(error)
    told = attempt.outcome.exception() if attempt.over else None
    return told if isinstance(told, LocalGraphError) else error


def through_broker(asked: Broker, need: Need, settle: Settle) -> Attempt:
    """The operating system's own window. Raises BrokerUnusable."""
    before = settle.known()

    def finish(attempt: Attempt, account: Account, answer: dict[str, Any]) -> None:
        _settle_unseen(attempt, settle, before, (account, answer))

    ending = Ending(finish, partial(settle.judge, Rung.BROKER, need), settle.asking)
    # Who wants another account chooses. Else the expected one, or the system's own, is tried first without a window.
    return asked.begin(need, window.of_this_process(), ending, choose=settle.anyone)


def device(entra: Entra, need: Need, settle: Settle) -> Attempt:
    """A code to type on any device with a browser. Raises LocalGraphError where Entra gives none."""
    app, scopes = entra.application(), entra.registration.cloud.scopes(need.scopes)
    flow = device_code(lambda: app.initiate_device_flow(scopes, claims_challenge=need.claims), need)
    attempt = Attempt(need, float(flow["expires_in"]), partial(settle.judge, Rung.DEVICE, need))
    attempt.closed.set()
    attempt.shown = Shown(Rung.DEVICE, str(flow["verification_uri"]), str(flow["user_code"]))
    settle.asking()
    threads.start(_poll, app, flow, attempt, settle)
    return attempt


def _poll(app: msal.PublicClientApplication, flow: dict[str, Any], attempt: Attempt, settle: Settle) -> None:
    """Ask Entra every `interval` seconds until the attempt is over, by its answer or otherwise."""
    ended = threading.Event()
    attempt.outcome.add_done_callback(lambda _: ended.set())
    before = settle.known()
    while not ended.wait(flow["interval"]):
        try:
            signed = signed_in(lambda: _one_poll(app, flow), attempt.need, polling=True)
        except Pending:
            continue
        except LocalGraphError as error:
            if not error.retryable:
                attempt.end(error)
            continue
        _settle_unseen(attempt, settle, before, signed)


def _keep(attempt: Attempt, settle: Settle, signed: Signed) -> None:
    """Store the account, then tell those who wait. The attempt is claimed: whatever happens, it has to end here."""
    account, answer = signed
    try:
        settle.keep(account, attempt.need, answer)
    except LocalGraphError as error:
        attempt.end(error, claimed=True)
    else:
        attempt.end(account, claimed=True)


def _settle_unseen(attempt: Attempt, settle: Settle, before: frozenset[str], signed: Signed) -> None:
    """Keep the expected account. There is no page of ours to ask on whether another one is right."""
    account, _ = signed
    refusal = _refusal(attempt.need, settle, account)
    if refusal is None and attempt.claim():
        _keep(attempt, settle, signed)
        return
    over = SignInExpired("This sign-in was over before it was finished.", TRY_AGAIN)
    _reject(attempt, settle, account, refusal or over, is_new=account.home_account_id not in before)


def _reject(attempt: Attempt, settle: Settle, account: Account, error: LocalGraphError, *, is_new: bool) -> None:
    """Drop the tokens that MSAL has stored, if the account is new here; only then tell those who wait."""
    claimed = attempt.claim()
    try:
        if is_new:
            settle.drop(account)
    except LocalGraphError as kept:  # they could not be taken off the disk: that is what has to be told
        error = kept
    if claimed:
        attempt.end(error, claimed=True)


def _refusal(need: Need, settle: Settle, account: Account) -> LocalGraphError | None:
    try:
        settle.check(account)
    except AccountUnclear as error:
        return error
    if need.account in {None, account.home_account_id}:
        return None
    return SignInFailed(
        "Another account signed in than the one in use here, so it was not kept.",
        "To change the account: `mcp-local-graph login --again`.",
    )


def _one_poll(app: msal.PublicClientApplication, flow: dict[str, Any]) -> dict[str, Any]:
    """One question to Entra. MSAL's own loop sleeps in whole seconds and cannot be ended from outside."""
    # A copy that names one second: at an interval of none MSAL would ask on and on and look at no exit condition.
    result: dict[str, Any] = app.acquire_token_by_device_flow({**flow, "interval": 1}, exit_condition=lambda _: True)
    if result.get("error") == "slow_down":
        flow["interval"] += 5  # RFC 8628 §3.5
    return result


# Seconds between two looks at whether another program's sign-in is over.
_LOOK = 0.2


def elsewhere(cache: AccountCache, need: Need, found: Callable[[], Account | None]) -> Attempt:
    """Wait for the sign-in that another program with this cache is showing; `found` says what came out of it."""
    attempt = Attempt(need, BROWSER_LIFETIME)
    attempt.closed.set()
    attempt.shown = Shown(Rung.ELSEWHERE, "")
    threads.start(_watch, cache, attempt, found)
    return attempt


def _watch(cache: AccountCache, attempt: Attempt, found: Callable[[], Account | None]) -> None:
    ended = threading.Event()
    attempt.outcome.add_done_callback(lambda _: ended.set())
    while _is_prompting(cache):
        if ended.wait(_LOOK):
            return
    account = found()
    unfinished = "The sign-in that another program on this computer was showing has not been finished."
    attempt.end(account or SignInFailed(unfinished, TRY_AGAIN))


def _is_prompting(cache: AccountCache) -> bool:
    try:
        with cache.alone("prompt", 0):
            return False
    except KeyStoreUnavailable:
        return True
    except OSError:
        return False
