"""How much of a text of others is read at all: a thread that reads cannot be stopped, so it has to come to an end."""

from __future__ import annotations

# Characters; what stands in the place of the others.
LONGEST, CUT = 1_000_000, "(The rest is left out: it is too long.)"
