"""Graph's errors in their exact shape: an ODataError body and the ids in the headers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping


class GraphRefused(Exception):
    """Graph refuses with an HTTP status, Graph's word for it, and a sentence."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


def ids(client_request_id: str | None) -> dict[str, str]:
    """The id headers of an answer; the caller's own id comes back as it was."""
    request_id = str(uuid4())
    return {"request-id": request_id, "client-request-id": client_request_id or request_id}


def response(
    refused: GraphRefused, client_request_id: str | None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that says a refusal."""
    named = ids(client_request_id)
    inner = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", **named}
    body = {"error": {"code": refused.code, "message": str(refused), "innerError": inner}}
    return JSONResponse(body, refused.status, {**named, **refused.headers, **(headers or {})})
