"""Everything that can go wrong, as a tree.

    LocalGraphError                 what happened, one remedy, whether trying again can help, ids for IT
    ├── SettingsError               a flag, a variable or the settings file says what cannot be
    │   └── ClientIdMissing         no app registration was named
    ├── SignInNeeded                only the person can help: carries what to ask for
    ├── SignInFailed                a sign-in ended without an account
    │   ├── SignInDeclined          the person said no, or closed the page
    │   ├── SignInExpired           nobody finished it in time
    │   ├── AdminNeeded             an administrator has to allow something first
    │   │   └── AdminConsentNeeded  … permissions, by a link that this error carries
    │   ├── WayClosed               this way of asking cannot be used on this machine; another may
    │   │   └── BrokerUnusable      … the operating system's broker
    │   ├── AccountUnclear          several accounts are signed in and none is chosen, or another than the chosen one
    │   ├── BlockedByPolicy         the organisation's policy refuses this machine, app, account or way of signing in
    │   └── RegistrationWrong       the app registration, tenant or cloud in the settings is not right
    ├── ServiceUnavailable          the network or a service is down; signing in again would not help
    │   └── Throttled               the service asked for a pause
    ├── KeyStoreUnavailable         the place of the cache's key is locked or absent; nothing was deleted
    ├── RequestRefused              an argument that makes no sense, or a request that is never sent
    │   └── CursorUnknown           a cursor that is none, or none any more
    ├── DocumentUnreadable          a document that cannot be turned into text
    └── GraphRefused                Microsoft Graph answered with an error
        ├── PermissionMissing       403: a scope or a right is missing
        ├── RefusedByPolicy         403: a policy of the organisation forbids it
        ├── LicenceMissing          the account or the organisation has no licence for it
        ├── NotFound                404: there is no such thing, or not for this account
        │   ├── MailboxMissing      … no mailbox in Microsoft 365
        │   └── HandleUnknown       a handle that is none, or none any more
        ├── GroupMailbox            the address is a group's, whose mail is read in another way
        ├── QueryRefused            400: filter, search and order do not go together; a mistake of ours
        ├── FormatRefused           406, 415: not in this format
        ├── ListExpired             410: the list has to be begun again
        ├── ChangedMeanwhile        409, 412: somebody else has changed it
        ├── Locked                  423: somebody else is working on it
        ├── StorageFull             507: no room is left
        ├── WriteUncertain          a change may have been made, or not: the answer got lost
        └── TokenRejected           401: the access token was refused

The texts are for a model and a person at once and are safe to log: no token, code, body, or other people's words.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple

SIGN_IN = "Sign in: run `mcp-local-graph login`, or ask for account_sign_in."
TRY_AGAIN = "To try again, run `mcp-local-graph login`, or ask for account_sign_in."
CLIENT_ID_MISSING = """\
Register an app once, or have your administrator do it; nothing of it is secret:
1. entra.microsoft.com, App registrations, New registration: any name, accounts in this organizational directory only.
2. Authentication, Add a platform, Mobile and desktop applications: http://localhost
3. Authentication, Allow public client flows: Yes
4. With the two ids on its Overview page: `mcp-local-graph login --client-id <application id> --tenant <directory id>`
   (or set MCP_LOCAL_GRAPH_CLIENT_ID and MCP_LOCAL_GRAPH_TENANT).
For a personal account (outlook.com) choose personal Microsoft accounts only, and `--tenant consumers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The ids by which an administrator or Microsoft finds one request again.

    `code` is the service's own word for the error (`AADSTS53003`, `ErrorAccessDenied`); the ids are UUIDs as text;
    `time` is in UTC.
    """

    code: str = ""
    correlation_id: str = ""
    request_id: str = ""
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def line(self) -> str:
        """One line for IT, or nothing where there is nothing to say."""
        named = {"code": self.code, "correlation id": self.correlation_id, "request id": self.request_id}
        known = [f"{name} {value}" for name, value in named.items() if value]
        return "; ".join([*known, self.time.strftime("%Y-%m-%d %H:%M:%SZ")]) if known else ""


class LocalGraphError(Exception):
    """The root. `what` and `remedy` are whole sentences; `retry_after` is in seconds."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, remedy: str = "", *, trace: Trace | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.trace = trace or Trace()
        self.retry_after = retry_after

    def text(self) -> str:
        """What happened, what to do, the ids: one line each."""
        return "\n".join(line for line in (self.what, self.remedy, self.trace.line()) if line)


class SettingsError(LocalGraphError):
    """A setting that cannot be."""

    exit_code = 2


class ClientIdMissing(SettingsError):
    """No app registration was named."""

    def __init__(self) -> None:
        super().__init__("No app registration is named, so nobody can sign in yet.", CLIENT_ID_MISSING)


class Need(NamedTuple):
    """What a sign-in is for.

    `scopes` are Graph's delegated permissions by short name; `claims` is a claims challenge as JSON text; `account` is
    the home account id of the expected account; `hint` its user name, to spare the person typing it.
    """

    scopes: frozenset[str]
    claims: str | None = None
    account: str | None = None
    hint: str | None = None


class SignInNeeded(LocalGraphError):
    """Only the person at this machine can help.

    `asked` means that they have just asked for it; `another_way` that one way of asking failed and the next is tried;
    `moment` is when the need arose, in seconds since 1970.
    """

    exit_code = 4
    another_way = False

    def __init__(
        self, what: str, need: Need, remedy: str = SIGN_IN, *, trace: Trace | None = None, asked: bool = False
    ) -> None:
        super().__init__(what, remedy, trace=trace)
        self.need = need
        self.asked = asked
        self.moment = time.time()


class SignInFailed(LocalGraphError):
    """A sign-in ended without an account."""

    exit_code = 4


class SignInDeclined(SignInFailed):
    """The person said no. It is not asked again until the person asks for it."""


class SignInExpired(SignInFailed):
    """Nobody finished it in time."""


class WayClosed(SignInFailed):
    """This way of asking the person cannot be used on this machine; another may."""


class BrokerUnusable(WayClosed):
    """The operating system's broker cannot be used on this machine, or now."""


class AccountUnclear(SignInFailed):
    """Several accounts are signed in and none is chosen, or the one that signed in is not the chosen one."""


class AdminNeeded(SignInFailed):
    """An administrator has to allow something first."""


class AdminConsentNeeded(AdminNeeded):
    """An administrator has to approve permissions first: `scopes`, at `link` where there is one."""

    def __init__(
        self,
        what: str,
        remedy: str = "",
        *,
        trace: Trace | None = None,
        scopes: frozenset[str] = frozenset(),
        link: str = "",
    ) -> None:
        super().__init__(what, remedy, trace=trace)
        self.scopes = scopes
        self.link = link


class BlockedByPolicy(SignInFailed):
    """The organisation's policy refuses this machine, app, account or way of signing in."""


class RegistrationWrong(SignInFailed):
    """The app registration, tenant or cloud in the settings is not right."""


class ServiceUnavailable(LocalGraphError):
    """The network or a service is down; signing in again would not help."""

    retryable = True


class Throttled(ServiceUnavailable):
    """The service asked for a pause of `retry_after` seconds."""


class KeyStoreUnavailable(LocalGraphError):
    """The place of the cache's key is locked or absent; nothing was deleted."""


class RequestRefused(LocalGraphError):
    """An argument that makes no sense, or a request that is never sent. Nothing was asked of Graph."""


class CursorUnknown(RequestRefused):
    """A cursor that is none, or none any more."""


class DocumentUnreadable(LocalGraphError):
    """A document that cannot be turned into text."""


class GraphRefused(LocalGraphError):
    """Microsoft Graph answered with an error.

    `quoted` are the names in quotes in its message, in small letters. Anybody may have chosen them: they are there to
    be compared with what somebody asked for, never to be shown.
    """

    quoted: frozenset[str] = frozenset()


class PermissionMissing(GraphRefused):
    """403: a scope or a right is missing."""


class NotFound(GraphRefused):
    """404: there is no such thing, or not for this account."""


class RefusedByPolicy(GraphRefused):
    """403: a policy of the organisation forbids it; no permission and no sign-in helps."""


class LicenceMissing(GraphRefused):
    """The account or the organisation has no licence for it."""


class MailboxMissing(NotFound):
    """The account has no mailbox in Microsoft 365."""


class GroupMailbox(GraphRefused):
    """The address is a group's, whose mail is read in another way."""


class QueryRefused(GraphRefused):
    """400: filter, search and order do not go together. A mistake of whoever wrote the query: ours, mostly."""


class FormatRefused(GraphRefused):
    """406, 415: not in this format."""


class ListExpired(GraphRefused):
    """410: where the list went on is forgotten; it has to be begun again."""


class ChangedMeanwhile(GraphRefused):
    """409, 412: somebody else has changed it, or it is there already."""


class Locked(GraphRefused):
    """423: somebody else is working on it."""


class StorageFull(GraphRefused):
    """507: no room is left."""


class HandleUnknown(NotFound):
    """A handle that is none, or none any more."""


class WriteUncertain(GraphRefused):
    """A change may have been made, or not: the answer got lost on the way."""


class TokenRejected(GraphRefused):
    """401: the access token was refused. `claims` is the challenge as JSON text, where there was one."""

    def __init__(self, what: str, remedy: str = "", *, trace: Trace | None = None, claims: str | None = None) -> None:
        super().__init__(what, remedy, trace=trace)
        self.claims = claims
