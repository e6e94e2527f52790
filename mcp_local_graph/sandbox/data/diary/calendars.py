"""Which calendars there are, and who lets whom look into theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import staff

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar of somebody's. `key` is what events name it by."""

    key: str
    name: str
    color: str = "auto"
    hex_color: str = ""
    # A calendar that one subscribes to cannot be written.
    writable: bool = True


_DEFAULT = Calendar(key="calendar", name="Calendar")
_CALENDARS: Mapping[str, tuple[Calendar, ...]] = {
    company.INES.user_name: (
        _DEFAULT,
        Calendar(key="team", name="Team leave", color="lightGreen", hex_color="#87d28e"),
        Calendar(
            key="holidays", name="United Kingdom holidays", color="lightGray", hex_color="#b0b0b0", writable=False
        ),
    ),
    company.ZOE.user_name: (Calendar(key="calendar", name="Kalender"),),
}
# Whose default calendar is shared, and with whom: they see all of it but what is private.
SHARED: Mapping[str, frozenset[str]] = {
    company.TOMASZ.user_name: frozenset({company.INES.user_name, company.MARIT.user_name}),
    company.JOON.user_name: frozenset({company.INES.user_name, company.PRIYA.user_name}),
    company.INES.user_name: frozenset({company.JOON.user_name}),
    staff.SUPPORT.user_name: frozenset({company.INES.user_name}),
}


def calendars(address: str) -> tuple[Calendar, ...]:
    """The calendars of a mailbox, the default one first."""
    return _CALENDARS.get(address, (_DEFAULT,))


def shared_with(address: str) -> list[str]:
    """The addresses whose calendars somebody may look into, and has in their own list."""
    return [owner for owner, others in SHARED.items() if address in others]
