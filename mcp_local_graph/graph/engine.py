"""What sends the requests of all tool calls: one transport to Graph, and the SDK, whose builders name the endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from mcp_local_graph import __version__, tls
from mcp_local_graph.graph import address, batching
from mcp_local_graph.graph.downloads import Downloads
from mcp_local_graph.graph.slots import places
from mcp_local_graph.graph.transport import Errand, GraphTransport, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mcp_local_graph.errors import TokenRejected
    from mcp_local_graph.graph.ask import Ask, Target
    from mcp_local_graph.graph.batching import Outcome
    from mcp_local_graph.graph.caller import Caller
    from mcp_local_graph.graph.retry import Pace
    from mcp_local_graph.graph.transport import TokenSource

_AGENT = f"mcp-local-graph/{__version__}"


class Engine:
    """One for a process. Connects to nothing before the first request."""

    def __init__(
        self, origin: str, token: TokenSource, ca_file: Path | None, content_hosts: Sequence[str], pace: Pace
    ) -> None:
        self.base_url = f"{origin}/v1.0"
        self._pace = pace
        context = tls.client_context(ca_file)
        self._transport = GraphTransport(origin, token, context, pace)
        self._downloads = Downloads(self._transport, content_hosts, context, pace)
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
        """The URL of an endpoint with query options. Raises ValueError, NotFound, RequestRefused."""
        return address.absolute(target, self.base_url, options)

    def takes_top(self, target: Target) -> bool:
        """Whether the length of a page can be chosen."""
        return address.takes(target, "top")

    async def answer(self, ask: Ask, caller: Caller, deadline: float) -> dict[str, Any]:
        """The answer to a read, by `deadline` on the event loop's clock. Raises LocalGraphError."""
        return (await self._transport.send(_request(ask), _errand(ask, [ask.url], caller, deadline))).json

    async def batch(self, asks: Sequence[Ask], caller: Caller, deadline: float) -> list[Outcome]:
        """The answers to several reads. Raises LocalGraphError."""
        token = ""

        async def send(some: Sequence[Ask], rejected: TokenRejected | None) -> dict[str, Any]:
            nonlocal token
            joined = batching.joined(some, self.base_url)
            errand = _errand(joined, [ask.url for ask in some], caller, deadline)
            errand.refused = Refused(token, rejected.claims) if rejected else None
            answer = await self._transport.send(_request(joined), errand)
            token = errand.token
            return answer.json

        found: list[Outcome] = []
        for start in range(0, len(asks), batching.SIZE):
            some = asks[start : start + batching.SIZE]
            found += await batching.answers(some, send, caller, deadline, self._pace)
        return found

    async def download(self, ask: Ask, limit: int, caller: Caller, deadline: float) -> tuple[bytes, str]:
        """A file and its type. Raises LocalGraphError."""
        errand = _errand(ask, [ask.url], caller, deadline)
        errand.json, errand.moves, errand.limit = False, True, limit
        return await self._downloads.fetch(_request(ask), errand)


def _errand(ask: Ask, urls: Iterable[str], caller: Caller, deadline: float) -> Errand:
    taken = places(urls, caller.user_name)
    return Errand(scopes=ask.scopes, deadline=deadline, reading=True, places=taken, caller=caller, json=True)


def _request(ask: Ask) -> httpx.Request:
    more = {"User-Agent": _AGENT, **ask.headers}
    content = None
    if ask.body is not None:
        content = json.dumps(ask.body, separators=(",", ":")).encode()
        more["Content-Type"] = "application/json"
    return httpx.Request(ask.method, ask.url, headers=more, content=content)
