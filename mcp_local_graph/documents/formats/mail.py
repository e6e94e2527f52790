"""eml: who wrote to whom, when and about what, the text, and what is attached."""

from __future__ import annotations

import email
import email.policy
import importlib
import itertools
import pkgutil
import re
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, cast

from mcp_local_graph.documents.charsets import decoded
from mcp_local_graph.documents.formats.html import seen
from mcp_local_graph.documents.parsed import Note, Parsed, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcp_local_graph.documents.parsed import Hints

# Parts of the package that it loads when a message needs them, which is too late here.
for _module in pkgutil.iter_modules(email.__path__):
    importlib.import_module(f"email.{_module.name}")

_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Date", "Subject")
# Characters of a header up to which it is taken apart (the library takes time by their square), and that are shown.
_TAKEN_APART, _SHOWN = 4000, 16_000
_AS_TEXT = HeaderRegistry(use_default_map=False)
# Parts that are read: each line is held against the ends of all parts that it lies in.
_MOST_PARTS = 200
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)


class _Bounded(email.policy.EmailPolicy):
    """The library's own, but for headers that its parsers fail on or take too long for."""

    def header_fetch_parse(self, name: str, value: str) -> Any:  # noqa: ANN401 - as in the library
        """A header as the library understands it; an empty one where it does not."""
        try:
            return super().header_fetch_parse(name, value[:_TAKEN_APART])
        except Exception:  # noqa: BLE001 - it raises whatever a bad header leads it to
            return super().header_fetch_parse(name, "")


# Headers are written back as they came: only to count the bytes of an attached mail.
_POLICY = _Bounded(refold_source="none")


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its text, the plain one if there are two."""
    beyond = next(itertools.islice(_PART.finditer(content), _MOST_PARTS, None), None)
    read = content[: beyond.start()] if beyond else content
    message = cast("EmailMessage", email.message_from_bytes(read, policy=_POLICY))
    notes: list[Note] = [("many_parts", _MOST_PARTS)] if beyond else []
    lines = [*_headers(message), "", *_body(message, notes), "", *_attachments(message)]
    return Parsed(lambda _part: lines, notes=notes)


def _headers(message: EmailMessage) -> Iterator[str]:
    shown = {header: said for header in _HEADERS if (said := _header(message, header))}
    if shown.get("Sender") == shown.get("From"):
        shown.pop("Sender", None)
    yield from (f"{header}: {said}" for header, said in shown.items())


def _header(message: EmailMessage, name: str) -> str:
    """A header on one line; one that is long, or breaks the rules, as far as it can be read."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    said = str(message.get(name, "")) if len(raw) <= _TAKEN_APART else ""
    text = said or str(_AS_TEXT(name, "".join(raw[:_SHOWN].splitlines())))
    return " ".join(text.split()) + (" \u2026" if len(raw) > _SHOWN else "")


def _body(message: EmailMessage, notes: list[Note]) -> Iterable[str]:
    body = message.get_body(("plain", "html"))
    if body is None:
        return []
    payload = body.get_payload(decode=True)
    text, said = decoded(payload if isinstance(payload, bytes) else b"", body.get_content_charset("") or "")
    notes.extend(said)
    if body.get_content_subtype() != "html":
        return lines_of(text)
    lines, unseen = seen(text)
    notes.extend(unseen)
    return lines


def _attachments(message: EmailMessage) -> Iterator[str]:
    parts = list(message.iter_attachments()) if message.is_multipart() else []
    if parts:
        yield f"Attachments ({len(parts)}, not read):"
    for part in parts:
        yield f"- {_name(part)} | {part.get_content_type()} | {_size(part):,} bytes"


def _name(part: EmailMessage) -> str:
    inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" and part.is_multipart() else None
    if isinstance(inner, EmailMessage):
        return f"mail: {_header(inner, 'Subject')}"
    return " ".join((part.get_filename() or "(no name)").split())


def _size(part: EmailMessage) -> int:
    payload = part.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else len(bytes(part))
