"""A read that is not sent yet: its address, its headers, its body, the permissions it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from mcp_local_graph.graph import mailboxes, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kiota_abstractions.base_request_builder import BaseRequestBuilder

    # The SDK's builder of an endpoint or, where it has none, the segments of its path below /v1.0 as they are meant.
    Target = BaseRequestBuilder | tuple[str, ...]


class Options(TypedDict, total=False):
    """What a read may ask for; what is empty is left out.

    `select`, `expand`, `filter`, `search`, `orderby`, `top`, `count` are OData's, in the words of Graph: a
    `search` has its quotes. `body` makes it a read by POST. `scope` is an optional scope of the tool that this request
    needs; only after `Graph.may` has said yes. `eventual` asks the directory's index, `text` for bodies as plain text,
    `raw` for the answer as it is, see `shapes`. The rest are options of some functions, by Graph's own names.
    """

    select: Sequence[str]
    expand: Sequence[str]
    filter: str
    search: str
    orderby: Sequence[str]
    top: int | None
    count: bool | None
    body: Mapping[str, Any] | None
    scope: str | None
    eventual: bool
    text: bool
    raw: bool
    startDateTime: str
    endDateTime: str


# The options that are not part of the query.
_ELSEWHERE = {"body", "scope", "eventual", "text", "raw"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A read that is not sent yet. A POST is a read here too: questions that do not fit into an address."""

    url: str
    scopes: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    raw: bool = False

    def read(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer, held to the types that its properties have."""
        return answer if self.raw else shapes.fitting(answer)

    @property
    def method(self) -> str:
        """By its body."""
        return "GET" if self.body is None else "POST"


def query(options: Options) -> dict[str, object]:
    """Of the options, those that stand in the address."""
    return {name: value for name, value in options.items() if name not in _ELSEWHERE}


def headers(url: str, options: Options) -> dict[str, str]:
    """The headers that the options mean. Ids of Outlook's are always asked for in the form that outlives a move.

    Times are left in UTC: Exchange refuses most names of zones that a machine may have, and wall clocks say one hour
    twice in autumn.
    """
    prefer = [
        'IdType="ImmutableId"' if mailboxes.of_path(urlsplit(url).path) else "",
        'outlook.body-content-type="text"' if options.get("text") else "",
    ]
    return {
        **({"Prefer": ", ".join(filter(None, prefer))} if any(prefer) else {}),
        **({"ConsistencyLevel": "eventual"} if options.get("eventual") else {}),
    }
