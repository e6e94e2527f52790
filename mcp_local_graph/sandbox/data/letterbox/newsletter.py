"""Newsletters as sending services build them: forty kilobytes of tables around a page of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.hands import INES, Hand
from mcp_local_graph.sandbox.data.headers import Post
from mcp_local_graph.sandbox.data.letterbox.projects import for_ines
from mcp_local_graph.sandbox.data.letters import Client, Letter, Quote, Signature
from mcp_local_graph.sandbox.data.posts import write
from mcp_local_graph.sandbox.data.seeds import Address

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.data.days import Days
    from mcp_local_graph.sandbox.data.mail import Mail

_TRACKER = "https://click.tidewater-weekly.example/ls/click?upn="
# What a client shows after the subject, and the filler that keeps the rest of the text out of that place.
_PREHEADER = (
    '<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;'
    'overflow:hidden;">{words}{filler}</div>'
)
_FILLER = "&#847;&zwnj;&nbsp;" * 90
_HEAD = """<!doctype html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head>
<title>Tidewater Weekly</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
#outlook a { padding:0; }
body { margin:0;padding:0;-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%; }
table, td { border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt; }
img { border:0;height:auto;line-height:100%; outline:none;text-decoration:none;-ms-interpolation-mode:bicubic; }
p { display:block;margin:13px 0; }
</style>
<!--[if mso]>
<noscript>
<xml>
<o:OfficeDocumentSettings>
<o:AllowPNG/>
<o:PixelsPerInch>96</o:PixelsPerInch>
</o:OfficeDocumentSettings>
</xml>
</noscript>
<![endif]-->
<!--[if lte mso 11]>
<style type="text/css">.mj-outlook-group-fix { width:100% !important; }</style>
<![endif]-->
<style type="text/css">
@media only screen and (min-width:480px) { .mj-column-per-100 { width:100% !important; max-width: 100%; } .mj-column-per-33 { width:33.333% !important; max-width: 33.333%; } }
</style>
</head>
<body style="word-spacing:normal;background-color:#eef3f6;">
"""
_OPEN = """<!--[if mso | IE]><table align="center" border="0" cellpadding="0" cellspacing="0" class="" role="presentation" style="width:600px;" width="600" bgcolor="#ffffff" ><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;"><![endif]-->
<div style="background:#ffffff;background-color:#ffffff;margin:0px auto;max-width:600px;">
<table align="center" border="0" cellpadding="0" cellspacing="0" role="presentation" style="background:#ffffff;background-color:#ffffff;width:100%;">
<tbody><tr><td style="direction:ltr;font-size:0px;padding:20px 0;padding-bottom:0px;text-align:center;">
<!--[if mso | IE]><table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td class="" style="vertical-align:top;width:600px;" ><![endif]-->
<div class="mj-column-per-100 mj-outlook-group-fix" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%;">
<table border="0" cellpadding="0" cellspacing="0" role="presentation" style="vertical-align:top;" width="100%"><tbody>
"""
_CLOSE = """</tbody></table>
</div>
<!--[if mso | IE]></td></tr></table><![endif]-->
</td></tr></tbody></table>
</div>
<!--[if mso | IE]></td></tr></table><![endif]-->
"""
_IMAGE = """<tr><td align="center" style="font-size:0px;padding:10px 25px;word-break:break-word;">
<table border="0" cellpadding="0" cellspacing="0" role="presentation" style="border-collapse:collapse;border-spacing:0px;">
<tbody><tr><td style="width:550px;"><a href="{link}" target="_blank"><img alt="" height="auto" src="https://cdn.tidewater-weekly.example/img/{image}.jpg" style="border:0;display:block;outline:none;text-decoration:none;height:auto;width:100%;font-size:13px;" width="550" /></a></td></tr></tbody>
</table></td></tr>
"""
_WORDS = """<tr><td align="left" style="font-size:0px;padding:10px 25px;padding-top:0px;word-break:break-word;">
<div style="font-family:Ubuntu, Helvetica, Arial, sans-serif;font-size:{size}px;font-weight:{weight};line-height:1.4;text-align:left;color:#22313a;">{words}</div>
</td></tr>
"""
_BUTTON = """<tr><td align="left" vertical-align="middle" style="font-size:0px;padding:10px 25px;word-break:break-word;">
<table border="0" cellpadding="0" cellspacing="0" role="presentation" style="border-collapse:separate;line-height:100%;">
<tbody><tr><td align="center" bgcolor="#0b7285" role="presentation" style="border:none;border-radius:3px;cursor:auto;mso-padding-alt:10px 25px;background:#0b7285;" valign="middle">
<a href="{link}" style="display:inline-block;background:#0b7285;color:#ffffff;font-family:Ubuntu, Helvetica, Arial, sans-serif;font-size:13px;font-weight:normal;line-height:120%;margin:0;text-decoration:none;text-transform:none;padding:10px 25px;mso-padding-alt:0px;border-radius:3px;" target="_blank">Read on</a></td></tr></tbody>
</table></td></tr>
"""
_SPACER = """<tr><td style="font-size:0px;word-break:break-word;"><div style="height:12px;line-height:12px;">&#8202;</div></td></tr>
<tr><td align="center" style="font-size:0px;padding:10px 25px;word-break:break-word;"><p style="border-top:solid 1px #d5dde2;font-size:1px;margin:0px auto;width:100%;"></p>
<!--[if mso | IE]><table align="center" border="0" cellpadding="0" cellspacing="0" style="border-top:solid 1px #d5dde2;font-size:1px;margin:0px auto;width:550px;" role="presentation" width="550px" ><tr><td style="height:0;line-height:0;"> &nbsp; </td></tr></table><![endif]--></td></tr>
"""
_STORIES = (
    (
        "Ice in the Sandray Sound, a month early",
        "Pilots report drift ice down to the Outer Skerry. Small craft stay in.",
    ),
    (
        "New depth limits for Kestrel Sound",
        "From January the East Basin takes 7.4 m draught. The survey is on its way.",
    ),
    ("Who owns the sea floor data?", "A new rule asks ports to publish. We asked three harbour masters."),
    ("Second-hand: multibeam, one owner", "A 2021 head with 400 hours, Fernhill report included."),
    ("Jobs: party chief, Lisbon", "Twelve weeks on, six off. Portuguese is a plus."),
    ("The tide table is out", "As every year, with the corrections for the southern ports."),
)


def mails(days: Days) -> list[Mail]:
    """Four weeks of one newsletter, the newest unread."""
    sender = Hand(Address("Tidewater Weekly", "news@tidewater-weekly.example"), Client(name="", write=_write))
    extra = (
        ("List-Unsubscribe", f"<{_TRACKER}unsub>, <mailto:leave@tidewater-weekly.example>"),
        ("Precedence", "bulk"),
    )
    return [
        write(
            f"newsletter-{week}", sender, days.at(-1 - 5 * week, "06:01"), (INES.who,),
            f"Tidewater Weekly #{412 - week}: {_STORIES[week][0]}", str(week),
            post=Post(extra=extra, envelope="bounce+4417@send.tidewater-weekly.example"),
            elsewhere=for_ines(read=week > 0, focused=False, folder="inbox" if week < 2 else "archive"),  # noqa: PLR2004 (the older two are filed)
        )
        for week in range(4)
    ]  # fmt: skip


def _write(text: str, _signature: Signature, _quote: Quote | None) -> Letter:
    """The issue of so many weeks ago; `text` is that number."""
    week = int(text)
    stories = _STORIES[week:] + _STORIES[:week]
    preheader = _PREHEADER.format(words="Ice, depth limits, jobs: your week at sea.", filler=_FILLER)
    body = preheader + _masthead(week) + "".join(map(_story, stories)) + _foot(week)
    return Letter(f"{_HEAD}{body}</body>\r\n</html>\r\n", body, body)


def _masthead(week: int) -> str:
    words = _WORDS.format(size=26, weight=700, words="Tidewater Weekly") + _WORDS.format(
        size=12, weight=400, words=f'Issue {412 - week} · <a href="{_link("browser", week)}">View in browser</a>'
    )
    return _OPEN + words + _SPACER + _CLOSE


def _story(story: tuple[str, str]) -> str:
    title, words = story
    link = _link(title, 0)
    inner = (
        _IMAGE.format(link=link, image=ids.guid(title))
        + _WORDS.format(
            size=18, weight=700, words=f'<a href="{link}" style="color:#22313a;text-decoration:none;">{title}</a>'
        )
        + _WORDS.format(size=14, weight=400, words=words)
        + _BUTTON.format(link=link)
        + _SPACER
    )
    return _OPEN + inner + _CLOSE


def _foot(week: int) -> str:
    words = (
        "You get this because you subscribed as ines.okafor@brackwater.example. "
        f'<a href="{_link("unsubscribe", week)}">Unsubscribe</a> · <a href="{_link("preferences", week)}">Preferences</a>'
    )
    pixel = f'<img src="https://open.tidewater-weekly.example/wf/open?upn={_token("open", week)}" alt="" width="1" height="1" border="0" style="height:1px !important;width:1px !important;border-width:0 !important;" />'
    return _OPEN + _WORDS.format(size=11, weight=400, words=words) + _CLOSE + pixel


def _link(what: str, week: int) -> str:
    return f"{_TRACKER}{_token(what, week)}"


def _token(what: str, week: int) -> str:
    """What a tracker puts into an address to know who it was."""
    return "u001." + "".join(ids.guid(what, str(week), str(part)).replace("-", "") for part in range(14))
