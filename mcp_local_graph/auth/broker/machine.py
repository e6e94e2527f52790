"""Whether a machine has a broker that can be used, and MSAL's application for it."""

from __future__ import annotations

import importlib
import os
import platform as running
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import msal

    from mcp_local_graph.clouds import Cloud


class Machine(NamedTuple):
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
