"""Mails from what somebody wrote: recipients, quoted history, banners of the company's own gateway, headers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.company import DOMAIN
from mcp_local_graph.sandbox.data import headers
from mcp_local_graph.sandbox.data.files.pictures import logo
from mcp_local_graph.sandbox.data.hands import LOGO, Hand
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.letters import Quote, plain
from mcp_local_graph.sandbox.data.mail import File, Mail
from mcp_local_graph.sandbox.data.seeds import message_id

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from mcp_local_graph.sandbox.data.seeds import Address

_BODY = re.compile(r"<body[^>]*>\r?\n?(.*)</body>", re.DOTALL)
_BODY_STARTS = re.compile(r"<body[^>]*>\r?\n?")
_MARK = re.compile(r"^(re|aw|fw|fwd|wg|enc): ", re.IGNORECASE)
_BANNER = (
    '<table border="0" cellspacing="0" cellpadding="0" align="left" width="100%" style="width:100.0%;display:table;'
    'float:none;"><tbody><tr><td style="background:#FFEB9C;padding:5.0pt 2.0pt 5.0pt 2.0pt"></td>'
    '<td width="100%" style="width:100.0%;background:#FFF6D6;padding:5.0pt 4.0pt 5.0pt 12.0pt">'
    '<div><p style="font-size:9.0pt;font-family:Arial,sans-serif;color:#212121"><b>EXTERNAL:</b> This message comes '
    "from outside Brackwater. Do not open links or attachments unless you know the sender.</p></div></td></tr></tbody>"
    "</table><br>\r\n"
)
_FIRST_CONTACT = (
    '<div style="background-color:#EBEBEB; padding:8px; font-family:Segoe UI, sans-serif; font-size:12px;">You don\'t '
    'often get email from {address}. <a href="https://aka.ms/LearnAboutSenderIdentification">Learn why this is '
    "important</a></div>\r\n"
)
# What the gateways of other houses put below all that leaves them.
_FOOTERS = {
    "northmole.example": (
        '<br><p style="font-size:7.5pt;font-family:Arial,sans-serif;color:gray">This e-mail and any attachments are '
        "confidential and intended solely for the addressee. If you have received it in error, please notify the sender "
        "and delete it; any disclosure, copying or distribution is prohibited. Northmole Survey Group accepts no "
        "liability for any damage caused by any virus transmitted by this e-mail. Northmole Survey Group plc, "
        "registered in Scotland no. SC000000. Please consider the environment before printing this e-mail.</p>\r\n"
    ),
}


def write(
    key: str,
    hand: Hand,
    at: datetime,
    to: tuple[Address, ...],
    subject: str,
    text: str,
    post: Post | None = None,
    **more: Any,
) -> Mail:
    """A new mail, in the HTML of its sender's mail program."""
    letter = hand.client.write(text, hand.signature, None)
    draft = Mail(key=key, sender=hand.who, to=to, subject=subject, at=at, html=letter.document, **more)
    return arrived(_illustrated(draft, hand), post or Post(client=hand.client.name))


def in_plain_text(
    key: str,
    hand: Hand,
    at: datetime,
    to: tuple[Address, ...],
    subject: str,
    text: str,
    post: Post | None = None,
    **more: Any,
) -> Mail:
    """A new mail in plain text."""
    signed = "\n".join((plain(text), *(("-- ", *hand.signature.lines) if hand.signature.lines else ())))
    draft = Mail(
        key=key, sender=hand.who, to=to, subject=subject, at=at, text=signed.replace("\n", "\r\n") + "\r\n", **more
    )
    return arrived(draft, post or Post())


def reply(before: Mail, key: str, hand: Hand, at: datetime, text: str, **more: Any) -> Mail:
    """An answer to all, with the history quoted as the mail program does; `to`, `cc`, `subject` say otherwise."""
    to, cc = _everybody(before, hand.who)
    subject = f"{hand.client.reply}{_MARK.sub('', before.subject)}"
    return _quoting(before, key, hand, at, text, {"to": to, "cc": cc, "subject": subject, **more})


def forward(before: Mail, key: str, hand: Hand, at: datetime, to: tuple[Address, ...], text: str, **more: Any) -> Mail:
    """A mail passed on to others."""
    subject = f"{hand.client.forward}{_MARK.sub('', before.subject)}"
    kept = {"to": to, "subject": subject, "attachments": before.attachments, **more}
    return _quoting(before, key, hand, at, text, kept, forward=True)


def arrived(mail: Mail, post: Post, before: Mail | None = None) -> Mail:
    """A mail as it lies in the mailboxes here: with the banners of the gateways it came through, and its headers."""
    domain = mail.sender.address.rpartition("@")[2]
    if mail.html and (domain != DOMAIN or mail.forged):
        tip = _FIRST_CONTACT.format(address=mail.sender.address) if post.first_contact else ""
        said = _BODY_STARTS.sub(lambda found: found[0] + _BANNER + tip, mail.html, count=1)
        said = said.replace("</body>", f"{_FOOTERS.get(domain, '')}</body>")
        mail = replace(mail, html=said)
    return replace(mail, headers=headers.headers(mail, post, _references(before)))


def _references(before: Mail | None) -> list[str]:
    if before is None:
        return []
    earlier = [value.split() for name, value in before.headers if name == "References"]
    return [*(earlier[0] if earlier else []), message_id(before.key, before.sender)]


def _everybody(before: Mail, me: Address) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    to = [before.sender, *(who for who in before.to if who != before.sender)]
    others = tuple(who for who in to if who.address != me.address) or before.to
    return others, tuple(who for who in before.cc if who.address != me.address)


def _quoting(
    before: Mail, key: str, hand: Hand, at: datetime, text: str, more: dict[str, Any], *, forward: bool = False
) -> Mail:
    quote = Quote(
        sender=before.sender,
        sent=before.at,
        to=before.to,
        cc=before.cc,
        subject=before.subject,
        body=_body(before),
        message_id=message_id(before.key, before.sender),
        forward=forward,
    )
    letter = hand.client.write(text, hand.signature, quote)
    thread = before.thread or before.key
    draft = Mail(
        **{"thread": thread, "answers": before.key, "at": at, "key": key, "sender": hand.who, **more},
        html=letter.document,
        unique=letter.own,
    )
    return arrived(_illustrated(draft, hand), Post(client=hand.client.name), before)


def _body(mail: Mail) -> str:
    found = _BODY.search(mail.html)
    return found[1] if found else f"<pre>{mail.text}</pre>"


def _illustrated(mail: Mail, hand: Hand) -> Mail:
    if hand.signature.logo != LOGO:
        return mail
    picture = File(name="image001.png", content_type="image/png", make=logo, content_id=LOGO.removeprefix("cid:"))
    return replace(mail, attachments=(*mail.attachments, picture))
