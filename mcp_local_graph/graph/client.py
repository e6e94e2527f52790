"""What a tool sees of Graph: the SDK's request builders to name an endpoint, and `get` to ask it."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from mcp_local_graph import threads, tls
from mcp_local_graph.errors import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import httpx
    from kiota_abstractions.base_request_builder import BaseRequestBuilder
    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

    from mcp_local_graph.graph.transport import TokenSource


class Connection:
    """The one HTTP client to Graph and the SDK on top of it. Made at the first call; the SDK is 160 ms of imports."""

    def __init__(self, origin: str, token: TokenSource, ca_file: Path | None) -> None:
        self._origin = origin
        self._token = token
        self._ca_file = ca_file
        self._making = threading.Lock()
        self._made: tuple[httpx.AsyncClient, GraphServiceClient] | None = None
        self.base_url = f"{origin}/v1.0"

    async def open(self) -> tuple[httpx.AsyncClient, GraphServiceClient]:
        """The client and the SDK; imported off the event loop the first time."""
        return self._made if self._made is not None else await threads.in_thread(self._make)

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made[0].aclose()

    def _make(self) -> tuple[httpx.AsyncClient, GraphServiceClient]:
        import httpx  # noqa: PLC0415 - a start must not pay for it
        from kiota_abstractions.authentication import AnonymousAuthenticationProvider  # noqa: PLC0415 - as above
        from msgraph.graph_request_adapter import GraphRequestAdapter  # noqa: PLC0415 - as above
        from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415 - as above

        from mcp_local_graph.graph.transport import GraphTransport  # noqa: PLC0415 - as above

        with self._making:
            if self._made is None:
                transport = GraphTransport(self._origin, self._token, tls.client_context(self._ca_file))
                client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)  # noqa: S113 - one deadline per call, in the transport
                # The SDK gets our client, so that whatever it would send by itself is under the same rules.
                adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=client)
                adapter.base_url = self.base_url
                self._made = client, GraphServiceClient(request_adapter=adapter)
            return self._made


class Graph:
    """Graph for one tool call, made with the scopes that the tool declares. Nothing else is asked of the person."""

    def __init__(
        self,
        connection: Connection,
        opened: tuple[httpx.AsyncClient, GraphServiceClient],
        scopes: frozenset[str],
        granted: frozenset[str],
        require_person: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._client, self._sdk = opened
        self._scopes = scopes
        self._granted = granted
        self._require_person = require_person

    @property
    def me(self) -> UserItemRequestBuilder:
        """The signed-in person, as the SDK's builder.

        Raises:
            SettingsError: nobody is signed in: the tokens are an app's.
        """
        self._require_person()
        return self._sdk.me

    def may(self, scope: str) -> bool:
        """Whether an optional scope of the tool was granted already, so that using it asks nobody."""
        return scope in self._granted

    async def get(
        self, builder: BaseRequestBuilder, *, select: Iterable[str] = (), scope: str | None = None
    ) -> dict[str, Any]:
        """One object, as Graph's JSON with the properties of `select`.

        `scope` names an optional scope of the tool that this request needs; only after `may` has said yes.

        Raises:
            LocalGraphError: see graph.failures.
        """
        from mcp_local_graph.graph.address import absolute  # noqa: PLC0415 - brings kiota

        url = absolute(builder, self._connection.base_url, {"select": tuple(select)})
        scopes = self._scopes | {scope} if scope else self._scopes
        response = await self._client.get(url, extensions={"scopes": scopes})
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise ServiceUnavailable(
                "Something that is not Microsoft Graph answered in its place.", "Try again in a minute."
            ) from error
        if not isinstance(answer, dict):
            raise ServiceUnavailable("Microsoft Graph's answer has no sense.", "Try again in a minute.")
        return answer
