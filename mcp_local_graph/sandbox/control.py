"""The other side of the table: what a person, an administrator, or bad luck would do. Every method is thread-safe."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company, faults
from mcp_local_graph.sandbox.entra import application
from mcp_local_graph.sandbox.entra.call import account_in
from mcp_local_graph.sandbox.entra.devicepage import waiting
from mcp_local_graph.sandbox.entra.signin import missing, needs_admin
from mcp_local_graph.sandbox.faults import Fault, QueuedFault
from mcp_local_graph.sandbox.graph import mailboxes
from mcp_local_graph.sandbox.graph.mail.folders import below
from mcp_local_graph.sandbox.holds import Hold
from mcp_local_graph.sandbox.state import EVERYBODY, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.data.mail import Mail
    from mcp_local_graph.sandbox.graph.mail.store import Mailbox, Message
    from mcp_local_graph.sandbox.records import RequestRecord
    from mcp_local_graph.sandbox.state import DeviceFlow, State

# A person who signs in to a work app consents to these along with the first permission.
_ALWAYS = frozenset({"openid", "profile", "offline_access"})


class Control:
    """Plays the people of a running demo tenant. User names and user codes are taken however they are capitalised."""

    def __init__(self, state: State) -> None:
        self._state = state

    def reset(self) -> None:
        """Begin anew: no consent, no sessions, no tokens, no faults, no record. Issued secrets stay known."""
        with self._state.lock:
            self._state.reset()

    # The person

    def approve_device_code(self, user_code: str, user_name: str | None = None) -> None:
        """Enter a code, sign in and accept; as the main person where no name is given.

        Raises:
            LookupError: the code or the account is unknown, or the code waits no more.
            PermissionError: an administrator would have to consent first.
            EntraRefused: the account does not belong there.
        """
        account = self._account(user_name or company.INES.user_name)
        with self._state.lock:
            flow = self._flow(user_code)
            account = account_in(self._state, account, flow.ask.tenant)
            lacking = missing(self._state, account, flow.ask)
            if reserved := needs_admin(self._state, account, lacking):
                raise PermissionError(f"Only an administrator may allow {' '.join(sorted(reserved))}.")
            self._state.grant(account.oid, flow.ask.registration.client_id, lacking)
            flow.answer = account

    def decline_device_code(self, user_code: str) -> None:
        """Enter a code and cancel.

        Raises:
            LookupError: the code is unknown, or waits no more.
        """
        with self._state.lock:
            self._flow(user_code).answer = False

    # The administrator

    def revoke_sign_in(self, user_name: str) -> None:
        """End every session: refresh tokens answer 50173 from now on, access tokens 401."""
        account = self._account(user_name)
        with self._state.lock:
            self._state.revoked[account.oid] = self._state.serial()
            self._forget_sessions(account)

    def challenge_access_tokens(self, user_name: str) -> None:
        """Let Graph ask for newer tokens by a claims challenge; refresh tokens stay good."""
        account = self._account(user_name)
        with self._state.lock:
            self._state.challenged[account.oid] = self._state.serial()

    def disable_user(self, user_name: str) -> None:
        """Switch an account off: 50057 from now on."""
        account = self._account(user_name)
        with self._state.lock:
            self._state.disabled.add(account.oid)
            self._forget_sessions(account)

    def enable_user(self, user_name: str) -> None:
        """Switch an account on again."""
        account = self._account(user_name)
        with self._state.lock:
            self._state.disabled.discard(account.oid)

    def require_admin_consent(self, scope: str) -> None:
        """Reserve a permission for administrators."""
        with self._state.lock:
            self._state.admin_scopes.add(scope)

    def grant_consent(self, user_name: str | None, scopes: Iterable[str], client_id: str = GOOD.client_id) -> None:
        """Consent for one account, or for everybody where `user_name` is None."""
        oid = EVERYBODY if user_name is None else self._account(user_name).oid
        with self._state.lock:
            self._state.grant(oid, client_id, frozenset(scopes) | _ALWAYS)

    def forget_consent(self, user_name: str | None = None) -> None:
        """Take back what an account consented to; everybody's and the organisation's where no name is given."""
        oid = None if user_name is None else self._account(user_name).oid
        with self._state.lock:
            for key in [key for key in self._state.grants if oid in {None, key[0]}]:
                del self._state.grants[key]

    def workload_token(self, **changed: object) -> str:
        """The token that a cluster gives the workload which may act as the nightly app; with other claims if named."""
        with self._state.lock:
            return application.workload_token(self._state, changed)

    # Time

    def set_token_lifetime(self, seconds: int, refresh_in: int | None = None) -> None:
        """How long access tokens live that are issued from now on, and after how long they are to be renewed."""
        with self._state.lock:
            self._state.lifetimes.access_token = seconds
            self._state.lifetimes.refresh_in = refresh_in

    def set_refresh_lifetime(self, seconds: int) -> None:
        """How long refresh tokens live that are issued from now on."""
        with self._state.lock:
            self._state.lifetimes.refresh_token = seconds

    def set_code_lifetime(self, seconds: int) -> None:
        """How long authorization codes live that are issued from now on."""
        with self._state.lock:
            self._state.lifetimes.code = seconds

    def set_device_code_lifetime(self, seconds: int) -> None:
        """How long device codes live that are issued from now on."""
        with self._state.lock:
            self._state.lifetimes.device_code = seconds

    def set_device_code_interval(self, seconds: int) -> None:
        """How often a device may ask, for device codes that are issued from now on; 0 as often as it likes.

        MSAL looks at its exit condition only between the seconds of an interval: with 0 it polls without a pause.
        """
        with self._state.lock:
            self._state.lifetimes.device_interval = seconds

    def set_strict_rotation(self, *, on: bool) -> None:
        """Whether a refresh token is good for one use only. Entra's own are good for many."""
        with self._state.lock:
            self._state.strict_rotation = on

    def expire_access_tokens(self) -> None:
        """Let every access token be expired."""
        with self._state.lock:
            for token in self._state.access_tokens.values():
                token.expires_at = 0

    def expire_refresh_tokens(self) -> None:
        """Let every refresh token be expired."""
        with self._state.lock:
            for token in self._state.refresh_tokens.values():
                token.expires_at = 0

    # The mailboxes

    def deliver(self, user_name: str, *mails: Mail) -> None:
        """Lay mails into somebody's mailbox, as their recipient gets them."""
        with self._state.lock:
            for mail in mails:
                self._mailbox(user_name).put(mail, mail.elsewhere.get(user_name, mail.placed))

    def mark(self, user_name: str, key: str, **changed: object) -> None:
        """Change properties (`isRead`, `flag`, `categories` …, as Graph has them) of the mail of that key.

        Raises:
            LookupError: there is none.
        """
        with self._state.lock:
            box = self._mailbox(user_name)
            for message in _called(box, key):
                box.change(message, **changed)

    def remove(self, user_name: str, key: str) -> None:
        """Remove the mail of that key for good.

        Raises:
            LookupError: there is none.
        """
        with self._state.lock:
            box = self._mailbox(user_name)
            for message in _called(box, key):
                del box.messages[message.immutable]

    def make_folders(self, user_name: str, *paths: str) -> None:
        """Make folders in somebody's mailbox, such as `inbox/Clients`; parents first.

        Raises:
            LookupError: there is no such mailbox.
        """
        with self._state.lock:
            box = self._mailbox(user_name)
            box.folders.update({path: below(box.account.oid, path) for path in paths})

    def set_time_zone(self, user_name: str, zone: str) -> None:
        """Let somebody's mailbox be in a zone, by its Windows or its IANA name.

        Raises:
            LookupError: there is no such mailbox.
        """
        with self._state.lock:
            account = self._mailbox(user_name).account
            profile = self._state.profiles[account.oid]
            self._state.profiles[account.oid] = replace(profile, mailbox=company.mailbox_settings(zone))

    # Bad luck

    def queue_entra_error(
        self,
        code_or_fault: int | str | Fault,
        endpoint: str = "token",
        times: int = 1,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer the next requests to token, devicecode, authorize, device or discovery with an error.

        The error is an AADSTS number, a status (429, 500, 503) or a name of `faults.NAMED`. A number on authorize is
        what the sign-in ends with, after the person has done all of theirs.

        Raises:
            KeyError: there is no fault of that name, no error of that number.
        """
        fault = faults.with_headers(faults.entra(code_or_fault), headers)
        where = "authorize result" if endpoint == "authorize" and fault.entra_code is not None else endpoint
        with self._state.lock:
            self._state.faults.append(QueuedFault(endpoint=where, fault=fault, times=times))

    def queue_graph_fault(  # noqa: PLR0913 (each is a plain part of an answer, and all but one have defaults)
        self,
        status: int | str | Fault,
        path: str = "",
        times: int = 1,
        *,
        code: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        """Answer the next requests to Graph whose path begins with `path` (`/v1.0/me`) with a fault.

        `status` is an HTTP status or a name of `faults.NAMED`; `code` is Graph's word in the error; `body` is sent as
        it is in place of an error. Parts of a batch meet the faults too that are answers, not broken connections.

        Raises:
            KeyError: there is no fault of that name.
        """
        fault = faults.graph(status, code)
        if body is not None:
            fault = Fault(status=fault.status, body=body, headers=fault.headers)
        with self._state.lock:
            queued = QueuedFault(endpoint="graph", fault=faults.with_headers(fault, headers), times=times, path=path)
            self._state.faults.append(queued)

    def set_latency(self, seconds: float, path: str = "") -> None:
        """How long every answer of Graph's takes from now on, for paths that begin with `path`."""
        with self._state.lock:
            self._state.latencies[path] = seconds

    def set_mailbox_limits(
        self, *, concurrent: int | None = None, quota: int | None = None, retry_after: int | None = None
    ) -> None:
        """How much Exchange takes of one app for one mailbox before it answers 429.

        So many at a time (four unless set), and so many more requests in all (no end unless set); `retry_after` is in
        seconds.
        """
        with self._state.lock:
            limits = self._state.throttling
            limits.concurrent = limits.concurrent if concurrent is None else concurrent
            limits.retry_after = limits.retry_after if retry_after is None else retry_after
            limits.quota = quota

    def clear_faults(self) -> None:
        """Forget the faults that wait."""
        with self._state.lock:
            self._state.faults.clear()

    def hold(self, endpoint: str) -> None:
        """Let requests to an endpoint (as above, or `graph`) hang until it is released."""
        with self._state.lock:
            self._state.holds.setdefault(endpoint, Hold())

    def release(self, endpoint: str | None = None) -> None:
        """Let held requests go on, of one endpoint or of all."""
        with self._state.lock:
            for name in [name for name in self._state.holds if endpoint in {None, name}]:
                self._state.holds.pop(name).set()

    # The record

    def requests(self, endpoint: str | None = None) -> list[RequestRecord]:
        """All requests so far, or those to one endpoint, as they are now."""
        with self._state.lock:
            return [copy(one) for one in self._state.records if endpoint in {None, one.endpoint}]

    def wait_for_request(self, endpoint: str, count: int = 1, timeout: float = 10) -> list[RequestRecord]:
        """Wait until an endpoint has got `count` requests, answered or not; `timeout` is in seconds.

        Raises:
            TimeoutError: they did not come.
        """
        with self._state.arrivals:
            if not self._state.arrivals.wait_for(lambda: len(self.requests(endpoint)) >= count, timeout):
                raise TimeoutError(f"{endpoint} got {len(self.requests(endpoint))} of {count} requests.")
            return self.requests(endpoint)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        with self._state.lock:
            self._state.records.clear()

    def issued_secrets(self) -> set[str]:
        """Every secret that was ever issued: tokens, codes, cookies. Nothing may print one."""
        with self._state.lock:
            return set(self._state.secrets)

    def _account(self, user_name: str) -> Account:
        account = self._state.account(user_name)
        if account is None:
            raise LookupError("There is no account of that name.")
        return account

    def _mailbox(self, user_name: str) -> Mailbox:
        for one in self._state.profiles.values():
            if one.account.user_name == user_name:
                return mailboxes.mailbox(self._state, one.account)
        raise LookupError("There is no mailbox of that name.")

    def _flow(self, user_code: str) -> DeviceFlow:
        flow = waiting(self._state, user_code)
        if flow is None:
            raise LookupError("No device waits with that code.")
        return flow

    def _forget_sessions(self, account: Account) -> None:
        for session in self._state.sessions.values():
            session.accounts = [one for one in session.accounts if one != account]


def _called(box: Mailbox, key: str) -> list[Message]:
    if not (found := box.called(key)):
        raise LookupError("There is no mail of that key.")
    return found
