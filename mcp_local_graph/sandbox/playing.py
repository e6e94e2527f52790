"""Faults on the wire: an answer that is late, broken, endless, or somebody else's."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from mcp_local_graph.sandbox.entra import errors as entra_errors
from mcp_local_graph.sandbox.graph import wire
from mcp_local_graph.sandbox.graph.errors import GraphRefused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Send

    from mcp_local_graph.sandbox.faults import Fault


async def play(fault: Fault, request: Request, send: Send) -> None:
    """Answer with a fault."""
    if fault.reset:
        await _break(request)
    elif fault.cut or fault.short or fault.piece:
        await _in_pieces(fault, request, send)
    else:
        await _response(fault, request)(request.scope, request.receive, send)


async def _in_pieces(fault: Fault, request: Request, send: Send) -> None:
    """The body bit by bit; all of it, or half of it before the connection ends."""
    headers = {**fault.headers, "content-length": str(len(fault.body))}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": raw})
    broken = fault.cut or fault.short
    body = fault.body[: len(fault.body) // 2] if broken else fault.body
    size = fault.piece or len(body)
    for start in range(0, len(body), size):
        more = broken or start + size < len(body)
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": more})
        if more and not broken and await _left(request, fault.pause):
            return
    if broken:
        await _break(request, politely=fault.short)


async def _left(request: Request, seconds: float) -> bool:
    """Wait, but no longer than the client does."""
    try:
        message = await asyncio.wait_for(request.receive(), seconds)
    except TimeoutError:
        return False
    return str(message["type"]) == "http.disconnect"


def _response(fault: Fault, request: Request) -> Response:
    correlation = request.headers.get("client-request-id")
    if fault.entra_code is not None:
        refused = entra_errors.EntraRefused(fault.entra_code)
        status = entra_errors.KINDS[fault.entra_code].status
        answer: Any = entra_errors.body(refused, entra_errors.Ids.of(correlation))
        return JSONResponse(answer, status, fault.headers)
    if fault.graph_code is not None:
        refusal = GraphRefused(fault.status, fault.graph_code, "A queued fault of the demo tenant.", fault.headers)
        return wire.refusal(request, refusal)
    body = fault.make() if fault.make else _page(fault.link, request) if fault.link else fault.body
    return Response(body, fault.status, fault.headers)


def _page(link: str, request: Request) -> bytes:
    """A page that leads somewhere it should not: away, back to itself, or ever on."""
    here = str(request.url)
    number = int(request.query_params.get("$skip", "0")) + 1
    links = {
        "foreign": f"https://elsewhere.example{request.url.path}?$skip=1",
        "looping": here,
        "endless": f"{here.partition('?')[0]}?{quote('$skip', safe='$')}={number}",
    }
    return json.dumps({"value": [{"id": f"item-{number}"}], "@odata.nextLink": links[link]}).encode()


async def _break(request: Request, *, politely: bool = False) -> None:
    """End the connection as a broken network does: with a reset, unannounced; or politely, only too soon."""
    transport = request.scope["state"]["transport"]
    if politely:
        transport.close()
    else:
        # Linger 0 makes the kernel send RST in place of FIN. Windows has shorter numbers in this structure.
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        continue
