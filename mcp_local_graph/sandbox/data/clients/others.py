"""Gmail, Apple Mail on a Mac and on a phone, Thunderbird."""

from __future__ import annotations

import re

from mcp_local_graph.sandbox.data.days import LONDON
from mcp_local_graph.sandbox.data.letters import Client, Letter, Quote, Signature, Tags, escaped, inline, marked_up

_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
# What a phone takes for a date or a telephone number, and makes a link of.
_TELEPHONE = re.compile(r"\+\d[\d ]{8,}\d")


def _document(body: str, attributes: str = "") -> str:
    return f"<html><head>\r\n{_META}\r\n</head>\r\n<body{attributes}>\r\n{body}</body>\r\n</html>\r\n"


_GMAIL = Tags(
    paragraph=lambda inner: f"<div>{inner}</div>",
    item=lambda inner: f'<li style="margin-left:15px">{inner}</li>',
    table=lambda rows: f'<table cellspacing="0" cellpadding="0" dir="ltr" border="1"><tbody>{rows}</tbody></table>',
    between="<div><br></div>",
)


def _gmail(text: str, signature: Signature, quote: Quote | None) -> Letter:
    own = f'<div dir="ltr">{marked_up(text, _GMAIL)}{_gmail_signature(signature)}</div>\r\n'
    body = own + _gmail_quoted(quote)
    return Letter(_document(body), body, own)


def _gmail_signature(signature: Signature) -> str:
    if not signature.lines:
        return ""
    lines = "".join(f"<div>{inline(line)}</div>" for line in signature.lines)
    logo = f'<div><img width="96" height="32" src="{signature.logo}"></div>' if signature.logo else ""
    frame = '<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">'
    return f'<div><br></div><span class="gmail_signature_prefix">-- </span><br>{frame}<div dir="ltr">{lines}{logo}</div></div>'


def _gmail_quoted(quote: Quote | None) -> str:
    if quote is None:
        return ""
    local = quote.sent.astimezone(LONDON)
    who = f'{escaped(quote.sender.name)} &lt;<a href="mailto:{quote.sender.address}">{quote.sender.address}</a>&gt;'
    if quote.forward:
        head = (
            f'---------- Forwarded message ---------<br>From: <strong class="gmail_sendername" dir="auto">{who}</strong>'
            f"<br>Date: {local:%a, %d %b %Y at %H:%M}<br>Subject: {escaped(quote.subject)}<br>"
            f"To: {', '.join(f'{escaped(to.name)} &lt;{to.address}&gt;' for to in quote.to)}<br><br><br>"
        )
        return f'<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{head}</div>{quote.body}</div>\r\n'
    head = f'<div dir="ltr" class="gmail_attr">On {local:%a, %d %b %Y at %H:%M}, {who} wrote:<br></div>'
    style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
    inner = f'<blockquote class="gmail_quote" style="{style}">{quote.body}</blockquote>'
    return f'<br><div class="gmail_quote gmail_quote_container">{head}{inner}</div>\r\n'


_APPLE = Tags(
    paragraph=lambda inner: f"<div>{inner}</div>",
    listed=lambda tag, items: f'<{tag} class="MailOutline">{items}</{tag}>',
    between="<div><br></div>",
)


def _apple(text: str, signature: Signature, quote: Quote | None) -> Letter:
    lines = "".join(f"<div>{inline(line)}</div>" for line in signature.lines)
    own = (
        f'{marked_up(text, _APPLE)}<br id="lineBreakAtBeginningOfSignature"><div>{lines}</div>'
        if lines
        else marked_up(text, _APPLE)
    )
    body = own + _apple_quoted(quote)
    style = ' style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;"'
    return Letter(_document(body, style), body, own)


def _apple_quoted(quote: Quote | None) -> str:
    if quote is None:
        return ""
    local = quote.sent.astimezone(LONDON)
    head = f"On {local.day} {local:%b %Y}, at {local:%H:%M}, {escaped(quote.sender.name)} &lt;{quote.sender.address}&gt; wrote:"
    end = '<br class="Apple-interchange-newline">'
    return f'<div><br><blockquote type="cite"><div>{head}</div>{end}<div>{quote.body}</div></blockquote></div><br>\r\n'


def _iphone(text: str, _signature: Signature, quote: Quote | None) -> Letter:
    detected = '<a href="tel:{0}" dir="ltr" x-apple-data-detectors="true" x-apple-data-detectors-type="telephone" x-apple-data-detectors-result="1">{0}</a>'
    said = _TELEPHONE.sub(lambda match: detected.format(match[0]), marked_up(text, _APPLE))
    sent_from = '<div id="AppleMailSignature" dir="ltr"><br>Sent from my iPhone</div>'
    own = f'<div dir="ltr">{said}</div>\r\n{sent_from}\r\n'
    body = own + (f'<div dir="ltr">{_apple_quoted(quote)}</div>' if quote else "")
    return Letter(_document(body, ' dir="auto"'), body, own)


_THUNDERBIRD = Tags(paragraph=lambda inner: f"<p>{inner}</p>\r\n")


def _thunderbird(text: str, signature: Signature, quote: Quote | None) -> Letter:
    said = marked_up(text, _THUNDERBIRD)
    lines = "<br>\r\n".join(inline(line) for line in signature.lines)
    below = f'<div class="moz-signature">-- <br>\r\n{lines}</div>\r\n' if lines else ""
    body, own = _thunderbird_quoted(quote) + said + below, said + below
    return Letter(_document(body, ' text="#000000" bgcolor="#FFFFFF"'), body, own)


def _thunderbird_quoted(quote: Quote | None) -> str:
    """Thunderbird puts what it quotes above what is answered."""
    if quote is None:
        return ""
    head = f"Am {quote.sent.astimezone(LONDON):%d.%m.%y um %H:%M} schrieb {escaped(quote.sender.name)}:"
    mid = quote.message_id.strip("<>")
    return f'<div class="moz-cite-prefix">{head}<br>\r\n</div>\r\n<blockquote type="cite" cite="mid:{mid}">{quote.body}</blockquote>\r\n'


GMAIL = Client(name="", write=_gmail, reply="Re: ", forward="Fwd: ")
APPLE_MAIL = Client(name="Apple Mail (2.3864.200.81)", write=_apple, reply="Re: ", forward="Fwd: ")
IPHONE = Client(name="iPhone Mail (23B85)", write=_iphone, reply="Re: ", forward="Fwd: ")
THUNDERBIRD = Client(name="Mozilla Thunderbird", write=_thunderbird, reply="Re: ", forward="Fwd: ")
