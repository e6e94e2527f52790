"""The engine against the demo tenant's mailboxes: their limits, their pages, their batches, their bad days."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import anyio
import pytest

from mcp_local_graph import app
from mcp_local_graph.errors import LocalGraphError, Throttled
from mcp_local_graph.graph.retry import Pace
from mcp_local_graph.sandbox import faults
from tests.graph.rig import USER_READ
from tests.support import services, settings
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.graph.client import Graph
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
MAIL = frozenset({"User.Read", "Mail.Read"})


@pytest.fixture
async def there(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Services]:
    """Somebody is signed in who has granted their mail."""
    tenant.control.grant_consent(None, sorted(MAIL))
    running = services(tenant, tmp_path)
    await sign_in(running, *MAIL)
    tenant.control.clear_requests()
    yield running
    await running.connection.close()


async def reading(there: Services) -> Graph:
    return await there.graph(MAIL, "mail_search")


def statuses(tenant: DemoTenant) -> set[int | None]:
    return {record.status for record in tenant.control.requests("graph")}


async def test_a_mailbox_that_takes_four_at_a_time_never_has_to_say_so(tenant: DemoTenant, there: Services) -> None:
    tenant.control.set_latency(0.01, "/v1.0/me/")
    graph, answers = await reading(there), list[int]()

    async def one() -> None:
        answers.append(len((await graph.page(graph.me.messages, limit=3, select=("id",))).items))

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(one)
        group.start_soon(graph.batch, [graph.ask(graph.me.messages, select=("id",), top=1)] * 8)
        group.start_soon(graph.batch, [graph.ask(graph.me.mail_folders, select=("id",))] * 3)
    assert answers == [3] * 40
    assert statuses(tenant) == {200}


async def test_a_mailbox_that_asks_for_a_pause_gets_it(tenant: DemoTenant, there: Services) -> None:
    graph = await reading(there)
    tenant.control.set_mailbox_limits(quota=1, retry_after=600)
    await graph.get(graph.me.messages, top=1)
    with pytest.raises(Throttled) as raised:
        await graph.get(graph.me.messages, top=1)
    assert raised.value.retry_after == 600
    assert raised.value.trace.request_id
    tenant.control.set_mailbox_limits()
    assert (await graph.get(graph.me.messages, top=1))["value"]


async def test_a_whole_mailbox_comes_page_by_page_each_message_once(tenant: DemoTenant, there: Services) -> None:
    graph = await reading(there)
    page = await graph.page(graph.me.messages, limit=30, select=("id", "subject"), count=True, text=True)
    ids = [item["id"] for item in page.items]
    assert page.total is not None
    while page.cursor:
        page = await (await reading(there)).page(None, limit=30, cursor=page.cursor)
        ids += [item["id"] for item in page.items]
    assert len(ids) == len(set(ids))
    assert len(ids) > 60
    preferred = {record.headers.get("prefer") for record in tenant.control.requests("graph")}
    assert preferred == {'IdType="ImmutableId", outlook.body-content-type="text"'}


async def test_a_batch_of_many_kinds_is_answered_part_by_part(tenant: DemoTenant, there: Services) -> None:
    graph = await reading(there)
    me, messages, nothing, forbidden = await graph.batch(
        [
            graph.ask(graph.me, select=("displayName",)),
            graph.ask(graph.me.messages, select=("subject",), top=2),
            graph.ask(graph.me.messages.by_message_id("none")),
            graph.ask(graph.me.manager),
        ]
    )
    assert isinstance(me, dict)
    assert me["displayName"] == tenant.person.display_name
    assert isinstance(messages, dict)
    assert len(messages["value"]) == 2
    assert isinstance(nothing, LocalGraphError)
    assert isinstance(forbidden, LocalGraphError)
    assert len(tenant.control.requests("graph")) == 1


async def test_an_expired_token_in_a_batch_is_renewed_silently(tenant: DemoTenant, there: Services) -> None:
    graph = await reading(there)
    tenant.control.expire_access_tokens()
    (me,) = await graph.batch([graph.ask(graph.me)])
    assert isinstance(me, dict)
    assert [record.status for record in tenant.control.requests("graph")] == [401, 200]


@pytest.mark.parametrize("name", sorted(faults.NAMED))
async def test_after_any_bad_answer_the_next_call_works(tenant: DemoTenant, tmp_path: Path, name: str) -> None:
    hurried = app.services(settings(tenant, tmp_path), pace=Pace(4.0, first=0.01))
    await sign_in(hurried)
    tenant.control.queue_graph_fault(name, "/v1.0/me")
    with contextlib.suppress(LocalGraphError):
        await (await hurried.graph(USER_READ)).get(("me",))
    assert (await (await hurried.graph(USER_READ)).get(("me",)))["displayName"] == tenant.person.display_name
    assert len(tenant.control.requests("graph")) <= 3
    await hurried.connection.close()
