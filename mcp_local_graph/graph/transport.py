"""The one way out to Graph: everything that must hold for every request.

The bearer is put on here and nowhere else, and only for https and the exact origin of the configured cloud. No redirect
is followed. A request has one deadline, not one per read; it waits for its turn, and is tried again where that is safe.
A refused token is renewed once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import anyio
import httpx

from mcp_local_graph.errors import GraphRefused, LocalGraphError, Need, ServiceUnavailable, SignInNeeded, TokenRejected
from mcp_local_graph.graph import bodies, failures, network
from mcp_local_graph.graph.retry import PASSING, Pace, Setback, patiently, uncertain
from mcp_local_graph.graph.slots import Slots, places

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping

    from mcp_local_graph.graph.caller import Caller

# Answers after which nobody knows whether a write was done.
_UNCLEAR = frozenset({500, 502, 503, 504})
_SENT = "http11.send_request_headers.started"


class TokenSource(Protocol):
    """Gives access tokens for Graph."""

    async def __call__(self, scopes: Iterable[str], claims: str | None = None, *, instead_of: str | None = None) -> str:
        """A token that covers the scopes; another one where `instead_of` was refused. Raises LocalGraphError."""


class Refused(NamedTuple):
    """A token that was refused, and the claims that it lacks, where those were named."""

    token: str
    claims: str | None


@dataclass(slots=True, kw_only=True)
class Errand:
    """What there is to know of a request beside itself.

    `scopes` are what its token has to cover; `deadline` is on the event loop's clock; `reading` says that it changes
    nothing, whatever its method. `places` are what it takes in which queues. `limit` is the most bytes of the answer;
    `json` says that it has to be an object, `moves` that it may lead to another address. `refused` is a token that was
    not good enough before, `token` the one that was used last.
    """

    scopes: frozenset[str]
    deadline: float
    reading: bool
    places: Mapping[str, int]
    caller: Caller | None = None
    limit: int = bodies.LIMIT
    json: bool = False
    moves: bool = False
    refused: Refused | None = None
    token: str = field(default="", init=False)
    renewed: bool = field(default=False, init=False)
    had_turn: bool = field(default=False, init=False)
    sent: bool = field(default=False, init=False)

    async def trace(self, event: str, facts: dict[str, Any]) -> None:
        """Note the moment from which on the request may have an effect; what a proxy is asked has none."""
        if event == _SENT and facts["request"].method != b"CONNECT":
            self.sent = True

    def late(self) -> LocalGraphError:
        """The error for a deadline that has passed."""
        if not self.had_turn:
            return failures.throttled(5.0, what="Too many calls are under way; this one did not get its turn in time.")
        error = ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.")
        return uncertain(error) if self.sent and not self.reading else error


class Answer(NamedTuple):
    """What came back: the headers that count, the body, and where it was to be JSON, that."""

    status: int
    headers: dict[str, str]
    body: bytes
    json: dict[str, Any]


class GraphTransport(httpx.AsyncBaseTransport):
    """Sends requests to one origin, with a bearer."""

    def __init__(self, origin: str, token: TokenSource, context: ssl.SSLContext, pace: Pace | None = None) -> None:
        self._origin = httpx.URL(origin)
        self._token = token
        self._pace = pace or Pace()
        self._slots = Slots()
        self._inner = network.transport(self._origin.host, context)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """For the SDK's own requests. `request.extensions["scopes"]` says what the token has to cover.

        Raises:
            LocalGraphError: see `send`.
        """
        errand = Errand(
            scopes=frozenset(request.extensions["scopes"]),
            deadline=anyio.current_time() + self._pace.deadline,
            reading=request.method == "GET",
            places=places([str(request.url)], ""),
        )
        answer = await self.send(request, errand)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    async def send(self, request: httpx.Request, errand: Errand) -> Answer:
        """Send one request and return the whole answer, which is a success.

        Raises:
            SignInNeeded: only the person can help.
            WriteUncertain: it is a write, and may have been done.
            LocalGraphError: anything else.
        """
        self._refuse_foreign(request.url)
        request.headers["Accept-Encoding"] = "gzip"
        request.extensions["timeout"] = {"connect": network.CONNECT}
        if not errand.reading:
            request.extensions["trace"] = errand.trace
        left = errand.deadline - anyio.current_time()
        if left <= 0:
            raise ServiceUnavailable("This call asks more of Microsoft Graph than it has time for.", "Ask for less.")
        try:
            with anyio.fail_after(left):
                async with self._slots.queue(errand.places):
                    return await patiently(lambda: self._attempt(request, errand), errand, self._pace)
        except TimeoutError as error:
            raise errand.late() from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _refuse_foreign(self, url: httpx.URL) -> None:
        """The origin as a whole, as the connection will be made to it; nothing that could blur it."""
        ours = (url.scheme, url.raw_host, url.port) == (self._origin.scheme, self._origin.raw_host, self._origin.port)
        if not ours or url.scheme != "https" or url.userinfo:
            raise GraphRefused("A request to another address than Microsoft Graph's was stopped.")

    async def _attempt(self, request: httpx.Request, errand: Errand) -> Answer:
        async with self._slots.turn():
            errand.had_turn, errand.sent = True, False
            request.headers["client-request-id"] = str(uuid.uuid4())
            while True:
                try:
                    errand.token = await self._bearer(errand)
                    return await self._once(request, errand)
                except TokenRejected as rejected:
                    if errand.renewed:
                        raise sign_in_needed(errand.scopes, rejected) from rejected
                    errand.refused = Refused(errand.token, rejected.claims)

    async def _bearer(self, errand: Errand) -> str:
        """A token; a new one, once, where the last was refused."""
        if errand.refused is None or errand.renewed:
            return await self._token(errand.scopes)
        errand.renewed = True
        return await self._token(errand.scopes, errand.refused.claims, instead_of=errand.refused.token)

    async def _once(self, request: httpx.Request, errand: Errand) -> Answer:
        request.headers["Authorization"] = f"Bearer {errand.token}"
        try:
            response = await self._inner.handle_async_request(request)
            try:
                body = await bodies.whole(response, errand.limit)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise network.setback(error, untouched=not errand.sent) from error
        finally:
            del request.headers["Authorization"]
        return _judged(response, body, errand)


def sign_in_needed(scopes: frozenset[str], rejected: TokenRejected) -> SignInNeeded:
    """The error for a token that was refused though it was new."""
    need = Need(scopes, rejected.claims)
    return SignInNeeded("Microsoft Graph refused a new access token too.", need, trace=rejected.trace)


def _judged(response: httpx.Response, body: bytes, errand: Errand) -> Answer:
    """The answer, where it is one."""
    status, kind = response.status_code, response.headers.get("content-type", "")
    if response.is_success:
        return Answer(status, {"content-type": kind}, body, bodies.parsed(body, kind) if errand.json else {})
    if errand.moves and response.has_redirect_location:
        return Answer(status, {"location": response.headers["location"]}, b"", {})
    error = failures.error_for(status, response.headers, bodies.tried(body), errand.scopes, errand.caller)
    if status not in PASSING | _UNCLEAR:
        raise error
    pause = failures.pause_of(response.headers)
    untouched = status not in _UNCLEAR or (status == 503 and pause is not None)  # noqa: PLR2004 - HTTP
    raise Setback(error, pause=pause, again=status in PASSING, untouched=untouched)
