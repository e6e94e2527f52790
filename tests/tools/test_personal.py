"""What a personal Microsoft account gets: less, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from mcp_local_graph.sandbox import DemoTenant
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.anyio
AT_HOME = next(one.user_name for one in DemoTenant.people if one.personal)
SCOPES = ("User.Read", "Mail.Read", "Calendars.Read", "Contacts.Read")


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("home")
    with DemoTenant(directory) as tenant:
        desk = Desk(tenant, directory, tenant="consumers")

        async def sign_in() -> None:
            await desk.sign_in(*SCOPES, account=AT_HOME)

        anyio.run(sign_in)
        yield desk


@pytest.fixture
async def desk(at_home: Desk) -> AsyncIterator[Desk]:
    async with at_home.open():
        yield at_home


@pytest.mark.parametrize("name", ["mail_search", "mail_folders", "calendar_list", "briefing", "profile_get"])
async def test_mail_and_calendar_work(desk: Desk, name: str) -> None:
    answer = await desk.ask(name)
    assert not answer.is_error, answer.text


async def test_people_are_those_of_ones_own_address_book(desk: Desk) -> None:
    answer = await desk.ask("people_find", query="a")
    assert not answer.is_error, answer.text
    assert answer.data
    assert all("your contact" in line for line in answer.data)
    (request,) = answer.requests
    assert [part.path for part in request.parts] == ["/v1.0/me/contacts"]


@pytest.mark.parametrize("name", ["mail_search", "mail_folders", "calendar_list"])
async def test_a_shared_mailbox_is_refused_before_anybody_is_asked_for_anything(desk: Desk, name: str) -> None:
    answer = await desk.ask(name, mailbox="support@brackwater.example")
    assert answer.text == "A personal account has no shared mailboxes.\nLeave `mailbox` out."
    assert answer.requests == []


async def test_free_time_of_others_is_said_not_to_be_there(desk: Desk) -> None:
    answer = await desk.ask("calendar_free", people=["dana@example.com"])
    assert answer.text == ("A personal account has no free/busy times of others.\ncalendar_list shows your own.")
    assert answer.requests == []
