from __future__ import annotations

import asyncio
import threading

import pytest

from mcp_local_graph import threads
from tests.auth.kit import SOON

pytestmark = pytest.mark.anyio


async def test_work_runs_beside_the_event_loop() -> None:
    here = threading.get_ident()
    assert await threads.in_thread(threading.get_ident) != here


async def test_an_error_of_the_work_reaches_the_one_who_waits() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await threads.in_thread(int, "no number")


def test_work_runs_in_a_daemon_thread_named_after_it() -> None:
    def speaking_name() -> tuple[bool, str]:
        return threading.current_thread().daemon, threading.current_thread().name

    assert threads.start(speaking_name).result(SOON) == (True, "speaking_name")


def test_arguments_are_handed_on() -> None:
    assert threads.start(int, "ff", base=16).result(SOON) == 255


async def test_work_whose_waiter_has_left_is_still_finished_in_peace() -> None:
    may_end, ended = threading.Event(), threading.Event()
    thread: list[threading.Thread] = []

    def work() -> str:
        thread.append(threading.current_thread())
        may_end.wait(SOON)
        ended.set()
        return "done"

    waiting = asyncio.ensure_future(threads.in_thread(work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    assert ended.wait(SOON)
    # An exception in the thread, for want of a place to put the result, would fail this test as a warning.
    thread[0].join(SOON)
    assert not thread[0].is_alive()
