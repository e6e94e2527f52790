"""A newsletter as MJML writes one: 40 KB of nested tables, styles three times over, and addresses that track."""

from __future__ import annotations

from hashlib import sha256

_HEAD = """<!doctype html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office">
<head><title>Harbour news</title>
<!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">#outlook a { padding:0; } body { margin:0;padding:0;-webkit-text-size-adjust:100%; }
 table, td { border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt; }
 img { border:0;height:auto;line-height:100%; outline:none;text-decoration:none;-ms-interpolation-mode:bicubic; }
 p { display:block;margin:13px 0; }</style>
<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch>
</o:OfficeDocumentSettings></xml></noscript><![endif]--><!--[if lte mso 11]><style type="text/css">
.mj-outlook-group-fix { width:100% !important; }</style><![endif]-->
<style type="text/css">@media only screen and (min-width:480px) { .mj-column-per-100 { width:100% !important;
 max-width: 100%; } .mj-column-per-50 { width:50% !important; max-width: 50%; } }
@media only screen and (max-width:479px) { .wide { display:none !important; } table.mj-full-width-mobile
 { width: 100% !important; } }
@media (prefers-color-scheme: dark) { p { color:#ffffff !important; } }
.button a { color:#ffffff !important; background:#0b6e99; } .preheader { display:none; font-size:1px; }</style></head>
<body style="word-spacing:normal;background-color:#f4f4f4;">
<div class="preheader" style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;
opacity:0;overflow:hidden;">The pier opens again, and a walk for everybody."""
_SECTION = """<!--[if mso | IE]><table align="center" border="0" cellpadding="0" cellspacing="0" class=""
 role="presentation" style="width:600px;" width="600" bgcolor="#ffffff" ><tr><td
 style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;">
<![endif]--><div style="background:#ffffff;background-color:#ffffff;margin:0px auto;
max-width:600px;">
<table align="center" border="0" cellpadding="0" cellspacing="0" role="presentation"
 style="background:#ffffff;background-color:#ffffff;width:100%;"><tbody><tr>
<td style="direction:ltr;font-size:0px;padding:20px 0;padding-bottom:0;text-align:center;">COLUMNS</td></tr>
</tbody></table></div>
<!--[if mso | IE]></td></tr></table><![endif]-->
"""
_COLUMN = """<!--[if mso | IE]><table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td class=""
 style="vertical-align:top;width:600px;" ><![endif]-->
<div class="mj-column-per-WIDTH mj-outlook-group-fix" style="font-size:0px;text-align:left;direction:ltr;
display:inline-block;vertical-align:top;width:100%;">
<table border="0" cellpadding="0" cellspacing="0" role="presentation"
 style="vertical-align:top;" width="100%"><tbody>CELLS</tbody></table></div>
<!--[if mso | IE]></td></tr></table><![endif]-->
"""
_CELL = """<tr><td align="left" class="" style="font-size:0px;padding:10px 25px;word-break:break-word;">
<div style="font-family:Ubuntu, Helvetica, Arial, sans-serif;font-size:SIZE;line-height:1.5;text-align:left;
color:#333333;">TEXT</div></td></tr>
"""
_PICTURE = """<tr><td align="center" style="font-size:0px;padding:10px 25px;word-break:break-word;"><table border="0"
 cellpadding="0" cellspacing="0" role="presentation" style="border-collapse:collapse;border-spacing:0px;"><tbody><tr>
<td style="width:550px;"><a href="HREF" target="_blank"><img alt="ALT" height="auto" src="https://img.news.example/HASH.png"
 style="border:0;display:block;outline:none;text-decoration:none;height:auto;width:100%;font-size:13px;"
 width="550" /></a>
</td></tr></tbody></table></td></tr>
"""
_BUTTON = """<tr><td align="center" vertical-align="middle" class="button" style="font-size:0px;padding:10px 25px;
word-break:break-word;"><table border="0" cellpadding="0" cellspacing="0" role="presentation"
 style="border-collapse:separate;line-height:100%;"><tbody><tr><td align="center" bgcolor="#0b6e99" role="presentation"
 style="border:none;border-radius:3px;cursor:auto;mso-padding-alt:10px 25px;background:#0b6e99;" valign="middle">
<a href="HREF" style="display:inline-block;background:#0b6e99;color:#ffffff;
font-family:Ubuntu, Helvetica, Arial, sans-serif;font-size:13px;font-weight:normal;line-height:120%;
margin:0;text-decoration:none;text-transform:none;padding:10px 25px;
mso-padding-alt:0px;border-radius:3px;" target="_blank">TEXT</a></td></tr></tbody></table></td></tr>
"""
_ARTICLES = (
    (
        "The pier opens again",
        "After two years the old pier opens on Saturday at ten. The mayor speaks, the band plays.",
    ),
    (
        "A walk for everybody",
        "Every Sunday in June we walk the coast path, eight kilometres, with a stop for tea. No booking.",
    ),
    (
        "Library hours",
        "From July it is open until eight on Thursdays. Bring the children to the reading hour at four.",
    ),
    ("Harbour survey", "The survey team asks boat owners to keep the inner basin free on Monday and Tuesday morning."),
)
_THINGS = (
    ("Tide table 2027", "4.50 EUR"),
    ("Harbour mug", "12.00 EUR"),
    ("Coast map", "9.90 EUR"),
    ("Rain hat", "24.00 EUR"),
)


def _tracked(name: str) -> str:
    code = "".join(sha256(f"{name}{part}".encode()).hexdigest() for part in range(6))
    return f"https://click.mailer.example/ls/click?upn={code}&amp;utm_source=newsletter&amp;utm_medium=email"


def _cell(text: str, size: str = "13px") -> str:
    return _CELL.replace("SIZE", size).replace("TEXT", text)


def _picture(name: str, alt: str) -> str:
    code = sha256(name.encode()).hexdigest()
    return _PICTURE.replace("HREF", _tracked(f"picture {name}")).replace("ALT", alt).replace("HASH", code)


def _button(name: str, text: str) -> str:
    return _BUTTON.replace("HREF", _tracked(f"button {name}")).replace("TEXT", text)


def _column(width: int, *cells: str) -> str:
    return _COLUMN.replace("WIDTH", str(width)).replace("CELLS", "".join(cells))


def _section(*columns: str) -> str:
    return _SECTION.replace("COLUMNS", "".join(columns))


def newsletter() -> str:
    """The whole page."""
    parts = [_HEAD, "&#847; &zwnj; &nbsp; &#8199; &shy; " * 60, "</div>"]
    parts.append(_section(_column(100, _picture("logo", "Harbour news"), _cell("Harbour news, June", "22px"))))
    for title, text in _ARTICLES:
        more = _button(title, "Read more")
        parts.append(_section(_column(100, _picture(title, ""), _cell(f"<h2>{title}</h2>"), _cell(text), more)))
    for pair in (_THINGS[:2], _THINGS[2:]):
        columns = [
            _column(50, _picture(name, ""), _cell(name), _cell(price), _button(name, "Buy")) for name, price in pair
        ]
        parts.append(_section(*columns))
    icons = "".join(
        f'<a href="{_tracked(site)}"><img src="https://img.news.example/{site}.png" width="20" height="20"></a>'
        for site in ("fb", "tw", "ig", "yt")
    )
    footer = (
        f'You get this mail as you asked for it at harbour.example. <a href="{_tracked("off")}">Unsubscribe</a> or '
        f'<a href="{_tracked("web")}">read it in the browser</a>. Harbour Trust, 1 Quay Street.'
    )
    parts.append(_section(_column(100, _cell(icons), _cell(footer, "11px"))))
    parts.append('<img src="https://click.mailer.example/open?u=1" width="1" height="1" alt="opened" /></body></html>')
    return "".join(parts)
