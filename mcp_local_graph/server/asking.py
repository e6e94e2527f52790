"""Asking the person in the middle of a call: the only module that knows the two eras of the protocol.

In both eras a tool's body runs again from the top once the person has answered. They differ in how a question is put:
since 2026-07-28 a call ends with the question and the client calls again with the answer and our single-use nonce;
before, the question is a request of ours while the call stays open. A client that can be asked nothing is served by
the browser, by a code in the answer, and by calling again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)

from mcp_local_graph.auth import browser
from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.errors import LocalGraphError, SignInNeeded
from mcp_local_graph.server import boundary
from mcp_local_graph.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server.mcpserver import Context

    from mcp_local_graph.auth.attempt import Attempt, Shown
    from mcp_local_graph.auth.credentials import CredentialTokens
    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.errors import Need

_STATELESS = "2026-07-28"
_QUESTION = "question"
# Calls that wait for an answer. A client that never comes back must not fill the memory.
_OPEN_CALLS = 256


class Patience(NamedTuple):
    """Seconds: how long a call waits for a person, and how often it says so. Hosts drop a silent call at about 60.

    `again` is how long a call waits for what another has waited for in vain: the person may need an administrator.
    """

    wait: float = 45.0
    progress: float = 5.0
    again: float = 10.0


@dataclass(slots=True)
class Talk:
    """What one call has asked and heard, over all its rounds."""

    deadline: float
    attempt: Attempt | None = None
    need: Need | None = None
    answer: str | None = None
    elicitation_id: str | None = None
    tried: list[tuple[frozenset[str], str | None]] = field(default_factory=list)


Outcome = CallToolResult | InputRequiredResult


class Asking:
    """Runs tool bodies, and signs the person in when one needs it."""

    def __init__(self, auth: AuthenticationService | CredentialTokens, patience: Patience) -> None:
        self._auth = auth
        self._patience = patience
        self._open: OrderedDict[str, Talk] = OrderedDict()
        self._in_vain: Attempt | None = None

    async def converse(self, context: Context[Any, Any], body: Callable[[], Awaitable[CallToolResult]]) -> Outcome:
        """Run a body to its end, or to a question. Before it asks, a body does nothing that must not be done twice."""
        talk = self._resumed(context)
        needed: SignInNeeded | None = None
        while True:
            try:
                if needed is None:
                    return await body()
                if (outcome := await self._sign_in(context, talk, needed)) is not None:
                    return outcome
                needed = None
            except (LocalGraphError, BaseExceptionGroup) as raised:
                error = boundary.leaf(raised)
                if not isinstance(error, LocalGraphError):
                    raise
                if not isinstance(error, SignInNeeded) or _in_vain(talk, error):
                    return boundary.failed(error)
                needed = error

    def _resumed(self, context: Context[Any, Any]) -> Talk:
        """The talk that this call goes on with; a new one for a first round, a replay, or a nonce that is not ours."""
        talk = self._open.pop(context.request_state or "", None)
        if talk is None:
            return Talk(deadline=time.monotonic() + self._patience.wait)
        talk.deadline = time.monotonic() + self._patience.wait
        answer = (context.input_responses or {}).get(_QUESTION)
        talk.answer = answer.action if isinstance(answer, ElicitResult) else None
        return talk

    async def _sign_in(self, context: Context[Any, Any], talk: Talk, needed: SignInNeeded) -> Outcome | None:
        """Bring the attempt forward; None when the body can run again."""
        attempt = talk.attempt
        if attempt is None:
            attempt, began = await self._auth.begin(needed.need, asked=needed.asked, since=needed.moment)
            # Who asks for it themselves is shown a sign-in that is under way too: they may have closed its page.
            mine = began or needed.asked
            talk.attempt, talk.need = attempt if mine else None, needed.need
            if mine and (outcome := await self._show(context, talk, attempt)) is not None:
                return outcome
        elif talk.answer != "accept":
            attempt.cancel()
        over = await self._wait(context, talk, attempt)
        talk.attempt = None
        talk.tried.append(_key(talk.need or needed.need))
        if not over:
            return boundary.text(_not_finished(attempt.shown))
        if talk.elicitation_id:
            await context.session.send_elicit_complete(talk.elicitation_id, related_request_id=context.request_id)
            talk.elicitation_id = None
        attempt.outcome.result()  # an account, or the error that ended it
        return None

    async def _show(self, context: Context[Any, Any], talk: Talk, attempt: Attempt) -> Outcome | None:
        """Put the attempt before the person: by the client where it can, else by the browser, else in the answer."""
        shown = attempt.shown
        if not shown.address:
            return None
        if not _can_show_address(context):
            return await _shown_here(shown)
        if (context.protocol_version or "") < _STATELESS:
            return await self._elicit(context, talk, attempt)
        nonce = secrets.token_urlsafe(16)
        self._open[nonce] = talk
        while len(self._open) > _OPEN_CALLS:
            self._open.popitem(last=False)
        asked = ElicitRequest(params=ElicitRequestURLParams(message=_question(shown), url=shown.address))
        return InputRequiredResult(input_requests={_QUESTION: asked}, request_state=nonce)

    async def _elicit(self, context: Context[Any, Any], talk: Talk, attempt: Attempt) -> Outcome | None:
        """The older era: our request stays open until it is answered, the attempt is over, or patience ends."""
        left = max(talk.deadline - time.monotonic(), 0)
        talk.elicitation_id = secrets.token_urlsafe(16)
        question = context.elicit_url(_question(attempt.shown), attempt.shown.address, talk.elicitation_id)
        asking, watching = asyncio.ensure_future(question), asyncio.ensure_future(attempt.wait(left))
        try:
            await asyncio.wait({asking, watching}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            answered = not asking.cancel()
        if not answered:
            return None
        try:
            if asking.result().action != "accept":
                attempt.cancel()
        except (MCPError, ValueError):  # the client could not ask after all: that is no answer of the person
            return await _shown_here(attempt.shown)
        return None

    async def _wait(self, context: Context[Any, Any], talk: Talk, attempt: Attempt) -> bool:
        """Wait for the person within the call's patience, and say so now and then; True when the attempt is over."""
        patience = self._patience
        if attempt is self._in_vain:
            talk.deadline = min(talk.deadline, time.monotonic() + patience.again)
        while (left := talk.deadline - time.monotonic()) > 0:
            if await attempt.wait(min(patience.progress, left)):
                return True
            waited = patience.wait - max(talk.deadline - time.monotonic(), 0)
            await context.report_progress(waited, patience.wait, "Waiting for the sign-in to be finished")
        self._in_vain = attempt
        return attempt.over


def _in_vain(talk: Talk, error: SignInNeeded) -> bool:
    """Whether a person who has just answered this very question would be asked it again."""
    return talk.attempt is None and _key(error.need) in talk.tried and not error.another_way


def _key(need: Need) -> tuple[frozenset[str], str | None]:
    return need.scopes, need.claims


async def _shown_here(shown: Shown) -> CallToolResult | None:
    """Open the browser of this machine; where there is none, or a code is to be told, say so in the answer."""
    if shown.rung is Rung.DEVICE:
        return boundary.text(_not_finished(shown))
    if browser.can_open() and await in_thread(browser.open_page, shown.address):
        return None
    return boundary.text(
        f"To sign in to Microsoft 365, open {shown.address} in a browser on this computer. Then make this call again."
    )


def _can_show_address(context: Context[Any, Any]) -> bool:
    """Whether the client can show an address. A bare `elicitation: {}` means forms only."""
    capabilities = context.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and elicitation.url is not None


def _question(shown: Shown) -> str:
    if shown.code:
        return f"Sign in to Microsoft 365: open the page and enter the code {shown.code}."
    return "Sign in to Microsoft 365 in the browser, so that this can go on."


def _not_finished(shown: Shown) -> str:
    if shown.code:
        return (
            f"To sign in to Microsoft 365, open {shown.address} in any browser and enter the code {shown.code}. "
            "Enter it only if you asked for this yourself. Then make this call again."
        )
    if shown.rung is Rung.ELSEWHERE:
        return "Another program on this computer is asking for the sign-in. Once it is done, make this call again."
    return (
        f"The sign-in is not finished. It is open in a browser on this computer, or open it there: {shown.address} "
        "Then make this call again. If the page wants an administrator's approval, `mcp-local-graph consent` prints a "
        "message for them."
    )
