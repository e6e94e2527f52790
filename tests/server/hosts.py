"""Hosts of every kind, in process: both eras, with addresses, with forms only, with nothing to ask a person by."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp import Client
from mcp.client import ClientRequestContext, ClientSession
from mcp.types import (
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult,
    ErrorData,
    FormElicitationCapability,
)

from mcp_local_graph.sandbox import Person
from mcp_local_graph.server import build
from mcp_local_graph.server.asking import Patience
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools import TOOLSETS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mcp.types import CallToolResult

    from mcp_local_graph.app import Services

LEGACY, STATELESS = "legacy", "2026-07-28"
ERAS = (LEGACY, STATELESS)
KINDS = ("url", "form", "none")
TOOLS = tuple(tool for toolset in TOOLSETS for tool in toolset.tools)


@dataclass
class Host:
    """A host and the person before it. `does` is what the person does when an address is shown."""

    era: str
    kind: str
    does: Callable[[str], Awaitable[Any]]
    answer: str = "accept"
    shown: list[ElicitRequestURLParams] = field(default_factory=list)
    progress: list[str | None] = field(default_factory=list)
    doing: list[asyncio.Task[Any]] = field(default_factory=list)
    client: Client = field(init=False)

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        assert isinstance(params, ElicitRequestURLParams)
        self.shown.append(params)
        if self.answer == "accept":
            self.doing.append(asyncio.ensure_future(self.does(params.url)))
        if self.answer == "broken":
            return ErrorData(code=-32603, message="no dialog")
        return ElicitResult.model_validate({"action": self.answer})

    async def call(self, name: str, **arguments: object) -> CallToolResult:
        async def note(progress: float, total: float | None, message: str | None) -> None:
            self.progress.append(message)

        return await self.client.call_tool(name, arguments, progress_callback=note)

    async def text(self, name: str, **arguments: object) -> str:
        result = await self.call(name, **arguments)
        return text_of(result)


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    words: str = block.text  # type: ignore[union-attr]  # every answer of ours is one text block
    return words


def data_of(result: CallToolResult) -> list[str]:
    """The lines between the two marks."""
    _what_it_is, opening, *lines = text_of(result).splitlines()
    assert opening.startswith("-----DATA ")
    return lines[: lines.index(opening.replace("DATA", "END"))]


async def sign_in(address: str) -> None:
    await in_thread(Person().sign_in, address)


async def do_nothing(_address: str) -> None:
    """The person looks elsewhere."""


@asynccontextmanager
async def hosted(
    services: Services,
    era: str,
    kind: str = "url",
    does: Callable[[str], Awaitable[Any]] = sign_in,
    *,
    patience: Patience | None = None,
) -> AsyncIterator[Host]:
    """A host that has started our server."""
    host = Host(era, kind, does)
    server = build.server(TOOLS, services, patience or Patience(wait=10, progress=0.2))
    client_type = {"url": Client, "form": _FormsOnly, "none": Client}[kind]
    callback = None if kind == "none" else host.asked
    try:
        async with client_type(server, mode=era, elicitation_callback=callback) as host.client:
            yield host
        for task in host.doing:
            await task
    finally:
        await services.connection.close()


class _FormsOnly(Client):
    """A client that says it can show forms, and no addresses. The SDK has no switch for that."""

    async def _build_session(self, exit_stack: Any) -> ClientSession:  # noqa: ANN401 - the SDK's
        session = await super()._build_session(exit_stack)
        session.__class__ = _FormsOnlySession
        return session


class _FormsOnlySession(ClientSession):
    def _build_capabilities(self, *args: Any) -> ClientCapabilities:  # noqa: ANN401 - the SDK's
        return ClientCapabilities(elicitation=ElicitationCapability(form=FormElicitationCapability()))
