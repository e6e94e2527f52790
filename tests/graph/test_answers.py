"""What becomes of every kind of answer, and of none."""

from __future__ import annotations

import base64
import gzip
import json
import re
import resource
import socket
import sys
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest
import trustme

from mcp_local_graph.errors import (
    GraphRefused,
    LocalGraphError,
    NotFound,
    PermissionMissing,
    ServiceUnavailable,
    SignInNeeded,
    Throttled,
)
from mcp_local_graph.graph.transport import BODY_LIMIT
from tests.graph.rig import USER_READ, Authority, Peer, Server, Tokens, answering, get, http

pytestmark = pytest.mark.anyio
SAID = "Ines Okafor's secret plan"
CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1763720000"}}}


def odata(code: str, **inner: object) -> bytes:
    error = {"code": code, "message": SAID, "innerError": {"request-id": "r", "date": "d", **inner}}
    return json.dumps({"error": error}).encode()


def challenge(claims: object, *, pad: bool = True) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return f'Bearer realm="", error="insufficient_claims", claims="{packed if pad else packed.rstrip("=")}"'


async def failure(authority: Authority, *answers: bytes, tokens: Tokens | None = None) -> LocalGraphError:
    """The error that these answers become; its text never has the body or a token."""
    with authority.answering(*answers) as graph:
        async with authority.to(graph.origin, tokens) as client:
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
        (403, "ErrorAccessDenied", PermissionMissing, "User.Read"),
        (404, "Request_ResourceNotFound", NotFound, "no such thing"),
        (404, "MailboxNotEnabledForRESTAPI", NotFound, "no mailbox"),
        (409, "nameAlreadyExists", GraphRefused, "HTTP 409"),
        (500, "generalException", ServiceUnavailable, "HTTP 500"),
        (502, "badGateway", ServiceUnavailable, "HTTP 502"),
        (503, "serviceNotAvailable", ServiceUnavailable, "HTTP 503"),
        (504, "gatewayTimeout", ServiceUnavailable, "HTTP 504"),
    ],
)
async def test_a_refusal_has_its_class_its_code_and_its_ids_and_not_its_body(
    authority: Authority, status: int, code: str, kind: type[LocalGraphError], words: str
) -> None:
    error = await failure(authority, http(status, odata(code), request_id="req-1", client_request_id="corr-1"))
    assert type(error) is kind
    assert words in error.text()
    assert error.text().splitlines()[-1].startswith(f"code {code}; correlation id corr-1; request id req-1; 20")
    assert error.retryable is (status >= 500)


async def test_the_innermost_code_is_the_one_that_is_told(authority: Authority) -> None:
    nested = {"code": "generalException", "innererror": {"code": "itemNotFound", "innerError": {"code": "gone"}}}
    error = await failure(authority, http(404, json.dumps({"error": nested}).encode()))
    assert error.trace.code == "gone"


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
        ("1000000000", 30, 30),
        ("999999999", 3600, 3600),
        ("9" * 5000, 30, 30),
        ("-5", 30, 30),
        ("2.5", 30, 30),
        ("soon", 30, 30),
        ("٣", 30, 30),
        ("", 30, 30),
        (None, 30, 30),
        (format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True), 500, 600),
        (format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 1, 1),
        ((datetime.now(UTC) + timedelta(seconds=600)).strftime("%a, %d %b %Y %H:%M:%S"), 500, 600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600, 3600),
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


async def test_a_refused_token_is_renewed_once(authority: Authority) -> None:
    tokens = Tokens()
    with authority.answering(http(401, odata("InvalidAuthenticationToken")), http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    assert tokens.asked == [(USER_READ, None, False), (USER_READ, None, True)]
    assert graph.header("authorization") == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("pad", [True, False])
async def test_a_claims_challenge_is_answered_once_and_silently(authority: Authority, *, pad: bool) -> None:
    tokens = Tokens()
    refusal = http(401, odata("InvalidAuthenticationToken"), www_authenticate=challenge(CLAIMS, pad=pad))
    with authority.answering(refusal, http(200, b"{}")) as graph:
        async with authority.to(graph.origin, tokens) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    (_, (scopes, claims, renew)) = tokens.asked
    assert (scopes, json.loads(claims or ""), renew) == (USER_READ, CLAIMS, False)


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
    assert tokens.asked[1] == (USER_READ, None, True)


async def test_what_the_token_source_says_is_given_on(authority: Authority) -> None:
    refusal = ServiceUnavailable("No token today.")
    with authority.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin, Tokens(refuses=refusal)) as client:
            with pytest.raises(ServiceUnavailable) as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    assert raised.value is refusal
    assert graph.connections == 0


async def test_a_compressed_answer_is_unpacked(authority: Authority) -> None:
    packed = gzip.compress(b'{"a":"' + b"x" * 100_000 + b'"}')
    with authority.answering(http(200, packed, content_encoding="GZIP")) as graph:
        async with authority.to(graph.origin) as client:
            answer = await get(client, f"{graph.origin}/v1.0/me")
    assert len(answer.json()["a"]) == 100_000
    assert graph.header("accept-encoding") == ["gzip"]


async def test_an_empty_answer_that_claims_to_be_compressed_is_empty(authority: Authority) -> None:
    with authority.answering(http(200, b"", content_encoding="gzip")) as graph:
        async with authority.to(graph.origin) as client:
            assert (await get(client, f"{graph.origin}/v1.0/me")).content == b""


WHOLE = gzip.compress(b'{"value":[1,2,3]}' * 50)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (WHOLE[:-4], "gzip"),
        (WHOLE[: len(WHOLE) // 2], "gzip"),
        (WHOLE[:5], "gzip"),
        (WHOLE + WHOLE, "gzip"),
        (WHOLE + b"more", "gzip"),
        (b"{}", "gzip"),
        (WHOLE[:30] + b"\xff" * 20, "gzip"),
        (zlib.compress(b"{}"), "deflate"),
        (b"{}", "br"),
        (gzip.compress(WHOLE), "gzip, gzip"),
    ],
)
async def test_a_packed_answer_that_is_not_whole_or_not_ours_to_unpack_is_an_error(
    authority: Authority, body: bytes, encoding: str
) -> None:
    error = await failure(authority, http(200, body, content_encoding=encoding))
    assert type(error) is ServiceUnavailable
    assert "broken" in error.what


async def test_a_body_that_ends_too_early_is_an_error(authority: Authority) -> None:
    def half(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{}")

    with Server(half, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


def peak_memory() -> int:
    """Bytes; Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bomb(size: int, *, layers: int = 1) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


async def test_a_little_archive_of_200_megabytes_costs_no_more_than_the_limit(authority: Authority) -> None:
    packed = bomb(200 * 2**20)
    assert len(packed) < 256 * 1024
    before = peak_memory()
    error = await failure(authority, http(200, packed, content_encoding="gzip"))
    assert type(error) is GraphRefused
    assert "32 MB" in error.what
    assert not error.retryable
    assert peak_memory() - before < 2 * BODY_LIMIT


async def test_an_answer_without_an_end_is_not_kept(authority: Authority) -> None:
    def endless(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"100000\r\n" + bytes(2**20) + b"\r\n")

    before = peak_memory()
    with Server(endless, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(GraphRefused, match="32 MB"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert peak_memory() - before < 3 * BODY_LIMIT


async def test_an_archive_that_goes_on_after_its_end_is_not_kept(authority: Authority) -> None:
    def endless(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n")
        peer.send(b"%x\r\n%b\r\n" % (len(WHOLE), WHOLE))
        while True:
            peer.send(b"100000\r\n" + bytes(2**20) + b"\r\n")

    with Server(endless, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="broken"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_an_answer_that_trickles_is_ended_by_the_deadline_of_the_call(authority: Authority) -> None:
    left: list[bool] = []

    def trickling(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n")
        while not peer.gone(0.05):
            peer.send(b" ")
        left.append(True)

    with Server(trickling, authority.server()) as graph:
        started = anyio.current_time()
        async with authority.to(graph.origin, deadline=0.4) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")
            assert 0.4 <= anyio.current_time() - started < 2
    assert left == [True]


async def test_a_server_that_says_nothing_is_given_up_at_the_deadline(authority: Authority) -> None:
    def silent(peer: Peer) -> None:
        peer.head()
        peer.server.ended.wait(10)

    with Server(silent, authority.server()) as graph:
        async with authority.to(graph.origin, deadline=0.2) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_the_deadline_counts_waiting_for_a_token_too(authority: Authority) -> None:
    class Slow(Tokens):
        async def __call__(self, *_: object, **__: object) -> str:
            await anyio.sleep_forever()
            raise AssertionError

    with authority.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin, Slow(), deadline=0.1) as client:
            with pytest.raises(ServiceUnavailable, match="in time"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_nobody_there_is_said_without_an_address(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with authority.to(f"https://localhost:{port}") as client:
        with pytest.raises(ServiceUnavailable, match="cannot be reached") as raised:
            await get(client, f"https://localhost:{port}/v1.0/me")
    assert raised.value.retryable
    assert str(port) not in raised.value.text()


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{"])
async def test_a_connection_that_breaks_is_an_error_that_may_pass(authority: Authority, before: bytes) -> None:
    def breaking(peer: Peer) -> None:
        peer.head()
        peer.send(before)
        peer.reset()

    with Server(breaking, authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_an_answer_that_is_no_http_is_an_error(authority: Authority) -> None:
    with Server(answering(b"220 mail.example ESMTP\r\n\r\n"), authority.server()) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")


async def test_a_certificate_of_an_unknown_authority_is_named_as_the_cause(authority: Authority) -> None:
    stranger = Authority(trustme.CA())
    with stranger.answering(http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="certificate") as raised:
                await get(client, f"{graph.origin}/v1.0/me")
    assert "--ca-file" in raised.value.remedy
    assert graph.heads == []


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with Server(answering(http(200, b"{}")), authority.server("elsewhere.example")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="certificate"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert graph.heads == []


async def test_a_server_without_tls_gets_no_request(authority: Authority) -> None:
    seen: list[bytes] = []

    def plain(peer: Peer) -> None:
        seen.append(peer.some())
        peer.send(http(400))

    with Server(plain) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable, match="cannot be reached"):
                await get(client, f"{graph.origin}/v1.0/me")
    assert b"localhost" in seen[0]
    assert b"GET" not in seen[0]
    assert b"token" not in seen[0]


async def test_calls_at_the_same_time_do_not_mix_their_tokens_or_answers(authority: Authority) -> None:
    def echo(peer: Peer) -> None:
        while head := peer.head():
            peer.server.heads.append(head)
            path = head[0].split()[1]
            peer.send(http(200, json.dumps({"path": path}).encode()))

    answers: dict[str, str] = {}
    with Server(echo, authority.server()) as graph:
        async with authority.to(graph.origin) as client, anyio.create_task_group() as group:

            async def one(path: str) -> None:
                answers[path] = (await get(client, f"{graph.origin}{path}")).json()["path"]

            for number in range(20):
                group.start_soon(one, f"/v1.0/users/{number}")
    assert answers == {f"/v1.0/users/{number}": f"/v1.0/users/{number}" for number in range(20)}
    assert sorted(graph.header("authorization")) == sorted(f"Bearer token-{number}" for number in range(1, 21))
    assert len(set(graph.header("client-request-id"))) == 20


async def test_a_cancelled_call_closes_its_connection(authority: Authority) -> None:
    arrived, left = anyio.Event(), anyio.Event()
    loop_token = anyio.lowlevel.current_token()

    def silent(peer: Peer) -> None:
        peer.head()
        anyio.from_thread.run_sync(arrived.set, token=loop_token)
        if peer.gone(5):
            anyio.from_thread.run_sync(left.set, token=loop_token)

    with Server(silent, authority.server()) as graph:
        async with authority.to(graph.origin) as client, anyio.create_task_group() as group:
            group.start_soon(get, client, f"{graph.origin}/v1.0/me")
            with anyio.fail_after(5):
                await arrived.wait()
                group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True), anyio.fail_after(5):
                await left.wait()
    assert left.is_set()


async def test_an_error_does_not_spoil_the_connection_for_the_next_call(authority: Authority) -> None:
    with authority.answering(http(500, b"x"), http(200, b"{}")) as graph:
        async with authority.to(graph.origin) as client:
            with pytest.raises(ServiceUnavailable):
                await get(client, f"{graph.origin}/v1.0/me")
            assert (await get(client, f"{graph.origin}/v1.0/me")).status_code == 200
    assert len(graph.heads) == 2
