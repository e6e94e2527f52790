"""Whom a text may come from and who may see it: the labels of information flow control on every answer.

The names and values are those that github-mcp-server writes and Microsoft's agent framework reads in `_meta.ifc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Label(NamedTuple):
    """`untrusted`: somebody else may have written it. `private`: it is for the signed-in person."""

    integrity: Literal["trusted", "untrusted"]
    confidentiality: Literal["public", "private"]

    def facts(self) -> dict[str, str]:
        """As it stands in `_meta.ifc`."""
        return self._asdict()


UNTRUSTED = Label("untrusted", "private")
TRUSTED = Label("trusted", "private")


def meet(labels: Iterable[Label]) -> Label:
    """The label of all of them together: as little trusted as the least trusted, as private as the most private."""
    known = list(labels)
    return Label(
        "untrusted" if any(label.integrity == "untrusted" for label in known) else "trusted",
        "private" if any(label.confidentiality == "private" for label in known) else "public",
    )
