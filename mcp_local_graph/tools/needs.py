"""What a tool may ask for, and how it is written down.

A tool is an async function. Parameters annotated with one of the types below are given to it; all others are arguments
that the model fills in. `Toolset.tool` records the facts and returns the function unchanged.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from mcp_local_graph.auth.accounts import Accounts
from mcp_local_graph.documents.service import Document, Documents
from mcp_local_graph.graph.client import Ask, Found, Graph, Kind, Page, Shown
from mcp_local_graph.safety.labels import UNTRUSTED, Label

__all__ = [
    "GIVEN",
    "Accounts",
    "Ask",
    "Document",
    "Documents",
    "Effect",
    "Found",
    "Graph",
    "Image",
    "Kind",
    "Label",
    "Page",
    "Progress",
    "Reading",
    "Result",
    "Shown",
    "Tool",
    "Toolset",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """Tells the person how far a long call is."""

    report: Callable[[float, float, str], Awaitable[None]]

    async def __call__(self, done: float, of: float, what: str) -> None:
        """So much of so much is done; `what` is being done, in a few words."""
        await self.report(done, of, what)


# The types that are given, not asked of the model.
GIVEN: tuple[type, ...] = (Graph, Accounts, Documents, Progress)


class Effect(StrEnum):
    """What a call does to the world outside."""

    READ = "read"
    WRITE = "write"
    DESTROY = "destroy"


class Result(Protocol):
    """What a tool returns."""

    def lines(self) -> list[str]:
        """Itself for a model, in as few words as it takes."""


class Image(NamedTuple):
    """A picture for the model to look at; `mime_type` is of the kind `image/png`."""

    data: bytes
    mime_type: str


class Reading(ABC):
    """What was read from Microsoft 365. The server marks its lines as data that others may have written."""

    @abstractmethod
    def lines(self) -> list[str]:
        """What was read, for a model, in as few words as it takes."""

    def notes(self) -> list[str]:
        """Our own words about it, outside the marks: how to get the rest, what was tried."""
        return []

    def label(self) -> Label:
        """Who may have written it, and who may see it."""
        return UNTRUSTED

    def images(self) -> Sequence[Image]:
        """Pictures that go with it."""
        return ()


ToolFunction = Callable[..., Awaitable[Result]]
F = TypeVar("F", bound=ToolFunction)


class Tool(NamedTuple):
    """A tool: its function and the facts about it.

    `scopes` are Graph's delegated permissions without which it cannot work; `when_asked` are those that some arguments
    need, and that are asked for with them; `optional` are those that it uses where they were granted already, and never
    asks for. `local` tools reach nothing outside this machine.
    """

    function: ToolFunction
    title: str
    effect: Effect
    scopes: frozenset[str]
    when_asked: frozenset[str]
    optional: frozenset[str]
    local: bool
    toolset: str

    @property
    def name(self) -> str:
        """The function's name is the tool's."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """The docstring, on one line: a model pays for each byte."""
        return " ".join((self.function.__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class Toolset:
    """The tools of one workload."""

    name: str
    description: str
    tools: list[Tool] = field(default_factory=list)

    def tool(
        self,
        title: str,
        *,
        effect: Effect,
        scopes: frozenset[str] | set[str] = frozenset(),
        when_asked: frozenset[str] | set[str] = frozenset(),
        optional: frozenset[str] | set[str] = frozenset(),
        local: bool = False,
    ) -> Callable[[F], F]:
        """Record the decorated function as a tool."""

        def record(function: F) -> F:
            facts = Tool(
                function=function,
                title=title,
                effect=effect,
                scopes=frozenset(scopes),
                when_asked=frozenset(when_asked),
                optional=frozenset(optional),
                local=local,
                toolset=self.name,
            )
            self.tools.append(facts)
            return function

        return record
