"""What one sealed cache has to stand: many writers, writers that are killed, files that are damaged.

The counts are the caller's: small in the tests, full in `scripts/bench stress`.
"""

from __future__ import annotations

import base64
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring

from mcp_local_graph.auth.cache import AccountCache, Place, open_vault
from mcp_local_graph.config import TokenStore
from tests.auth.test_cache import names, sealed, signing_in
from tests.auth.test_keys import NO_KEYS, SecretService
from tests.stress.processes import begin, heard, take_part, warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE, ASIDE, UNFINISHED = "tokens.bin", "tokens.bad-*", "tokens.new"
# Seconds until a writer is killed, at most: a few of its writes.
_LIFE = 0.03


@dataclass(frozen=True, kw_only=True)
class Added:
    """What came of many processes that sign people in: who is missing, and how often one had to go on without the lock.

    `slowest` is the seconds that the slowest took, `size` the bytes of the cache in the end.
    """

    accounts: int
    lost: int
    lock_timeouts: int
    slowest: float
    size: int


def adds(directory: Path, processes: int, each: int) -> Added:
    """Let `processes` sign in `each` people as fast as they can, into one cache."""
    adding = [begin(__name__, "add", directory, f"p{number}-", each) for number in range(processes)]
    told = [heard(one) for one in adding]
    expected = {f"p{number}-{count}" for number in range(processes) for count in range(each)}
    return Added(
        accounts=len(expected),
        lost=len(expected - set(names(sealed(directory)))),
        lock_timeouts=sum(one["warnings"] for one in told),
        slowest=max(one["slowest"] for one in told),
        size=(directory / FILE).stat().st_size,
    )


def add(directory: str, prefix: str, each: str) -> dict[str, Any]:
    """One process's part of it."""
    cache, slowest = sealed(Path(directory)), 0.0
    with warnings() as seen:
        for count in range(int(each)):
            slowest = max(slowest, _seconds(cache, f"{prefix}{count}"))
    return {"slowest": slowest, "warnings": len(seen)}


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What came of writers that were killed: how many in the middle of a write, and what that did to the cache.

    `forgotten` are those whose last finished write was not there; `slowest` is the seconds of the slowest next write.
    """

    times: int
    amid_a_write: int
    unreadable: int
    forgotten: int
    orphans: int
    slowest: float


def kills(directory: Path, times: int) -> Killed:
    """Kill a writer `times` times, each a random moment after it began, and write once after each."""
    return Killed(**heard(begin(__name__, "kill", directory, times)))


def kill(directory: str, times: str) -> dict[str, Any]:
    """The process whose children are killed: so each of them costs no start of Python."""
    place, chance = Path(directory), random.Random(7)  # noqa: S311 - any moments will do, and the same ones each time
    for number in range(40):  # so that a write takes a while
        sealed(place).add(signing_in(f"seed-{number}"))
    seen = {"times": int(times), "amid_a_write": 0, "unreadable": 0, "forgotten": 0, "orphans": 0}
    slowest = 0.0
    for number in range(int(times)):
        finished = _killed_writer(place, number, chance.uniform(0, _LIFE))
        seen["amid_a_write"] += (place / UNFINISHED).exists()
        found = sealed(place)
        seen["unreadable"] += "seed-0" not in names(found) or any(place.glob(ASIDE))
        seen["forgotten"] += int((found.in_use or "").rpartition(".")[2] or -1) < finished
        slowest = max(slowest, _seconds(found, "next"))
        seen["orphans"] += (place / UNFINISHED).exists()
    return {**seen, "slowest": slowest}


def _killed_writer(place: Path, number: int, life: float) -> int:
    """Let a child write, kill it after `life` seconds; the number of its last finished write."""
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        _write_on_and_on(sealed(place), number, tells)
    os.close(tells)
    with os.fdopen(told, "rb") as finished:
        finished.read(1)
        time.sleep(life)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return len(finished.read())


def _write_on_and_on(cache: AccountCache, number: int, tells: int) -> None:
    for count in range(1_000_000):
        cache.use(f"{number}.{count}")
        os.write(tells, b".")


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """What came of a file that was damaged in many ways: how often was it believed, lost, or in the way afterwards?

    `said` is how often a warning told of it.
    """

    tried: int
    said: int
    believed: int
    lost: int
    in_the_way: int


def damages(directory: Path, random_ones: int) -> Damaged:
    """Flip each bit of the header and cut at each of its bytes, `random_ones` times behind it; change the key."""
    sealed(directory).add(signing_in("ines"))
    good = (directory / FILE).read_bytes()
    tried = believed = lost = in_the_way = 0
    with warnings() as said:
        for damaged in (*_damaged(good, random_ones), _foreign(directory / "elsewhere")):
            (directory / FILE).write_bytes(damaged)
            cache = sealed(directory)
            believed += names(cache) != []
            aside = list(directory.glob(ASIDE))
            lost += [path.read_bytes() for path in aside] != [damaged]
            cache.add(signing_in("marit"))
            in_the_way += names(sealed(directory)) != ["marit"]
            for path in aside:
                path.unlink()
            tried += 1
    told = sum("it was set aside" in line for line in said)
    return Damaged(tried=tried, said=told, believed=believed, lost=lost, in_the_way=in_the_way)


def _foreign(elsewhere: Path) -> bytes:
    elsewhere.mkdir(mode=0o700)
    sealed(elsewhere, bytes(32)).add(signing_in("ines"))
    return (elsewhere / FILE).read_bytes()


def _damaged(good: bytes, random_ones: int) -> Iterator[bytes]:
    header = 24
    chance = random.Random(7)  # noqa: S311 - any places will do, and the same ones each time
    places = [*range(header), *(chance.randrange(header, len(good)) for _ in range(random_ones))]
    for place in places:
        for bit in range(8) if place < header else [chance.randrange(8)]:
            yield good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
        yield good[:place]


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What came of caches that have nothing to do with each other: how many sign-ins were mixed up, how many lost."""

    tried: int
    mixed: int
    lost: int


def strangers(directory: Path) -> Apart:
    """Sign one person in under each of several keys, clouds and apps, in one directory."""
    places = [
        (bytes([number]) * 32, Place(directory, host, app, TokenStore.AUTO))
        for number in range(3)
        for host in ("https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://localhost:1")
        for app in ("7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203", "86c1b7e4-5d09-4f23-9ab8-e20f6d417c95")
    ]
    for number, (key, place) in enumerate(places):
        _opened(key, place).add(signing_in(f"{number}"))
    found = [names(_opened(key, place)) for key, place in places]
    return Apart(
        tried=len(found),
        mixed=sum(bool(set(seen) - {str(number)}) for number, seen in enumerate(found)),
        lost=sum(str(number) not in seen for number, seen in enumerate(found)) + len(list(directory.glob("*.bad-*"))),
    )


def _opened(key: bytes, place: Place) -> AccountCache:
    """The cache of a place in a session whose key store has this key."""
    session = SecretService()
    session.kept["mcp-local-graph", "token cache key"] = base64.b64encode(key).decode()
    keyring.set_keyring(session)
    try:
        return AccountCache(open_vault(place), "organizations")
    finally:
        keyring.set_keyring(NO_KEYS)


def _seconds(cache: AccountCache, name: str) -> float:
    """How long it takes to sign somebody in."""
    before = time.monotonic()
    cache.add(signing_in(name))
    return time.monotonic() - before


if __name__ == "__main__":
    take_part(add, kill)
