"""$batch: up to twenty requests in one, each answered as if it had come alone."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from mcp_local_graph.sandbox.graph import errors, throttle
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import Asked, Reply
from mcp_local_graph.sandbox.records import RequestRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.sandbox.graph.throttle import Ticket
    from mcp_local_graph.sandbox.state import State

    Answer = Callable[[State, Asked], Reply]
    Part = dict[str, Any]

PATH = "/v1.0/$batch"
_MOST = 20
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_KNOWN = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})
# What of an answer's headers a part's answer has.
_HEADERS = ("Cache-Control", "OData-Version", "Content-Type", "Retry-After", "ETag", "Location", "Preference-Applied")
_REFUSED = 400


def answer(state: State, asked: Asked, door: Answer, record: RequestRecord, ticket: Ticket) -> Reply:
    """Answer a batch. `door` answers a single request; `record` and `ticket` are those of the batch.

    Raises:
        GraphRefused: the batch as a whole cannot be.
    """
    if asked.method != "POST":
        raise GraphRefused(405, "Request_BadRequest", "The method is not allowed here.", {"Allow": "POST"})
    parts = _parts(asked)
    requests = [_request(asked, part) for part in parts]
    waiting_for_none = {number: requests[number] for number, part in enumerate(parts) if not part.get("dependsOn")}
    crowded = throttle.crowded_out(state, asked, waiting_for_none, ticket)
    done: dict[str, Reply] = {}
    for number, (part, request) in enumerate(zip(parts, requests, strict=True)):
        if any(done[needed].status >= _REFUSED for needed in part.get("dependsOn", ())):
            reply = _refusal(424, "FailedDependency", "The request depended on another one that failed.")
        elif number in crowded:
            reply = errors.reply(throttle.refusal(state), None)
        else:
            reply = _reply(state, request, door)
        record.parts.append(_record(request, reply))
        done[part["id"]] = reply
    # The order of the answers is nobody's promise: what came last may be done first.
    return Reply(body={"responses": [_packed(name, reply) for name, reply in reversed(done.items())]})


def at_once(asked: Asked) -> list[Asked]:
    """The parts of a batch that wait for no other; none where the batch will be refused."""
    try:
        return [_request(asked, part) for part in _parts(asked) if not part.get("dependsOn")]
    except GraphRefused:
        return []


def _parts(asked: Asked) -> list[Part]:
    """The parts of a batch, looked through."""
    parts = errors.json_object(asked.content).get("requests")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise _wrong("Invalid batch payload format.")
    if len(parts) > _MOST:
        raise _wrong(f"Number of batch request steps exceeds the maximum value of {_MOST}.")
    for part in parts:
        _look_at(part)
    names = [part["id"] for part in parts]
    if len(set(names)) < len(names):
        raise _wrong("Request Id must be unique across the batch.")
    _look_at_order(parts)
    return parts


def _look_at(part: Part) -> None:
    if unknown := sorted(part.keys() - _KNOWN):
        raise _wrong(f"The property '{unknown[0]}' is not one of a batch request step.")
    if not isinstance(part.get("id"), str) or not part["id"]:
        raise _wrong("Request Id must be specified for all requests.")
    if part.get("method") not in _METHODS:
        raise _wrong("Method must be specified for all requests.")
    if not re.fullmatch(r"/(?!/)\S*", str(part.get("url"))):
        raise _wrong("The url of a batch request step must be relative.")
    headers = part.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise _wrong("The headers of a batch request step must be texts.")


def _look_at_order(parts: list[Part]) -> None:
    """Either nobody waits, or everybody for the one before, or everybody for the same one."""
    wanted = [part.get("dependsOn", []) for part in parts]
    names = [part["id"] for part in parts]
    serial = [[], *([name] for name in names[:-1])]
    same = [[], *([name] for name in names[:1] * (len(names) - 1))]
    if wanted not in ([[]] * len(parts), serial, same):
        raise _wrong("A batch must be all parallel, or all in order, or wait for one and the same step.")


def _request(asked: Asked, part: Part) -> Asked:
    path, _, query = part["url"].partition("?")
    headers = {name.lower(): value for name, value in part.get("headers", {}).items()}
    body = part.get("body", b"")
    return Asked(
        method=part["method"],
        path=f"/v1.0{path}",
        query=query,
        headers={**headers, "authorization": asked.headers.get("authorization", "")},
        content=body if isinstance(body, bytes) else errors.json_bytes(body),
    )


def _reply(state: State, request: Asked, door: Answer) -> Reply:
    if request.path == PATH:
        return _refusal(400, "BadRequest", "A batch inside a batch is not supported.")
    fault = state.take_fault("graph", unquote(request.path), wire=False)
    if fault is None:
        return door(state, request)
    if fault.graph_code is not None:
        refused = GraphRefused(fault.status, fault.graph_code, "A queued fault of the demo tenant.")
        return errors.reply(refused, None, fault.headers)
    return Reply(status=fault.status, body=errors.json_object(fault.body), headers=fault.headers)


def _packed(name: str, reply: Reply) -> Part:
    headers = {header: reply.headers[header] for header in _HEADERS if header in reply.headers}
    body = base64.b64encode(reply.body).decode() if isinstance(reply.body, bytes) else reply.body
    return {"id": name, "status": reply.status, "headers": headers, "body": body}


def _record(request: Asked, reply: Reply) -> RequestRecord:
    return RequestRecord(
        host="graph",
        endpoint="graph",
        method=request.method,
        path=unquote(request.path),
        query=dict(parse_qsl(request.query, keep_blank_values=True)),
        headers=dict(request.headers),
        form={},
        body=request.content,
        status=reply.status,
        answer=reply.body if isinstance(reply.body, dict) else None,
    )


def _refusal(status: int, code: str, message: str) -> Reply:
    return errors.reply(GraphRefused(status, code, message), None)


def _wrong(message: str) -> GraphRefused:
    return GraphRefused(400, "BadRequest", message)
