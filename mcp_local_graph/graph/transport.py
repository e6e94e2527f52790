"""The one way out to Graph: everything that must hold for every request.

The bearer is put on here and nowhere else, and only for https and the exact origin of the configured cloud. No redirect
is followed. A call has one deadline, not one per read. A refused token is renewed once.
"""

from __future__ import annotations

import urllib.request
import uuid
from typing import TYPE_CHECKING, Protocol

import anyio
import httpx

from mcp_local_graph.errors import GraphRefused, Need, ServiceUnavailable, SignInNeeded, TokenRejected
from mcp_local_graph.graph import failures

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

# Seconds for one call, everything in it; hosts drop a tool call after about sixty.
DEADLINE = 30.0
# Bytes of an answer after decompression. More is no answer a model could read.
BODY_LIMIT = 32 * 1024 * 1024


class TokenSource(Protocol):
    """Gives access tokens for Graph."""

    async def __call__(self, scopes: Iterable[str], claims: str | None = None, *, renew: bool = False) -> str:
        """A token that covers the scopes. Raises LocalGraphError."""


class GraphTransport(httpx.AsyncBaseTransport):
    """Sends requests to one origin, with a bearer. `request.extensions["scopes"]` says what the token has to cover."""

    def __init__(self, origin: str, token: TokenSource, context: ssl.SSLContext) -> None:
        self._origin = httpx.URL(origin)
        self._token = token
        self._inner = httpx.AsyncHTTPTransport(verify=context, proxy=_proxy(self._origin.host), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return the whole answer, which has a status below 300.

        Raises:
            LocalGraphError: anything else.
        """
        self._refuse_foreign(request.url)
        try:
            with anyio.fail_after(DEADLINE):
                return await self._authorised(request)
        except TimeoutError as error:
            raise ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _refuse_foreign(self, url: httpx.URL) -> None:
        """The origin as a whole, by the same parser that makes the connection; nothing that could blur it."""
        ours = (url.scheme, url.host, url.port) == (self._origin.scheme, self._origin.host, self._origin.port)
        if not ours or url.scheme != "https" or url.userinfo:
            raise GraphRefused("A request to another address than Microsoft Graph's was stopped.")

    async def _authorised(self, request: httpx.Request) -> httpx.Response:
        scopes = request.extensions["scopes"]
        request.headers["client-request-id"] = str(uuid.uuid4())
        try:
            return await self._send(request, await self._token(scopes), scopes)
        except TokenRejected as rejected:
            token = await self._token(scopes, rejected.claims, renew=rejected.claims is None)
        try:
            return await self._send(request, token, scopes)
        except TokenRejected as rejected:
            raise SignInNeeded(
                "Microsoft Graph refused a new access token too.", _need(scopes, rejected), trace=rejected.trace
            ) from rejected

    async def _send(self, request: httpx.Request, token: str, scopes: Iterable[str]) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {token}"
        try:
            response = await self._inner.handle_async_request(request)
            try:
                body = await _whole(response)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _unreachable(error) from error
        finally:
            del request.headers["Authorization"]
        if not response.is_success:
            raise failures.error_for(response, body, scopes)
        headers = {"content-type": response.headers.get("content-type", "")}
        return httpx.Response(response.status_code, headers=headers, content=body)


async def _whole(response: httpx.Response) -> bytes:
    """The decoded body, read as it comes, so that one which never ends is not kept."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > BODY_LIMIT:
            raise ServiceUnavailable(f"The answer is larger than {BODY_LIMIT // 2**20} MB.", "Ask for less at a time.")
        parts.append(part)
    return b"".join(parts)


def _need(scopes: Iterable[str], rejected: TokenRejected) -> Need:
    return Need(frozenset(scopes), rejected.claims)


def _unreachable(error: httpx.TransportError) -> ServiceUnavailable:
    if isinstance(error, httpx.TimeoutException):
        return ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.")
    if isinstance(error, httpx.ProxyError):
        return ServiceUnavailable("The proxy did not let us through to Microsoft Graph.", "Check HTTPS_PROXY.")
    return ServiceUnavailable(
        f"Microsoft Graph cannot be reached ({type(error).__name__}).", "Check the network connection, then try again."
    )


def _proxy(host: str) -> str | None:
    """The proxy for https that the environment or the system names, unless it is told to leave the host alone."""
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get("https")
