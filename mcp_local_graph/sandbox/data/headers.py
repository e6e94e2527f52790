"""Internet headers as the company's mail servers leave them: the way a mail took, and what its checks found."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.company import DOMAIN
from mcp_local_graph.sandbox.data.days import LONDON
from mcp_local_graph.sandbox.data.ids import number
from mcp_local_graph.sandbox.data.seeds import message_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_local_graph.sandbox.data.mail import Mail
    from mcp_local_graph.sandbox.data.seeds import Address

_OUTBOUND = "mail-oln040.outbound.saltmere.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How a mail came here. `verdict`: pass, fail, softfail or none; `spam` is Exchange's confidence, -1 to 9."""

    client: str = ""
    verdict: str = "pass"
    spam: int = 1
    first_contact: bool = False
    # Who the envelope says it is from, where that is another domain than the sender's.
    envelope: str = ""
    extra: tuple[tuple[str, str], ...] = ()


def headers(mail: Mail, post: Post, answered: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """All headers of a mail, in the order of the wire; `answered` are the Message-IDs of the mails before it."""
    domain = mail.sender.address.rpartition("@")[2]
    inside = domain == DOMAIN and not mail.forged
    written = [
        ("Received", _received(mail, domain, inside=inside)),
        ("Authentication-Results", _internal() if inside else _results(post, domain)),
        *(() if inside else (("Received-SPF", _spf(post, domain)),)),
        ("From", _named(mail.sender)),
        ("To", ", ".join(map(_named, mail.to))),
        *((("CC", ", ".join(map(_named, mail.cc))),) if mail.cc else ()),
        *((("Reply-To", ", ".join(map(_named, mail.reply_to))),) if mail.reply_to else ()),
        ("Subject", mail.subject),
        ("Date", format_datetime(mail.at.astimezone(LONDON))),
        ("Message-ID", message_id(mail.key, mail.sender)),
        *((("In-Reply-To", answered[-1]), ("References", " ".join(answered))) if answered else ()),
        *((("X-Mailer", post.client),) if post.client else ()),
        ("Content-Type", "text/plain" if mail.text else "text/html"),
        ("MIME-Version", "1.0"),
        ("Return-Path", post.envelope or mail.sender.address),
        ("X-MS-Exchange-Organization-AuthAs", "Internal" if inside else "Anonymous"),
        ("X-MS-Exchange-Organization-SCL", "-1" if inside else str(post.spam)),
        *post.extra,
    ]
    return tuple(written)


def _named(who: Address) -> str:
    return f"{who.name} <{who.address}>"


def _ip(domain: str) -> str:
    """An address out of those that are for documentation, always the same for a domain."""
    return f"203.0.113.{number(254, domain) + 1}"


def _received(mail: Mail, domain: str, *, inside: bool) -> str:
    moment = format_datetime(mail.at)
    if inside:
        return f"from MB2110.brackwater.example by MB2104.brackwater.example with HTTPS; {moment}"
    return f"from mx1.{domain} ({_ip(domain)}) by {_OUTBOUND} with ESMTPS; {moment}"


def _internal() -> str:
    return f"dkim=none (message not signed) header.d=none;dmarc=none action=none header.from={DOMAIN};"


def _results(post: Post, domain: str) -> str:
    envelope = post.envelope.rpartition("@")[2] or domain
    spf = f"spf={post.verdict} (sender IP is {_ip(envelope)}) smtp.mailfrom={envelope}"
    if post.verdict == "pass":
        dkim = f"dkim=pass (signature was verified) header.d={domain}"
        return f"{spf}; {dkim};dmarc=pass action=none header.from={domain};compauth=pass reason=100"
    dmarc = "none" if post.verdict == "none" else "fail"
    action = "none" if post.verdict == "none" else "quarantine"
    dkim = "dkim=none (message not signed) header.d=none"
    return f"{spf}; {dkim};dmarc={dmarc} action={action} header.from={domain};compauth=fail reason=000"


def _spf(post: Post, domain: str) -> str:
    envelope = post.envelope.rpartition("@")[2] or domain
    said = {"pass": "Pass", "fail": "Fail", "softfail": "SoftFail", "none": "None"}[post.verdict]
    return f"{said} ({_OUTBOUND}: domain of {envelope}) client-ip={_ip(envelope)};"
