"""How the parts of Graph refuse a query: Exchange's, the directory's and OneDrive's words for it.

Codes and texts are those that people report from the service; where nothing is known about a case, the code is the one
that the part of Graph has for bad queries in general.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.router import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_local_graph.sandbox.graph.odata.rules import Rules
    from mcp_local_graph.sandbox.graph.router import Query

_TOO_COMPLEX = "The restriction or sort order is too complex for this operation."
_MISSING = (
    "is not supported because the required parameters might be missing. "
    "Try adding $count=true query parameter and ConsistencyLevel:eventual header."
)
# What the directory answers only from the index that may lag behind.
_ADVANCED = frozenset({"ne", "not", "endswith", "all"})
_KNOWN_FUNCTIONS = frozenset(
    names(
        """startswith endswith contains tolower toupper trim concat indexof length substring year month day hour minute
        second date time round floor ceiling cast isof now"""
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One part of Graph's ways. `namespace` is what its messages put before a type's name."""

    namespace: str
    unknown: str
    functions: frozenset[str]
    unsupported: Callable[[str], GraphRefused]
    check: Callable[[Query, Rules], None]
    check_filter: Callable[[Query, frozenset[str]], None]
    skips: bool

    def type_name(self, name: str) -> str:
        """A type's name as messages have it."""
        return self.namespace + (name[0].upper() + name[1:] if "Outlook" in self.namespace else name)

    def no_property(self, name: str, type_name: str, where: str) -> GraphRefused:
        """There is no such property."""
        text = f"Could not find a property named '{name}' on type '{self.type_name(type_name)}'."
        return GraphRefused(400, self.unknown, text if "Outlook" in self.namespace else f"{where}: {text}")

    def no_function(self, name: str) -> GraphRefused:
        """There is no such function, or there is one that this part of Graph does not have."""
        if name in _KNOWN_FUNCTIONS:
            return self.unsupported(name)
        text = f"An unknown function with name '{name}' was found."
        return bad_filter(text)


def bad_filter(text: str) -> GraphRefused:
    """What OData's own library objects to."""
    return GraphRefused(400, "BadRequest", f"Invalid filter clause: {text}")


def bad_request(text: str) -> GraphRefused:
    """A query option that cannot be read."""
    return GraphRefused(400, "BadRequest", text)


def eventual(query: Query) -> bool:
    """Whether the caller takes an index that may lag behind."""
    return query.headers.get("consistencylevel", "").lower() == "eventual"


def counted(options: Mapping[str, str]) -> bool:
    """Whether a count was asked for.

    Raises:
        GraphRefused: $count is neither true nor false.
    """
    value = options.get("$count", "false").lower()
    if value not in {"true", "false"}:
        raise bad_request("Invalid value for $count query option found. It must be 'true' or 'false'.")
    return value == "true"


def need_eventual(query: Query) -> None:
    """Refuse a count without the header by which the caller accepts the index's small delay.

    Raises:
        GraphRefused: ConsistencyLevel is not `eventual`.
    """
    if not eventual(query):
        text = "$count is not currently supported without the request header ConsistencyLevel: eventual."
        raise GraphRefused(400, "Request_UnsupportedQuery", text)


def too_complex() -> GraphRefused:
    """Exchange has no index that serves both the filter and the order."""
    return GraphRefused(400, "InefficientFilter", _TOO_COMPLEX)


def _outlook(query: Query, _rules: Rules) -> None:
    """A search is its own order, and goes with nothing else."""
    if "$search" not in query.options:
        return
    for name, code in (
        ("$filter", "SearchWithFilter"),
        ("$orderby", "SearchWithOrderBy"),
        ("$skip", "SearchWithSkip"),
        ("$count", "SearchWithCount"),
    ):
        if name in query.options:
            spelt = "$orderBy" if name == "$orderby" else name
            raise GraphRefused(400, code, f"The query parameter '{spelt}' is not supported with '$search'.")


def _outlook_filter(_query: Query, _used: frozenset[str]) -> None:
    """Nothing but what the functions and the rules of a collection say."""


def _outlook_unsupported(_name: str) -> GraphRefused:
    text = "The query filter contains one or more invalid nodes."
    return GraphRefused(400, "ErrorInvalidUrlQueryFilter", text)


def _todo_unsupported(_name: str) -> GraphRefused:
    return GraphRefused(400, "invalidRequest", "Invalid request")


def _directory(query: Query, _rules: Rules) -> None:
    options = query.options
    if "$search" in options and not eventual(query):
        text = (
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
        raise GraphRefused(400, "Request_UnsupportedQuery", text)
    if counted(options):
        need_eventual(query)
    if "$orderby" in options and ("$filter" in options or "$search" in options) and not _advanced(query):
        raise GraphRefused(400, "Request_UnsupportedQuery", "Sorting not supported for current query.")
    if "$expand" in options and eventual(query):
        raise GraphRefused(400, "Request_UnsupportedQuery", "Expand is not supported with an advanced query.")


def _directory_filter(query: Query, used: frozenset[str]) -> None:
    if (needed := sorted(used & _ADVANCED)) and not _advanced(query):
        raise GraphRefused(400, "Request_UnsupportedQuery", f"Operator '{needed[0]}' {_MISSING}")


def _advanced(query: Query) -> bool:
    return eventual(query) and counted(query.options)


def _directory_unsupported(name: str) -> GraphRefused:
    text = f"Unsupported or invalid query filter clause specified for property '{name}'."
    return GraphRefused(400, "Request_UnsupportedQuery", text)


def _files(query: Query, rules: Rules) -> None:
    if counted(query.options):
        raise GraphRefused(400, "invalidRequest", f"$count is not supported on this API for {rules.type.name}.")


def _files_unsupported(_name: str) -> GraphRefused:
    return GraphRefused(400, "invalidRequest", "Invalid request")


OUTLOOK = Dialect(
    namespace="Microsoft.OutlookServices.",
    unknown="RequestBroker--ParseUri",
    functions=frozenset({"startswith", "contains"}),
    unsupported=_outlook_unsupported,
    check=_outlook,
    check_filter=_outlook_filter,
    skips=True,
)
# Exchange behind a front of its own, which sorts what it filters.
TODO = replace(OUTLOOK, unsupported=_todo_unsupported)
DIRECTORY = Dialect(
    namespace="microsoft.graph.",
    unknown="BadRequest",
    functions=frozenset({"startswith", "endswith"}),
    unsupported=_directory_unsupported,
    check=_directory,
    check_filter=_directory_filter,
    skips=False,
)
FILES = Dialect(
    namespace="microsoft.graph.",
    unknown="invalidRequest",
    functions=frozenset({"startswith"}),
    unsupported=_files_unsupported,
    check=_files,
    check_filter=_outlook_filter,
    skips=False,
)
