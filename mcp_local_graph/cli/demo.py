"""`demo`: a real MCP client, the real server, a person who signs in, and Graph, all on this machine."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcp_local_graph import clouds
from mcp_local_graph.cli import output
from mcp_local_graph.config import Settings, TokenStore
from mcp_local_graph.sandbox import DemoTenant, Person
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools import TOOLSETS, needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcp import Client
    from mcp.client import ClientRequestContext
    from mcp.types import ElicitRequestParams


@click.command()
@click.option("--keep", is_flag=True, help="Leave the demo tenant running, and print what to paste into a host.")
def command(*, keep: bool) -> None:
    """Show it all on a demo tenant: no account, no network, invented people."""
    with _tenant() as (tenant, directory):
        if keep:
            _keep(tenant, directory)
        else:
            asyncio.run(_show(tenant, directory))


def start_tenant(settings: Settings) -> tuple[Settings, Callable[[], None]]:
    """A demo tenant in this process, the settings that lead to it, and how to clear it away."""
    directory = Path(tempfile.mkdtemp(prefix="mcp-local-graph-demo-"))
    tenant = DemoTenant(directory)
    tenant.start()
    _consent(tenant)
    there = settings._replace(
        client_id=tenant.client_id,
        tenant=tenant.tenant_id,
        cloud=clouds.custom(tenant.login_url, tenant.graph_url),
        ca_file=tenant.ca_file,
        token_store=TokenStore.MEMORY,
        state_dir=directory,
    )
    return there, lambda: shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _tenant() -> Iterator[tuple[DemoTenant, Path]]:
    with tempfile.TemporaryDirectory(prefix="mcp-local-graph-demo-") as name:
        directory = Path(name)
        with DemoTenant(directory) as tenant:
            _consent(tenant)
            yield tenant, directory


def _consent(tenant: DemoTenant) -> None:
    """The administrator of this company has allowed what the tools need; in yours, that may be the first hurdle."""
    tools = [tool for toolset in TOOLSETS for tool in toolset.tools]
    beyond = {"MailboxSettings.Read", "Mail.Read.Shared", "People.Read"}
    # What people ask graph_get for.
    beyond |= {"Tasks.Read", "Files.Read", "Team.ReadBasic.All", "GroupMember.Read.All"}
    tenant.control.grant_consent(None, needed(tools) | beyond)


def _arguments(tenant: DemoTenant, directory: Path) -> list[str]:
    """The command line of a server that works with this demo tenant.

    Plain text is good enough for it: its tokens open nothing.
    """
    options = {
        "--client-id": tenant.client_id,
        "--tenant": tenant.tenant_id,
        "--cloud": "custom",
        "--login-url": tenant.login_url,
        "--graph-url": tenant.graph_url,
        "--ca-file": str(tenant.ca_file),
        "--sign-in": "browser",
        "--token-store": "plaintext",
        "--state-dir": str(directory / "state"),
    }
    return ["-m", "mcp_local_graph", "serve", *(word for pair in options.items() for word in pair)]


async def _show(tenant: DemoTenant, directory: Path) -> None:
    output.say("mcp-local-graph, shown on a demo tenant. Company and people are invented; nothing leaves this machine.")
    output.say("(The sign-in is kept in plain text in a temporary directory: its tokens open nothing.)")
    _step("A host starts the server, as Claude or VS Code would, and asks what it can do.")
    async with _client(tenant, directory) as client:
        await _list_tools(client)
        _step("`What is new?` Nobody is signed in yet, so the server asks for that first; then it goes on by itself.")
        await _call(client, "briefing", "# Calendar", most=28)
        await _attachment(client)
        _step("`When can I meet Tomasz and Marit for an hour this week?`")
        people = [tenant.people[2].user_name, tenant.people[1].user_name]
        await _call(client, "calendar_free", "Free for 60 minutes", {"people": people, "minutes": 60, "days": 7})
    _step("The host is closed and started again. The new server finds the sign-in and asks nobody.")
    tenant.control.clear_requests()
    async with _client(tenant, directory) as client:
        await _call(client, "account_status", tenant.person.user_name)
        await _call(client, "profile_get", tenant.person.display_name)
    asked = sum(request.host == "pages" for request in tenant.control.requests())
    output.say(f"\n   Pages that the person had to see this time: {asked}")
    if asked:
        raise click.ClickException("The second start was not silent.")
    output.say("\nThat was all. To use it with your own account, see the README: Register an app.")


async def _attachment(client: Client) -> None:
    """The job that people miss most elsewhere: a mail, and what is in the file that came with it."""
    _step("`What does the budget plan that Zoë sent me say?` Find the mail, read it, read its Word file.")
    found = await _call(client, "mail_search", "Zo", {"query": "budget plan", "has_files": True})
    message = await _call(client, "mail_read", "Subject: ", {"ref": _handle("m", found)})
    await _call(client, "attachment_read", "docx", {"ref": _handle("a", message), "max_chars": 900}, most=24)


def _handle(kind: str, answer: str) -> str:
    """The first handle of a kind in an answer."""
    found = re.search(rf"\b{kind}[a-z2-7]{{8,}}\b", answer)
    if found is None:
        raise click.ClickException(f"The answer has no handle that begins with {kind}.")
    return found[0]


def _client(tenant: DemoTenant, directory: Path) -> Client:
    """The SDK's own client, with a person who can be shown an address."""
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 - half a second that only the demo needs
    from mcp.types import ElicitRequestURLParams, ElicitResult  # noqa: PLC0415 - as above

    person = Person(tenant.person.user_name)
    signing_in: set[asyncio.Task[None]] = set()

    async def show(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 - the SDK passes both by name
        if not isinstance(params, ElicitRequestURLParams):
            return ElicitResult(action="decline")
        output.say(f"\n   The host shows: {params.message}")
        output.say(f"   The person opens {params.url}")
        signing_in.add(asyncio.create_task(_sign_in(person, params.url)))
        return ElicitResult(action="accept")

    parameters = StdioServerParameters(command=sys.executable, args=_arguments(tenant, directory))
    return Client(parameters, elicitation_callback=show)


async def _sign_in(person: Person, address: str) -> None:
    page = await in_thread(person.sign_in, address)
    output.say(f"   presses Continue, chooses {person.user_name}, accepts, and reads: {page.title}.")


async def _list_tools(client: Client) -> None:
    listed = (await client.list_tools()).tools
    size = sum(len(json.dumps(tool.model_dump(exclude_none=True))) for tool in listed)
    output.say(f"\n   {len(listed)} tools, {size} bytes of definitions in all:")
    for tool in listed:
        output.say(f"   - {tool.name}: {tool.title}")


async def _call(
    client: Client, name: str, expected: str, arguments: dict[str, Any] | None = None, *, most: int = 18
) -> str:
    """Call a tool, show the first lines of its answer, and return all of it."""
    output.say(f"\n   > {name} {json.dumps(arguments or {})}")
    result = await client.call_tool(name, arguments or {})
    text = "\n".join(getattr(block, "text", "") for block in result.content)
    lines = text.splitlines()
    for line in lines[:most]:
        output.say(f"   | {line}")
    if len(lines) > most:
        output.say(f"   | ... {len(lines) - most} more lines; {len(text.encode()) // 4} tokens in all")
    if result.is_error or expected not in text:
        raise click.ClickException(f"{name} did not answer as it should.")
    return text


def _step(title: str) -> None:
    output.say(f"\n-- {title}")


def _keep(tenant: DemoTenant, directory: Path) -> None:
    """Print what a host needs, and stay until the person ends it."""
    block = {"mcpServers": {"demo": {"command": sys.executable, "args": _arguments(tenant, directory)}}}
    output.say(f"The demo tenant runs until you press Ctrl-C. Sign in as {tenant.person.user_name}; no password.")
    output.say("\nPaste this into your host's MCP settings (Claude Desktop; VS Code says `servers`):\n")
    output.say_json(block)
    output.say(f"\nOr:  claude mcp add demo -- {shlex.join([sys.executable, *_arguments(tenant, directory)])}")
    output.say(f"\nTo play the administrator, for instance to end the person's sign-in:\n  {_revoke(tenant)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was made is cleared away
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        output.say("\nThe demo tenant is gone.")


def _revoke(tenant: DemoTenant) -> str:
    said = json.dumps({"user_name": tenant.person.user_name})
    address = f"{tenant.pages_url}/control/revoke"
    headers = [f"Authorization: Bearer {tenant.control_key}", "Content-Type: application/json"]
    return shlex.join(["curl", "-H", headers[0], "-H", headers[1], "-d", said, address])
