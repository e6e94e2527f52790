"""`login`: sign in from a terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mcp_local_graph import app, config
from mcp_local_graph.auth import browser
from mcp_local_graph.auth.accounts import FIRST_SCOPES
from mcp_local_graph.auth.credentials import CredentialTokens
from mcp_local_graph.catalogue.scopes import WORKLOADS, for_first_sign_in
from mcp_local_graph.cli import output, qr
from mcp_local_graph.cli.consent import message, scopes_of
from mcp_local_graph.cli.options import Command, with_settings
from mcp_local_graph.clouds import is_personal
from mcp_local_graph.errors import AdminConsentNeeded, Need, SignInFailed, SignInNeeded
from mcp_local_graph.threads import in_thread
from mcp_local_graph.tools import needed

if TYPE_CHECKING:
    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Attempt, Rung
    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.config import Settings

# What a later start needs to find the same sign-in again.
_REMEMBERED = ("client_id", "tenant", "cloud", "login_url", "graph_url", "ca_file", "token_store", "account")
# Seconds that the browser may take to fetch the last page.
_LAST_PAGE = 3.0
# Columns that a QR code of such an address takes, and some to spare.
_QR_COLUMNS = 50


@click.command(cls=Command)
@click.option("--again", is_flag=True, help="Sign in though somebody is signed in, for instance as somebody else.")
@click.option(
    "--add",
    "wanted",
    multiple=True,
    metavar="WHAT",
    help=f"Ask for more ahead of time: a permission by name, or what it takes to read {', '.join(sorted(WORKLOADS))}. "
    "May be given several times.",
)
@with_settings
def command(settings: Settings, *, again: bool, wanted: tuple[str, ...]) -> None:
    """Sign in to Microsoft 365: in the browser where there is one, else by a code.

    The ids given as flags are kept in the settings file, so that a host needs none.
    """
    asyncio.run(_login(settings, scopes_of(wanted, personal=is_personal(settings.tenant)), again=again))


async def _login(settings: Settings, added: frozenset[str], *, again: bool) -> None:
    offered = needed(app.tools(settings))
    auth = app.services(settings, offered).auth
    if isinstance(auth, CredentialTokens):
        await auth.begin(Need(FIRST_SCOPES))  # raises, and says where one signs in instead
        return
    config.own(settings.state_dir, make=True)  # before the person is asked: what they grant is to be kept there
    before = await auth.status()
    first = for_first_sign_in(offered, personal=is_personal(settings.tenant))
    need = await _need(auth, first, added, again=again)
    if need is None:
        output.say(f"Already signed in as {before.account.user_name if before.account else 'somebody'}.")
        output.say("To sign in as somebody else: mcp-local-graph login --again")
    else:
        if not before.lasts:
            output.complain(f"This sign-in will end with this command: tokens are kept {before.token_store}.")
        try:
            account = await _sign_in(auth, need, anyone=again)
        except AdminConsentNeeded as error:
            output.say(message(await auth.approval(error.scopes)))
            raise
        output.say(f"Signed in as {account.user_name}.")
        output.say(f"Tokens: {before.token_store}")
    _remember(settings)


async def _sign_in(auth: AuthenticationService, need: Need, *, anyone: bool) -> Account:
    """Ask, and where one way turns out to be closed, in the next."""
    said: set[Rung] = set()
    while True:
        attempt, _ = await auth.begin(need, asked=True, in_person=True, anyone=anyone)
        for rung, error in auth.closed.items():
            if rung not in said:
                output.say(f"{error.what} {error.remedy}")
        said.update(auth.closed)
        await _show(attempt)
        await attempt.wait()  # it ends by itself when its time is over
        await in_thread(attempt.closed.wait, _LAST_PAGE)
        try:
            return attempt.outcome.result()
        except SignInNeeded as refusal:
            if not refusal.another_way and refusal.need == attempt.need:
                raise
            need = refusal.need


async def _need(
    auth: AuthenticationService, first: frozenset[str], added: frozenset[str], *, again: bool
) -> Need | None:
    """What a sign-in is needed for; None where somebody is signed in and nothing more is wanted.

    `first` is what a person who is new here is asked for. Who is here already is asked for what is `added` only.
    """
    if again:
        return Need(first | added)
    try:
        await auth.token(FIRST_SCOPES)
    except SignInNeeded as refusal:
        return refusal.need._replace(scopes=added | (FIRST_SCOPES if await auth.granted() else first))
    except SignInFailed:  # what refuses silently may well pass with a person there: that is why they came
        return Need(FIRST_SCOPES | added)
    return Need(added) if added - await auth.granted() else None


async def _show(attempt: Attempt) -> None:
    shown = attempt.shown
    if shown.code:
        if output.can_draw(_QR_COLUMNS):
            for line in qr.lines(shown.address):
                output.say(line)
        output.say(f"Open {shown.address} in any browser and enter the code {shown.code}")
        output.say("Enter it only if you have just started this yourself. Waiting ...")
    elif browser.can_open() and await in_thread(browser.open_page, shown.address):
        output.say(f"A browser window opens. If it does not, open {shown.address}")
    else:
        output.say(f"Open {shown.address} in a browser on this computer. Waiting ...")


def _remember(settings: Settings) -> None:
    """Keep what was given by flag."""
    given = {name: _text(settings, name) for name in _REMEMBERED if settings.origins[name] == "flag"}
    if kept := {name: text for name, text in given.items() if text is not None}:
        output.say(f"Settings kept in {config.write_file(settings.state_dir, kept)}")


def _text(settings: Settings, name: str) -> str | None:
    """A setting as it stands in the file; None where an empty flag set it to nothing."""
    if name == "cloud":
        return settings.cloud.name
    if name in {"login_url", "graph_url"}:
        return str(getattr(settings.cloud, name)) if settings.cloud.name == "custom" else None
    value = getattr(settings, name)
    return None if value is None else str(value)
