"""eml: who wrote to whom, when and about what, the text, and what is attached."""

from __future__ import annotations

import email
import email.policy
import importlib
import pkgutil
from email.message import EmailMessage
from typing import TYPE_CHECKING

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


def parse(content: bytes, _hints: Hints) -> Parsed:
    """Its text, the plain one if there are two."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    notes: list[Note] = []
    lines = [*_headers(message), "", *_body(message, notes), "", *_attachments(message)]
    return Parsed(lambda _part: lines, notes=notes)


def _headers(message: EmailMessage) -> Iterator[str]:
    shown = {header: said for header in _HEADERS if (said := _header(message, header))}
    if shown.get("Sender") == shown.get("From"):
        shown.pop("Sender", None)
    yield from (f"{header}: {said}" for header, said in shown.items())


def _header(message: EmailMessage, name: str) -> str:
    """A header on one line; one that breaks the rules as far as it can be read."""
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # noqa: BLE001 - the library's header parser raises whatever a bad header leads it to
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).split())


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
