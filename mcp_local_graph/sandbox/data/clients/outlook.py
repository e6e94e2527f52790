"""Outlook for Windows, whose HTML is Word's: 2010, 2016, and in German and Portuguese."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data.days import LONDON
from mcp_local_graph.sandbox.data.letters import Client, Letter, Quote, Signature, Tags, escaped, inline, marked_up

if TYPE_CHECKING:
    from datetime import datetime

    from mcp_local_graph.sandbox.data.seeds import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialect:
    """What differs between versions and languages."""

    generator: str
    font: str
    labels: tuple[str, str, str, str, str] = ("From:", "Sent:", "To:", "Cc:", "Subject:")
    border: str = "#E1E1E1"
    months: tuple[str, ...] = ()
    # Word 2010 drew bullets of lists by hand.
    drawn_bullets: bool = False


_2010 = _Dialect(
    generator="Microsoft Word 14 (filtered medium)",
    font="font-size:11.0pt;font-family:&quot;Calibri&quot;,&quot;sans-serif&quot;;color:#1F497D",
    border="#B5C4DF",
    drawn_bullets=True,
)
_2016 = _Dialect(
    generator="Microsoft Word 15 (filtered medium)",
    font="font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif;mso-fareast-language:EN-US",
)
_GERMAN = _Dialect(
    generator=_2016.generator,
    font=_2016.font,
    labels=("Von:", "Gesendet:", "An:", "Cc:", "Betreff:"),
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
)
_PORTUGUESE = _Dialect(
    generator=_2016.generator,
    font=_2016.font,
    labels=("De:", "Enviada:", "Para:", "Cc:", "Assunto:"),
    months=(
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ),
)

_STYLE = """<style><!--
/* Font Definitions */
@font-face
\t{font-family:"Cambria Math";
\tpanose-1:2 4 5 3 5 4 6 3 2 4;}
@font-face
\t{font-family:Calibri;
\tpanose-1:2 15 5 2 2 2 4 3 2 4;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal, div.MsoNormal
\t{margin:0cm;
\tfont-size:11.0pt;
\tfont-family:"Calibri",sans-serif;}
a:link, span.MsoHyperlink
\t{mso-style-priority:99;
\tcolor:#0563C1;
\ttext-decoration:underline;}
p.MsoListParagraph, li.MsoListParagraph, div.MsoListParagraph
\t{mso-style-priority:34;
\tmargin-left:36.0pt;}
span.EmailStyle20
\t{mso-style-type:personal-reply;
\tfont-family:"Calibri",sans-serif;
\tcolor:windowtext;}
.MsoChpDefault
\t{mso-style-type:export-only;
\tfont-size:10.0pt;}
@page WordSection1
\t{size:612.0pt 792.0pt;
\tmargin:72.0pt 72.0pt 72.0pt 72.0pt;}
div.WordSection1
\t{page:WordSection1;}
--></style><!--[if gte mso 9]><xml>
<o:shapedefaults v:ext="edit" spidmax="1026" />
</xml><![endif]--><!--[if gte mso 9]><xml>
<o:shapelayout v:ext="edit">
<o:idmap v:ext="edit" data="1" />
</o:shapelayout></xml><![endif]-->"""
_EMPTY = '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\r\n'
_CELL = "border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt"


def _write(dialect: _Dialect, text: str, signature: Signature, quote: Quote | None) -> Letter:
    own = marked_up(text, _tags(dialect)) + _signature(dialect, signature)
    body = f'<div class="WordSection1">\r\n{own}{_quoted(dialect, quote)}</div>\r\n'
    return Letter(_document(dialect, body), body, f'<div class="WordSection1">\r\n{own}</div>')


def _document(dialect: _Dialect, body: str) -> str:
    space = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    head = (
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
        f'<meta name="Generator" content="{dialect.generator}">\r\n'
        # Pictures in Word's own notation, for those who cannot show others.
        "<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}\r\no\\:* {behavior:url(#default#VML);}\r\n"
        "</style><![endif]-->" + _STYLE.replace("\n", "\r\n")
    )
    language = '<body lang="EN-GB" link="#0563C1" vlink="#954F72" style="word-wrap:break-word">'
    return f"<html {space}>\r\n<head>\r\n{head}\r\n</head>\r\n{language}\r\n{body}</body>\r\n</html>\r\n"


def _tags(dialect: _Dialect) -> Tags:
    return Tags(
        paragraph=partial(_paragraph, dialect),
        item=partial(_drawn if dialect.drawn_bullets else _item, dialect),
        listed=_bare if dialect.drawn_bullets else _listed,
        cell=lambda inner: f'<td valign="top" style="{_CELL}">{_paragraph(dialect, inner)}</td>',
        table=lambda rows: (
            '<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" '
            f'style="border-collapse:collapse;border:none"><tbody>{rows}</tbody></table>\r\n'
        ),
        between=_paragraph(dialect, "&nbsp;"),
    )


def _paragraph(dialect: _Dialect, inner: str) -> str:
    end = "" if inner == "&nbsp;" else "<o:p></o:p>"
    shown = "<o:p>&nbsp;</o:p>" if inner == "&nbsp;" else inner
    return f'<p class="MsoNormal"><span style="{dialect.font}">{shown}{end}</span></p>\r\n'


def _item(dialect: _Dialect, inner: str) -> str:
    style = "margin-left:0cm;mso-list:l0 level1 lfo1"
    return f'<li class="MsoListParagraph" style="{style}"><span style="{dialect.font}">{inner}<o:p></o:p></span></li>'


def _listed(tag: str, items: str) -> str:
    kind = "1" if tag == "ol" else "disc"
    return f'<{tag} style="margin-top:0cm" type="{kind}">\r\n{items}</{tag}>\r\n'


def _drawn(dialect: _Dialect, inner: str) -> str:
    gap = f'<span style="font:7.0pt &quot;Times New Roman&quot;">{"&nbsp;" * 8} </span>'
    bullet = f'<span style="font-family:Symbol"><span style="mso-list:Ignore">·{gap}</span></span>'
    style = "margin-left:36.0pt;text-indent:-18.0pt;mso-list:l0 level1 lfo1"
    return (
        f'<p class="MsoListParagraph" style="{style}"><!--[if !supportLists]-->{bullet}<!--[endif]-->'
        f'<span style="{dialect.font}">{inner}<o:p></o:p></span></p>\r\n'
    )


def _bare(_tag: str, items: str) -> str:
    return items


def _signature(dialect: _Dialect, signature: Signature) -> str:
    if not signature.lines:
        return ""
    lines = [_paragraph(dialect, "&nbsp;"), *(_paragraph(dialect, inline(line)) for line in signature.lines)]
    if signature.logo:
        lines.append(_paragraph(dialect, _picture(signature.logo)))
    return "".join(lines) + _paragraph(dialect, "&nbsp;")


def _picture(address: str) -> str:
    return f'<img border="0" width="142" height="38" style="width:1.4791in;height:.3958in" id="Picture_x0020_1" src="{address}" alt="Brackwater Instruments">'


def _quoted(dialect: _Dialect, quote: Quote | None) -> str:
    if quote is None:
        return ""
    sender, sent, to, copied, subject = dialect.labels
    rows = [
        (sender, _named(quote.sender)),
        (sent, _moment(dialect, quote.sent)),
        (to, _listing(quote.to)),
        (copied, _listing(quote.cc)),
        (subject, escaped(quote.subject)),
    ]
    (label, first), *rest = [(label, value) for label, value in rows if value]
    lines = f'<b><span lang="EN-US">{label}</span></b><span lang="EN-US"> {first}<br>\r\n'
    lines += "<br>\r\n".join(f"<b>{name}</b> {value}" for name, value in rest)
    frame = f"border:none;border-top:solid {dialect.border} 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    head = (
        f'<div>\r\n<div style="{frame}">\r\n<p class="MsoNormal">{lines}<o:p></o:p></span></p>\r\n</div>\r\n</div>\r\n'
    )
    return head + _EMPTY + quote.body


def _named(who: Address) -> str:
    return f"{escaped(who.name)} &lt;{who.address}&gt; "


def _listing(people: tuple[Address, ...]) -> str:
    return "; ".join(f"{escaped(who.name)} &lt;{who.address}&gt;" for who in people)


def _moment(dialect: _Dialect, sent: datetime) -> str:
    local = sent.astimezone(LONDON)
    if not dialect.months:
        return f"{local:%d %B %Y %H:%M}"
    if dialect is _GERMAN:
        return f"{local.day}. {dialect.months[local.month - 1]} {local:%Y %H:%M}"
    return f"{local.day} de {dialect.months[local.month - 1]} de {local:%Y %H:%M}"


OUTLOOK_2010 = Client(name="Microsoft Outlook 14.0", write=partial(_write, _2010))
OUTLOOK_2016 = Client(name="Microsoft Outlook 16.0", write=partial(_write, _2016))
OUTLOOK_GERMAN = Client(name="Microsoft Outlook 16.0", write=partial(_write, _GERMAN), reply="AW: ", forward="WG: ")
OUTLOOK_PORTUGUESE = Client(
    name="Microsoft Outlook 16.0", write=partial(_write, _PORTUGUESE), reply="RE: ", forward="ENC: "
)
