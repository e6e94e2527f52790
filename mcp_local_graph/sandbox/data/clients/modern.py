"""Outlook on the web and the new Outlook (Outlook 365), Outlook for iOS, and the Mail app of Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.days import LONDON
from mcp_local_graph.sandbox.data.letters import Client, Letter, Quote, Signature, Tags, escaped, inline, marked_up

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Address

_FONT = (
    "font-family: Aptos, Aptos_EmbeddedFont, Aptos_MSFontService, Calibri, Helvetica, sans-serif; font-size: 12pt; "
    "color: rgb(0, 0, 0);"
)
_HEAD = (
    '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\r\n</head>\r\n'
)
_RULE = '<hr tabindex="-1" style="display:inline-block; width:98%">\r\n'


def _proof(inner: str) -> str:
    return f'<div class="elementToProof" style="{_FONT}">{inner}</div>\r\n'


_BLANK = _proof("<br>")
_WEB = Tags(
    paragraph=_proof,
    item=lambda inner: f'<li style="{_FONT}"><div role="presentation" class="elementToProof">{inner}</div></li>',
    listed=lambda tag, items: (
        f'<{tag} data-editing-info="{{}}" style="margin-top: 0px; margin-bottom: 0px;">{items}</{tag}>'
    ),
    cell=lambda inner: f'<td style="border: 1px solid rgb(171, 171, 171); width: 120px;">{_proof(inner)}</td>',
    table=lambda rows: (
        f'<table style="border-collapse: collapse; box-sizing: border-box;"><tbody>{rows}</tbody></table>'
    ),
    between=_BLANK,
)


def _web(text: str, signature: Signature, quote: Quote | None) -> Letter:
    own = marked_up(text, _WEB) + _web_signature(signature)
    body = f'{own}<div id="appendonsend"></div>\r\n{_quoted(quote)}'
    return Letter(f'{_HEAD}<body dir="ltr">\r\n{body}</body>\r\n</html>\r\n', body, own)


def _web_signature(signature: Signature) -> str:
    if not signature.lines:
        return ""
    lines = "".join(f'<p style="margin: 0cm; font-size: 11pt;">{inline(line)}</p>' for line in signature.lines)
    logo = f'<p><img width="142" height="38" src="{signature.logo}" alt=""></p>' if signature.logo else ""
    return f'{_BLANK}<div id="Signature" class="elementToProof" style="color: inherit;">\r\n{lines}{logo}</div>\r\n'


def _quoted(quote: Quote | None) -> str:
    if quote is None:
        return ""
    font = 'face="Calibri, sans-serif" color="#000000" style="font-size:11pt"'
    rows = [("From:", _people((quote.sender,))), ("Sent:", _moment(quote.sent)), ("To:", _people(quote.to))]
    rows += [("Cc:", _people(quote.cc)), ("Subject:", escaped(quote.subject))]
    lines = "<br>\r\n".join(f"<b>{label}</b> {value}" for label, value in rows if value)
    head = f'<div id="divRplyFwdMsg" dir="ltr"><font {font}>{lines}</font>\r\n<div>&nbsp;</div>\r\n</div>\r\n'
    return f"{_RULE}{head}{quote.body}"


def _people(people: tuple[Address, ...]) -> str:
    return "; ".join(f"{escaped(who.name)} &lt;{who.address}&gt;" for who in people)


def _moment(sent: datetime) -> str:
    local = sent.astimezone(LONDON)
    return f"{local.day} {local:%B %Y %H:%M}"


_PHONE = Tags(
    paragraph=lambda inner: (
        f'<div style="font-size: 12pt; font-family: Aptos, sans-serif;" dir="ltr">{inner}</div>\r\n'
    ),
    between='<div dir="ltr"><br></div>\r\n',
)


def _mobile(text: str, _signature: Signature, quote: Quote | None) -> Letter:
    link = '<a href="https://aka.ms/o0ukef">Outlook for iOS</a>'
    own = (
        f"{marked_up(text, _PHONE)}"
        f'<div id="ms-outlook-mobile-body-separator-line" dir="ltr"><br></div>\r\n'
        f'<div id="ms-outlook-mobile-signature" dir="ltr">Get {link}</div>\r\n'
    )
    reference = f'<div id="mail-editor-reference-message-container" class="ms-outlook-mobile-reference-message skipProofing">{_quoted(quote)}</div>\r\n'
    body = own + (reference if quote else "")
    return Letter(f'{_HEAD}<body dir="ltr">\r\n{body}</body>\r\n</html>\r\n', body, own)


_APP = Tags(
    paragraph=lambda inner: f'<p class="MsoNormal">{inner}</p>\r\n',
    between='<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\r\n',
)
_APP_STYLE = """<meta name="Generator" content="Microsoft Word 15 (filtered medium)">
<style><!--
@font-face
\t{font-family:Calibri;
\tpanose-1:2 15 5 2 2 2 4 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal
\t{margin:0cm;
\tfont-size:11.0pt;
\tfont-family:"Calibri",sans-serif;}
div.WordSection1
\t{page:WordSection1;}
--></style>"""


def _windows_mail(text: str, _signature: Signature, quote: Quote | None) -> Letter:
    link = '<a href="https://go.microsoft.com/fwlink/?LinkId=550986">Mail</a>'
    own = f"{marked_up(text, _APP)}{_APP.between}{_APP.paragraph(f'Sent from {link} for Windows')}{_APP.between}"
    body = f'<div class="WordSection1">\r\n{own}{_app_quoted(quote)}</div>\r\n'
    head = f'<meta http-equiv="Content-Type" content="text/html; charset=utf-8">{_APP_STYLE}'
    document = f'<html><head>\r\n{head}\r\n</head>\r\n<body lang="EN-GB" link="blue" vlink="#954F72">\r\n{body}</body>\r\n</html>'
    return Letter(document, body, f'<div class="WordSection1">\r\n{own}</div>')


def _app_quoted(quote: Quote | None) -> str:
    if quote is None:
        return ""
    frame = "mso-element:para-border-div;border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    sender = f'<a href="mailto:{quote.sender.address}">{escaped(quote.sender.name)}</a>'
    rows = [("From:", sender), ("Sent:", _moment(quote.sent)), ("To:", _people(quote.to))]
    rows.append(("Subject:", escaped(quote.subject)))
    lines = "<br>\r\n".join(f"<b>{label} </b>{value}" for label, value in rows)
    return f'<div style="{frame}">\r\n<p class="MsoNormal" style="border:none;padding:0cm">{lines}</p>\r\n</div>\r\n{quote.body}'


OUTLOOK_365 = Client(name="Microsoft Outlook on the web", write=_web, reply="Re: ", forward="Fw: ")
OUTLOOK_IOS = Client(name="Outlook for iOS", write=_mobile, reply="Re: ", forward="Fwd: ")
WINDOWS_MAIL = Client(name="Mail for Windows", write=_windows_mail)
