"""Logs: on stderr, redacted. Of other people's loggers only name, level and exception class.

MSAL logs authorization codes, HTTP libraries log addresses with one-time paths, and any library may log a body. None
of that is ours to print, so their messages are not printed at all.
"""

from __future__ import annotations

import logging
import re
import sys

OURS = "mcp_local_graph"
# What looks like a secret, in case one gets into a message of ours: a header to its end, a value named so (in a form,
# an address, a dict or a sentence), what follows `Bearer`, a JWT, a long random word.
_REDACTED = "[redacted]"
_SECRETS = (
    (re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[=:]).*"), rf"\1\2 {_REDACTED}"),
    (
        re.compile(
            r"(?i)(token|code|verifier|assertion|secret|password|client_info)(['\"]?\s*(?:[=:]|%3d)\s*['\"]?)[^\s'\"&]+"
        ),
        rf"\1\2{_REDACTED}",
    ),
    (re.compile(r"(?i)\b(bearer\s+)[^\s'\",;]+"), rf"\1{_REDACTED}"),
    (re.compile(r"(?i)(/start/)[\w-]+"), rf"\1{_REDACTED}"),
    (re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]+){0,4}"), _REDACTED),
    (re.compile(r"[\w+/=~.-]{48,}"), _REDACTED),
)


def redacted(message: str) -> str:
    """The message without anything that looks like a secret."""
    for pattern, replacement in _SECRETS:
        message = pattern.sub(replacement, message)
    return message


class Formatter(logging.Formatter):
    """One line per record: time, level, logger, and our own message."""

    def format(self, record: logging.LogRecord) -> str:
        """Never a traceback: it quotes values."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        message = " ".join(redacted(record.getMessage()).split()) if ours else ""
        parts = (self.formatTime(record), record.levelname, record.name, message, kind)
        return " ".join(part for part in parts if part)


def configure(level: str) -> None:
    """Send all logs to stderr in this form. Called before any library configures logging itself."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed with its values
    logging.captureWarnings(True)  # noqa: FBT003 - the library's signature
