"""The operating system's broker: WAM on Windows (and for WSL), Company Portal on macOS, Intune's on Linux.

It signs in with the account that the person already has in the system, and proves that the device is managed. MSAL
reaches it through the package `pymsalruntime`, which waits for ever and cannot be called back; so every call here is
made in a daemon thread and has a deadline. Windows and macOS could not be tried where this was written: the tests run
the real MSAL over a stand-in for `pymsalruntime` with the interface of its 0.20.7.
"""

from __future__ import annotations

import importlib
import os
import platform as running
import re
import sys
import threading
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads
from mcp_local_graph.auth.attempt import Attempt, Rung, Shown
from mcp_local_graph.auth.outcomes import signed_in
from mcp_local_graph.auth.remedies import Remedy, Who
from mcp_local_graph.errors import (
    SIGN_IN,
    TRY_AGAIN,
    BrokerUnusable,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInDeclined,
    SignInExpired,
    SignInNeeded,
    Trace,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.clouds import Cloud

# Seconds that the broker may take before it shows a window, or to answer a call without one.
PATIENCE = 30.0
# Seconds that the person may take.
LIFETIME = 600.0
_USE_BROWSER = "The browser works without it: `mcp-local-graph login --sign-in browser`."
_SAID = "The operating system's sign-in broker cannot be used: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What decides whether a broker can be used.

    `platform` and `processor` as `sys.platform` and `platform.machine()` have them. `main_thread`: whether calls to the
    broker are made in the program's main thread. `runtime` imports the broker's package, or raises.
    """

    platform: str
    processor: str
    wsl: bool
    display: bool
    main_thread: bool
    runtime: Callable[[], object]


def this_machine() -> Machine:
    """The machine that we run on."""
    return Machine(
        platform=sys.platform,
        processor=running.machine(),
        wsl=sys.platform == "linux" and "microsoft" in running.release().lower(),
        display=bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
        main_thread=False,  # the main thread serves the protocol, so `Broker` asks in one of its own
        # MSAL's own door to the package, which also knows what a half-removed installation looks like.
        runtime=lambda: importlib.import_module("msal.broker"),
    )


def why_not(machine: Machine, cloud: Cloud) -> str | None:
    """None where the broker can be used, else the reason. The package is imported only where that is safe.

    It takes half a second where it succeeds: ask once.
    """
    if cloud.name == "custom":
        return "it signs in at Microsoft's own clouds only, and the settings name another"
    return _unfit(machine) or _absent(machine)


def _unfit(machine: Machine) -> str | None:
    if machine.platform not in {"win32", "darwin", "linux"}:
        return "there is none for this operating system"
    if machine.platform == "darwin" and machine.processor != "arm64":
        return "on macOS it needs Apple silicon, and this Python runs on another processor or under Rosetta"
    if machine.platform == "darwin" and not machine.main_thread:
        return "macOS lets only a program's main thread show it, and that one serves the protocol here"
    if machine.platform == "linux" and not (machine.display or machine.wsl):
        return "there is no graphical session that could show its window"
    return None


def _absent(machine: Machine) -> str | None:
    try:
        machine.runtime()
    except ImportError:
        return "its package pymsalruntime is not installed"
    except OSError:  # Linux: webkit2gtk, as a rule
        return "its package pymsalruntime lacks libraries of the system"
    except Exception as error:  # noqa: BLE001 - native code: whatever it raises, we can work without it
        # RuntimeError is what it raises where there is no broker behind it, or an old Windows.
        return f"there is none installed on this system, or it does not start ({type(error).__name__})"
    return None


def redirect_uri(machine: Machine, client_id: str) -> str:
    """The address that the app registration must list for this system's broker."""
    if machine.platform == "darwin":
        return "msauth.com.msauth.unsignedapp://auth"
    if machine.platform == "win32" or machine.wsl:
        return f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{client_id}"
    return "https://login.microsoftonline.com/common/oauth2/nativeclient"


def application(
    make: Callable[..., msal.PublicClientApplication], machine: Machine, cloud: Cloud
) -> msal.PublicClientApplication:
    """A second application that uses the broker; a plain one where there is none, or MSAL thinks better of it.

    `make` builds an application with the options given to it added to its own: cache, HTTP client, capabilities. It is
    a second one because MSAL never goes back from the broker to the browser by itself.
    """
    if why_not(machine, cloud) is not None:
        return make()
    return make(
        enable_broker_on_windows=True,
        enable_broker_on_mac=True,
        # MSAL would let an OSError through where libraries are missing: `why_not` has just imported them.
        enable_broker_on_linux=True,
        enable_broker_on_wsl=True,
    )


def has_broker(app: msal.PublicClientApplication) -> bool:
    """Whether MSAL uses the broker for this application. Without one, its calls would open its own browser flow."""
    return bool(app._enable_broker)  # noqa: SLF001 - MSAL says it nowhere else on Linux


def established(entry: dict[str, Any]) -> bool:
    """Whether an account entry of MSAL's cache came from the broker: there is no refresh token for it but there."""
    return entry.get("account_source") == "broker"


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
            raise _unusable("the sign-in library does not use it here")
        if not self._asking.acquire(blocking=False):
            raise _unusable("it is still busy with an earlier sign-in")
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
                f"Try again in a minute. If that does not help: {_USE_BROWSER}",
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
        silence = threading.Timer(self._patience, attempt.end, [_unusable("it does not answer")])
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
            attempt.end(_unusable("it asks for a sign-in that it does not show", trace=error.trace))
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
            raise _unusable(f"it failed ({type(error).__name__})") from None
        if isinstance(answer, dict) and answer.get("error") == "broker_error":
            raise outcome(answer, need)
        return answer

    def _not_registered(self) -> BrokerUnusable:
        return _unusable(
            "the app registration does not list its redirect address",
            f"In the Entra portal, open the app registration and add {self._uri} under Authentication, Mobile and "
            f"desktop applications. {_USE_BROWSER}",
        )


def _unusable(reason: str, remedy: str = _USE_BROWSER, *, trace: Trace | None = None) -> BrokerUnusable:
    return BrokerUnusable(f"{_SAID}{reason}.", remedy, trace=trace)


# The end of the description that MSAL makes of the broker's error. In front of it stands the broker's own text, which
# names people and is nobody's to match.
_STATUS = re.compile(
    r"Status: (?:[A-Za-z_]{1,40}\.)?(?:Status_)?([A-Za-z]{1,40}), Error code: (-?\d{1,20}), Tag: (-?\d{1,20})\Z"
)


def _rows(*rows: tuple[str, type[LocalGraphError], str, str]) -> dict[str, Remedy]:
    return {word: Remedy(kind, Who.YOU, what, action) for words, kind, what, action in rows for word in words.split()}


# By the broker's status word. For any other the browser is next.
BY_STATUS = _rows(
    ("UserCanceled", SignInDeclined, "The sign-in was cancelled.", TRY_AGAIN),
    (
        "InteractionRequired AccountUnusable AccountNotFound",
        SignInNeeded,
        "The operating system asks for a fresh sign-in.",
        SIGN_IN,
    ),
    (
        "NoNetwork NetworkTemporarilyUnavailable ServerTemporarilyUnavailable TransientError",
        ServiceUnavailable,
        "The operating system cannot reach Microsoft's sign-in service.",
        "Check the network connection, then try again.",
    ),
    ("RequiredBrokerMissing", BrokerUnusable, f"{_SAID}it is not installed on this system.", _USE_BROWSER),
    ("FallbackToNativeMsal", BrokerUnusable, f"{_SAID}it leaves this sign-in to the browser.", _USE_BROWSER),
    (
        "DeviceNotRegistered",
        BrokerUnusable,
        f"{_SAID}this device is not registered with the organisation.",
        f"Register it (Windows: Settings, Accounts, Access work or school). {_USE_BROWSER}",
    ),
    ("AuthorityUntrusted", BrokerUnusable, f"{_SAID}it does not know this sign-in service.", _USE_BROWSER),
    (
        "IncorrectConfiguration",
        BrokerUnusable,
        f"{_SAID}the app registration or this system is not set up for it.",
        f"Register the redirect address that `mcp-local-graph status` names. {_USE_BROWSER}",
    ),
)


def outcome(answer: dict[str, Any], need: Need) -> LocalGraphError:
    """The error of ours for a `broker_error` of MSAL, by the broker's status word alone."""
    found = _STATUS.search(str(answer.get("error_description") or ""))
    if found is None:
        return _unusable("it failed without a reason")
    status, number, tag = found.groups()
    trace = Trace(code=f"broker {status}, error {number}, tag {tag}")
    remedy = BY_STATUS.get(status)
    if remedy is None:
        return _unusable(f"it failed ({status})", trace=trace)
    if remedy.kind is SignInNeeded:
        return SignInNeeded(remedy.cause, need, remedy.action, trace=trace)
    return remedy.kind(remedy.cause, remedy.action, trace=trace)
