"""What becomes of every kind of answer, and of none."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_local_graph.errors import (
    ChangedMeanwhile,
    FormatRefused,
    GraphRefused,
    GroupMailbox,
    LicenceMissing,
    ListExpired,
    LocalGraphError,
    Locked,
    MailboxMissing,
    NotFound,
    PermissionMissing,
    QueryRefused,
    RefusedByPolicy,
    ServiceUnavailable,
    SignInNeeded,
    StorageFull,
    Throttled,
)
from mcp_local_graph.graph.failures import pause_of
from mcp_local_graph.graph.retry import Pace
from tests.graph.rig import USER_READ, Authority, Tokens, get, http

pytestmark = pytest.mark.anyio
SAID = "Ines Okafor's secret plan"
CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1763720000"}}}


def odata(code: str, **inner: object) -> bytes:
    error = {"code": code, "message": SAID, "innerError": {"request-id": "r", "date": "d", **inner}}
    return json.dumps({"error": error}).encode()


def challenge(claims: object, *, pad: bool = True) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return f'Bearer realm="", error="insufficient_claims", claims="{packed if pad else packed.rstrip("=")}"'


# No pause of five seconds fits.
SHORT = Pace(4.0, first=0.01)


async def failure(authority: Authority, *answers: bytes, tokens: Tokens | None = None) -> LocalGraphError:
    """The error that these answers become; its text never has the body or a token."""
    with authority.answering(*answers) as graph:
        async with authority.to(graph.origin, tokens, pace=SHORT) as client:
            with pytest.raises(LocalGraphError) as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    assert SAID not in raised.value.text()
    assert "token-" not in raised.value.text()
    return raised.value


async def test_an_answer_is_given_on_with_its_type_and_nothing_else(authority: Authority) -> None:
    with authority.answering(http(200, b'{"a":1}', content_type="application/json", set_cookie="a=b")) as graph:
        async with authority.to(graph.origin) as client:
            answer = await get(client, f"{graph.origin}/v1.0/me")
    assert (answer.status_code, answer.content) == (200, b'{"a":1}')
    assert dict(answer.headers) == {"content-type": "application/json", "content-length": "7"}


async def test_every_request_has_an_id_that_its_error_names(authority: Authority) -> None:
    with authority.answering(http(200, b"{}"), http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            await get(client, f"{graph.origin}/v1.0/me")
            await get(client, f"{graph.origin}/v1.0/me")
    first, second = graph.header("client-request-id")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)
    assert first != second


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "BadRequest", GraphRefused, "HTTP 400"),
        (400, "InefficientFilter", QueryRefused, "report it"),
        (400, "SearchWithFilter", QueryRefused, "report it"),
        (400, "SearchWithOrderBy", QueryRefused, "report it"),
        (400, "ErrorGroupIsUsedInNonGroupURI", GroupMailbox, "/groups/"),
        (400, "MailboxNotEnabledForRESTAPI", MailboxMissing, "no mailbox"),
        (400, "AadPremiumLicenseRequired", LicenceMissing, "licence"),
        (403, "ErrorAccessDenied", PermissionMissing, "User.Read"),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", LicenceMissing, "licence"),
        (403, "BlockedByConditionalAccess", RefusedByPolicy, "policy"),
        (403, "AccessDeniedByPolicy", RefusedByPolicy, "policy"),
        (403, "MailboxNotHostedInExchangeOnline", MailboxMissing, "no mailbox"),
        (403, "malwareDetected", GraphRefused, "malware"),
        (404, "Request_ResourceNotFound", NotFound, "no such thing"),
        (404, "MailboxNotEnabledForRESTAPI", MailboxMissing, "no mailbox"),
        (404, "ErrorItemNotFound", NotFound, "moved or deleted"),
        (404, "ErrorInvalidUser", NotFound, "nobody"),
        (405, "Request_BadRequest", GraphRefused, "HTTP 405"),
        (406, "notAcceptable", FormatRefused, "format"),
        (409, "nameAlreadyExists", ChangedMeanwhile, "there already"),
        (410, "resyncRequired", ListExpired, "Begin it again"),
        (410, "gone", ListExpired, "Begin it again"),
        (412, "preconditionFailed", ChangedMeanwhile, "meanwhile"),
        (415, "notSupported", FormatRefused, "format"),
        (423, "resourceLocked", Locked, "locked"),
        (500, "generalException", ServiceUnavailable, "HTTP 500"),
        (502, "badGateway", ServiceUnavailable, "HTTP 502"),
        (503, "serviceNotAvailable", ServiceUnavailable, "HTTP 503"),
        (504, "gatewayTimeout", ServiceUnavailable, "HTTP 504"),
        (507, "quotaLimitReached", StorageFull, "room"),
        (507, "insufficientStorage", StorageFull, "room"),
        (501, "notImplemented", GraphRefused, "HTTP 501"),
    ],
)
async def test_a_refusal_has_its_class_its_code_and_its_ids_and_not_its_body(
    authority: Authority, status: int, code: str, kind: type[LocalGraphError], words: str
) -> None:
    error = await failure(authority, http(status, odata(code), request_id="req-1", client_request_id="corr-1"))
    assert type(error) is kind
    assert words in error.text()
    assert error.text().splitlines()[-1].startswith(f"code {code}; correlation id corr-1; request id req-1; 20")
    assert error.retryable is (status >= 500 and kind is ServiceUnavailable)


async def test_the_innermost_code_is_the_one_that_is_told(authority: Authority) -> None:
    nested = {"code": "generalException", "innererror": {"code": "itemNotFound", "innerError": {"code": "gone"}}}
    error = await failure(authority, http(404, json.dumps({"error": nested}).encode()))
    assert error.trace.code == "gone"


async def test_of_several_codes_the_innermost_that_is_known_says_what_it_means(authority: Authority) -> None:
    nested = {"code": "ErrorItemNotFound", "innerError": {"code": "SearchWithFilter", "innererror": {"code": "Other"}}}
    error = await failure(authority, http(404, json.dumps({"error": nested}).encode()))
    assert type(error) is QueryRefused
    assert error.trace.code == "Other"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Guest Wi-Fi</html>",
        b"[]",
        b"null",
        b'{"error":"text"}',
        b'{"error":{}}',
        b'{"error":{"code":7}}',
        b'{"error":{"code":"two words, \\u202e and more"}}',
        b'{"error":{"code":"' + b"x" * 65 + b'"}}',
        b'{"error":{"code":"' + SAID.encode() + b'"}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_a_refusal_without_a_code_in_graphs_own_words_tells_its_status(authority: Authority, body: bytes) -> None:
    assert (await failure(authority, http(400, body))).trace.code == "HTTP 400"


async def test_ids_that_are_none_are_left_out(authority: Authority) -> None:
    error = await failure(authority, http(500, b"", request_id="a b<script>", client_request_id="x" * 65))
    assert error.trace.line().startswith("code HTTP 500; 20")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("17", 17, 17),
        ("0", 1, 1),
        (" 5 ", 5, 5),
        ("1000000000", 3600, 3600),
        ("999999999", 3600, 3600),
        ("9" * 5000, 3600, 3600),
        ("-5", 30, 30),
        ("2.5", 30, 30),
        ("soon", 30, 30),
        ("٣", 30, 30),
        ("", 30, 30),
        (None, 30, 30),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600, 3600),
        ("Sat, 21 Nov 2026 00:00:00 GMT", 1, 1),
        ("Fri, 31 Feb 2027 00:00:00 GMT", 30, 30),
    ],
)
async def test_the_pause_that_graph_asks_for_is_told(
    authority: Authority, header: str | None, least: int, most: int
) -> None:
    more = {} if header is None else {"retry_after": header.encode().decode("latin-1")}
    error = await failure(authority, http(429, odata("TooManyRequests"), **more))
    assert isinstance(error, Throttled)
    assert error.retry_after is not None
    assert least <= error.retry_after <= most
    assert error.remedy == f"Try again in {error.retry_after:.0f} seconds."


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S"])
async def test_the_pause_may_be_a_date(authority: Authority, form: str) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=600)).strftime(form)
    error = await failure(authority, http(429, odata("TooManyRequests"), retry_after=until))
    assert error.retry_after is not None
    assert 540 <= error.retry_after <= 600


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_any_pause_is_a_number_of_seconds_or_none(header: str) -> None:
    pause = pause_of({"retry-after": header})
    assert pause is None or pause >= 0


async def test_a_refused_token_is_renewed_once(authority: Authority) -> None:
    tokens = Tokens()
    with authority.answering(http(401, odata("InvalidAuthenticationToken")), http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    assert tokens.asked == [(USER_READ, None, None), (USER_READ, None, "token-1")]
    assert graph.header("authorization") == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("pad", [True, False])
async def test_a_claims_challenge_is_answered_once_and_silently(authority: Authority, *, pad: bool) -> None:
    tokens = Tokens()
    refusal = http(401, odata("InvalidAuthenticationToken"), www_authenticate=challenge(CLAIMS, pad=pad))
    with authority.answering(refusal, http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    (_, (scopes, claims, refused)) = tokens.asked
    assert (scopes, json.loads(claims or ""), refused) == (USER_READ, CLAIMS, "token-1")


async def test_a_second_refusal_needs_the_person_and_carries_the_challenge(authority: Authority) -> None:
    tokens = Tokens()
    plain = http(401, odata("InvalidAuthenticationToken"))
    challenged = http(401, odata("InvalidAuthenticationToken"), request_id="req-9", www_authenticate=challenge(CLAIMS))
    error = await failure(authority, plain, challenged, tokens=tokens)
    assert isinstance(error, SignInNeeded)
    assert error.need.scopes == USER_READ
    assert json.loads(error.need.claims or "") == CLAIMS
    assert error.trace.request_id == "req-9"
    assert len(tokens.asked) == 2


async def test_a_403_with_a_claims_challenge_is_a_step_up_and_answered_in_the_same_way(authority: Authority) -> None:
    tokens = Tokens()
    refusal = http(403, odata("ErrorAccessDenied"), www_authenticate=challenge(CLAIMS))
    with authority.answering(refusal, http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    assert [json.loads(claims or "null") for _, claims, _ in tokens.asked] == [None, CLAIMS]
    error = await failure(authority, refusal)
    assert isinstance(error, SignInNeeded)
    assert json.loads(error.need.claims or "") == CLAIMS


@pytest.mark.parametrize(
    "header", ['Bearer error="insufficient_claims"', 'Bearer error="insufficient_claims", claims="?"']
)
async def test_a_step_up_that_does_not_say_what_it_wants_is_a_policy(authority: Authority, header: str) -> None:
    error = await failure(authority, http(403, odata("ErrorAccessDenied"), www_authenticate=header))
    assert type(error) is RefusedByPolicy


async def test_a_403_with_claims_that_are_not_missing_is_no_step_up(authority: Authority) -> None:
    header = challenge(CLAIMS).replace("insufficient_claims", "other")
    error = await failure(authority, http(403, odata("ErrorAccessDenied"), www_authenticate=header))
    assert type(error) is PermissionMissing


async def test_a_second_refusal_without_a_challenge_needs_the_person_too(authority: Authority) -> None:
    error = await failure(authority, http(401, b""))
    assert isinstance(error, SignInNeeded)
    assert error.need.claims is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Bearer claims=""',
        'Bearer claims="%%%"',
        'Bearer claims="bm90IGpzb24="',
        'Bearer claims="W10="',
        'Bearer claims="/w=="',
        'Bearer claims="A"',
        'Bearer claims="' + base64.b64encode(b"[" * 20_000).decode() + '"',
    ],
)
async def test_a_challenge_that_cannot_be_read_counts_as_none(authority: Authority, header: str) -> None:
    tokens = Tokens()
    with authority.answering(http(401, b"", www_authenticate=header), http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            await get(client, f"{graph.origin}/v1.0/me")
    assert tokens.asked[1] == (USER_READ, None, "token-1")


async def test_what_the_token_source_says_is_given_on(authority: Authority) -> None:
    refusal = ServiceUnavailable("No token today.")
    with authority.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin, Tokens(refuses=refusal)) as client:
            with pytest.raises(ServiceUnavailable) as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    assert raised.value is refusal
    assert graph.connections == 0


async def test_an_error_does_not_spoil_the_connection_for_the_next_call(authority: Authority) -> None:
    with authority.answering(http(500, b"x"), http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable):
                await get(client, f"{graph.origin}/v1.0/me")
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    assert len(graph.heads) == 2
