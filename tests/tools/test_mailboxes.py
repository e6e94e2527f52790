"""One's own mailbox by whatever name; somebody whose user name is no mail address."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from mcp_local_graph.sandbox import DemoTenant, company
from mcp_local_graph.sandbox.data import hands, staff
from mcp_local_graph.sandbox.data.mail import Mail
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio
NADIA = company.NADIA
OWN = ("User.Read", "Mail.Read", "Calendars.Read", "MailboxSettings.Read")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoTenant]:
    with DemoTenant(tmp_path_factory.mktemp("company")) as tenant:
        yield tenant


@pytest.fixture
async def desk(office: Desk) -> AsyncIterator[Desk]:
    async with office.open():
        yield office


@pytest.fixture(scope="module")
def office(tenant: DemoTenant, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tenant, tmp_path_factory.mktemp("desk"))
    anyio.run(sign_in, desk, *OWN)
    return desk


async def sign_in(desk: Desk, *scopes: str) -> None:
    await desk.sign_in(*scopes, account=NADIA.user_name)


async def test_free_time_is_that_of_the_mail_address_and_one_request_once_it_is_known(desk: Desk) -> None:
    asked: dict[str, Any] = {"people": [NADIA.user_name, company.ZOE.user_name], "days": 5, "minutes": 60}
    first, second = [await desk.ask("calendar_free", **asked) for _ in range(2)]
    assert (len(first.requests), len(second.requests)) == (2, 1)
    assert first.data == second.data != []
    assert "cannot be seen" not in second.text
    listed = await desk.ask("calendar_list", days=5)
    (place,) = [number for number, line in enumerate(listed.data) if "08:30-17:00 Chart 1142" in line]
    day = next(line for line in reversed(listed.data[:place]) if re.match(r"\w{3} \d", line))
    assert not any(line.startswith(f"{day}: ") for line in second.data)


async def test_the_first_question_of_a_day_learns_the_address_by_the_way(desk: Desk) -> None:
    for name in ("mail_search", "calendar_list", "briefing"):
        assert len((await desk.ask(name)).requests) == 1


async def test_a_colleague_is_not_outside_where_only_the_user_names_domain_differs(
    tenant: DemoTenant, desk: Desk
) -> None:
    await desk.ask("calendar_list")
    tenant.control.deliver(NADIA.user_name, letter())
    listed = await desk.ask("mail_search")
    (line,) = [line for line in listed.data if "Chart corrections" in line]
    assert "Ines Okafor: Chart corrections" in line
    read = await desk.ask("mail_read", ref=listed.handle("m", "Chart corrections"))
    assert "outside" not in read.text
    tenant.control.remove(NADIA.user_name, "charts")


async def test_what_one_sent_oneself_is_known_by_the_mail_address_too(tenant: DemoTenant, desk: Desk) -> None:
    await desk.ask("calendar_list")
    me, ines, at = staff.address(NADIA), staff.address(company.INES), datetime.now(UTC)
    tenant.control.deliver(NADIA.user_name, Mail(key="own", sender=me, to=(ines,), subject="Fog", at=at, text="Hm."))
    (line,) = [line for line in (await desk.ask("mail_search")).data if ": Fog" in line]
    assert "to Ines Okafor: Fog" in line
    tenant.control.remove(NADIA.user_name, "own")


def letter() -> Mail:
    to, at = staff.address(NADIA), datetime.now(UTC)
    return Mail(key="charts", sender=hands.INES.who, to=(to,), subject="Chart corrections", at=at, text="As agreed.")


@pytest.mark.parametrize("name", ["mail_search", "mail_folders", "calendar_list"])
@pytest.mark.parametrize("mailbox", [NADIA.user_name, NADIA.mail, f" {NADIA.mail.upper()} "])
async def test_ones_own_address_is_ones_own_mailbox(desk: Desk, name: str, mailbox: str) -> None:
    await desk.ask("calendar_list")
    answer = await desk.ask(name, mailbox=mailbox)
    assert not answer.is_error, answer.text
    assert answer.requests
    assert all("/users/" not in part.path for one in answer.requests for part in (one, *one.parts))


@pytest.mark.parametrize("name", ["mail_search", "mail_folders", "calendar_list"])
async def test_a_mailbox_that_is_no_address_is_refused_by_the_arguments_name(desk: Desk, name: str) -> None:
    answer = await desk.ask(name, mailbox="nonsense")
    assert answer.text == "`mailbox` is no mail address.\nGive the whole address of whose mailbox is shared."
    assert answer.requests == []


async def test_where_ones_own_calendar_cannot_be_read_no_time_is_offered(tmp_path: Path) -> None:
    with DemoTenant(tmp_path) as tenant:
        desk = Desk(tenant, tmp_path)
        await sign_in(desk, "Calendars.Read")
        async with desk.open():
            answer = await desk.ask("calendar_free", people=[company.ZOE.user_name])
    assert answer.is_error
    assert answer.text.startswith("Your own free/busy times cannot be read")
    assert not re.search(r"\d\d:\d\d", answer.text)
