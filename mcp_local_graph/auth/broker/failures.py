"""What the broker's errors mean: its status word alone decides, for its texts name people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcp_local_graph.auth.remedies import Actor, Remedy
from mcp_local_graph.errors import (
    SIGN_IN,
    TRY_AGAIN,
    BrokerUnusable,
    LocalGraphError,
    ServiceUnavailable,
    SignInDeclined,
    SignInNeeded,
    Trace,
)

if TYPE_CHECKING:
    from mcp_local_graph.errors import Need

USE_BROWSER = "The browser works without it: `mcp-local-graph login --sign-in browser`."
_SAID = "The operating system's sign-in broker cannot be used: "


def unusable(reason: str, remedy: str = USE_BROWSER, *, trace: Trace | None = None) -> BrokerUnusable:
    """The error for a broker that cannot be used: the browser is next."""
    return BrokerUnusable(f"{_SAID}{reason}.", remedy, trace=trace)


# The end of the description that MSAL makes of the broker's error. In front of it stands the broker's own text, which
# names people and is nobody's to match.
_STATUS = re.compile(
    r"Status: (?:[A-Za-z_]{1,40}\.)?(?:Status_)?([A-Za-z]{1,40}), Error code: (-?\d{1,20}), Tag: (-?\d{1,20})\Z"
)


def _rows(*rows: tuple[str, type[LocalGraphError], str, str]) -> dict[str, Remedy]:
    return {word: Remedy(kind, Actor.YOU, what, action) for words, kind, what, action in rows for word in words.split()}


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
    ("RequiredBrokerMissing", BrokerUnusable, f"{_SAID}it is not installed on this system.", USE_BROWSER),
    ("FallbackToNativeMsal", BrokerUnusable, f"{_SAID}it leaves this sign-in to the browser.", USE_BROWSER),
    (
        "DeviceNotRegistered",
        BrokerUnusable,
        f"{_SAID}this device is not registered with the organisation.",
        f"Register it (Windows: Settings, Accounts, Access work or school). {USE_BROWSER}",
    ),
    ("AuthorityUntrusted", BrokerUnusable, f"{_SAID}it does not know this sign-in service.", USE_BROWSER),
    (
        "IncorrectConfiguration",
        BrokerUnusable,
        f"{_SAID}the app registration or this system is not set up for it.",
        f"Register the redirect address that `mcp-local-graph status` names. {USE_BROWSER}",
    ),
)


def outcome(answer: dict[str, Any], need: Need) -> LocalGraphError:
    """The error of ours for a `broker_error` of MSAL, by the broker's status word alone."""
    found = _STATUS.search(str(answer.get("error_description") or ""))
    if found is None:
        return unusable("it failed without a reason")
    status, number, tag = found.groups()
    trace = Trace(code=f"broker {status}, error {number}, tag {tag}")
    remedy = BY_STATUS.get(status)
    if remedy is None:
        return unusable(f"it failed ({status})", trace=trace)
    if remedy.kind is SignInNeeded:
        return SignInNeeded(remedy.cause, need, remedy.action, trace=trace)
    return remedy.kind(remedy.cause, remedy.action, trace=trace)
