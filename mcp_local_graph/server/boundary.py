"""What leaves the server: results as text, our own errors as error results, anything else unexplained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.types import CallToolResult, TextContent

if TYPE_CHECKING:
    from mcp_local_graph.errors import LocalGraphError
    from mcp_local_graph.tools.needs import Result


def rendered(result: Result) -> CallToolResult:
    """A tool's result."""
    return text("\n".join(result.lines()))


def text(words: str, *, is_error: bool = False) -> CallToolResult:
    """Words of ours."""
    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=is_error)


def failed(error: LocalGraphError) -> CallToolResult:
    """An error of ours: what happened, one remedy, the ids for IT."""
    return text(error.text(), is_error=True)


def leaf(error: BaseException) -> BaseException:
    """The one error in a group of one, as a task group wraps it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
