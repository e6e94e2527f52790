"""Which tools are offered: a filter over the list, by the settings and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Always offered, unless excluded by name: without it nobody could see who is signed in.
_ALWAYS = "account"


class Offerable(Protocol):
    """What the filter looks at."""

    @property
    def name(self) -> str:
        """The tool's name."""

    @property
    def toolset(self) -> str:
        """The set that it belongs to."""

    @property
    def scopes(self) -> frozenset[str]:
        """The permissions without which it cannot work."""


T = TypeVar("T", bound=Offerable)


class Policy(NamedTuple):
    """What the settings say. Empty sets of tools and no `scopes` mean: no limit."""

    toolsets: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None

    def allows(self, scopes: Iterable[str]) -> frozenset[str]:
        """Of these permissions those that may be asked for."""
        return frozenset(scopes) if self.scopes is None else self.scopes & frozenset(scopes)


def offered(tools: Sequence[T], policy: Policy) -> list[T]:
    """The tools that the settings leave, in their order.

    Raises:
        SettingsError: a setting names a tool or a toolset that there is not, or nothing is left.
    """
    _check("--toolsets", policy.toolsets, {tool.toolset for tool in tools})
    names = {tool.name for tool in tools}
    _check("--tools", policy.tools, names)
    _check("--exclude", policy.exclude, names | {tool.toolset for tool in tools})
    left = [tool for tool in tools if _chosen(tool, policy) and _permitted(tool, policy)]
    if not left:
        raise SettingsError("The settings leave no tool.", "Name fewer in --exclude, or more in --tools or --scopes.")
    return left


def _chosen(tool: Offerable, policy: Policy) -> bool:
    everything = not policy.toolsets and not policy.tools
    named = tool.toolset in policy.toolsets | {_ALWAYS} or tool.name in policy.tools
    return (everything or named) and not {tool.name, tool.toolset} & policy.exclude


def _permitted(tool: Offerable, policy: Policy) -> bool:
    return policy.allows(tool.scopes) == tool.scopes


def _check(flag: str, given: frozenset[str], known: set[str]) -> None:
    if unknown := sorted(given - known):
        raise SettingsError(
            f"{flag} names what there is not: {', '.join(unknown)}.", f"It may name: {', '.join(sorted(known))}."
        )
