"""Tokens without asking anybody: from the cache, or by the refresh token. Everything here blocks.

A cached token is found without MSAL's application, so that it serves in a new process without a network too. A refresh
is done by one process at a time: all that wait find the new token in the cache afterwards.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcp_local_graph.auth.broker import machine
from mcp_local_graph.auth.cache import Newest
from mcp_local_graph.auth.challenges import answers
from mcp_local_graph.auth.outcomes import graph_scopes, short_names, token_answer
from mcp_local_graph.auth.remedies import CONSENT_MISSING, error_for, lacks_consent
from mcp_local_graph.errors import (
    TRY_AGAIN,
    AccountUnclear,
    KeyStoreUnavailable,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInNeeded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import msal

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.entra import Entra

# Seconds of life that a cached token must have left; MSAL's own measure.
_MARGIN = 300
# Seconds that it must have left to be sent once more where there is no other: the call itself takes some.
_LEAST = 30
# Seconds to wait for another server's refresh, which has its own network timeouts.
_REFRESH_PATIENCE = 30.0
# Seconds until the next try, where a token could not be renewed ahead of its end: it may have hours left.
_REST = 60.0
_logger = logging.getLogger(__name__)


class Silent:
    """The silent way to a token."""

    def __init__(self, entra: Entra) -> None:
        self._entra = entra
        self._cache = entra.cache
        self._refreshing = threading.Lock()
        # On the monotonic clock: until then no token is renewed that is good for a while yet.
        self._resting_until = 0.0

    def token(self, need: Need, instead_of: str | None = None) -> str:
        """An access token that covers `need`, another than `instead_of`. Raises LocalGraphError."""
        entry = self.entry(need)
        token = self._token(entry, need, instead_of)
        self._cache.note_used(entry["home_account_id"], need.scopes)
        return token

    def _token(self, entry: dict[str, Any], need: Need, instead_of: str | None) -> str:
        home = entry["home_account_id"]
        need = need._replace(account=home, hint=entry.get("username"))
        if cached := self._usable(home, need, instead_of):
            return cached
        with self._alone():
            # Another thread or process may have done it while we waited.
            if cached := self._usable(home, need, instead_of):
                return cached
            asked, before = self._cache.granted(home) | need.scopes, self._cache.secrets(home)
            plain = need.claims is None and instead_of is None
            due = self._cached(home, need.scopes, left=_MARGIN) if plain else None
            # Where one is due MSAL would keep a refusal to itself, and give out the old one at each call.
            renew = instead_of is not None or due is not None
            try:
                answer = token_answer(lambda: self._ask(entry, asked, need, renew=renew), need)
            except LocalGraphError as error:
                if due:
                    self._resting_until = time.monotonic() + _REST
                    return due
                last = isinstance(error, ServiceUnavailable) and plain
                if last and (aged := self._cached(home, need.scopes, left=_LEAST)):
                    return aged
                raise
            self._check(answer, entry, before)
            if answer.get("token_source") != "cache":
                newest, granted = Newest.of(answer), graph_scopes(answer)
                self._cache.note_token(home, newest, asked=asked, granted=granted, claims=need.claims)
        return str(answer["access_token"])

    def _usable(self, home: str, need: Need, instead_of: str | None) -> str | None:
        """The cached token, if it does: of many calls that Graph refuses with one token, the first gets a new one."""
        if need.claims is not None and not (instead_of and answers(self._cache.note(home).claims, need.claims)):
            return None
        rests = time.monotonic() < self._resting_until
        cached = self._cached(home, need.scopes, left=_MARGIN if rests else None)
        return None if cached == instead_of else cached

    def entry(self, need: Need) -> dict[str, Any]:
        """MSAL's entry of the account to use: the pinned one, the chosen one, or the only one.

        Raises:
            SignInNeeded: nobody is signed in, or not the pinned account.
            AccountUnclear: several are, and none is chosen.
        """
        entries = self._cache.entries(self._entra.realm)
        pinned = self._entra.registration.account
        if pinned is not None:
            accounts = {account.home_account_id for account in self._cache.accounts() if account.is_named(pinned)}
            named = [entry for entry in entries if entry["home_account_id"] in accounts]
            if not named:
                raise SignInNeeded(f"{pinned} is not signed in yet.", need._replace(hint=pinned))
            return named[0]
        if not entries:
            raise SignInNeeded("Nobody is signed in yet.", need)
        chosen = [entry for entry in entries if entry["home_account_id"] == self._cache.in_use]
        if not chosen and len(entries) > 1:
            names = ", ".join(sorted(entry.get("username") or entry["home_account_id"] for entry in entries))
            raise AccountUnclear(
                f"Several accounts are signed in and none is chosen: {names}.",
                "Choose one: `mcp-local-graph use <account>`.",
            )
        return (chosen or entries)[0]

    def account(self) -> Account | None:
        """The account that a call would be made as now; None where that is unclear or nobody."""
        found = self._account_or_reason()
        return None if isinstance(found, LocalGraphError) else found

    def why_nobody(self) -> AccountUnclear | None:
        """Why no account is in use though some are signed in; None where one is, or none are."""
        reason, accounts = self._account_or_reason(), self._cache.accounts()
        if not isinstance(reason, LocalGraphError) or not accounts:
            return None
        if isinstance(reason, AccountUnclear):
            return reason
        names = ", ".join(sorted(account.user_name for account in accounts))
        what = f"{reason.what} Signed in, but not used with these settings: {names}."
        return AccountUnclear(what, "Sign in: run `mcp-local-graph login`.")

    def _account_or_reason(self) -> Account | LocalGraphError | None:
        try:
            entry = self.entry(Need(frozenset()))
        except (SignInNeeded, AccountUnclear) as reason:
            return reason
        return self._cache.account(entry["home_account_id"])

    def _ask(self, entry: dict[str, Any], asked: frozenset[str], need: Need, *, renew: bool) -> Any:  # noqa: ANN401 - MSAL's
        """Ask with all that was ever granted, so that one token serves all tools; without what was withdrawn since."""
        home = entry["home_account_id"]
        account = self._cache.account(home)
        personal = account is not None and account.personal
        answer = self._acquire(entry, asked, need, renew=renew)
        if need.scopes < asked and lacks_consent(answer, personal=personal):
            answer = self._acquire(entry, need.scopes, need, renew=renew)
            if "access_token" in (answer or {}):
                self._cache.retire(home, asked - need.scopes)
        if lacks_consent(answer, personal=personal) and not need.scopes <= self._cache.granted(home):
            raise error_for(answer, need, means=CONSENT_MISSING)
        return answer

    def _acquire(self, entry: dict[str, Any], scopes: frozenset[str], need: Need, *, renew: bool) -> Any:  # noqa: ANN401 - MSAL's
        def ask(application: msal.PublicClientApplication) -> Any:  # noqa: ANN401 - MSAL's
            return application.acquire_token_silent_with_error(
                self._entra.registration.cloud.scopes(scopes),
                entry,
                claims_challenge=need.claims,
                force_refresh=renew,
            )

        if machine.established(entry):  # such an account has no refresh token in the cache
            return self._entra.broker().silently(ask, need)
        return ask(self._entra.application())

    def _check(self, answer: dict[str, Any], entry: dict[str, Any], before: set[str]) -> None:
        """Refuse a token that is somebody else's, and all that MSAL has stored with it: what was not there `before`.

        A cached token says nothing: it was filed under its account. The tenant is the one noted at the sign-in: MSAL's
        entry has `organizations` where the settings say that.
        """
        claims = answer.get("id_token_claims") or {}
        known = {"oid": entry.get("local_account_id"), "tid": self._cache.note(entry["home_account_id"]).tenant_id}
        if any(value and claims.get(name, value) != value for name, value in known.items()):
            self._cache.keep_only(entry["home_account_id"], before)
            raise AccountUnclear("Entra answered for another account than the one in use.", TRY_AGAIN)

    def good_until(self, token: str) -> float:
        """Seconds since 1970 until which a token need not be renewed; 0 for one that is not cached."""
        found = self._cache.search(self._cache.CredentialType.ACCESS_TOKEN, query={"secret": token})
        return max((_young_until(entry) for entry in found), default=0.0)

    def signed_in_since(self, need: Need, moment: float) -> bool:
        """Whether a token that covers `need` came after `moment` (seconds since 1970), from whatever process."""
        try:
            home = self.entry(need)["home_account_id"]
        except LocalGraphError:
            return False
        newest = max((int(token.get("cached_at") or 0) for token in self._tokens(home)), default=0)
        return newest > moment and self._cached(home, need.scopes) is not None

    def _cached(self, home: str, scopes: frozenset[str], *, left: float | None = None) -> str | None:
        """A token that is good for a while, was asked for all of these scopes, and need not be renewed yet.

        Where only so many seconds have to be `left`, it may be due: it serves where it cannot be renewed.
        """
        now = time.time()
        asked = self._cache.note(home).asked
        for token in self._tokens(home):
            covers = scopes <= asked | short_names(token["target"])
            good_until = _young_until(token) if left is None else int(token["expires_on"]) - left
            if covers and good_until > now:
                return str(token["secret"])
        return None

    def _tokens(self, home: str) -> list[dict[str, Any]]:
        realm = self._entra.realm
        if realm is None:
            return []
        query = {
            "home_account_id": home,
            "environment": urlsplit(self._entra.registration.cloud.login_url).hostname,
            "client_id": self._entra.client_id,
            "realm": realm,
        }
        return list(self._cache.search(self._cache.CredentialType.ACCESS_TOKEN, query=query))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One refresh at a time, over threads and processes. Where no lock can be had, two are better than none."""
        with self._refreshing, contextlib.ExitStack() as held:
            try:
                held.enter_context(self._cache.alone("refresh", _REFRESH_PATIENCE))
            except (OSError, KeyStoreUnavailable) as error:
                _logger.warning("Refreshing without the lock of other servers: %s", type(error).__name__)
            yield


def _young_until(token: dict[str, Any]) -> float:
    """Seconds since 1970 until which a cached token need not be renewed: Entra may want that long before its end."""
    end = float(token["expires_on"]) - _MARGIN
    return min(end, float(token.get("refresh_on") or end))
