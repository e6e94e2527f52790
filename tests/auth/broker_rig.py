"""The real MSAL over a stand-in for the native package that it calls: what is fake is below the last Python line."""

from __future__ import annotations

import contextlib
import importlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msal

from mcp_local_graph import tls
from mcp_local_graph.auth.broker.asking import Broker, Ending
from mcp_local_graph.auth.broker.machine import Machine, application
from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.clouds import CLOUDS
from mcp_local_graph.errors import LocalGraphError, Need
from tests.auth.kit import BASIC, BASIC_NEED, SOON
from tests.auth.stand_in_runtime import CANARY, Person, Runtime, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Attempt
    from mcp_local_graph.sandbox import DemoTenant

CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555"
WINDOW = 0x77
ALEX, BEA = Person("alex@contoso.example"), Person("bea@contoso.example")
MACHINES = {
    "windows": Machine(
        platform="win32", processor="AMD64", wsl=False, display=False, main_thread=False, runtime=lambda: None
    ),
    "mac": Machine(
        platform="darwin", processor="arm64", wsl=False, display=False, main_thread=True, runtime=lambda: None
    ),
    "linux": Machine(
        platform="linux", processor="x86_64", wsl=False, display=True, main_thread=False, runtime=lambda: None
    ),
    "wsl": Machine(
        platform="linux", processor="x86_64", wsl=True, display=False, main_thread=False, runtime=lambda: None
    ),
}
LINUX = MACHINES["linux"]._replace(runtime=lambda: importlib.import_module("msal.broker"))


class Makes:
    """What the service has: a way to make an application with its own options, to which others are added."""

    def __init__(self, tenant: DemoTenant) -> None:
        self._tenant = tenant
        self.cache = msal.TokenCache()

    def __call__(self, **options: bool) -> msal.PublicClientApplication:
        return msal.PublicClientApplication(
            CLIENT,
            authority=f"{self._tenant.login_url}/{self._tenant.tenant_id}",
            instance_discovery=False,
            client_capabilities=["CP1"],
            token_cache=self.cache,
            http_client=EntraClient(tls.client_context(self._tenant.ca_file)),
            **options,
        )


@dataclass
class Kept:
    """The accounts that were kept, and those that came too late; what the ladder was asked to judge."""

    kept: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    judged: list[LocalGraphError] = field(default_factory=list)
    windows: int = 0
    changed: threading.Event = field(default_factory=threading.Event)

    def ending(self) -> Ending:
        return Ending(self._finish, self._judge, self._showing)

    def _showing(self) -> None:
        self.windows += 1

    def _finish(self, attempt: Attempt, account: Account, answer: dict[str, str]) -> None:
        assert answer["access_token"]
        in_time = attempt.claim()
        (self.kept if in_time else self.late).append(account.home_account_id)
        self.changed.set()
        if in_time:
            attempt.end(account, claimed=True)

    def _judge(self, error: LocalGraphError) -> LocalGraphError:
        self.judged.append(error)
        return error


class Rig:
    """An application with a broker behind it."""

    def __init__(self, tenant: DemoTenant) -> None:
        self.runtime = Runtime()
        self.kept = Kept()
        self.make = Makes(tenant)
        self._app: msal.PublicClientApplication | None = None

    @property
    def app(self) -> msal.PublicClientApplication:
        self._app = self._app or application(self.make, LINUX, CLOUDS["global"])
        return self._app

    def broker(self, patience: float = SOON, **more: float) -> Broker:
        return Broker(self.app, LINUX, CLOUDS["global"], patience=patience, **more)

    def asked(self, need: Need = BASIC_NEED, window: int | None = WINDOW, **how: bool) -> Attempt:
        return self.broker().begin(need, window, self.kept.ending(), **how)


@contextlib.contextmanager
def rigged(tenant: DemoTenant) -> Iterator[Rig]:
    rig = Rig(tenant)
    with installed(rig.runtime):
        yield rig


def account(attempt: Attempt) -> Account:
    return attempt.outcome.result(SOON)


def failure(attempt: Attempt) -> LocalGraphError:
    error = attempt.outcome.exception(SOON)
    assert isinstance(error, LocalGraphError)
    assert CANARY not in error.text()
    assert error.__cause__ is None
    return error


def expecting(person: Person) -> Need:
    return Need(BASIC, account=person.home_account_id, hint=person.name)
