"""A cache on a disk that does not take part: one that is full, one that this person may not write."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.auth.test_cache import names, sealed, signing_in
from tests.stress.processes import begin, heard, take_part, warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_local_graph.auth.cache import AccountCache

_NOBODY = 65534
_KILOBYTE = 1024


@dataclass(frozen=True, kw_only=True)
class Served:
    """Who is signed in, by name, when the disk refuses: for the one who could not write, and for another process.

    `said` are the warnings, `left` the files of the cache then. `afterwards` is what another process finds when the
    disk takes part again and one more has signed in.
    """

    here: list[str]
    elsewhere: list[str]
    said: list[str]
    left: list[str]
    afterwards: list[str]


@once
def can_mount() -> bool:
    """Whether a process here may have a file system of its own."""
    unshare = shutil.which("unshare")
    trial = [*_WITH_MOUNTS, "mount -t tmpfs -o size=64k none /mnt", "sh"]
    return bool(unshare) and subprocess.run(trial, check=False, capture_output=True).returncode == 0  # noqa: S603 - as it stands here


_WITH_MOUNTS = ("unshare", "--mount", "--map-root-user", "sh", "-c")


def full(directory: Path) -> Served:
    """On a disk of 64 KB, which fills up."""
    onto = (*_WITH_MOUNTS, 'mount -t tmpfs -o size=64k,mode=700 none "$0" && exec "$@"', str(directory))
    return Served(**heard(begin(__name__, "fill", directory, within=onto)))


def limited(directory: Path) -> Served:
    """Where a file may not get larger than it is: the same, as far as it can be had without a disk of one's own."""
    return Served(**heard(begin(__name__, "limit", directory)))


def forbidden(directory: Path) -> Served:
    """In a directory that this person may read and not write; the superuser becomes nobody for it."""
    return Served(**heard(begin(__name__, "forbid", directory)))


def fill(directory: str) -> dict[str, Any]:
    """The process on the small disk."""
    place, stuffing = Path(directory), Path(directory) / "stuffing"
    cache = sealed(place)
    cache.add(signing_in("first"))
    with stuffing.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(_KILOBYTE))
        except OSError:
            pass  # it is full
    return _served(cache, place, stuffing.unlink)


def limit(directory: str) -> dict[str, Any]:
    """The process that may write no large file."""
    cache = sealed(Path(directory))
    cache.add(signing_in("first"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_KILOBYTE, free[1]))
    return _served(cache, Path(directory), lambda: resource.setrlimit(resource.RLIMIT_FSIZE, free))


def forbid(directory: str) -> dict[str, Any]:
    """The process that may not write."""
    os.chdir(directory)  # an unprivileged person may not even pass through the directories above
    place = Path()
    sealed(place).add(signing_in("first"))
    sealed(place).accounts()  # whatever is imported late is imported by now
    place.chmod(0o500)
    if os.getuid() == 0:
        for path in (place, *place.iterdir()):
            os.chown(path, _NOBODY, _NOBODY)
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    return _served(sealed(place), place, lambda: place.chmod(0o700))


def _served(cache: AccountCache, place: Path, mend: Callable[[], object]) -> dict[str, Any]:
    """Sign two in where the disk refuses, look, mend it, and sign in one more."""
    with warnings() as said:
        cache.add(signing_in("second"))
        cache.add(signing_in("third"))
        here, elsewhere = names(cache), names(sealed(place))
    left = sorted(path.name for path in place.glob("tokens.*"))
    mend()
    cache.add(signing_in("fourth"))
    return {"here": here, "elsewhere": elsewhere, "said": said, "left": left, "afterwards": names(sealed(place))}


if __name__ == "__main__":
    take_part(fill, limit, forbid)
