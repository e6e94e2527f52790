"""The key of the token cache as text: the stores of the systems keep passwords, not bytes. And under which name."""

from __future__ import annotations

import base64
import binascii
import secrets

KEY_BYTES = 32
SERVICE, ENTRY = "mcp-local-graph", "token cache key"


def new() -> str:
    """A new key, as text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def read(text: str) -> bytes | None:
    """The key out of its text; None where the text is something else."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: not even ASCII
        return None
    return key if len(key) == KEY_BYTES else None
