"""A message as it travelled: MIME, with its headers, both forms of its body, and what came with it."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.mail import File, Mail
from mcp_local_graph.sandbox.graph.attached import content
from mcp_local_graph.sandbox.graph.mail import bodies

if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = frozenset({"content-type", "mime-version"})


def mime(mail: Mail) -> bytes:
    """The bytes of a mail."""
    return _message(mail).as_bytes(policy=SMTP)


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    for name, value in mail.headers:
        if name.lower() not in _OURS:
            # What a sender put between the lines of a header does not travel.
            message[name] = " ".join(value.split())
    message.set_content(bodies.as_text(mail), cte="quoted-printable")
    files = [part for part in mail.attachments if isinstance(part, File)]
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        _add_pictures(message, [part for part in files if part.content_id])
    for part in mail.attachments:
        if isinstance(part, Mail):
            message.add_attachment(_message(part))
    for part in files:
        if not part.content_id:
            kind, _, subtype = part.content_type.partition("/")
            message.add_attachment(content(part), maintype=kind, subtype=subtype, filename=part.name)
    return message


def _add_pictures(message: EmailMessage, pictures: Iterable[File]) -> None:
    """The pictures that the HTML shows, beside it."""
    text = message.get_body(("html",))
    for picture in pictures:
        kind, _, subtype = picture.content_type.partition("/")
        if isinstance(text, EmailMessage):
            text.add_related(content(picture), maintype=kind, subtype=subtype, cid=f"<{picture.content_id}>")
