"""Entra's errors: one table from AADSTS number to what goes over the wire, in Entra's exact shape.

The texts are our own words. The shape, the OAuth words, the suberrors and the statuses are Entra's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

# What a conditional access policy asks for: the app sends it back as `claims`, and the person proves more.
POLICY_CLAIMS = json.dumps(
    {"access_token": {"capolids": {"essential": True, "values": ["9b21d0f4-77c5-4e0a-8a63-c2f5d1e84b70"]}}},
    separators=(",", ":"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one AADSTS number is said. `claims` says whether Entra adds the policy's claims."""

    error: str
    text: str
    status: int = 400
    suberror: str = ""
    claims: bool = False


GRANT, REQUEST, INTERACTION = "invalid_grant", "invalid_request", "interaction_required"

KINDS: dict[int, Kind] = {
    # The app, the tenant, the request
    50011: Kind(GRANT, "The redirect URI of the request is not registered for this application."),
    50194: Kind(REQUEST, "The application is for one tenant, and the request does not name that tenant."),
    50147: Kind(REQUEST, "The code challenge is not a SHA-256 in base64url, or its method is not S256."),
    500011: Kind("invalid_resource", "The resource was not found in this tenant."),
    650053: Kind("invalid_client", "The application asked for a permission that the resource does not have."),
    70000: Kind(GRANT, "The grant is not valid, or is malformed."),
    70003: Kind("unsupported_grant_type", "This grant type is not supported."),
    70007: Kind("unsupported_response_mode", "This response mode is not supported here."),
    70008: Kind(GRANT, "The authorization code has expired."),
    70011: Kind("invalid_scope", "The scope is not valid."),
    28000: Kind("invalid_scope", "The scope names more than one resource."),
    50027: Kind("invalid_client", "The assertion is no token, or is malformed.", 401),
    1002012: Kind("invalid_scope", "An app that acts as itself asks for a resource's .default."),
    700016: Kind("unauthorized_client", "The application was not found in this tenant."),
    700021: Kind("invalid_client", "The type of the assertion is not the one for a JWT.", 401),
    700024: Kind("invalid_client", "The assertion is not valid now.", 401),
    700211: Kind("invalid_client", "The app trusts no workload of this issuer.", 401),
    700212: Kind("invalid_client", "The app trusts no workload token for this audience.", 401),
    700213: Kind("invalid_client", "The app trusts no workload of this subject.", 401),
    700025: Kind("invalid_client", "The client is public, so it must not send a secret or an assertion.", 401),
    700054: Kind("unsupported_response_type", "This response type is not switched on for the application."),
    7000215: Kind("invalid_client", "The client secret is wrong.", 401),
    7000216: Kind("invalid_client", "A client secret or assertion is needed for this grant.", 401),
    7000218: Kind("invalid_client", "A client secret or assertion is missing from the request.", 401),
    90002: Kind("invalid_tenant", "The tenant was not found."),
    900144: Kind(REQUEST, "The request lacks a parameter."),
    900561: Kind(REQUEST, "The endpoint takes POST only."),
    9002313: Kind(REQUEST, "The request is malformed."),
    # The person and their sign-in
    16000: Kind(INTERACTION, "The person has to choose an account."),
    50020: Kind(GRANT, "The account is from another organisation and is no guest of this tenant."),
    50057: Kind(GRANT, "The account is switched off."),
    50058: Kind("login_required", "Nobody is signed in here, and no page may be shown."),
    50076: Kind(
        INTERACTION, "The organisation asks for multi-factor authentication.", 400, "basic_action", claims=True
    ),
    50173: Kind(GRANT, "The sign-in was revoked.", 400, "bad_token"),
    50196: Kind(GRANT, "The client sends the same request in a loop."),
    54005: Kind(GRANT, "The authorization code was redeemed already."),
    501481: Kind(GRANT, "The code verifier does not belong to the code challenge."),
    70043: Kind(GRANT, "The organisation's sign-in frequency asks for a new sign-in.", 400, "bad_token", claims=True),
    700082: Kind(GRANT, "The refresh token was not used for too long.", 400, "bad_token"),
    # Consent
    65001: Kind(GRANT, "Neither the person nor an administrator has consented to this.", 400, "consent_required"),
    65004: Kind("access_denied", "The person declined to consent."),
    90094: Kind("access_denied", "An administrator has to consent first."),
    # Policies
    53003: Kind(GRANT, "Conditional access blocks this sign-in.", 400, "message_only", claims=True),
    530033: Kind(GRANT, "The policy asks for a compliant device, which this flow cannot prove.", 400, "message_only"),
    # Device codes
    70016: Kind("authorization_pending", "The person has not finished yet."),
    70018: Kind("bad_verification_code", "The code is wrong, or the person declined."),
    70019: Kind("bad_verification_code", "The device code is unknown, or was redeemed."),
    70020: Kind("expired_token", "The device code has expired."),
    # The service itself
    50033: Kind("temporarily_unavailable", "Something failed for a moment.", 503),
    90033: Kind("temporarily_unavailable", "A service behind the sign-in is down for a moment.", 503),
    90055: Kind("temporarily_unavailable", "The tenant sends too many requests.", 429),
}


class EntraRefused(Exception):
    """Entra refuses. `error` overrides the table's OAuth word where an endpoint has one of its own.

    One that is not `numbered` comes back to an app's redirect address without its AADSTS number.
    """

    def __init__(self, code: int, detail: str = "", error: str = "", *, numbered: bool = True) -> None:
        super().__init__(detail or KINDS[code].text)
        self.code = code
        self.error = error or KINDS[code].error
        self.numbered = numbered


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one request, as Entra puts them into an answer; `correlation` is the caller's own, if there is one."""

    correlation: str
    trace: str
    time: str

    @staticmethod
    def of(correlation: str | None) -> Ids:
        """New ids around the caller's correlation id."""
        return Ids(correlation or str(uuid4()), str(uuid4()), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}")


def description(code: int, ids: Ids, detail: str = "") -> str:
    """The error_description: number, text, ids, time."""
    text = detail or KINDS[code].text
    return f"AADSTS{code}: {text} Trace ID: {ids.trace} Correlation ID: {ids.correlation} Timestamp: {ids.time}"


def body(refused: EntraRefused, ids: Ids) -> dict[str, Any]:
    """The JSON body of a refusal."""
    kind = KINDS[refused.code]
    answer: dict[str, Any] = {
        "error": refused.error,
        "error_description": description(refused.code, ids, str(refused)),
        "error_codes": [refused.code],
        "timestamp": ids.time,
        "trace_id": ids.trace,
        "correlation_id": ids.correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refused.code}",
    }
    if kind.suberror:
        answer["suberror"] = kind.suberror
    if kind.claims:
        answer["claims"] = POLICY_CLAIMS
    return answer
