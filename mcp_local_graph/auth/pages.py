"""The pages that a person sees at the loopback address: one template, no script, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from enum import StrEnum
from html import escape
from typing import NamedTuple

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #f4f6f8; --card: #fff; --line: #d5dae0; --go: #0b5cad;
  --good: #1a7f37; --bad: #b35900; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --paper: #16191d; --card: #20242a; --line: #3a4048; --go: #7ab7ff;
    --good: #4ac26b; --bad: #e8a33d; }
  button.go { color: #10141a; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(30rem, calc(100vw - 2rem)); background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
main.good { border-top: 4px solid var(--good); } main.bad { border-top: 4px solid var(--bad); }
code { font: .9em ui-monospace, monospace; background: var(--paper); border-radius: .25rem; padding: .1em .3em; }
a { color: var(--go); }
p:last-child { margin-bottom: 0; }
p.small { font-size: .875rem; opacity: .8; margin: 1.25rem 0 0; }
form { display: flex; gap: .75rem; flex-wrap: wrap; margin: 1.25rem 0 0; }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .4rem; border: 1px solid var(--line);
  background: transparent; color: inherit; cursor: pointer; }
button.go { background: var(--go); border-color: var(--go); font-weight: 600; }
@media (prefers-color-scheme: light) { button.go { color: #fff; } }
button:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

# No `form-action`: browsers apply it to the redirects behind a form too, and Microsoft may send a person on to their
# organisation's own sign-in page. `same-origin`, not `no-referrer`: with the latter a browser sends `Origin: null`
# even to us, and the Origin check would have nothing to check. To Microsoft no referrer goes out either way.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Connection": "close",
}


class Button(NamedTuple):
    """A form of one button that posts to `action`; `main` for the one that most people want."""

    label: str
    action: str
    main: bool = False


class Mood(StrEnum):
    """How a page looks: as what went well, as what did not, or as neither."""

    GOOD = "good"
    BAD = "bad"
    PLAIN = ""


def page(
    title: str,
    *paragraphs: str,
    advice: str = "",
    buttons: tuple[Button, ...] = (),
    small: str = "",
    mood: Mood = Mood.PLAIN,
) -> bytes:
    """One page. All texts are plain; commands and addresses in `advice`, which is ours, look like what they are."""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    advice = f"<p>{_marked(advice)}</p>" if advice else ""
    forms = f"<form method=post>{''.join(map(_button, buttons))}</form>" if buttons else ""
    small = f"<p class=small>{escape(small)}</p>" if small else ""
    look = f" class={mood}" if mood else ""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<main{look}><h1>{escape(title)}</h1>{body}{advice}{forms}{small}</main></html>"
    ).encode()


def _button(button: Button) -> str:
    look = " class=go" if button.main else ""
    return f'<button formaction="{escape(button.action)}"{look}>{escape(button.label)}</button>'


_SPECIAL = re.compile(r"`([^`]+)`|(https://[^\s`]*[^\s`.,;:)])")


def _marked(text: str) -> str:
    """A text as HTML, with commands and addresses marked up."""
    parts, end = [], 0
    for found in _SPECIAL.finditer(text):
        parts.append(escape(text[end : found.start()]))
        if found[1]:
            parts.append(f"<code>{escape(found[1])}</code>")
        else:
            parts.append(f'<a href="{escape(found[2])}" rel=noreferrer>{escape(found[2])}</a>')
        end = found.end()
    return "".join([*parts, escape(text[end:])])
