"""Files: Graph sends them itself, or leads to a host of SharePoint's or OneDrive's, which gets no token of ours.

Source: learn.microsoft.com, "Download driveItem content": the address is authenticated by itself, for a short while.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import anyio
import httpx

from mcp_local_graph.errors import GraphRefused, ServiceUnavailable
from mcp_local_graph.graph import bodies
from mcp_local_graph.graph.links import is_content_link

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from mcp_local_graph.graph.transport import GraphTransport

_HOPS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,100}", re.ASCII)


class Downloads:
    """Follows Graph to named hosts only, over https, without a token."""

    def __init__(self, graph: GraphTransport, hosts: Sequence[str], context: ssl.SSLContext) -> None:
        self._graph = graph
        self._hosts = tuple(hosts)
        self._elsewhere = graph.beside(context)

    async def close(self) -> None:
        """Close the connections."""
        await self._elsewhere.aclose()

    async def fetch(self, request: httpx.Request, limit: int, deadline: float) -> tuple[bytes, str]:
        """A file of at most `limit` bytes, and its type. Raises LocalGraphError."""
        request.extensions |= {"limit": limit, "moves": True}
        response = await self._graph.handle_async_request(request)
        try:
            with anyio.fail_after(deadline - anyio.current_time()):
                for _ in range(_HOPS):
                    if response.status_code not in _MOVED:
                        return response.content, _type(response)
                    response = await self._hop(response.headers.get("location", ""), limit)
        except TimeoutError as error:
            raise ServiceUnavailable("The file did not arrive in time.", "Try again in a minute.") from error
        raise GraphRefused("Microsoft Graph leads from one address to the next; the file was not fetched.")

    async def _hop(self, link: str, limit: int) -> httpx.Response:
        if not is_content_link(link, self._hosts):
            raise GraphRefused("The file lies at a host that is none of Microsoft 365's; it was not fetched.")
        response = await self._elsewhere.handle_async_request(httpx.Request("GET", link))
        try:
            body = await bodies.whole(response, limit)
        finally:
            await response.aclose()
        if response.status_code >= 400:  # noqa: PLR2004 - HTTP
            raise ServiceUnavailable(f"The file could not be fetched (HTTP {response.status_code}).", "Try again.")
        headers = {name: response.headers.get(name, "") for name in ("content-type", "location")}
        return httpx.Response(response.status_code, headers=headers, content=body)


def _type(response: httpx.Response) -> str:
    """What the sender calls it, if that is a type at all."""
    found = _TYPE.match(response.headers.get("content-type", ""))
    return found[0].lower() if found else ""
