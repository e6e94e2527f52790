"""What sends the requests of all tool calls: one transport to Graph, and the SDK, whose builders name the endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from mcp_local_graph import __version__, tls
from mcp_local_graph.graph import address, batching, bodies
from mcp_local_graph.graph.downloads import Downloads
from mcp_local_graph.graph.transport import GraphTransport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mcp_local_graph.errors import LocalGraphError
    from mcp_local_graph.graph.ask import Ask, Target
    from mcp_local_graph.graph.transport import TokenSource

_AGENT = f"mcp-local-graph/{__version__}"


class Engine:
    """One for a process. Connects to nothing before the first request."""

    def __init__(self, origin: str, token: TokenSource, ca_file: Path | None, content_hosts: Sequence[str]) -> None:
        self.base_url = f"{origin}/v1.0"
        context = tls.client_context(ca_file)
        self._transport = GraphTransport(origin, token, context)
        self._downloads = Downloads(self._transport, content_hosts, context)
        # The SDK gets a client of ours, so that whatever it would send by itself is under the same rules.
        self.client = httpx.AsyncClient(transport=self._transport, trust_env=False, timeout=None)  # noqa: S113 - the transport has the deadline
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=self.client)
        adapter.base_url = self.base_url
        self.sdk = GraphServiceClient(request_adapter=adapter)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
        await self._downloads.close()

    def address(self, target: Target, options: Mapping[str, object]) -> str:
        """The URL of an endpoint with query options. Raises ValueError, NotFound."""
        return address.absolute(target, self.base_url, options)

    def takes_top(self, target: Target) -> bool:
        """Whether the length of a page can be chosen."""
        return address.takes(target, "top")

    async def answer(self, ask: Ask, deadline: float) -> dict[str, Any]:
        """The answer to a read, by `deadline` on the event loop's clock. Raises LocalGraphError."""
        response = await self._transport.handle_async_request(request(ask, deadline))
        return bodies.parsed(await response.aread())

    async def batch(self, asks: Sequence[Ask], deadline: float) -> list[dict[str, Any] | LocalGraphError]:
        """The answers to several reads. Raises LocalGraphError."""
        found: list[dict[str, Any] | LocalGraphError] = []
        for start in range(0, len(asks), batching.SIZE):
            some = asks[start : start + batching.SIZE]
            found += batching.read(await self.answer(batching.joined(some, self.base_url), deadline), some)
        return found

    async def download(self, ask: Ask, limit: int, deadline: float) -> tuple[bytes, str]:
        """A file and its type. Raises LocalGraphError."""
        return await self._downloads.fetch(request(ask, deadline), limit, deadline)


def request(ask: Ask, deadline: float) -> httpx.Request:
    """A read, as it goes to the transport."""
    more = {"User-Agent": _AGENT, **ask.headers}
    content = None
    if ask.body is not None:
        content = json.dumps(ask.body, separators=(",", ":")).encode()
        more["Content-Type"] = "application/json"
    extensions = {"scopes": ask.scopes, "deadline": deadline, "read": True}
    return httpx.Request(ask.method, ask.url, headers=more, content=content, extensions=extensions)
