"""A server with one tool for each way to misbehave. With the argument `sdk` the SDK's own stdio serves it."""

import asyncio
import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import anyio.from_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import BaseModel

from mcp_local_graph.server.wire import serve

server = MCPServer("tiny", version="1")
log = Path(os.environ["TINY_LOG"])  # what happened, for the test to read: stdout and stderr are part of the test


def note(what: str) -> None:
    with log.open("a") as file:
        file.write(f"{what}\n")


@server.tool()
async def echo(text: str) -> str:
    return text


@server.tool()
async def slow(ctx: Context) -> str:
    """Waits until it is cancelled."""
    note("slow began")
    await ctx.report_progress(1, 2, "waiting")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        note("slow cancelled")
        raise
    return "never"


@server.tool()
async def soon(turns: int = 200) -> str:
    """Ends by itself after many turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0.001)
    return "ended"


@server.tool()
def block(ctx: Context) -> str:
    """Blocks its thread for good."""
    anyio.from_thread.run(ctx.report_progress, 1)
    threading.Event().wait()
    return "never"


@server.tool()
async def hold_the_loop(ctx: Context) -> str:
    await ctx.report_progress(1)
    time.sleep(60)  # noqa: ASYNC251 - that is the misbehaviour
    return "never"


@server.tool()
async def hold_in_c(ctx: Context) -> str:
    """As above, where no signal interrupts it."""
    await ctx.report_progress(1)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
    return "never"


@server.tool()
async def chatter() -> str:
    print("from print", flush=True)  # noqa: T201 - that is the misbehaviour
    os.write(1, b"from os.write\n")
    sys.stdout.write("unflushed")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)  # noqa: ASYNC221 - as above
    return "said"


@server.tool()
async def read_stdin() -> str:
    return repr(sys.stdin.read())


@server.tool()
async def big(size: int) -> str:
    return "x" * size


@server.tool()
async def surrogate() -> str:
    return "a\ud800b"


@server.tool()
async def boom() -> str:
    raise RuntimeError("a secret")


@server.tool()
async def die() -> str:
    raise KeyboardInterrupt


class Yes(BaseModel):
    yes: bool


@server.tool()
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit("Really?", Yes)
    return answer.action


def last_work() -> None:
    note("on_exit")
    for how in os.environ.get("TINY_LAST", "").split():
        if how == "hangs":
            threading.Event().wait()
        raise RuntimeError(how)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    if sys.argv[1:] == ["sdk"]:
        server.run("stdio")
    else:
        # What we serve is the `Server` inside, for which tools are not written in so few lines.
        serve(server._lowlevel_server, on_exit=last_work)  # noqa: SLF001 - as above
