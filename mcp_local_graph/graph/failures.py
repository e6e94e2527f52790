"""What Graph's error answers mean. Branches on status and code, never on text; Graph's text goes to nobody.

Source: learn.microsoft.com, "Microsoft Graph error responses and resource types".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import (
    GraphRefused,
    LocalGraphError,
    NotFound,
    PermissionMissing,
    ServiceUnavailable,
    Throttled,
    TokenRejected,
    Trace,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CHALLENGE = re.compile(r'claims="([^"]+)"')
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_AGAIN = "Try again in a minute."


def error_for(status: int, headers: Mapping[str, str], body: object, scopes: Iterable[str]) -> LocalGraphError:
    """The typed error for an answer of Graph with a status that is no success.

    The names in `headers` are in small letters; `body` is JSON, as parsed; `scopes` are what the tool asked for.
    """
    code = _code(body)
    trace = Trace(
        code=code or f"HTTP {status}",
        request_id=_word(headers.get("request-id")),
        correlation_id=_word(headers.get("client-request-id")),
    )
    if status == 401:  # noqa: PLR2004 - HTTP
        return TokenRejected("Microsoft Graph refused the access token.", trace=trace, claims=challenge(headers))
    if status == 429:  # noqa: PLR2004 - HTTP
        pause = _pause(headers)
        what, remedy = "Microsoft Graph asks for a pause.", f"Try again in {pause:.0f} seconds."
        return Throttled(what, remedy, trace=trace, retry_after=pause)
    kind, what, remedy = _meaning(status, code, scopes)
    return kind(what, remedy, trace=trace)


def _meaning(status: int, code: str, scopes: Iterable[str]) -> tuple[type[LocalGraphError], str, str]:
    if status == 403:  # noqa: PLR2004 - HTTP
        remedy = f"It needs the permission {_listed(scopes)}, and the right to this object. Ask your administrator."
        return PermissionMissing, "Microsoft Graph refuses this for your account.", remedy
    if code == "MailboxNotEnabledForRESTAPI":
        what = "This account has no mailbox in Microsoft 365: no licence, or it is on the organisation's own server."
        return NotFound, what, "Ask your administrator for a mailbox, or sign in with another account."
    if status == 404:  # noqa: PLR2004 - HTTP
        return NotFound, "Microsoft Graph has no such thing for this account.", ""
    if status >= 500:  # noqa: PLR2004 - HTTP's line between our faults and theirs
        return ServiceUnavailable, f"Microsoft Graph has a fault (HTTP {status}).", _AGAIN
    return GraphRefused, f"Microsoft Graph does not accept the request (HTTP {status}).", ""


def challenge(headers: Mapping[str, str]) -> str | None:
    """The claims challenge of a 401 as JSON text, ready for MSAL; None where there is none.

    Source: learn.microsoft.com, "Claims challenges, claims requests, and client capabilities".
    """
    found = _CHALLENGE.search(headers.get("www-authenticate", ""))
    if found is None:
        return None
    encoded = found[1]
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_").decode()
        return text if isinstance(json.loads(text), dict) else None
    except (binascii.Error, ValueError, RecursionError):
        return None


def _code(body: object) -> str:
    """The most exact code that an error body names: Graph nests them."""
    error: Any = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    code = error.get("code")
    while isinstance(error := error.get("innerError") or error.get("innererror"), dict):
        code = error.get("code") or code
    return _word(code)


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _listed(scopes: Iterable[str]) -> str:
    return ", ".join(sorted(scopes)) or "User.Read"


def _pause(headers: Mapping[str, str]) -> float:
    """The pause that Retry-After (seconds, or a date) means, in seconds: 1 to 3,600; 30 where it says nothing."""
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(min(max(int(value), 1), 3600))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return 30.0
    # A date without a zone is in UTC, as HTTP has it.
    return min(max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 1.0), 3600.0)
