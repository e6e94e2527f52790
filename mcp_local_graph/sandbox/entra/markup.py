"""The pages as HTML: plain, accessible, nothing from elsewhere, and never to be mistaken for Microsoft's."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from mcp_local_graph.sandbox import company

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcp_local_graph.sandbox.company import Account

STYLE = """
:root { color-scheme: light dark; --ink: #1c2530; --soft: #55616f; --paper: #f3f1ec; --card: #fff; --line: #d5d0c6;
  --accent: #0b6157; --on-accent: #fff; --warn: #7a3b00; --band: #ffe9b8; --on-band: #4a2f00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --soft: #a9b4bf; --paper: #14191e; --card: #1e252c;
  --line: #3a444e; --accent: #5cc9b8; --on-accent: #06231f; --warn: #ffb878; --band: #4a3a12; --on-band: #ffe9b8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
.band { margin: 0; padding: .5rem 1rem; text-align: center; background: var(--band); color: var(--on-band); }
main { max-width: 27rem; margin: 8vh auto 2rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }
.firm { margin: 0 0 1rem; font-weight: 600; color: var(--accent); }
h1 { margin: 0 0 .75rem; font-size: 1.45rem; line-height: 1.25; }
p { margin: .5rem 0; } ul { margin: 1rem 0; padding: 0; list-style: none; }
.scopes li { padding: .5rem 0; border-top: 1px solid var(--line); }
.scopes li:last-child { border-bottom: 1px solid var(--line); }
.scopes code, .soft, small { color: var(--soft); font-size: .875rem; } .scopes code { display: block; }
.warn { color: var(--warn); font-weight: 600; }
button { font: inherit; padding: .6rem 1.1rem; border: 1px solid var(--line); border-radius: .5rem; cursor: pointer;
  background: var(--card); color: var(--ink); }
button.first { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button.account { display: block; width: 100%; margin: .4rem 0; text-align: left; overflow-wrap: anywhere; }
button.account small { display: block; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input[type=text] { font: inherit; width: 100%; padding: .6rem; letter-spacing: .15em; text-transform: uppercase;
  border: 1px solid var(--soft); border-radius: .5rem; background: var(--card); color: var(--ink); }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.25rem; }
""".strip()
SCRIPT = "document.querySelector('form').requestSubmit();\n"

_WORDS = {
    "openid": "Sign you in",
    "profile": "See your name and user name",
    "email": "See your e-mail address",
    "offline_access": "Keep the access you have given it",
    "User.Read": "Sign you in and read your profile",
    "User.ReadBasic.All": "Read the names and addresses of everybody",
    "User.Read.All": "Read the full profiles of everybody",
    "Mail.Read": "Read your mail",
    "Mail.Send": "Send mail as you",
    "MailboxSettings.Read": "Read your mailbox settings, such as your time zone",
    "Calendars.Read": "Read your calendars",
    "Files.Read": "Read your files",
}


def page(title: str, content: str, *, status: int = 200, target: str = "", submit: bool = False) -> HTMLResponse:
    """A whole page. `target` is an origin that its form may lead to; `submit` sends the form at once."""
    script = '<script src="/demo.js" defer></script>' if submit else ""
    document = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {company.COMPANY} demo tenant</title>"
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/demo.css">{script}</head><body>'
        '<p class="band"><strong>Demo tenant &ndash; not Microsoft.</strong> All people are invented.</p>'
        f'<main><p class="firm">{company.COMPANY}</p><h1>{escape(title)}</h1>{content}</main></body></html>\n'
    )
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {target}"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy.strip(),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(document, status, headers)


def form(action: str, hidden: Mapping[str, str], content: str) -> str:
    """A form that posts hidden fields beside its content."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    return f'<form method="post" action="{escape(action)}">{fields}{content}</form>'


def button(name: str, value: str, label: str, *, kind: str = "") -> str:
    """A submit button; `kind` is its look, `label` is text."""
    return f'<button name="{name}" value="{escape(value)}" class="{kind}">{escape(label)}</button>'


def row(*buttons: str) -> str:
    """Buttons side by side."""
    return f'<div class="row">{"".join(buttons)}</div>'


def picker(accounts: Sequence[Account], signed_in: Iterable[Account]) -> str:
    """One button for each account, in this order."""
    here = set(signed_in)
    return "".join(
        f'<button class="account" name="account" value="{escape(one.user_name)}">{escape(one.display_name)}{_kind(one)}'
        f"<small>{escape(one.user_name)}{' · signed in' if one in here else ''}</small></button>"
        for one in accounts
    )


def _kind(account: Account) -> str:
    """What a person should know of an account before they choose it."""
    if account.is_admin:
        return " (administrator)"
    if account.personal:
        return " (personal account)"
    if account.oid in company.DISABLED:
        return " (switched off)"
    return "" if account.tenant_id == company.TENANT_ID else " (another organisation)"


def scope_list(scopes: Iterable[str]) -> str:
    """Permissions with what they mean."""
    items = "".join(
        f"<li>{escape(_WORDS.get(scope, 'Use the permission'))} <code>{escape(scope)}</code></li>"
        for scope in sorted(scopes, key=lambda name: (name.islower(), name))
    )
    return f'<ul class="scopes">{items}</ul>'
