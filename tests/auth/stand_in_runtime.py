"""A stand-in for the package `pymsalruntime`, so that the real MSAL can use a broker on a machine without one.

It has the interface of 0.20.7 (PyMsalRuntime.pyi), as far as MSAL 1.39 calls it. What its broker answers is the test's
choice; what it was asked is written down.
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import msal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
# Stands in each description of an error, as real ones hold names: it may get into none of our texts.
CANARY = "someone.private@contoso.example"
CONSOLE_WINDOW = 0xC0

Response_Status = Enum(  # type: ignore[misc]  # the library's own name, which MSAL prints
    "Response_Status",
    [
        f"Status_{word}"
        for word in (
            *("Unexpected", "Reserved", "InteractionRequired", "NoNetwork", "NetworkTemporarilyUnavailable"),
            *("ServerTemporarilyUnavailable", "ApiContractViolation", "UserCanceled", "ApplicationCanceled"),
            *("IncorrectConfiguration", "InsufficientBuffer", "AuthorityUntrusted", "UserSwitch", "AccountUnusable"),
            *("UserDataRemovalRequired", "KeyNotFound", "AccountNotFound", "TransientError", "AccountSwitch"),
            *("RequiredBrokerMissing", "DeviceNotRegistered", "FallbackToNativeMsal"),
        )
    ],
)
LogLevel = Enum("LogLevel", ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "FATAL"])


@dataclass(frozen=True)
class Person:
    """An account of the operating system."""

    name: str

    @property
    def oid(self) -> str:
        return f"oid-{self.name}"

    @property
    def home_account_id(self) -> str:
        return f"{self.oid}.{TENANT}"


@dataclass(frozen=True)
class Failure:
    """An error of the broker."""

    status: str
    context: str = f"(pii) {CANARY}"

    def get_context(self) -> str:
        return self.context

    def get_status(self) -> Enum:
        return Response_Status[f"Status_{self.status}"]

    def get_error_code(self) -> int:
        return -2147186943

    def get_tag(self) -> int:
        return 508634112


class Hangs:
    """The broker answers when the test says so, or never."""


Answer = Person | Failure | Hangs | Exception


class CallbackData:
    """How MSAL waits."""

    def __init__(self, *, is_interactive: bool = False) -> None:
        self.is_interactive = is_interactive
        self.signal = threading.Event()
        self.result: object = None

    def complete(self, result: object) -> None:
        self.result = result
        self.signal.set()


class Parameters:
    """MSALRuntimeAuthParameters."""

    def __init__(self, client_id: str, authority: str) -> None:
        self.client_id, self.authority = client_id, authority
        self.scopes: list[str] = []
        self.redirect_uri = self.claims = ""
        self.more: dict[str, str] = {}

    def set_requested_scopes(self, scopes: list[str]) -> None:
        self.scopes = scopes

    def set_redirect_uri(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def set_decoded_claims(self, claims: str) -> None:
        self.claims = claims

    def set_additional_parameter(self, key: str, value: str) -> None:
        self.more[key] = value


@dataclass(frozen=True)
class Account:
    """MSALRuntimeAccount."""

    person: Person

    def get_account_id(self) -> str:
        return self.person.oid

    def get_client_info(self) -> str:
        info = json.dumps({"uid": self.person.oid, "utid": TENANT}).encode()
        return base64.urlsafe_b64encode(info).decode()


@dataclass(frozen=True)
class Result:
    """MSALRuntimeAuthResult, MSALRuntimeReadAccountResult and MSALRuntimeSignOutResult in one."""

    answer: Person | Failure
    scopes: list[str] = field(default_factory=list)

    def get_error(self) -> Failure | None:
        return self.answer if isinstance(self.answer, Failure) else None

    def get_account(self) -> Account | None:
        return Account(self.answer) if isinstance(self.answer, Person) else None

    def get_telemetry_data(self) -> dict[str, str]:
        return {}

    def get_id_token(self) -> str:
        assert isinstance(self.answer, Person)
        return json.dumps({"preferred_username": self.answer.name, "oid": self.answer.oid, "tid": TENANT})

    def get_raw_id_token(self) -> str:
        return f"e30.{base64.urlsafe_b64encode(self.get_id_token().encode()).decode().rstrip('=')}.e30"

    def get_access_token(self) -> str:
        assert isinstance(self.answer, Person)
        return f"token of {self.answer.name}"

    def get_access_token_expiry_time(self) -> int:
        return int(time.time()) + 3600

    def is_pop_authorization(self) -> bool:
        return False

    def get_granted_scopes(self) -> list[str]:
        return self.scopes


@dataclass
class Runtime:
    """The package, and the broker behind it. Put it into `sys.modules` as `pymsalruntime`."""

    # The system's own account without a window; a named account without a window; whoever uses the window.
    silent: Answer = field(default_factory=lambda: Failure("InteractionRequired"))
    named: Answer = field(default_factory=lambda: Failure("InteractionRequired"))
    window: Answer = field(default_factory=lambda: Failure("UserCanceled"))
    sign_out: Answer = field(default_factory=lambda: Person("nobody"))
    starts: bool = True
    calls: list[str] = field(default_factory=list)
    asked: Parameters | None = None
    parent: int = 0
    hint: str | None = None
    held: queue.Queue[Callable[[Person | Failure], None]] = field(default_factory=queue.Queue)

    CallbackData = CallbackData
    LogLevel = LogLevel
    Response_Status = Response_Status
    MSALRuntimeAuthParameters = Parameters

    def register_logging_callback(self, _: object) -> None:
        if not self.starts:
            raise RuntimeError("Broker cannot be initialized")

    def get_console_window(self) -> int:
        return CONSOLE_WINDOW

    def read_account_by_id(self, account_id: str, _: str, callback: Callable[[Result], None]) -> None:
        callback(Result(Person(account_id.removeprefix("oid-"))))

    def signin_silently(self, asked: Parameters, _: str, callback: Callable[[Result], None]) -> None:
        self._note("signin_silently", asked)
        self._give(self.silent, callback)

    def acquire_token_silently(
        self, asked: Parameters, _: str, account: Account, callback: Callable[[Result], None]
    ) -> None:
        self._note(f"acquire_token_silently {account.person.name}", asked)
        self._give(self.named, callback)

    def signin_interactively(
        self, parent: int, asked: Parameters, _: str, hint: str | None, callback: Callable[[Result], None]
    ) -> None:
        self._note("signin_interactively", asked)
        self.parent, self.hint = parent, hint
        self._give(self.window, callback)

    def signout_silently(self, _: str, __: str, account: Account, callback: Callable[[Result], None]) -> None:
        self.calls.append(f"signout_silently {account.person.name}")
        self._give(self.sign_out, callback)

    def _note(self, call: str, asked: Parameters) -> None:
        self.calls.append(call)
        self.asked = asked

    def _give(self, answer: Answer, callback: Callable[[Result], None]) -> None:
        scopes = self.asked.scopes if self.asked else []
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Hangs):
            self.held.put(lambda late: callback(Result(late, scopes)))
        else:
            callback(Result(answer, scopes))


@contextlib.contextmanager
def installed(runtime: Runtime) -> Iterator[None]:
    """MSAL finds this package inside this context, and none afterwards."""
    sys.modules["pymsalruntime"] = runtime  # type: ignore[assignment]  # an import takes any object
    try:
        yield
    finally:
        del sys.modules["pymsalruntime"]
        # MSAL's module keeps the package it was imported with.
        if sys.modules.pop("msal.broker", None):
            del msal.broker
