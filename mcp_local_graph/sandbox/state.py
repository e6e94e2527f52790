"""Everything the demo tenant remembers while it runs. One lock guards all of it."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import staff
from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.graph.throttle import Throttling

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.data.mail import File
    from mcp_local_graph.sandbox.faults import Fault, QueuedFault
    from mcp_local_graph.sandbox.graph.mail.delta import Round
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox
    from mcp_local_graph.sandbox.holds import Hold
    from mcp_local_graph.sandbox.records import RequestRecord
    from mcp_local_graph.sandbox.scopes import Asked

# Consent that an administrator gave for everybody in the tenant is remembered under this in place of an object id.
EVERYBODY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An app registration. Without `secret` it is a public client; with one it can act as itself, with `roles`."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...] = ("http://localhost",)
    public_client_flows: bool = True
    # The one tenant that knows it; None: every tenant, and personal accounts.
    tenant_id: str | None = None
    secret: str = ""
    # The workload outside that may act as the app: the subject of the tokens it is given there.
    workload: str = ""
    # What an administrator has allowed the app itself, without any person.
    roles: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class AccessToken:
    """What Graph looks up by an access token. Times are seconds since the epoch; `serial` is its place in time."""

    account: Account
    client_id: str
    audience: str
    scopes: frozenset[str]
    expires_at: float
    serial: int
    handles_challenges: bool
    # Nobody is signed in: the account is the app's own.
    app_only: bool = False


@dataclass(slots=True, kw_only=True)
class RefreshToken:
    """What Entra looks up by a refresh token."""

    account: Account
    client_id: str
    expires_at: float
    serial: int
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a sign-in is for, as the app asked it, whichever way it goes."""

    tenant: str
    registration: Registration
    asked: Asked
    handles_challenges: bool = False


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code's content."""

    ask: Ask
    account: Account
    redirect_uri: str
    challenge: str
    nonce: str
    expires_at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class DeviceFlow:
    """A device code's content. `answer` is None until the person approved (an account) or declined (False)."""

    ask: Ask
    user_code: str
    expires_at: float
    interval: int
    polled_at: float | None = None
    answer: Account | bool | None = None
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Session:
    """A browser that signed in on the pages, by its cookie."""

    csrf: str
    accounts: list[Account] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where a browser sign-in ends, and what the app wants to find again there."""

    uri: str
    state: str
    challenge: str
    nonce: str
    in_query: bool
    client_info: bool


@dataclass(slots=True, kw_only=True)
class SignIn:
    """A sign-in under way on the pages, in one browser. It ends at a redirect, or answers a device flow."""

    ask: Ask
    goal: Redirect | DeviceFlow
    session: Session
    prompt: str = ""
    hint: str = ""
    account: Account | None = None


@dataclass(slots=True)
class Lifetimes:
    """How long things live, in seconds. The defaults are Entra's; access tokens have Entra's way where none is set.

    `refresh_in` is when a client shall renew its access token, where the answer says that.
    """

    access_token: int | None = None
    refresh_in: int | None = None
    refresh_token: int = 90 * 24 * 3600
    code: int = 600
    device_code: int = 900
    device_interval: int = 5


GOOD = Registration(client_id="7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203", name="Local Graph (demo)")
ONE_TENANT = Registration(
    client_id="86c1b7e4-5d09-4f23-9ab8-e20f6d417c95", name="One tenant only", tenant_id=company.TENANT_ID
)
NO_PUBLIC_FLOWS = Registration(
    client_id="2ae90d73-c6f1-4b58-8e14-f7053bd92c6a", name="Public flows switched off", public_client_flows=False
)
FOREIGN = Registration(
    client_id="d9347ab5-08e2-46cf-a1d3-5c7be06f8214", name="Somebody else's", tenant_id=company.OTHER_TENANT_ID
)
# One that acts as itself, at night, when nobody is there.
NIGHTLY = Registration(
    client_id="5e19f0a8-7c34-4d62-9b0d-c86a3f12e7d4",
    name="Nightly report",
    redirect_uris=(),
    public_client_flows=False,
    tenant_id=company.TENANT_ID,
    secret="Qy~8Q~demo-only.Nightly_report.0pens-nothing",  # noqa: S106 (it opens the demo tenant only)
    workload="system:serviceaccount:reports:nightly",
    roles=frozenset({"User.Read.All"}),
)


@dataclass(kw_only=True)
class State:
    """The tenant's memory. Whoever touches it holds `lock`."""

    login_url: str
    graph_url: str
    pages_url: str
    control_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    lock: threading.RLock = field(default_factory=threading.RLock)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    strict_rotation: bool = False
    registrations: dict[str, Registration] = field(
        default_factory=lambda: {one.client_id: one for one in (GOOD, ONE_TENANT, NO_PUBLIC_FLOWS, FOREIGN, NIGHTLY)}
    )
    # What the data's dates are counted from.
    days: Days = field(default_factory=Days.around)
    profiles: dict[str, company.Profile] = field(default_factory=lambda: company.profiles() | staff.profiles())
    # Object id → what lies in the mailbox; opened at first need.
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=lambda: set(company.DISABLED))
    # (object id or EVERYBODY, client id) → scopes
    grants: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    admin_scopes: set[str] = field(default_factory=set)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    device_flows: dict[str, DeviceFlow] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    # Object id → the serial up to which sign-ins are revoked, and up to which access tokens are challenged.
    revoked: dict[str, int] = field(default_factory=dict)
    challenged: dict[str, int] = field(default_factory=dict)
    skip_tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    # Which file an address without a token stands for, and until when (seconds since the epoch).
    downloads: dict[str, tuple[File, float]] = field(default_factory=dict)
    # What the tokens of delta queries stand for.
    rounds: dict[str, Round] = field(default_factory=dict)
    throttling: Throttling = field(default_factory=Throttling)
    # Seconds that every answer of Graph's takes, by the beginning of its path.
    latencies: dict[str, float] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    faults: list[QueuedFault] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    records: list[RequestRecord] = field(default_factory=list)
    _serials: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Let threads wait for requests."""
        self.arrivals = threading.Condition(self.lock)

    def reset(self) -> None:
        """Forget everything but the addresses, the keys and which secrets there ever were."""
        for hold in self.holds.values():
            hold.set()
        fresh = State(login_url=self.login_url, graph_url=self.graph_url, pages_url=self.pages_url)
        kept = {"control_key", "days", "lock", "secrets", "_serials"}
        for part in fields(self):
            if part.name not in kept:
                setattr(self, part.name, getattr(fresh, part.name))

    @cached_property
    def signing_key(self) -> rsa.RSAPrivateKey:
        """The key of the id tokens; made at first need, since it takes longer than the rest of the start."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def key_id(self) -> str:
        """The name of the signing key."""
        return uuid4().hex

    def serial(self) -> int:
        """The next place in time. A clock can stand still between two events; this cannot."""
        return next(self._serials)

    def secret(self, prefix: str = "") -> str:
        """A new secret that nobody can guess, remembered for leak checks."""
        value = prefix + secrets.token_urlsafe(48)
        self.secrets.add(value)
        return value

    def account(self, user_name: str) -> Account | None:
        """The account of a user name, however it is capitalised."""
        wanted = user_name.lower()
        return next((one for one in company.PEOPLE if one.user_name.lower() == wanted), None)

    def granted(self, account: Account, client_id: str) -> set[str]:
        """What is allowed for an account and an app: by the person, or by an administrator for everybody."""
        for_all = self.grants.get((EVERYBODY, client_id), set()) if account.tenant_id == company.TENANT_ID else set()
        return self.grants.get((account.oid, client_id), set()) | for_all

    def grant(self, oid: str, client_id: str, scopes: frozenset[str]) -> None:
        """Remember consent."""
        self.grants.setdefault((oid, client_id), set()).update(scopes)

    def latency(self, path: str) -> float:
        """Seconds that an answer of Graph's to this path takes."""
        return max((seconds for start, seconds in self.latencies.items() if path.startswith(start)), default=0)

    def take_fault(self, endpoint: str, path: str, *, wire: bool = True) -> Fault | None:
        """The next queued fault for a request, counted down. A part of a batch has no `wire` of its own to break."""
        for queued in self.faults:
            if queued.fits(endpoint, path) and (wire or not queued.fault.on_wire):
                queued.times -= 1
                if queued.times == 0:
                    self.faults.remove(queued)
                return queued.fault
        return None


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
