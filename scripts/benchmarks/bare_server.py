# ruff: noqa: INP001 - a script, not a package
"""The least that an MCP server can be: what ours is measured beside."""

from mcp.server import MCPServer

server = MCPServer("bare", version="1")


@server.tool()
async def hello(name: str) -> str:
    """Say hello."""
    return f"Hello, {name}"


server.run("stdio")
