"""The bytes of files, at addresses that are authenticated by themselves for an hour, as SharePoint's are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mcp_local_graph.sandbox.graph.attached import content as of
from mcp_local_graph.sandbox.graph.router import Reply
from mcp_local_graph.sandbox.state import now

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.mail import File
    from mcp_local_graph.sandbox.graph.router import Asked
    from mcp_local_graph.sandbox.state import State

# Beside /v1.0 on Graph's own listener: it stands for a host of SharePoint's.
PATH = "/_layouts/15/download.aspx"
_LIFETIME_SECONDS = 3600
__all__ = ["PATH", "address", "answer", "of"]


def address(state: State, file: File) -> str:
    """A new address of a file. Whoever has it has the file."""
    token = state.secret("v1.")
    state.downloads[token] = (file, now() + _LIFETIME_SECONDS)
    return f"{state.graph_url}{PATH}?tempauth={token}"


def answer(state: State, asked: Asked) -> Reply:
    """The file at an address. A token of Graph's is none here, and is refused."""
    token = parse_qs(asked.query).get("tempauth", [""])[0]
    file, until = state.downloads.get(token, (None, 0.0))
    if "authorization" in asked.headers or file is None or until < now():
        return Reply(status=401, body="Access denied", headers={"Content-Type": "text/plain; charset=utf-8"})
    return Reply(body=of(file), headers={"Content-Type": file.content_type})
