"""The desk of a person who works with the demo tenant: signed in once, then asked through the real server."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp import Client

from mcp_local_graph import app
from mcp_local_graph.config import TokenStore
from mcp_local_graph.server import build
from tests import support
from tests.tools import referee
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant
    from mcp_local_graph.sandbox.records import RequestRecord


@dataclass(frozen=True)
class Answer:
    """What a model gets: the lines between the marks, our own words behind them, and what it all cost."""

    text: str
    data: list[str]
    notes: list[str]
    is_error: bool
    meta: dict[str, Any]
    images: list[str]
    requests: list[RequestRecord]

    @property
    def tokens(self) -> float:
        return len(self.text.encode()) / 4

    def handle(self, kind: str, of: str = "") -> str:
        """The first handle of a kind, in the line that has these words."""
        lines = [line for line in self.data if of in line]
        found = re.search(rf"\b{kind}[a-z2-7]{{8,}}\b", "\n".join(lines))
        assert found, f"no handle {kind} at {of!r} in: {self.text}"
        return found[0]


class Desk:
    """A person at work: what they have on disk, and a server of theirs while `open` lasts."""

    def __init__(self, tenant: DemoTenant, directory: Path, /, **settings: Any) -> None:  # noqa: ANN401 - any setting
        self.tenant = tenant
        self._client: Client | None = None
        self.last: Answer
        self._settings = support.settings(tenant, directory, token_store=TokenStore.PLAINTEXT, **settings)

    async def sign_in(self, *scopes: str, account: str | None = None) -> None:
        """With these permissions, which the administrator has allowed."""
        self.tenant.control.grant_consent(None, scopes)
        await sign_in(app.services(self._settings), *scopes, account=account)

    async def ask(self, name: str, **arguments: Any) -> Answer:  # noqa: ANN401 - JSON
        """Call a tool; its requests, and what Microsoft's descriptions would say of them, are looked at on the way."""
        assert self._client is not None
        self.tenant.control.clear_requests()
        result = await self._client.call_tool(name, arguments)
        requests = self.tenant.control.requests("graph")
        if referee.DATA.is_dir():
            assert "\n".join(referee.problems(requests)) == ""
        texts = [block.text for block in result.content if block.type == "text"]
        images = [block.mime_type for block in result.content if block.type == "image"]
        text = "\n".join(texts)
        data, notes = _parts(text)
        self.last = Answer(text, data, notes, bool(result.is_error), result.meta or {}, images, requests)
        return self.last

    @contextlib.asynccontextmanager
    async def open(self, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401 - any setting
        """A server on the same state, in this process, and the SDK's client at it."""
        changed = self._settings._replace(**settings)
        services = app.services(changed)
        server = build.server(app.tools(changed), services, structured=changed.structured)
        async with Client(server) as self._client:
            yield self._client
        self._client = None
        await services.connection.close()


def _parts(text: str) -> tuple[list[str], list[str]]:
    """What stands between the marks, and what behind them."""
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if re.fullmatch(r"-----(DATA|END) [a-z2-7]{24}-----", line)]
    if not marks:
        return [], lines
    first, last = marks
    return lines[first + 1 : last], lines[last + 1 :]
