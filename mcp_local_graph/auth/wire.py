"""MSAL's way to the network: one HTTP client that turns what is no answer of Entra into our errors.

MSAL asks for an object with `get`, `post` and `close`. What is raised here passes through it unchanged, so a proxy's
HTML page is never logged by MSAL (it logs such bodies whole), and a pause that the service asked for is not lost.
"""

from __future__ import annotations

import json
import logging
import math
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from mcp_local_graph.auth.remedies import CONSENT_MISSING, codes_of, error_for
from mcp_local_graph.errors import Need, ServiceUnavailable, SignInNeeded, Throttled, Trace

if TYPE_CHECKING:
    import ssl

# Seconds to connect, and seconds between two parts of an answer. MSAL itself has no timeout at all.
_TIMEOUT = (10, 20)
# Seconds for a whole body, and its size: the largest answers of Entra are a few kilobytes.
_DEADLINE, _BODY_LIMIT, _PART = 20.0, 2**20, 2**14
# Seconds within which a connection failed that is tried once more: who waits has a deadline too.
_SOON = 15.0
_TOO_MANY, _SERVER_ERROR = 429, 500
# With these a service may say when to come back.
_LATER = {429, 503}
_SERVICE = "Microsoft's sign-in service"
_AGAIN = "Try again in a minute; signing in again would not help."
_logger = logging.getLogger(__name__)


class EntraClient:
    """What `PublicClientApplication(http_client=…)` asks for.

    Raises:
        ServiceUnavailable: no connection, a server error, or an answer that is not Entra's.
        Throttled: the service asked for a pause.
        LocalGraphError: discovery was refused (tenant or cloud are wrong).
    """

    def __init__(self, context: ssl.SSLContext, timeout: tuple[float, float] = _TIMEOUT) -> None:
        self._session = requests.Session()
        # Without this, requests would add a password of ~/.netrc to what we send.
        self._session.auth = _nobody
        self._session.mount("https://", Trusting(context))
        self._timeout = timeout
        # The refresh token that the service does not want to see again before this time, on the monotonic clock.
        self._pause = "", 0.0

    def get(self, url: str, params: object = None, headers: Any = None, **_: object) -> requests.Response:  # noqa: ANN401 - MSAL's
        """Fetch discovery documents."""
        response = self._send("GET", url, params=params, headers=headers)
        if response.status_code >= 400:  # noqa: PLR2004 - HTTP's line between yes and no
            raise error_for(response.json(), Need(frozenset()))
        return response

    def post(
        self,
        url: str,
        params: object = None,
        data: Any = None,  # noqa: ANN401 - MSAL's
        headers: Any = None,  # noqa: ANN401 - MSAL's
        **_: object,
    ) -> requests.Response:
        """Ask for tokens or a device code; not before the pause is over that the service asked for."""
        token, until = self._pause
        if token and token == _refresh_token(data) and (left := until - time.monotonic()) > 0:
            raise _throttled(left)
        response = self._send("POST", url, params=params, data=data, headers=headers)
        if response.status_code >= 400 and (pause := _memory(response, data)) is not None:  # noqa: PLR2004 - as above
            response.headers["Retry-After"] = pause
        return response

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, method: str, url: str, **parts: Any) -> requests.Response:  # noqa: ANN401 - handed through
        """Send a request; once more where the connection failed and that does no harm."""
        began = time.monotonic()
        try:
            response = self._sent(method, url, **parts)
        except requests.RequestException as error:
            if not _may_be_repeated(error, parts.get("data"), time.monotonic() - began):
                raise ServiceUnavailable(*unreachable(error)) from error
            try:
                response = self._sent(method, url, **parts)
            except requests.RequestException as again:
                raise ServiceUnavailable(*unreachable(again)) from again
        if response.status_code in _LATER and "Retry-After" in response.headers:
            pause = seconds(response.headers["Retry-After"])
            self._pause = _refresh_token(parts.get("data")), time.monotonic() + pause
        refuse_strangers(response)
        return response

    def _sent(self, method: str, url: str, **parts: Any) -> requests.Response:  # noqa: ANN401 - handed through
        try:
            response = self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False, stream=True, **parts
            )
            _read_whole(response)
        except requests.RequestException as error:
            _logger.info("%s to the sign-in service failed: %s", method, type(error).__name__)
            raise
        return response


def _refresh_token(data: Any) -> str:  # noqa: ANN401 - MSAL's
    """The refresh token of a request, or nothing: whoever has signed in again has another one, and no pause to keep."""
    return str((data or {}).get("refresh_token") or "")


def _throttled(pause: float, trace: Trace | None = None) -> Throttled:
    return Throttled(
        f"{_SERVICE} asks for a pause.", f"Try again in {math.ceil(pause)} seconds.", trace=trace, retry_after=pause
    )


def _may_be_repeated(error: requests.RequestException, data: Any, seconds_gone: float) -> bool:  # noqa: ANN401 - MSAL's
    """Whether to send a request again: not a code, which is good once, nor what took long or was not trusted."""
    once = "code" in str((data or {}).get("grant_type"))
    return not once and seconds_gone < _SOON and not isinstance(error, requests.exceptions.SSLError)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read_whole(response: requests.Response) -> None:
    """Read the body within one deadline and a size: a server that sends a byte now and then must not hold us."""
    deadline = time.monotonic() + _DEADLINE
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_PART):
        parts.append(part)
        size += len(part)
        if size > _BODY_LIMIT or time.monotonic() > deadline:
            response.close()
            raise requests.exceptions.ReadTimeout
    response._content = b"".join(parts)  # noqa: SLF001 - where requests itself puts what it has read


class Trusting(HTTPAdapter):
    """Trusts what the given context trusts, and nothing that an environment variable names."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed through
        """Straight connections."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - handed through
        """Connections through a proxy."""
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - handed through
        """Send one request."""
        # requests would put REQUESTS_CA_BUNDLE here, or its own list, in place of what the context trusts.
        kwargs["verify"] = True
        return super().send(request, *args, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:  # noqa: ANN401, ARG002 - overridden
        """Leave the context as it is."""
        conn.cert_reqs = "CERT_REQUIRED"


def _memory(response: requests.Response, data: Any) -> str | None:  # noqa: ANN401 - MSAL's
    """For how many seconds MSAL shall answer a request like this refused one out of its memory; None: as it likes.

    That would be a minute. A person who has mended the cause, or just asks again, is to be heard at once. Only where
    the same would be refused again is the minute right: after a refresh, when a sign-in alone helps, or in a loop.
    Consent may come from an administrator at any time: there a second does, since MSAL asks twice in a row by itself,
    as if for another app of its family.
    """
    answer = response.json()
    if "grant_type" not in data:
        return "0"
    if CONSENT_MISSING in codes_of(answer) and data["grant_type"] == "refresh_token":
        return "1"
    return None if isinstance(error_for(answer, Need(frozenset())), SignInNeeded | Throttled) else "0"


def refuse_strangers(response: requests.Response) -> None:
    """Let only a JSON object through, and no status that means `later`."""
    status = response.status_code
    answer = _json_object(response.text)
    named = error_for(answer or {}, Need(frozenset()))
    if status == _TOO_MANY:
        raise _throttled(seconds(response.headers.get("Retry-After")), named.trace)
    if status >= _SERVER_ERROR:
        fault = ServiceUnavailable(f"{_SERVICE} has a fault (HTTP {status}).", _AGAIN, trace=named.trace)
        raise named if isinstance(named, ServiceUnavailable) else fault
    if answer is None:
        raise ServiceUnavailable(
            f"Something that is not {_SERVICE} answered in its place: a proxy, or a Wi-Fi log-in page.",
            "Open any web page in a browser to see what the network wants, then try again.",
        )


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def seconds(retry_after: str | None) -> float:
    """The pause a Retry-After of Entra means, in seconds: 1 to 3,600; 30 where it says nothing we can read."""
    value = (retry_after or "").strip()
    return float(min(max(int(value), 1), 3600)) if value.isdecimal() else 30.0


def unreachable(error: requests.RequestException) -> tuple[str, str]:
    """What kept us from the sign-in service, and what to do."""
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"The certificate of {_SERVICE} is not trusted on this machine.",
            "If your network inspects TLS, name its CA with --ca-file.",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return (f"The proxy did not let us through to {_SERVICE}.", "Check HTTPS_PROXY.")
    if isinstance(error, requests.exceptions.Timeout):
        return (f"{_SERVICE} did not answer in time.", _AGAIN)
    return (f"{_SERVICE} cannot be reached.", "Check the network connection, then try again.")
