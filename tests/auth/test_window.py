from __future__ import annotations

import ctypes
import itertools
from dataclasses import dataclass, field

import pytest

from mcp_local_graph.auth.broker.window import Window, of_this_process, parent_window
from mcp_local_graph.auth.broker.window_win32 import ProcessEntry, Rectangle

PYTHON, UVX, CMD, HOST, EXPLORER, OTHER = 100, 90, 80, 70, 60, 50
CONSOLE, DESKTOP = 0x1111, 0x2222


@dataclass
class Screen:
    """A session of Windows: python was started by uvx, by cmd, by the host, by explorer. All windows are the test's."""

    on_screen: list[Window] = field(default_factory=list)
    parent_of: dict[int, int] = field(default_factory=lambda: {PYTHON: UVX, UVX: CMD, CMD: HOST, HOST: EXPLORER})
    # Who has a larger number started later; who is not here has an age that is not told.
    age: dict[int, int] = field(default_factory=lambda: {pid: pid for pid in (PYTHON, UVX, CMD, HOST, EXPLORER)})
    console_window: int = CONSOLE
    shell_process: int = EXPLORER

    def parents(self) -> dict[int, int]:
        return self.parent_of

    def started(self, process: int) -> int | None:
        return self.age.get(process)

    def windows(self) -> list[Window]:
        return self.on_screen

    def shell(self) -> int:
        return self.shell_process

    def console(self) -> int:
        return self.console_window

    def desktop(self) -> int:
        return DESKTOP


def window(handle: int, process: int, size: tuple[int, int] = (800, 600), *, titled: bool = True) -> Window:
    return Window(handle=handle, process=process, titled=titled, width=size[0], height=size[1])


def test_a_window_of_our_own_comes_first() -> None:
    assert parent_window(Screen([window(1, HOST), window(2, PYTHON)]), PYTHON) == 2


def test_the_nearest_ancestor_with_a_window_comes_next() -> None:
    assert parent_window(Screen([window(1, HOST), window(2, CMD), window(3, OTHER)]), PYTHON) == 2


def test_a_hosts_window_is_found_through_uvx_and_cmd() -> None:
    assert parent_window(Screen([window(1, HOST)]), PYTHON) == 1


def test_of_several_windows_a_titled_one_is_taken_then_the_largest() -> None:
    several = [
        window(1, HOST, (2000, 1000), titled=False),
        window(2, HOST, (300, 200)),
        window(3, HOST, (900, 700)),
        window(4, HOST, (800, 600)),
    ]
    assert parent_window(Screen(several), PYTHON) == 3


@pytest.mark.parametrize("size", [(49, 600), (800, 49), (160, 28), (0, 0)])
def test_a_window_too_small_to_be_seen_is_none(size: tuple[int, int]) -> None:
    assert parent_window(Screen([window(1, HOST, size)]), PYTHON) == CONSOLE


def test_a_window_of_50_by_50_is_one() -> None:
    assert parent_window(Screen([window(1, HOST, (50, 50))]), PYTHON) == 1


def test_without_a_window_the_console_is_taken() -> None:
    assert parent_window(Screen([window(1, OTHER)]), PYTHON) == CONSOLE


def test_without_a_console_the_desktop_is_taken() -> None:
    assert parent_window(Screen(console_window=0), PYTHON) == DESKTOP


def test_folders_and_the_desktop_of_explorer_are_no_host() -> None:
    assert parent_window(Screen([window(1, EXPLORER)]), PYTHON) == CONSOLE


def test_a_parent_younger_than_its_child_is_a_stranger_with_a_reused_id() -> None:
    screen = Screen([window(1, HOST)])
    screen.age[CMD] = PYTHON + 1
    assert parent_window(screen, PYTHON) == CONSOLE


@pytest.mark.parametrize("unknown", [PYTHON, UVX, CMD, HOST])
def test_where_an_age_cannot_be_told_the_walk_ends(unknown: int) -> None:
    screen = Screen([window(1, HOST)])
    del screen.age[unknown]
    assert parent_window(screen, PYTHON) == CONSOLE


def test_a_parent_that_started_in_the_same_tick_is_one() -> None:
    screen = Screen([window(1, HOST)])
    screen.age = dict.fromkeys(screen.age, 7)
    assert parent_window(screen, PYTHON) == 1


@pytest.mark.parametrize("system", [0, 4])
def test_the_walk_ends_at_the_system(system: int) -> None:
    screen = Screen([window(1, system)], parent_of={PYTHON: system}, shell_process=0)
    screen.age[system] = 0
    assert parent_window(screen, PYTHON) == CONSOLE


def test_a_loop_of_ids_ends() -> None:
    screen = Screen([window(1, OTHER)], parent_of={PYTHON: UVX, UVX: PYTHON})
    screen.age = dict.fromkeys(screen.age, 7)
    assert parent_window(screen, PYTHON) == CONSOLE


@pytest.mark.parametrize(("levels", "found"), [(8, 1), (9, CONSOLE)])
def test_the_walk_goes_up_eight_levels(levels: int, found: int) -> None:
    chain = list(range(1000, 1000 - levels - 1, -1))
    screen = Screen(
        [window(1, chain[-1])],
        parent_of=dict(itertools.pairwise(chain)),
        age={pid: pid for pid in chain},
    )
    assert parent_window(screen, chain[0]) == found


def test_the_structures_have_the_layout_of_64_bit_windows() -> None:
    assert ctypes.sizeof(ProcessEntry) == 568
    assert (ProcessEntry.process.offset, ProcessEntry.parent.offset, ProcessEntry.name.offset) == (8, 32, 44)
    assert ctypes.sizeof(Rectangle) == 16


def test_other_systems_want_no_window() -> None:
    assert of_this_process() is None
