"""The network between us and Graph: the proxy of this machine, and what failures of the connection mean."""

from __future__ import annotations

import ssl
import urllib.request

import httpx

from mcp_local_graph.errors import ServiceUnavailable, SettingsError
from mcp_local_graph.graph.retry import Setback
from mcp_local_graph.graph.slots import ALL

# Connections kept open for the next call, and for how many seconds. Networks forget idle ones after a minute or more.
_KEPT, _KEPT_FOR = 8, 50.0
# Seconds to reach a host. One that swallows the attempt must not take the whole time of the call.
CONNECT = 10.0
# What another attempt would not change: a mistake of ours.
_FINAL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def transport(host: str, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    """A transport to a host, through the proxy of this machine where there is one. Raises SettingsError."""
    limits = httpx.Limits(max_connections=ALL, max_keepalive_connections=_KEPT, keepalive_expiry=_KEPT_FOR)
    return httpx.AsyncHTTPTransport(verify=context, proxy=proxy(host, context), trust_env=False, limits=limits)


def setback(error: httpx.TransportError, *, untouched: bool, to: str = "Microsoft Graph") -> Setback:
    """What a failure of the connection means. `untouched`: nothing of the request can have arrived."""
    told, again = _told(error, to)
    return Setback(told, again=again, untouched=untouched)


def _told(error: httpx.TransportError, to: str) -> tuple[ServiceUnavailable, bool]:
    """In our words, and whether it may pass."""
    if isinstance(error, httpx.TimeoutException):
        return ServiceUnavailable(f"{to} did not answer in time.", "Try again in a minute."), True
    if isinstance(error, httpx.ProxyError):
        what = f"The proxy did not let us through to {to}."
        return ServiceUnavailable(what, "Check HTTPS_PROXY."), False
    if _caused_by(error, ssl.SSLCertVerificationError):
        what = f"The certificate of {to} is not trusted on this machine."
        return ServiceUnavailable(what, "If your network inspects TLS, name its CA with --ca-file."), False
    what = f"{to} cannot be reached ({type(error).__name__})."
    remedy = "Check the network connection, then try again."
    return ServiceUnavailable(what, remedy), not isinstance(error, _FINAL)


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether a library wrapped an error of this kind."""
    inner = error.__cause__ or error.__context__
    return isinstance(error, kind) or (inner is not None and _caused_by(inner, kind))


def proxy(host: str, context: ssl.SSLContext) -> httpx.Proxy | None:
    """The proxy for https that the environment or the system names, unless it is told to leave the host alone.

    Raises:
        SettingsError: it is none that we can use.
    """
    named = urllib.request.getproxies()
    address = named.get("https") or named.get("all")
    if not address or urllib.request.proxy_bypass(host):
        return None
    try:
        found = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL) as error:
        raise _no_proxy() from error
    if found.url.scheme not in {"http", "https"} or not found.url.host:
        raise _no_proxy()
    found.ssl_context = context if found.url.scheme == "https" else None
    return found


def _no_proxy() -> SettingsError:
    return SettingsError(
        "The proxy that HTTPS_PROXY or ALL_PROXY names cannot be used.", "Write it as http://host:port."
    )
