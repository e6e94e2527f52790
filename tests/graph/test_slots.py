"""Four at once for each mailbox, fair to all, and nobody forgotten."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING

import anyio
import pytest

from mcp_local_graph.errors import Throttled
from mcp_local_graph.graph import mailboxes, slots
from mcp_local_graph.graph.retry import Pace
from mcp_local_graph.graph.slots import Line, Slots, places
from tests.graph.rig import Authority, Peer, Server, caller, http, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.graph.client import Graph

pytestmark = pytest.mark.anyio
BASE = "https://graph.example/v1.0"


class Counting:
    """A server that answers each request at once, or when it is let, and counts those that it has at one time."""

    def __init__(self, *, holds: Callable[[str], bool] = lambda _: False) -> None:
        self._holds = holds
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.served: list[str] = []
        self.arrived = threading.Semaphore(0)
        self.let = threading.Semaphore(0)

    def __call__(self, peer: Peer) -> None:
        while head := peer.head():
            path = head[0].split()[1]
            peer.body(head)
            with self._lock:
                for name in (mailboxes.of_path(path), "all"):
                    self._now[name] += 1
                    self.most[name] = max(self.most[name], self._now[name])
            self.arrived.release()
            if self._holds(path):
                self.let.acquire(timeout=10)
            with self._lock:
                for name in (mailboxes.of_path(path), "all"):
                    self._now[name] -= 1
                self.served.append(path)
            peer.send(of({"path": path}))

    async def wait(self, requests: int) -> None:
        for _ in range(requests):
            assert await anyio.to_thread.run_sync(self.arrived.acquire, True, 10)  # noqa: FBT003 - the library's signature


# What is counted where


@pytest.mark.parametrize(
    ("path", "queue"),
    [
        ("/me/messages", "me"),
        ("/me/mailFolders/inbox/messages?$top=5", "me"),
        ("/me/calendarView?startDateTime=x", "me"),
        ("/me/calendar/getSchedule", "me"),
        ("/me/people", "me"),
        ("/me/contacts", "me"),
        ("/users/Support%40brackwater.example/messages", "users/support@brackwater.example"),
        ("/users/INES%40brackwater.example/events", "me"),
        ("/users('Support@brackwater.example')/messages?$skip=10", "users/support@brackwater.example"),
        ("/users%28'x'%29/mailFolders('inbox')/messages", "users/x"),
        ("/users/a%2Fb/messages", "users/a/b"),
        ("/me/mailFolders('inbox')/messages/delta", "me"),
        ("/me/calendarView()", "me"),
        ("/groups/g1/threads", "groups/g1"),
        ("/me", "/"),
        ("/me/manager", "/"),
        ("/users", "/"),
        ("/users/messages", "/"),
        ("/groups/g1/members", "/"),
        ("/organization", "/"),
        ("/me/drive/root/children", "/files"),
        ("/drives/d/items/i", "/files"),
        ("/sites/root", "/files"),
        ("/users/x/drive", "/files"),
    ],
)
def test_each_path_has_its_queue(path: str, queue: str) -> None:
    assert places([BASE + path], "ines@brackwater.example") == {queue: 1}


def test_a_request_of_many_parts_takes_no_more_places_than_there_are() -> None:
    urls = [f"{BASE}/me/messages"] * 7 + [f"{BASE}/me/events"] * 2 + [f"{BASE}/users/x/messages", f"{BASE}/me"]
    assert places(urls, "") == {"me": slots.MAILBOX, "users/x": 1, "/": 1}


# Lines


async def test_who_comes_first_is_served_first_however_many_places_they_take() -> None:
    line, order = Line(4), list[str]()

    async def one(name: str, wanted: int) -> None:
        await line.take(wanted)
        order.append(name)
        await anyio.wait_all_tasks_blocked()
        line.give(wanted)

    async with anyio.create_task_group() as group:
        for name, wanted in (("a", 3), ("b", 4), ("c", 1), ("d", 1), ("e", 4)):
            group.start_soon(one, name, wanted)
            await anyio.wait_all_tasks_blocked()
    assert order == ["a", "b", "c", "d", "e"]
    assert line.idle


async def test_a_place_is_not_lost_with_those_who_stop_waiting() -> None:
    line = Line(2)
    await line.take(2)
    waiting = [asyncio.ensure_future(line.take(2)) for _ in range(3)]
    await anyio.wait_all_tasks_blocked()
    line.give(2)  # the first of them has its turn in the moment in which all are cancelled
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    assert all(each.cancelled() for each in waiting)
    assert line.idle
    await line.take(2)


async def test_who_waits_for_many_lets_the_next_in_when_giving_up() -> None:
    line = Line(2)
    await line.take(1)
    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.01):
            await line.take(2)
        with anyio.fail_after(5):
            await line.take(1)
        group.cancel_scope.cancel()
    line.give(2)
    assert line.idle


async def test_queues_that_nobody_uses_take_no_memory() -> None:
    kept = Slots()
    for number in range(100):
        async with kept.queue({f"users/{number}": 4, "/": 1}):
            pass
    assert kept.queues == 0


# At the wire


async def test_a_thousand_calls_are_all_answered_no_more_than_four_at_a_time_for_a_mailbox(
    authority: Authority,
) -> None:
    counting, answers = Counting(), list[str]()
    with Server(counting, authority.server()) as server:
        async with authority.graph(server, pace=Pace(55.0, first=0.01)) as graph, anyio.create_task_group() as group:

            async def one(number: int) -> None:
                mailbox = graph.sdk.users.by_user_id(f"{number % 3}@x.example") if number % 3 else graph.me
                target = mailbox.messages.by_message_id(str(number)) if number % 4 else mailbox.manager
                answers.append((await graph.get(target))["path"])

            for number in range(1000):
                group.start_soon(one, number)
    assert (len(answers), len(set(answers))) == (1000, 750 + 3)
    limits = {"all": slots.ALL, "": slots.WORKLOAD}
    assert sorted(counting.most) == ["", "all", "me", "users/1@x.example", "users/2@x.example"]
    assert all(most <= limits.get(name, slots.MAILBOX) for name, most in counting.most.items())


async def test_a_flood_of_mail_does_not_keep_the_directory_waiting(authority: Authority) -> None:
    counting = Counting(holds=lambda path: "messages" in path)
    with Server(counting, authority.server()) as server:
        async with authority.graph(server) as graph, anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(graph.get, graph.me.messages.by_message_id(str(number)))
            await counting.wait(slots.MAILBOX)
            with anyio.fail_after(10):
                assert (await graph.get(graph.me))["path"] == "/v1.0/me"
            assert counting.served == ["/v1.0/me"]
            counting.let.release(50)
    assert counting.served[1:5] != counting.served[5:9]
    assert len(counting.served) == 51


async def test_calls_for_one_mailbox_are_served_in_the_order_in_which_they_came(authority: Authority) -> None:
    counting = Counting(holds=lambda _: True)
    with Server(counting, authority.server()) as server:
        async with authority.graph(server) as graph, anyio.create_task_group() as group:
            for number in range(12):
                group.start_soon(graph.get, graph.me.messages.by_message_id(f"{number:02}"))
                await anyio.wait_all_tasks_blocked()
            for served in range(12):
                await counting.wait(slots.MAILBOX if served == 0 else int(served <= 12 - slots.MAILBOX))
                counting.let.release()
                while len(counting.served) <= served:
                    await anyio.lowlevel.checkpoint()
    # Of the four that are there at a time the server may finish any first, but none of a later four.
    arrived = [int(path[-2:]) for path in counting.served]
    assert all(abs(number - place) < slots.MAILBOX for place, number in enumerate(arrived))


async def test_who_does_not_get_a_turn_in_time_is_told_so(authority: Authority) -> None:
    counting = Counting(holds=lambda _: True)
    with Server(counting, authority.server()) as server:
        async with authority.graph(server, caller(), pace=Pace(3.0)) as graph, anyio.create_task_group() as group:

            async def held() -> None:
                with pytest.raises(Exception, match="in time"):
                    await graph.get(graph.me.messages)

            for _ in range(slots.MAILBOX):
                group.start_soon(held)
            await counting.wait(slots.MAILBOX)
            with pytest.raises(Throttled, match="turn"):
                await graph.get(graph.me.messages)
            assert len(counting.served) == 0
        counting.let.release(slots.MAILBOX)


async def test_a_cancelled_call_gives_back_its_places(authority: Authority) -> None:
    counting = Counting(holds=lambda path: "messages" in path)
    with Server(counting, authority.server()) as server:
        async with authority.graph(server) as graph:
            for _ in range(3):
                async with anyio.create_task_group() as group:
                    for _ in range(slots.MAILBOX + 2):
                        group.start_soon(graph.get, graph.me.messages)
                    await counting.wait(slots.MAILBOX)
                    group.cancel_scope.cancel()
            assert (await graph.get(graph.me.events))["path"] == "/v1.0/me/events?"[:-1]
        counting.let.release(100)


async def test_a_batch_takes_the_places_of_its_parts(authority: Authority) -> None:
    def parts(peer: Peer) -> None:
        while head := peer.head():
            peer.body(head)
            peer.server.heads.append(head)
            answers = [{"id": str(number), "status": 200, "body": {}} for number in (1, 2, 3)]
            if "batch" in head[0]:
                arrived.release()
                let.acquire(timeout=10)
            peer.send(of({"responses": answers}) if "batch" in head[0] else http(200, b"{}"))

    arrived, let = threading.Semaphore(0), threading.Semaphore(0)
    with Server(parts, authority.server()) as server:
        async with authority.graph(server) as graph, anyio.create_task_group() as group:

            async def batch(graph: Graph) -> None:
                await graph.batch([graph.ask(graph.me.messages)] * 3)

            group.start_soon(batch, graph)
            assert await anyio.to_thread.run_sync(arrived.acquire, True, 10)  # noqa: FBT003 - as above
            await graph.get(graph.me.events)  # the fourth place
            group.start_soon(batch, graph)
            await anyio.wait_all_tasks_blocked()
            with anyio.move_on_after(0.1):
                await graph.get(graph.me.contacts)  # comes after the second batch, which waits for the first
            assert [head[0].split()[1] for head in server.heads] == ["/v1.0/$batch", "/v1.0/me/events"]
            let.release(2)
