"""Graph's errors in their exact shape: an ODataError body and the ids in the headers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mcp_local_graph.sandbox.graph.router import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

# The sentence that goes with each word for a permission that is missing.
DENIED = {
    "Authorization_RequestDenied": "Insufficient privileges to complete the operation.",
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "accessDenied": "Access denied",
    "Forbidden": "Missing scope permissions on the request.",
}
_SERVER = {"DataCenter": "Demo", "Slice": "E", "Ring": "5", "ScaleUnit": "001", "RoleInstance": "DM1PEPF00000001"}
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "x-ms-ags-diagnostic": json.dumps({"ServerInfo": _SERVER}, separators=(",", ":")),
}


class GraphRefused(Exception):
    """Graph refuses with an HTTP status, Graph's word for it, and a sentence."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


def denied(code: str) -> GraphRefused:
    """The token lacks a permission; `code` is the word for it in this part of Graph."""
    return GraphRefused(403, code, DENIED[code])


def ids(client_request_id: str | None) -> dict[str, str]:
    """The id headers of an answer; the caller's own id comes back as it was."""
    request_id = str(uuid4())
    return {"request-id": request_id, "client-request-id": client_request_id or request_id}


def reply(refused: GraphRefused, client_request_id: str | None, headers: Mapping[str, str] | None = None) -> Reply:
    """The answer that says a refusal."""
    named = ids(client_request_id)
    inner = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", **named}
    body = {"error": {"code": refused.code, "message": str(refused), "innerError": inner}}
    kind = {"Content-Type": "application/json"}
    return Reply(
        status=refused.status, body=body, headers={**HEADERS, **kind, **named, **refused.headers, **(headers or {})}
    )


def json_object(content: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        GraphRefused: it is none.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        text = (
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format."
        )
        raise GraphRefused(400, "BadRequest", text)
    return found


def json_bytes(value: object) -> bytes:
    """JSON as the service sends it: without spaces, everything else as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
