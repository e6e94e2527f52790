"""Asking through the broker: silently, with its window, to sign out. One window at a time."""

from __future__ import annotations

import threading
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.broker.failures import USE_BROWSER, outcome, unusable
from mcp_local_graph.auth.broker.machine import Machine, has_broker, redirect_uri
from mcp_local_graph.auth.outcomes import signed_in
from mcp_local_graph.errors import (
    TRY_AGAIN,
    BrokerUnusable,
    LocalGraphError,
    ServiceUnavailable,
    SignInExpired,
    SignInNeeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.clouds import Cloud
    from mcp_local_graph.errors import Need

# Seconds that the broker may take before it shows a window, or to answer a call without one.
PATIENCE = 30.0
# Seconds that the person may take.
LIFETIME = 600.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ends.

    `finish` decides on the account that signed in, whose tokens MSAL has stored by then, and ends the attempt; the
    attempt may be over already. `judge` says what a failure means for the next rung. `showing` is called when a window
    is about to open, which it does only where it cannot do without.
    """

    finish: Callable[[Attempt, Account, dict[str, Any]], None]
    judge: Callable[[LocalGraphError], LocalGraphError]
    showing: Callable[[], None]


class Broker:
    """The broker, for one application. One window at a time: a call cannot be taken back."""

    def __init__(
        self,
        app: msal.PublicClientApplication,
        machine: Machine,
        cloud: Cloud,
        *,
        patience: float = PATIENCE,
        lifetime: float = LIFETIME,
    ) -> None:
        self._app = app
        self._uri = redirect_uri(machine, app.client_id)
        self._cloud = cloud
        self._patience = patience
        self._lifetime = lifetime
        self._asking = threading.Lock()

    def begin(self, need: Need, window: int | None, ending: Ending, *, choose: bool = False) -> Attempt:
        """Ask through the broker. It shows its own window, `window` being that window's parent.

        Unless the person wants to `choose`, the expected account, or the system's own where none is expected, is tried
        first without a window: MSAL does so when it is given no prompt.

        Raises:
            BrokerUnusable: MSAL does not use it here, or it is still busy.
        """
        if not has_broker(self._app):
            raise unusable("the sign-in library does not use it here")
        if not self._asking.acquire(blocking=False):
            raise unusable("it is still busy with an earlier sign-in")
        attempt = Attempt(need, self._lifetime, ending.judge)
        attempt.closed.set()
        attempt.shown = Shown(Rung.BROKER, "")
        threads.start(self._ask, attempt, window, ending, choose=choose)
        return attempt

    def silently(self, call: Callable[[msal.PublicClientApplication], Any], need: Need) -> Any:  # noqa: ANN401 - MSAL's
        """What MSAL answers to a silent call for an account that the broker has `established`.

        Raises:
            SignInNeeded: only the person can help, or the broker no longer can.
            ServiceUnavailable: it is out of reach of the network, or does not answer.
        """
        try:
            return threads.start(self._checked, lambda: call(self._app), need).result(self._patience)
        except Late:
            raise ServiceUnavailable(
                "The operating system's sign-in broker does not answer.",
                f"Try again in a minute. If that does not help: {USE_BROWSER}",
            ) from None
        except BrokerUnusable as unusable:
            raise SignInNeeded(unusable.what, need, unusable.remedy, trace=unusable.trace) from None

    def sign_out(self, entry: dict[str, Any]) -> bool:
        """Take the account from the broker too, as far as this app goes; False where it did not answer.

        MSAL then forgets it in the cache. The caller does that as well: here it does not happen after a failure.
        """
        try:
            threads.start(self._app.remove_account, entry).result(self._patience)
        except Exception:  # noqa: BLE001 - native code, or late: the caller says that it stayed signed in there
            return False
        return True

    def _ask(self, attempt: Attempt, window: int | None, ending: Ending, *, choose: bool) -> None:
        silence = threading.Timer(self._patience, attempt.end, [unusable("it does not answer")])
        silence.daemon = True
        silence.start()

        def about_to_show(**_: object) -> None:
            silence.cancel()
            if attempt.over:  # nobody waits any more: no window out of the blue
                raise SignInExpired("This sign-in was over before its window opened.", TRY_AGAIN)
            ending.showing()

        def call() -> Any:  # noqa: ANN401 - MSAL's
            try:
                return self._checked(
                    lambda: self._interactive(attempt.need, window, about_to_show, choose), attempt.need
                )
            finally:
                silence.cancel()
                self._asking.release()

        try:
            ending.finish(attempt, *signed_in(call, attempt.need))
        except SignInNeeded as error:  # asked to ask, it says to ask
            attempt.end(unusable("it asks for a sign-in that it does not show", trace=error.trace))
        except LocalGraphError as error:
            attempt.end(error)

    def _interactive(self, need: Need, window: int | None, about_to_show: Callable[..., None], choose: bool) -> Any:  # noqa: ANN401, FBT001 - MSAL's; private
        return self._app.acquire_token_interactive(
            self._cloud.scopes(need.scopes),
            prompt="select_account" if choose else None,
            login_hint=None if choose else need.hint,  # MSAL drops it then, with a warning
            claims_challenge=need.claims,
            parent_window_handle=self._app.CONSOLE_WINDOW_HANDLE if window is None else window,
            on_before_launching_ui=about_to_show,
        )

    def _checked(self, call: Callable[[], Any], need: Need) -> Any:  # noqa: ANN401 - MSAL's
        """What MSAL answers, the broker's errors raised. Their texts name people: not even a cause keeps them."""
        from msal import broker as native  # noqa: PLC0415 - importable only where there is a broker

        try:
            answer = call()
        except LocalGraphError:
            raise
        except native.RedirectUriError:
            raise self._not_registered() from None
        except Exception as error:  # noqa: BLE001 - native code: whatever it raises means the same to us
            raise unusable(f"it failed ({type(error).__name__})") from None
        if isinstance(answer, dict) and answer.get("error") == "broker_error":
            raise outcome(answer, need)
        return answer

    def _not_registered(self) -> BrokerUnusable:
        return unusable(
            "the app registration does not list its redirect address",
            f"In the Entra portal, open the app registration and add {self._uri} under Authentication, Mobile and "
            f"desktop applications. {USE_BROWSER}",
        )
