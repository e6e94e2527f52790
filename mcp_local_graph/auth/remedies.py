"""What each error of Entra means: one sentence of cause, one action, and the class that decides what happens next.

Matched on `error_codes` and `suberror`, never on text: Microsoft changes its texts. Meanings from the reference
"Microsoft Entra authentication and authorization error codes" (learn.microsoft.com); the actions are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
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


class Actor(StrEnum):
    """Who has to act."""

    YOU = "you"
    ADMIN = "your administrator"
    REGISTRAR = "whoever registered the app"
    NOBODY = "nobody: it passes"
    US = "the makers of mcp-local-graph"


@dataclass(frozen=True, slots=True)
class Remedy:
    """The class of error a code becomes, its cause, the one action against it, and who has to take it."""

    kind: type[LocalGraphError]
    who: Actor
    cause: str
    action: str


_REGISTRATION = "In the Entra portal, open the app registration and "
_FORWARD = "Send these lines to your administrator."
_REPORT = "Report it, with these lines."


def _table(*rows: tuple[tuple[int, ...], type[LocalGraphError], Actor, str, str]) -> dict[int, Remedy]:
    return {code: Remedy(kind, who, cause, action) for codes, kind, who, cause, action in rows for code in codes}


# Nobody has consented to a permission, neither the person nor an administrator. A personal account is told so by the
# number that a sign-in gets too which is no longer valid (AzureAD/microsoft-authentication-library-for-js#3303).
CONSENT_MISSING, _GRANT_INVALID = 65001, 70000

BY_CODE = _table(
    # Only the person can help.
    ((65001,), SignInNeeded, Actor.YOU, "A permission that this needs was not granted yet.", SIGN_IN),
    (
        (50089, 50132, 50133, 50173),
        SignInNeeded,
        Actor.YOU,
        "The sign-in was ended by a password change or an administrator.",
        SIGN_IN,
    ),
    ((50058,), SignInNeeded, Actor.YOU, "Nobody is signed in at Microsoft in this browser.", SIGN_IN),
    ((70043,), SignInNeeded, Actor.YOU, "Your organisation asks for a fresh sign-in every so often.", SIGN_IN),
    (
        (700082, 70008),
        SignInNeeded,
        Actor.YOU,
        "The sign-in was not used for too long and has expired.",
        f"{SIGN_IN} If that is soon so again, `mcp-local-graph status` shows where the sign-in is kept.",
    ),
    (
        (700084,),
        SignInNeeded,
        Actor.REGISTRAR,
        "The sign-in has reached its fixed end: the app is registered as a single-page application.",
        f"{_REGISTRATION}move http://localhost to Mobile and desktop applications. {SIGN_IN}",
    ),
    (
        (70000,),
        SignInNeeded,
        Actor.YOU,
        "The sign-in is no longer valid.",
        f"{SIGN_IN} With a personal account: `mcp-local-graph login --tenant consumers`.",
    ),
    (
        (50074, 50076, 50078, 50097, 50158),
        SignInNeeded,
        Actor.YOU,
        "Your organisation asks for another proof that it is you.",
        SIGN_IN,
    ),
    (
        (50072, 50079, 53004),
        SignInNeeded,
        Actor.YOU,
        "Your organisation asks you to set up a second way to prove that it is you.",
        "Open https://aka.ms/mfasetup, then run `mcp-local-graph login`.",
    ),
    ((50055,), SignInNeeded, Actor.YOU, "The password has expired.", "Change it, then run `mcp-local-graph login`."),
    ((54005,), SignInNeeded, Actor.YOU, "The sign-in was answered twice.", SIGN_IN),
    ((70016,), SignInFailed, Actor.YOU, "The code has not been entered yet.", "Enter it, then try again."),
    # The person said no, or was not there.
    ((65004,), SignInDeclined, Actor.YOU, "The permissions were declined.", TRY_AGAIN),
    ((70018, 70019, 70020, 90120), SignInExpired, Actor.YOU, "The code was wrong or has expired.", TRY_AGAIN),
    ((50199,), SignInDeclined, Actor.YOU, "The app was not confirmed.", TRY_AGAIN),
    # An administrator has to act.
    (
        (90093, 90094, 90095),
        AdminConsentNeeded,
        Actor.ADMIN,
        "An administrator has to approve these permissions for your organisation.",
        "Send your administrator what `mcp-local-graph consent` prints.",
    ),
    ((50105,), AdminNeeded, Actor.ADMIN, "You are not assigned to this app in your organisation.", _FORWARD),
    (
        (650052, 500011),
        AdminNeeded,
        Actor.ADMIN,
        "Your organisation has not switched on, or has no licence for, what this app needs.",
        _FORWARD,
    ),
    (
        (650056,),
        AdminNeeded,
        Actor.ADMIN,
        "The app registration lists no permissions, or nobody has approved them.",
        "Send these lines and what `mcp-local-graph consent` prints to your administrator.",
    ),
    ((70001, 7000112), AdminNeeded, Actor.ADMIN, "The app is switched off in your organisation.", _FORWARD),
    # Policy.
    (
        (53003,),
        BlockedByPolicy,
        Actor.YOU,
        "A conditional access policy of your organisation blocks this way of signing in.",
        (
            "If a code was used, sign in with the browser: `mcp-local-graph login --sign-in browser`. Else send these "
            "lines to your administrator."
        ),
    ),
    (
        (53000, 53001, 530003, 530033),
        BlockedByPolicy,
        Actor.YOU,
        "Your organisation allows this only from a device that it manages and finds compliant.",
        (
            "On such a device, sign in through the system: `mcp-local-graph login --sign-in broker`; or with "
            "`--sign-in browser`, in a browser that is signed in with your work account."
        ),
    ),
    (
        (53002, 50127),
        BlockedByPolicy,
        Actor.YOU,
        "Your organisation allows this only through an approved app or the system's broker.",
        (
            "Sign in through the system: `mcp-local-graph login --sign-in broker`. What it lacks on this machine, "
            "`mcp-local-graph status` says."
        ),
    ),
    (
        (530032, 530035),
        BlockedByPolicy,
        Actor.ADMIN,
        "A security policy of your organisation blocks the sign-in.",
        _FORWARD,
    ),
    (
        (50131, 53011, 50053),
        BlockedByPolicy,
        Actor.ADMIN,
        "The account is locked, or the sign-in looks risky.",
        "Do what Microsoft's page asks for. If it asks for nothing, send these lines to your administrator.",
    ),
    (
        (50005,),
        BlockedByPolicy,
        Actor.YOU,
        "Your organisation's policy does not allow this operating system.",
        "Use a machine with one that it allows.",
    ),
    ((50057,), BlockedByPolicy, Actor.ADMIN, "The account is disabled.", _FORWARD),
    (
        (50126, 50144),
        BlockedByPolicy,
        Actor.YOU,
        "The account's password is not accepted.",
        "Reset the password, then run `mcp-local-graph login`.",
    ),
    (
        (500021, 500212, 500213),
        BlockedByPolicy,
        Actor.ADMIN,
        "Your organisation does not allow access to this tenant.",
        _FORWARD,
    ),
    (
        (50020, 50034, 51004, 90072, 16000),
        BlockedByPolicy,
        Actor.YOU,
        "This account does not belong to the tenant.",
        "Sign in with an account of the tenant, correct --tenant, or have yourself invited there as a guest.",
    ),
    # The registration or the settings.
    (
        (50011, 500113, 900971),
        RegistrationWrong,
        Actor.REGISTRAR,
        "The app registration does not list the redirect address of this sign-in.",
        f"{_REGISTRATION}add http://localhost under Authentication, Mobile and desktop applications.",
    ),
    (
        (7000218, 7000215, 7000222),
        RegistrationWrong,
        Actor.REGISTRAR,
        "The app registration expects a secret, so it is not set up for a program on your machine.",
        (
            f"{_REGISTRATION}under Authentication set Allow public client flows to Yes, and keep http://localhost "
            "under Mobile and desktop applications only, not under Web."
        ),
    ),
    ((700025,), RegistrationWrong, Actor.US, "A public client sent a secret, and this program has none.", _REPORT),
    (
        (9002326, 9002327),
        RegistrationWrong,
        Actor.REGISTRAR,
        "The redirect address is registered for a single-page application.",
        f"{_REGISTRATION}move http://localhost to Mobile and desktop applications.",
    ),
    (
        (700016, 700011),
        RegistrationWrong,
        Actor.YOU,
        "The tenant has no app with this client id.",
        "Check --client-id and --tenant against the app registration; an app for one tenant is known there only.",
    ),
    (
        (50194,),
        RegistrationWrong,
        Actor.YOU,
        "The app is for one tenant only.",
        "Give its id: `mcp-local-graph login --tenant <tenant id>`.",
    ),
    (
        (90002, 50059, 50128),
        RegistrationWrong,
        Actor.YOU,
        "There is no such tenant in this cloud.",
        "Correct --tenant, or choose the cloud with --cloud.",
    ),
    (
        (90038, 900432, 1000104),
        RegistrationWrong,
        Actor.YOU,
        "The tenant is in another cloud.",
        "Choose it with --cloud.",
    ),
    (
        (500208, 9001023, 9002332, 90130),
        RegistrationWrong,
        Actor.YOU,
        "This kind of account cannot sign in here.",
        (
            "With a personal account: `mcp-local-graph login --tenant consumers`, if the app is registered for such "
            "accounts. With a work account give the tenant's id."
        ),
    ),
    (
        (65002,),
        RegistrationWrong,
        Actor.YOU,
        "The client id belongs to Microsoft and may not be borrowed.",
        "Register an app of your own in the Entra portal, and give its id with --client-id.",
    ),
    (
        (65005, 650057, 90008),
        RegistrationWrong,
        Actor.REGISTRAR,
        "The app registration does not list a permission that was asked for.",
        f"{_REGISTRATION}add it under API permissions, Microsoft Graph, Delegated.",
    ),
    (
        (70011, 28002, 700022, 650053),
        RegistrationWrong,
        Actor.YOU,
        "A permission was asked for that does not exist, or that this kind of account does not have.",
        (
            "If you named permissions (--scopes, --add), check them; personal accounts have fewer than those at work. "
            "Else report it, with these lines."
        ),
    ),
    ((70007,), RegistrationWrong, Actor.US, "The registration does not allow this kind of answer.", _REPORT),
    # Not a sign-in problem.
    (
        (50033, 90006, 90012, 90024, 90033, 50087, 90090),
        ServiceUnavailable,
        Actor.NOBODY,
        "Microsoft's sign-in service has a passing fault.",
        "Try again in a minute.",
    ),
    (
        (500133, 700024),
        SignInFailed,
        Actor.YOU,
        "Microsoft's sign-in service finds a time in the request wrong.",
        "Set the clock of this machine right, then try again.",
    ),
    (
        (90055, 50196),
        Throttled,
        Actor.NOBODY,
        "Microsoft's sign-in service asks for a pause.",
        "Wait a few minutes, then try again.",
    ),
)

# Where there is no code that we know, OAuth's own word decides (RFC 6749 §5.2, RFC 8628 §3.5, OpenID Connect §3.1.2.6).
_NEEDS_PERSON = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
_DECLINED = {"access_denied", "authorization_declined"}
_EXPIRED = {"expired_token", "bad_verification_code", "code_expired"}
_CORRELATION_ID = re.compile(r"Correlation ID: ([0-9a-f-]{36})")
_LOOK_UP = "Look it up: https://login.microsoftonline.com/error?code="


def error_for(answer: Mapping[str, Any], need: Need, *, means: int = 0) -> LocalGraphError:
    """The typed error for an error answer of Entra (its JSON, or the form it posts to the redirect address).

    `need` is what was asked for, so that a `SignInNeeded` can carry it on with the answer's claims challenge. `means`
    is the code whose meaning the answer has here, where its own says less.
    """
    codes = codes_of(answer)
    # Whoever says no to a code is told so by this word; the number beside it is that of a wrong code.
    telling = () if answer.get("error") == "authorization_declined" else (means, *codes)
    remedy = next((BY_CODE[code] for code in telling if code in BY_CODE), None) or _generic(answer, codes)
    if answer.get("suberror") == "message_only" and remedy.kind is SignInNeeded:
        # Entra says that a prompt would not help.
        remedy = Remedy(BlockedByPolicy, Actor.ADMIN, remedy.cause, _FORWARD)
    trace = Trace(
        code=f"AADSTS{codes[0]}" if codes else _word(answer.get("error")),
        correlation_id=_correlation_id(answer),
    )
    if remedy.kind is SignInNeeded:
        claims = answer.get("claims") or need.claims
        return SignInNeeded(remedy.cause, need._replace(claims=claims), remedy.action, trace=trace)
    if remedy.kind is AdminConsentNeeded:
        return AdminConsentNeeded(remedy.cause, remedy.action, trace=trace, scopes=need.scopes)
    return remedy.kind(remedy.cause, remedy.action, trace=trace)


def lacks_consent(answer: object, *, personal: bool) -> bool:
    """Whether MSAL's answer may mean that a permission was not granted, or not any more."""
    codes = codes_of(answer) if isinstance(answer, dict) else []
    return CONSENT_MISSING in codes or (personal and _GRANT_INVALID in codes)


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
        return Remedy(SignInDeclined, Actor.YOU, "The sign-in was cancelled.", TRY_AGAIN)
    if error in _EXPIRED:
        return BY_CODE[70020]
    if error in {"temporarily_unavailable", "server_error"}:
        return BY_CODE[90033]
    if error == "invalid_scope":  # all that a personal account's sign-in says
        return BY_CODE[70011]
    if error in _NEEDS_PERSON:
        return Remedy(SignInNeeded, Actor.YOU, "Microsoft asks for a fresh sign-in.", SIGN_IN)
    return Remedy(SignInFailed, Actor.YOU, "Microsoft's sign-in service refused.", look_up)


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
