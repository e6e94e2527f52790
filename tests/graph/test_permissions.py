"""A 403 explained: what is missing, whether it is granted, who can grant it."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_local_graph.errors import GraphRefused, LocalGraphError, PermissionMissing
from tests.graph.rig import USER_READ, Authority, caller, http, of

pytestmark = pytest.mark.anyio
DENIED = of({"error": {"code": "ErrorAccessDenied", "message": "secret plan"}}, 403)
MAIL = frozenset({"Mail.Read"})


async def refusal(authority: Authority, answer: bytes, **facts: Any) -> LocalGraphError:  # noqa: ANN401 - any property of a caller
    with authority.answering(answer) as server:
        async with authority.graph(server, caller(**facts)) as graph:
            with pytest.raises(LocalGraphError) as raised:
                await graph.get(graph.me)
    assert "secret" not in raised.value.text()
    return raised.value


async def test_what_is_not_granted_is_named_with_what_to_do_about_it(authority: Authority) -> None:
    error = await refusal(
        authority,
        DENIED,
        scopes=USER_READ | MAIL,
        granted=USER_READ,
        remedy=lambda missing: f"Grant {sorted(missing)}.",
    )
    assert type(error) is PermissionMissing
    assert error.what == "It needs the permission Mail.Read, which was not granted."
    assert error.remedy == "Grant ['Mail.Read']."


async def test_where_all_is_granted_it_is_about_the_object(authority: Authority) -> None:
    error = await refusal(authority, DENIED, scopes=MAIL, granted=USER_READ | MAIL)
    assert error.what == "Microsoft Graph refuses this for your account, though Mail.Read is granted."
    assert "no right to this object" in error.remedy
    error = await refusal(authority, DENIED, scopes=frozenset())
    assert error.what == "Microsoft Graph refuses this for your account."


async def test_the_scope_of_a_request_counts_as_the_tools_do(authority: Authority) -> None:
    with authority.answering(DENIED) as server:
        async with authority.graph(server) as graph:
            with pytest.raises(PermissionMissing, match=r"needs the permission MailboxSettings\.Read,"):
                await graph.get(graph.me.mailbox_settings, scope="MailboxSettings.Read")


async def test_without_anybody_who_knows_better_it_is_for_the_administrator(authority: Authority) -> None:
    error = await refusal(authority, DENIED, scopes=MAIL, granted=USER_READ)
    assert error.remedy == "Ask your administrator to grant Mail.Read to this app."


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_a_personal_account_is_told_that_it_has_less(authority: Authority, status: int) -> None:
    error = await refusal(authority, http(status, b"{}"), personal=True)
    assert error.remedy.endswith("Personal Microsoft accounts have only a part of Microsoft Graph.")
    error = await refusal(authority, http(status, b"{}"), personal=False)
    assert "Personal" not in error.remedy


async def test_a_personal_account_is_not_told_so_of_everything(authority: Authority) -> None:
    error = await refusal(authority, http(423, b"{}"), personal=True)
    assert isinstance(error, GraphRefused)
    assert "Personal" not in error.remedy
