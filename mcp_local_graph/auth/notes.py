"""What MSAL does not remember of an account: what was granted and used, who it is, and what its token was asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Note:
    """One account in one tenant. Scopes are Graph's, by short name.

    `granted` is all that Entra ever named in an answer, `used` what tools asked for. `asked` is what the newest access
    token was asked for: Entra may name less than that in its answer, and asking again would not change it; `claims` is
    the challenge that this token answers, as JSON text.
    """

    granted: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    user_name: str = ""
    tenant_id: str = ""
    claims: str = ""

    def state(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: sorted(value) if isinstance(value, set) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Note:
        """Back from there."""
        known = {name: state[name] for name in cls.__slots__ if name in state}
        return cls(**{name: set(value) if isinstance(value, list) else str(value) for name, value in known.items()})  # type: ignore[arg-type]  # by the shape of the field
