"""What each error of Entra means: one sentence of cause, one action, and the class that decides what happens next.

Matched on `error_codes` and `suberror`, never on text: Microsoft changes its texts. Meanings from the reference
"Microsoft Entra authentication and authorization error codes" (learn.microsoft.com); the actions are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_local_graph.errors import (
    SIGN_IN,
    TRY_AGAIN,
    AdminConsentNeeded,
    AdminNeeded,
    BlockedByPolicy,
    LocalGraphError,
    Need,
    RegistrationWrong,
    ServiceUnavailable,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    SignInNeeded,
    Throttled,
    Trace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Remedy:
    """The class of error a code becomes, its cause and the one action against it."""

    kind: type[LocalGraphError]
    cause: str
    action: str


_REGISTRATION = "In the Entra portal, open the app registration and "
_FORWARD = "Send these lines to your administrator."


def _table(*rows: tuple[tuple[int, ...], type[LocalGraphError], str, str]) -> dict[int, Remedy]:
    return {code: Remedy(kind, cause, action) for codes, kind, cause, action in rows for code in codes}


# Nobody has consented to a permission, neither the person nor an administrator.
CONSENT_MISSING = 65001

BY_CODE = _table(
    # Only the person can help.
    ((65001,), SignInNeeded, "A permission that this needs was not granted yet.", SIGN_IN),
    (
        (50089, 50132, 50133, 50173),
        SignInNeeded,
        "The sign-in was ended by a password change or an administrator.",
        SIGN_IN,
    ),
    ((50058,), SignInNeeded, "Nobody is signed in at Microsoft in this browser.", SIGN_IN),
    ((70043,), SignInNeeded, "Your organisation asks for a fresh sign-in every so often.", SIGN_IN),
    ((700082, 70008), SignInNeeded, "The sign-in was not used for too long and has expired.", SIGN_IN),
    ((700084,), SignInNeeded, "The sign-in has reached its fixed end.", SIGN_IN),
    ((70000,), SignInNeeded, "The sign-in is no longer valid.", SIGN_IN),
    (
        (50074, 50076, 50078, 50097, 50158),
        SignInNeeded,
        "Your organisation asks for another proof that it is you.",
        SIGN_IN,
    ),
    (
        (50072, 50079, 53004),
        SignInNeeded,
        "Your organisation asks you to set up a second way to prove that it is you.",
        "Open https://aka.ms/mfasetup, then run `mcp-local-graph login`.",
    ),
    ((50055,), SignInNeeded, "The password has expired.", "Change it, then run `mcp-local-graph login`."),
    # The person said no, or was not there.
    ((65004,), SignInDeclined, "The permissions were declined.", TRY_AGAIN),
    ((70018, 70019), SignInExpired, "The code was wrong or has expired.", TRY_AGAIN),
    ((70020, 90120), SignInExpired, "The code has expired.", TRY_AGAIN),
    ((50199,), SignInDeclined, "The app was not confirmed.", TRY_AGAIN),
    # An administrator has to act.
    (
        (90093, 90094, 90095),
        AdminConsentNeeded,
        "An administrator has to approve these permissions for your organisation.",
        "Send your administrator what `mcp-local-graph consent` prints.",
    ),
    ((50105,), AdminNeeded, "You are not assigned to this app in your organisation.", _FORWARD),
    ((650052, 650056, 500011), AdminNeeded, "Your organisation has not set up what this app needs.", _FORWARD),
    ((70001, 7000112), AdminNeeded, "The app is switched off in your organisation.", _FORWARD),
    # Policy.
    (
        (53003,),
        BlockedByPolicy,
        "A conditional access policy of your organisation blocks this way of signing in.",
        "If a code was used, sign in with the browser: `mcp-local-graph login --sign-in browser`. Else ask your IT.",
    ),
    (
        (53000, 53001, 530003, 530033),
        BlockedByPolicy,
        "Your organisation allows this only from a device that it manages and finds compliant.",
        "Sign in with the browser on a managed device: `mcp-local-graph login --sign-in browser`.",
    ),
    (
        (53002, 50127),
        BlockedByPolicy,
        "Your organisation allows this only through an approved app or broker.",
        _FORWARD,
    ),
    ((530032, 530035), BlockedByPolicy, "A security policy of your organisation blocks the sign-in.", _FORWARD),
    (
        (50131, 53011, 50053),
        BlockedByPolicy,
        "The account is locked, or the sign-in looks risky.",
        _FORWARD,
    ),
    ((50005,), BlockedByPolicy, "Your organisation's policy does not allow this operating system.", _FORWARD),
    ((50057,), BlockedByPolicy, "The account is disabled.", _FORWARD),
    ((50126, 50144), BlockedByPolicy, "The account's password is not accepted.", "Reset the password, then sign in."),
    ((500021, 500212, 500213), BlockedByPolicy, "Your organisation does not allow access to this tenant.", _FORWARD),
    (
        (50020, 50034, 51004, 90072, 16000),
        BlockedByPolicy,
        "This account does not belong to the tenant.",
        "Sign in with an account of the tenant, or correct --tenant.",
    ),
    # The registration or the settings.
    (
        (50011, 500113, 900971),
        RegistrationWrong,
        "The app registration does not list the redirect address of this sign-in.",
        _REGISTRATION + "add http://localhost under Authentication, Mobile and desktop applications.",
    ),
    (
        (7000218, 7000215, 7000222),
        RegistrationWrong,
        "The app registration expects a secret, so it is not set up for a program on your machine.",
        _REGISTRATION
        + "under Authentication keep http://localhost only under Mobile and desktop applications (not Web), "
        + "and set Allow public client flows to Yes.",
    ),
    ((700025,), RegistrationWrong, "A public client sent a secret.", "Report it: this program has none to send."),
    (
        (9002326, 9002327),
        RegistrationWrong,
        "The redirect address is registered for a single-page application.",
        _REGISTRATION + "move http://localhost to Mobile and desktop applications.",
    ),
    (
        (700016, 700011),
        RegistrationWrong,
        "The tenant has no app with this client id.",
        "Check --client-id and --tenant against the app registration.",
    ),
    ((50194,), RegistrationWrong, "The app is for one tenant only.", "Give its id: `--tenant <tenant id>`."),
    (
        (90002, 50059, 50128),
        RegistrationWrong,
        "There is no such tenant in this cloud.",
        "Correct --tenant, or choose the cloud with --cloud.",
    ),
    ((90038, 900432, 1000104), RegistrationWrong, "The tenant is in another cloud.", "Choose it with --cloud."),
    (
        (500208, 9001023, 9002332, 90130),
        RegistrationWrong,
        "This kind of account cannot sign in here.",
        "For a personal account say `--tenant consumers`; for a work account give the tenant's id.",
    ),
    (
        (65002,),
        RegistrationWrong,
        "The client id belongs to Microsoft and may not be borrowed.",
        "Register an app of your own; the README says how.",
    ),
    (
        (65005, 650057, 90008),
        RegistrationWrong,
        "The app registration does not list a permission that was asked for.",
        _REGISTRATION + "add it under API permissions, Microsoft Graph, Delegated.",
    ),
    ((70011, 28002, 700022), RegistrationWrong, "A permission was asked for that does not exist.", "Report it."),
    ((70007,), RegistrationWrong, "The registration does not allow this kind of answer.", "Report it."),
    # Not a sign-in problem.
    (
        (50033, 90006, 90012, 90024, 90033, 50087, 90090),
        ServiceUnavailable,
        "Microsoft's sign-in service has a passing fault.",
        "Try again in a minute.",
    ),
    ((90055, 50196), Throttled, "Microsoft's sign-in service asks for a pause.", "Wait a few minutes, then try again."),
    ((54005,), SignInNeeded, "The sign-in was answered twice.", SIGN_IN),
)

# Where there is no code that we know, OAuth's own word decides (RFC 6749 §5.2, RFC 8628 §3.5, OpenID Connect §3.1.2.6).
_NEEDS_PERSON = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
_DECLINED = {"access_denied", "authorization_declined"}
_EXPIRED = {"expired_token", "bad_verification_code", "code_expired"}
_CORRELATION_ID = re.compile(r"Correlation ID: ([0-9a-f-]{36})")
_LOOK_UP = "Look it up: https://login.microsoftonline.com/error?code="


def error_for(answer: Mapping[str, Any], need: Need) -> LocalGraphError:
    """The typed error for an error answer of Entra (its JSON, or the form it posts to the redirect address).

    `need` is what was asked for, so that a `SignInNeeded` can carry it on with the answer's claims challenge.
    """
    codes = codes_of(answer)
    remedy = next((BY_CODE[code] for code in codes if code in BY_CODE), None) or _generic(answer, codes)
    if answer.get("suberror") == "message_only" and remedy.kind is SignInNeeded:
        remedy = Remedy(BlockedByPolicy, remedy.cause, _FORWARD)  # Entra: a prompt would not help
    trace = Trace(
        code=f"AADSTS{codes[0]}" if codes else _word(answer.get("error")),
        correlation_id=_correlation_id(answer),
    )
    if remedy.kind is SignInNeeded:
        claims = answer.get("claims") or need.claims
        return SignInNeeded(remedy.cause, replace(need, claims=claims), remedy.action, trace=trace)
    if remedy.kind is AdminConsentNeeded:
        return AdminConsentNeeded(remedy.cause, remedy.action, trace=trace, scopes=need.scopes)
    return remedy.kind(remedy.cause, remedy.action, trace=trace)


def codes_of(answer: Mapping[str, Any]) -> list[int]:
    """The AADSTS numbers of an error answer, most telling first; empty where there are none.

    A redirect carries no `error_codes`: there the number at the start of the description is all there is.
    """
    listed = answer.get("error_codes")
    codes = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    described = str(answer.get("error_description") or "")
    if not codes and described.startswith("AADSTS"):
        number = described.removeprefix("AADSTS").partition(":")[0]
        codes = [int(number)] if number.isdecimal() else []
    return codes


def _generic(answer: Mapping[str, Any], codes: list[int]) -> Remedy:
    error = _word(answer.get("error"))
    look_up = f"{_LOOK_UP}{codes[0]}" if codes else SIGN_IN
    if error in _DECLINED:
        return Remedy(SignInDeclined, "The sign-in was cancelled.", TRY_AGAIN)
    if error in _EXPIRED:
        return BY_CODE[70020]
    if error in {"temporarily_unavailable", "server_error"}:
        return BY_CODE[90033]
    if error in _NEEDS_PERSON:
        return Remedy(SignInNeeded, "Microsoft asks for a fresh sign-in.", SIGN_IN)
    return Remedy(SignInFailed, "Microsoft's sign-in service refused.", look_up)


def _correlation_id(answer: Mapping[str, Any]) -> str:
    """The id by which Microsoft finds the request. A redirect has it at the end of the description only."""
    if named := _word(answer.get("correlation_id")):
        return named
    found = _CORRELATION_ID.search(str(answer.get("error_description") or ""))
    return found[1] if found else ""


def _word(value: object) -> str:
    """A value as one plain word, so that nothing of somebody else's making gets into our texts."""
    text = str(value or "")
    return text if len(text) <= 64 and text.replace("-", "").replace("_", "").isalnum() else ""  # noqa: PLR2004 - a UUID and more
