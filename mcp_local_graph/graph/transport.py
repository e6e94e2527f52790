"""The one way out to Graph: everything that must hold for every request.

The bearer is put on here and nowhere else, and only for https and the exact origin of the configured cloud. No redirect
is followed. A call has one deadline, not one per read. A refused token is renewed once.
"""

from __future__ import annotations

import ssl
import urllib.request
import uuid
import zlib
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
from mcp_local_graph.graph import failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Seconds for one call, everything in it; hosts drop a tool call after about sixty.
DEADLINE = 30.0
# Bytes of an answer after decompression. More is no answer a model could read.
BODY_LIMIT = 32 * 1024 * 1024
# Bytes that an archive may grow by between two looks at how large it has become.
_PIECE = 256 * 1024


class TokenSource(Protocol):
    """Gives access tokens for Graph."""

    async def __call__(self, scopes: Iterable[str], claims: str | None = None, *, renew: bool = False) -> str:
        """A token that covers the scopes. Raises LocalGraphError."""


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
            with anyio.fail_after(self._deadline):
                return await self._authorised(request)
        except TimeoutError as error:
            raise ServiceUnavailable("Microsoft Graph did not answer in time.", "Try again in a minute.") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _refuse_foreign(self, url: httpx.URL) -> None:
        """The origin as a whole, as the connection will be made to it; nothing that could blur it."""
        ours = (url.scheme, url.raw_host, url.port) == (self._origin.scheme, self._origin.raw_host, self._origin.port)
        if not ours or url.scheme != "https" or url.userinfo:
            raise GraphRefused("A request to another address than Microsoft Graph's was stopped.")

    async def _authorised(self, request: httpx.Request) -> httpx.Response:
        scopes = request.extensions["scopes"]
        request.headers["client-request-id"] = str(uuid.uuid4())
        request.headers["Accept-Encoding"] = "gzip"
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
    """The body, decoded as it comes, so that one which never ends, or grows a thousandfold, is not kept.

    Not by httpx: it decodes each part whole, however large that gets, and takes half an archive for a whole one.
    """
    encoding = response.headers.get("content-encoding", "identity").lower()
    unzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body, ended = bytearray(), True
    async for part in response.aiter_raw():
        for piece in _unzipped(unzip, part) if unzip else [part]:
            body += piece
            if len(body) > BODY_LIMIT:
                raise GraphRefused(f"The answer is larger than {BODY_LIMIT // 2**20} MB.", "Ask for less at a time.")
        ended = unzip is None or unzip.eof
    if not ended or encoding not in {"identity", "gzip"}:
        raise _broken()
    return bytes(body)


def _unzipped(unzip: zlib._Decompress, part: bytes) -> Iterator[bytes]:
    """A part of an archive, unpacked in pieces. Nothing may come after its end."""
    try:
        while (piece := unzip.decompress(part, _PIECE)) or unzip.unconsumed_tail:
            yield piece
            part = unzip.unconsumed_tail
        if unzip.unused_data:
            raise _broken()
    except zlib.error as error:
        raise _broken() from error


def _broken() -> ServiceUnavailable:
    return ServiceUnavailable("Microsoft Graph's answer arrived broken.", "Try again in a minute.")


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
