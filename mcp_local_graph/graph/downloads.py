"""Files: Graph sends them itself, or leads to a host of SharePoint's or OneDrive's, which gets no token of ours.

Source: learn.microsoft.com, "Download driveItem content": the address is authenticated by itself, for a short while.
"""

from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING

import anyio
import httpx

from mcp_local_graph.errors import GraphRefused, ServiceUnavailable
from mcp_local_graph.graph import bodies, network
from mcp_local_graph.graph.links import content_host
from mcp_local_graph.graph.retry import PASSING, Pace, Setback, patiently

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from mcp_local_graph.graph.transport import Errand, GraphTransport

_HOPS = 3
# Not by its name: whoever shared the file may have chosen that.
_HOST = "SharePoint or OneDrive, where the file lies,"
_MOVED = frozenset({301, 302, 303, 307, 308})
_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,100}", re.ASCII)


class Downloads:
    """Follows Graph to named hosts only, over https, without a token."""

    def __init__(self, graph: GraphTransport, hosts: Sequence[str], context: ssl.SSLContext, pace: Pace) -> None:
        self._graph = graph
        self._hosts = tuple(hosts)
        self._context = context
        self._pace = pace
        # Made for the first file: one that goes through the proxy, one that does not.
        self._ways: dict[bool, httpx.AsyncHTTPTransport] = {}

    async def close(self) -> None:
        """Close the connections."""
        for way in self._ways.values():
            await way.aclose()

    async def fetch(self, request: httpx.Request, errand: Errand) -> tuple[bytes, str]:
        """A file of at most `errand.limit` bytes, and its type. Raises LocalGraphError."""
        answer = await self._graph.send(request, errand)
        if "location" not in answer.headers:
            return answer.body, _type(answer.headers["content-type"])
        link = answer.headers["location"]
        try:
            with anyio.fail_after(errand.deadline - anyio.current_time()):
                return await patiently(lambda: self._follow(link, errand.limit), errand, self._pace)
        except TimeoutError as error:
            raise ServiceUnavailable("The file did not arrive in time.", "Try again in a minute.") from error

    async def _follow(self, link: str, limit: int) -> tuple[bytes, str]:
        for _ in range(_HOPS):
            response = await self._hop(link, limit)
            if not response.has_redirect_location:
                return response.content, _type(response.headers["content-type"])
            link = response.headers["location"]
        raise GraphRefused("Microsoft Graph leads from one address to the next; the file was not fetched.")

    async def _hop(self, link: str, limit: int) -> httpx.Response:
        host = content_host(link, self._hosts)
        request = httpx.Request("GET", link, headers={"Accept-Encoding": "gzip"})
        request.extensions["timeout"] = {"connect": network.CONNECT}
        try:
            response = await self._way(host).handle_async_request(request)
            try:
                body = await bodies.whole(response, limit)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise network.setback(error, untouched=True, to=_HOST) from error
        if response.is_error:
            raise _refused(response.status_code)
        headers = {name: response.headers[name] for name in ("location",) if name in response.headers}
        headers["content-type"] = response.headers.get("content-type", "")
        return httpx.Response(response.status_code, headers=headers, content=body)

    def _way(self, host: str) -> httpx.AsyncHTTPTransport:
        direct = bool(urllib.request.proxy_bypass(host))
        if direct not in self._ways:
            self._ways[direct] = network.transport(host, self._context)
        return self._ways[direct]


def _refused(status: int) -> Setback:
    error = ServiceUnavailable(f"The file could not be fetched (HTTP {status}).", "Try again in a minute.")
    return Setback(error, again=status in PASSING)


def _type(said: str) -> str:
    """What the sender calls it, if that is a type at all."""
    found = _TYPE.match(said)
    return found[0].lower() if found else ""
