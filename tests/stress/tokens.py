"""One refresh and one prompt, however many ask: servers with one cache, and the calls of one host."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitRequestURLParams, ElicitResult

from mcp_local_graph.config import TokenStore
from mcp_local_graph.sandbox import Person
from mcp_local_graph.threads import in_thread
from tests import support
from tests.auth.kit import service, sign_in
from tests.server.hosts import text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp.client import ClientRequestContext
    from mcp.types import ElicitRequestParams

    from mcp_local_graph.sandbox import DemoTenant

# Before anything else is imported, the time of day is another one.
_OTHER_CLOCK = """
import time
everybodys = time.time
time.time = lambda: everybodys() + {ahead}
from mcp_local_graph.__main__ import main
main()
"""
# Seconds. What has less than five minutes left is renewed, so the one is too short to be used again.
_SHORT, _LONG = 200, 3600


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of many calls at once: how many were answered, and what that took."""

    calls: int
    answered: int
    prompts: int
    token_requests: int


async def refreshes(tenant: DemoTenant, directory: Path, servers: int) -> Asked:
    """Let `servers` of one cache be called at the same time, when the token that they share has expired."""
    await _share_expired_token(tenant, directory)
    async with AsyncExitStack() as running:
        hosts = [await running.enter_async_context(_served(tenant, directory, "auto", [])) for _ in range(servers)]
        tenant.control.clear_requests()
        tenant.control.hold("token")  # so that all of them find the expired one
        calling = [asyncio.ensure_future(host.call_tool("profile_get")) for host in hosts]
        await in_thread(tenant.control.wait_for_request, "token")
        tenant.control.release("token")
        answers = [text_of(result) for result in await asyncio.gather(*calling)]
    return _asked(tenant, answers, [])


async def first_calls(tenant: DemoTenant, directory: Path, era: str, calls: int) -> Asked:
    """Make `calls` at once where nobody has signed in."""
    return await calls_of_one(tenant, directory, era, calls)


async def later_calls(tenant: DemoTenant, directory: Path, era: str, calls: int) -> Asked:
    """Make `calls` at once where the token has expired."""
    await _share_expired_token(tenant, directory)
    return await calls_of_one(tenant, directory, era, calls)


async def refused_calls(tenant: DemoTenant, directory: Path, era: str, calls: int) -> Asked:
    """Make `calls` at once where Graph refuses a token that looks good."""
    await sign_in(service(tenant, directory, token_store=TokenStore.PLAINTEXT))
    tenant.control.expire_access_tokens()
    return await calls_of_one(tenant, directory, era, calls)


async def challenged_calls(tenant: DemoTenant, directory: Path, era: str, calls: int) -> Asked:
    """Make `calls` at once where Graph asks for newer claims than the token has."""
    await sign_in(service(tenant, directory, token_store=TokenStore.PLAINTEXT))
    tenant.control.challenge_access_tokens(tenant.person.user_name)
    return await calls_of_one(tenant, directory, era, calls)


async def calls_of_one(tenant: DemoTenant, directory: Path, era: str, calls: int, *, ahead: int = 0) -> Asked:
    """Make `calls` at once of one server, whose clock is so many seconds ahead of everybody's."""
    shown: list[str] = []
    async with _served(tenant, directory, era, shown, ahead) as host:
        tenant.control.clear_requests()
        return _asked(tenant, await _all(host, calls), shown)


async def _share_expired_token(tenant: DemoTenant, directory: Path) -> None:
    tenant.control.set_token_lifetime(_SHORT)
    await sign_in(service(tenant, directory, token_store=TokenStore.PLAINTEXT))
    tenant.control.set_token_lifetime(_LONG)


@asynccontextmanager
async def _served(
    tenant: DemoTenant, directory: Path, era: str, shown: list[str], ahead: int = 0
) -> AsyncIterator[Client]:
    """A host that has started the server as a process, before a person who signs in where that is `shown`."""
    doing: list[asyncio.Task[object]] = []

    async def asked(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        shown.append(params.url)
        doing.append(asyncio.ensure_future(in_thread(Person().sign_in, params.url)))
        return ElicitResult(action="accept")

    program = ["-c", _OTHER_CLOCK.format(ahead=ahead)] if ahead else ["-m", "mcp_local_graph"]
    command = [*program, "serve", *support.flags(tenant, directory)]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
    with (directory / "stderr").open("a", encoding="utf-8") as errors:
        async with Client(stdio_client(parameters, errlog=errors), mode=era, elicitation_callback=asked) as client:
            yield client
    await asyncio.gather(*doing)


async def _all(host: Client, calls: int) -> list[str]:
    results = await asyncio.gather(*(host.call_tool("profile_get") for _ in range(calls)))
    return [text_of(result) for result in results]


def _asked(tenant: DemoTenant, answers: list[str], shown: list[str]) -> Asked:
    return Asked(
        calls=len(answers),
        answered=sum(f"Name: {tenant.person.display_name}" in answer for answer in answers),
        prompts=len(shown),
        token_requests=len(tenant.control.requests("token")),
    )
