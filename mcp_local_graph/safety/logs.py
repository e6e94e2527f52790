"""Logs: on stderr, redacted. Of other people's loggers only name, level and exception class.

MSAL logs authorization codes, HTTP libraries log addresses with one-time paths, and any library may log a body. None
of that is ours to print, so their messages are not printed at all.
"""

from __future__ import annotations

import logging
import re
import sys

OURS = "mcp_local_graph"
# What looks like a secret, in case one gets into a message of ours: a JWT, a long random word, a value named so.
_SECRETS = (
    re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]+){0,2}"),
    re.compile(r"(?<![\w/.-])[\w+/=~.-]{48,}"),
    re.compile(r"(?i)\b((?:access_|refresh_|id_)?token|code|secret|password|cookie|authorization)(\s*[=:]\s*)\S+"),
)


def redacted(message: str) -> str:
    """The message without anything that looks like a secret."""
    for pattern in _SECRETS[:2]:
        message = pattern.sub("[redacted]", message)
    return _SECRETS[2].sub(r"\1\2[redacted]", message)


class Formatter(logging.Formatter):
    """One line per record: time, level, logger, and our own message."""

    def format(self, record: logging.LogRecord) -> str:
        """Never a traceback: it quotes values."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        message = redacted(record.getMessage()).replace("\n", " ") if ours else ""
        parts = (self.formatTime(record), record.levelname, record.name, message, kind)
        return " ".join(part for part in parts if part)


def configure(level: str) -> None:
    """Send all logs to stderr in this form. Called before any library configures logging itself."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)  # noqa: FBT003 - the library's signature
