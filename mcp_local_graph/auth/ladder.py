"""The ladder of ways to ask a person, and which rung comes next: decided by the class of the failure, in one table.

broker       the operating system's own dialog; knows the device, so it passes device policies
browser      authorization code with PKCE
device code  for machines without a browser; proves nothing about any device, and is often blocked
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.config import SignIn
from mcp_local_graph.errors import LocalGraphError, SignInFailed, WayClosed

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL = (Rung.BROKER, Rung.BROWSER, Rung.DEVICE)


class Abilities(NamedTuple):
    """What this machine can show. `no_broker` is the reason why there is none, or nothing."""

    no_broker: str
    browser: bool


class Row(NamedTuple):
    """After a failure of this class on this rung (any, where none is named), these rungs are closed."""

    rungs: frozenset[Rung]
    kind: type[LocalGraphError]
    codes: frozenset[str]
    closes: frozenset[Rung]
    why: str


def _row(rungs: Iterable[Rung], kind: type[LocalGraphError], codes: str, closes: Iterable[Rung], why: str) -> Row:
    numbers = frozenset(f"AADSTS{code}" for code in codes.split())
    return Row(frozenset(rungs), kind, numbers, frozenset(closes), why)


_DEVICE_POLICY = "53000 53001 530003 530033"
TABLE = (
    _row([Rung.BROKER], WayClosed, "", [Rung.BROKER], "the broker cannot be used here"),
    _row([Rung.BROWSER], WayClosed, "", [Rung.BROWSER], "nothing can listen for the browser's answer"),
    _row([Rung.BROKER], SignInFailed, "50011 7000218 500113 900971", [Rung.BROKER], "not registered for the broker"),
    _row([Rung.DEVICE], SignInFailed, _DEVICE_POLICY, [Rung.DEVICE], "a code cannot prove a managed device"),
    _row(
        [Rung.BROWSER], SignInFailed, _DEVICE_POLICY, [Rung.BROWSER, Rung.DEVICE], "only the broker proves the device"
    ),
    _row([Rung.DEVICE], SignInFailed, "53003", [Rung.DEVICE], "codes are blocked"),
    _row([Rung.DEVICE], SignInFailed, "7000218", [Rung.DEVICE], "the registration allows no public client flows"),
)
# Every other failure closes nothing: a no is a no, consent and policy are the same on each rung, and a network that is
# down is no sign-in problem.


def rungs(chosen: SignIn, machine: Abilities) -> tuple[Rung, ...]:
    """The rungs to try, in order. A setting pins one, whether or not this machine seems to have it."""
    match chosen:
        case SignIn.BROKER | SignIn.BROWSER | SignIn.DEVICE:
            return (Rung(chosen.value),)
        case SignIn.NEVER:
            return ()
    usable = {Rung.BROKER: not machine.no_broker, Rung.BROWSER: machine.browser, Rung.DEVICE: True}
    return tuple(rung for rung in _ALL if usable[rung])


def closed_by(rung: Rung, error: LocalGraphError) -> frozenset[Rung]:
    """The rungs that a failure closes for the rest of this process; none for most."""
    for row in TABLE:
        right_code = not row.codes or error.trace.code in row.codes
        if rung in row.rungs and isinstance(error, row.kind) and right_code:
            return row.closes
    return frozenset()
