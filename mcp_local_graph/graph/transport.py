"""The one way out to Graph: everything that must hold for every request.

The bearer is put on here and nowhere else, and only for https and the exact origin of the configured cloud. No redirect
is followed. A call has one deadline, not one per read. A refused token is renewed once.
"""

from __future__ import annotations

import ssl
import urllib.request
import uuid
from typing import TYPE_CHECKING, Protocol

import anyio
import httpx

from mcp_local_graph.errors import (
    GraphRefused,
    Need,
    ServiceUnavailable,
    SettingsError,
    SignInNeeded,
    TokenRejected,
)
from mcp_local_graph.graph import bodies, failures

if TYPE_CHECKING:
    from collections.abc import Iterable

# Seconds for one call, everything in it; hosts drop a tool call after about sixty.
DEADLINE = 30.0


class TokenSource(Protocol):
    """Gives access tokens for Graph."""

    async def __call__(self, scopes: Iterable[str], claims: str | None = None, *, instead_of: str | None = None) -> str:
        """A token that covers the scopes; another one where `instead_of` was refused. Raises LocalGraphError."""


class GraphTransport(httpx.AsyncBaseTransport):
    """Sends requests to one origin, with a bearer. `request.extensions["scopes"]` says what the token has to cover."""

    def __init__(self, origin: str, token: TokenSource, context: ssl.SSLContext, *, deadline: float = DEADLINE) -> None:
        self._origin = httpx.URL(origin)
        self._token = token
        self._deadline = deadline
        proxy = _proxy(self._origin.host, context)
        self._inner = httpx.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return the whole answer, which has a status below 300.

        Raises:
            LocalGraphError: anything else.
        """
        self._refuse_foreign(request.url)
        try:
            with anyio.fail_after(self._left(request)):
                return await self._authorised(request)
        except TimeoutError as error:
            raise ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def beside(self, context: ssl.SSLContext) -> httpx.AsyncBaseTransport:
        """A transport to other hosts, which knows no token."""
        return httpx.AsyncHTTPTransport(verify=context, proxy=_proxy("", context), trust_env=False)

    def _left(self, request: httpx.Request) -> float:
        """Seconds until the request's own deadline, or ours."""
        deadline = request.extensions.get("deadline")
        return self._deadline if deadline is None else min(self._deadline, deadline - anyio.current_time())

    def _refuse_foreign(self, url: httpx.URL) -> None:
        """The origin as a whole, as the connection will be made to it; nothing that could blur it."""
        ours = (url.scheme, url.raw_host, url.port) == (self._origin.scheme, self._origin.raw_host, self._origin.port)
        if not ours or url.scheme != "https" or url.userinfo:
            raise GraphRefused("A request to another address than Microsoft Graph's was stopped.")

    async def _authorised(self, request: httpx.Request) -> httpx.Response:
        scopes = request.extensions["scopes"]
        request.headers["client-request-id"] = str(uuid.uuid4())
        request.headers["Accept-Encoding"] = "gzip"
        token = await self._token(scopes)
        try:
            return await self._send(request, token, scopes)
        except TokenRejected as rejected:
            token = await self._token(scopes, rejected.claims, instead_of=token)
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
                body = await bodies.whole(response, request.extensions.get("limit", bodies.BODY_LIMIT))
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _unreachable(error) from error
        finally:
            del request.headers["Authorization"]
        if not response.is_success and not (response.has_redirect_location and request.extensions.get("moves")):
            raise failures.error_for(response.status_code, response.headers, bodies.tried(body), scopes)
        headers = {"content-type": response.headers.get("content-type", "")}
        if request.extensions.get("moves"):
            headers["location"] = response.headers.get("location", "")
        return httpx.Response(response.status_code, headers=headers, content=body)


def _need(scopes: Iterable[str], rejected: TokenRejected) -> Need:
    return Need(frozenset(scopes), rejected.claims)


def _unreachable(error: httpx.TransportError) -> ServiceUnavailable:
    if isinstance(error, httpx.TimeoutException):
        return ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.")
    if isinstance(error, httpx.ProxyError):
        return ServiceUnavailable("The proxy did not let us through to Microsoft Graph.", "Check HTTPS_PROXY.")
    if _caused_by(error, ssl.SSLCertVerificationError):
        return ServiceUnavailable(
            "The certificate of Microsoft Graph is not trusted on this machine.",
            "If your network inspects TLS, name its CA with --ca-file.",
        )
    return ServiceUnavailable(
        f"Microsoft Graph cannot be reached ({type(error).__name__}).", "Check the network connection, then try again."
    )


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether a library wrapped an error of this kind."""
    inner = error.__cause__ or error.__context__
    return isinstance(error, kind) or (inner is not None and _caused_by(inner, kind))


def _proxy(host: str, context: ssl.SSLContext) -> httpx.Proxy | None:
    """The proxy for https that the environment or the system names, unless it is told to leave the host alone.

    Raises:
        SettingsError: it is none that we can use.
    """
    named = urllib.request.getproxies()
    address = named.get("https") or named.get("all")
    if not address or urllib.request.proxy_bypass(host):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL) as error:
        raise _no_proxy() from error
    if proxy.url.scheme not in {"http", "https"} or not proxy.url.host:
        raise _no_proxy()
    proxy.ssl_context = context if proxy.url.scheme == "https" else None
    return proxy


def _no_proxy() -> SettingsError:
    return SettingsError(
        "The proxy that HTTPS_PROXY or ALL_PROXY names cannot be used.", "Write it as http://host:port."
    )
