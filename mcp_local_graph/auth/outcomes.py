"""What MSAL can answer, in one table: a token, nothing, an error as a dict, or an exception. Each becomes one of ours.

dict with access_token             the token
None                               SignInNeeded: nothing in the cache fits
dict, authorization_pending        Pending, where a device polls: the code waits for its person
dict with error                    what auth.remedies says of its code
dict with neither, other type      ServiceUnavailable: not an answer of Entra
LocalGraphError                    raised by auth.wire below MSAL: itself
msal.MsalServiceError              ServiceUnavailable
requests' exceptions               ServiceUnavailable
RuntimeError, ValueError, TypeError, KeyError, AttributeError
SignInFailed: MSAL found the answer inconsistent (state, nonce, shape)
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

import msal
import requests

from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.auth.remedies import codes_of, error_for
from mcp_local_graph.errors import TRY_AGAIN, LocalGraphError, Need, ServiceUnavailable, SignInFailed, SignInNeeded

if TYPE_CHECKING:
    from collections.abc import Callable

# The words of OpenID Connect that a token answer lists beside Graph's permissions.
_OPENID = {"openid", "profile", "email", "offline_access"}
_PENDING_CODE = 70016


class Pending(Exception):
    """The device code waits for its person."""


def token_answer(call: Callable[[], Any], need: Need, *, polling: bool = False) -> dict[str, Any]:
    """Call MSAL and return its answer if that holds a token. Raises as the table above says."""
    try:
        answer = call()
    except LocalGraphError:
        raise
    except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
        raise ServiceUnavailable("Microsoft's sign-in service cannot be used now.", "Try again in a minute.") from error
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SignInFailed(
            f"The answer of Microsoft's sign-in service does not fit the question ({type(error).__name__}).",
            TRY_AGAIN,
        ) from error
    if answer is None:
        raise SignInNeeded("Nobody is signed in yet.", need)
    if isinstance(answer, dict) and "access_token" in answer:
        return answer
    if not isinstance(answer, dict) or "error" not in answer:
        raise ServiceUnavailable("Microsoft's sign-in service gave no token and no reason.", "Try again in a minute.")
    waits = str(answer["error"]) in {"authorization_pending", "slow_down"} or _PENDING_CODE in codes_of(answer)
    if polling and waits:
        raise Pending
    raise error_for(answer, need)


def signed_in(call: Callable[[], Any], need: Need, *, polling: bool = False) -> tuple[Account, dict[str, Any]]:
    """Finish a sign-in: the account that came out of it, and MSAL's answer. Raises like `token_answer`."""
    answer = token_answer(call, need, polling=polling)
    claims = answer.get("id_token_claims") or {}
    name = claims.get("preferred_username") or claims.get("upn") or claims.get("name") or "this account"
    return Account(_home_account_id(answer, claims), str(name), str(claims.get("tid") or "")), answer


def device_code(call: Callable[[], Any], need: Need) -> dict[str, Any]:
    """The device flow that Entra opened. MSAL returns Entra's refusal as if it were one."""
    try:
        flow: dict[str, Any] = call()
    except ValueError as error:  # MSAL: discovery names no device endpoint
        raise SignInFailed("This cloud offers no sign-in by code.", "Use --sign-in browser.") from error
    if "user_code" not in flow:
        raise error_for(flow, need)
    return flow


def graph_scopes(answer: dict[str, Any]) -> frozenset[str]:
    """The permissions of Graph that a token answer names, by short name; empty for a token out of the cache."""
    return short_names(str(answer.get("scope") or "")) - _OPENID


def short_names(scopes: str) -> frozenset[str]:
    """The names in a list of scopes, without the address of the Graph that they belong to."""
    return frozenset(scope.rpartition("/")[2] for scope in scopes.split())


def _home_account_id(answer: dict[str, Any], claims: dict[str, Any]) -> str:
    """MSAL's own key of an account: `uid.utid` out of client_info, or the subject without one."""
    try:
        encoded = str(answer["client_info"])
        info = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        return f"{info['uid']}.{info['utid']}"
    except (KeyError, ValueError, TypeError, binascii.Error):
        return str(claims.get("sub") or "")
