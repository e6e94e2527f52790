"""The signed-in person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.errors import ServiceUnavailable
from mcp_local_graph.tools import profile
from mcp_local_graph.tools.profile import Profile, profile_get
from tests.support import QUICK, services
from tests.tools import referee
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
MANAGER, MAILBOX = "User.Read.All", "MailboxSettings.Read"
(TOOL,) = profile.PROFILE.tools


async def call(there: Services) -> Profile:
    return await profile_get(await there.graph(TOOL.scopes))


def grant(tenant: DemoTenant, *scopes: str) -> tuple[str, ...]:
    tenant.control.grant_consent(None, ["User.Read", *scopes])
    return ("User.Read", *scopes)


def asked(tenant: DemoTenant) -> list[str]:
    return [record.path for record in tenant.control.requests("graph")]


async def test_user_read_alone_is_one_request_and_no_question(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.clear_requests()
    shown = await call(there)
    assert [record.endpoint for record in tenant.control.requests()] == ["graph"]
    assert asked(tenant) == ["/v1.0/me"]
    assert shown.lines() == [
        "Name: Ines Okafor",
        "User name: ines.okafor@brackwater.example",
        "Job title: Survey Team Lead",
        "Office: Harbour House 2.14",
        "Phones: +44 1632 960 011",
        "Language: en-GB",
    ]
    assert shown.notes() == ["The manager is left out: User.Read.All was not granted."]


async def test_what_is_granted_already_is_used(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there, *grant(tenant, MANAGER, MAILBOX))
    shown = await call(there)
    assert shown.lines()[-2:] == [
        "Manager: Tomasz Halloran tomasz.halloran@brackwater.example",
        "Time zone: Europe/London",
    ]
    assert shown.notes() == []
    assert sorted(asked(tenant)) == ["/v1.0/me", "/v1.0/me/mailboxSettings", "/v1.0/me/manager"]


@pytest.mark.parametrize(
    ("scope", "path", "line"), [(MANAGER, "manager", "Manager: "), (MAILBOX, "mailboxSettings", "Time zone: ")]
)
async def test_each_extra_stands_for_itself(
    tenant: DemoTenant, there: Services, scope: str, path: str, line: str
) -> None:
    await sign_in(there, *grant(tenant, scope))
    shown = await call(there)
    assert asked(tenant) == ["/v1.0/me", f"/v1.0/me/{path}"]
    assert [each for each in shown.lines() if each.startswith(("Manager", "Time zone"))] == [shown.lines()[-1]]
    assert shown.lines()[-1].startswith(line)


async def test_what_an_administrator_granted_for_everybody_is_used_without_being_asked_for(
    tenant: DemoTenant, there: Services
) -> None:
    grant(tenant, MANAGER, MAILBOX)
    await sign_in(there, "User.Read")
    assert (await call(there)).time_zone == "Europe/London"
    assert "MailboxSettings" not in tenant.control.requests("authorize")[0].query["scope"]


async def test_what_an_administrator_took_back_is_not_used_and_nobody_is_asked(
    tenant: DemoTenant, there: Services
) -> None:
    tenant.control.set_token_lifetime(0)
    await sign_in(there, *grant(tenant, MANAGER, MAILBOX))
    tenant.control.forget_consent()
    tenant.control.grant_consent(None, ["User.Read"])
    tenant.control.set_token_lifetime(3600)
    tenant.control.clear_requests()
    with_less = await there.auth.token(TOOL.scopes)
    assert with_less
    assert (await call(there)).manager == ""
    assert asked(tenant) == ["/v1.0/me"]


async def test_nobody_above_is_no_manager(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there, *grant(tenant, MANAGER), account="marit.sandvold@brackwater.example")
    shown = await call(there)
    assert (shown.name, shown.manager) == ("Marit Sandvold", "")


async def test_an_account_without_a_mailbox_has_no_time_zone(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there, *grant(tenant, MAILBOX), account="rui.castellane@brackwater.example")
    shown = await call(there)
    assert (shown.name, shown.time_zone) == ("Rui Castellane", "")


@pytest.mark.parametrize("path", ["/v1.0/me/manager", "/v1.0/me/mailboxSettings"])
async def test_an_extra_that_is_refused_all_the_same_is_left_out(
    tenant: DemoTenant, there: Services, path: str
) -> None:
    await sign_in(there, *grant(tenant, MANAGER, MAILBOX))
    tenant.control.queue_graph_fault(403, path, code="ErrorAccessDenied")
    shown = await call(there)
    assert [shown.manager == "", shown.time_zone == ""] == [path.endswith("manager"), path.endswith("Settings")]


async def test_a_zone_that_nobody_knows_keeps_its_name(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there, *grant(tenant, MAILBOX))
    tenant.control.queue_graph_fault(200, "/v1.0/me/mailboxSettings", body=b'{"timeZone":"Customized Time Zone"}')
    assert (await call(there)).time_zone == "Customized Time Zone"


async def test_a_personal_account_has_a_profile(tenant: DemoTenant, tmp_path: Path) -> None:
    there = services(tenant, tmp_path, tenant="consumers")
    await sign_in(there, "User.Read", MAILBOX, account="ines.o@postbox.example")
    shown = await call(there)
    assert shown.notes() == []
    assert shown.lines() == ["Name: Ines O.", "User name: ines.o@postbox.example", "Time zone: Europe/London"]
    await there.connection.close()


async def test_a_profile_with_nothing_in_it_is_empty_and_no_error(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.queue_graph_fault(200, "/v1.0/me", body=b'{"displayName":null,"businessPhones":null}')
    assert (await call(there)).lines() == []


async def test_a_mail_address_that_differs_from_the_user_name_is_shown(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    body = b'{"userPrincipalName":"I.O@x.example","mail":"ines@x.example","businessPhones":["1"],"mobilePhone":"2"}'
    tenant.control.queue_graph_fault(200, "/v1.0/me", body=body)
    assert (await call(there)).lines() == ["User name: I.O@x.example", "Mail: ines@x.example", "Phones: 1, 2"]


async def test_a_service_that_is_down_is_said(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.queue_graph_fault(503, "/v1.0/me", times=QUICK.attempts)
    with pytest.raises(ServiceUnavailable):
        await call(there)


@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
async def test_the_declared_scopes_suffice_for_every_request_and_none_is_idle(
    tenant: DemoTenant, there: Services
) -> None:
    await sign_in(there)
    await call(there)
    for path in asked(tenant):
        assert TOOL.scopes & referee.sufficient(path)
    await sign_in(there, *grant(tenant, *TOOL.optional))
    tenant.control.clear_requests()
    await call(there)
    needed = [referee.sufficient(path) for path in asked(tenant)]
    assert all((TOOL.scopes | TOOL.optional) & each for each in needed)
    assert all(any(scope in each for each in needed) for scope in TOOL.scopes | TOOL.optional)
