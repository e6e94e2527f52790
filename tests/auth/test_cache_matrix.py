"""What can happen to the token cache of a person who is signed in, a row for each.

A row names the fault, what the next call ends with, what is on the disk then, and what makes the call after it work.
`scripts/bench stress` has many processes, kills and full disks; `test_fault_matrix` the token service.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keyring
import pytest

from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable, LocalGraphError, SignInNeeded
from tests.auth.kit import BASIC, service, sign_in
from tests.auth.test_cache import warnings
from tests.auth.test_keys import NO_KEYS, Locked, SecretService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from mcp_local_graph.auth.service import AuthenticationService
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
NOBODY = 65534


@dataclass
class Scene:
    """Somebody signed in here, and their access token has expired. `file` is the sealed cache, with `stored` in it."""

    tenant: DemoTenant
    directory: Path
    session: SecretService
    file: Path
    stored: bytes

    def server(self) -> AuthenticationService:
        """A new one, which knows nothing yet."""
        return service(self.tenant, self.directory, token_store=TokenStore.AUTO)

    @property
    def unfinished(self) -> Path:
        """Where the next write begins."""
        return self.file.with_suffix(".new")

    @property
    def elsewhere(self) -> Path:
        return self.directory / "elsewhere"


@pytest.fixture
async def scene(tenant: DemoTenant, tmp_path: Path) -> Scene:
    session = SecretService()
    keyring.set_keyring(session)
    tenant.control.set_token_lifetime(1)
    await sign_in(service(tenant, tmp_path, token_store=TokenStore.AUTO))
    tenant.control.set_token_lifetime(3600)
    (file,) = (tmp_path / "state").glob("tokens-*.bin")
    return Scene(tenant, tmp_path, session, file, file.read_bytes())


@pytest.fixture(autouse=True)
def _no_keyring_afterwards() -> Iterator[None]:
    yield
    keyring.set_keyring(NO_KEYS)


# What happens


def damaged(how: Callable[[bytes], bytes]) -> Callable[[Scene], None]:
    def happens(scene: Scene) -> None:
        scene.stored = how(scene.stored)
        scene.file.write_bytes(scene.stored)

    return happens


def linked(scene: Scene) -> None:
    scene.elsewhere.write_bytes(scene.stored)
    scene.file.unlink()
    scene.file.symlink_to(scene.elsewhere)


def given_away(scene: Scene) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    os.chown(scene.file, NOBODY, NOBODY)


def cannot_be_written(scene: Scene) -> None:
    scene.unfinished.mkdir()


def under_another_key(scene: Scene) -> None:
    keyring.set_keyring(SecretService())


# What is there then


def untouched(scene: Scene) -> None:
    assert scene.file.read_bytes() == scene.stored


def set_aside(scene: Scene) -> None:
    """Whole, and out of the way."""
    assert not scene.file.exists()
    (aside,) = scene.file.parent.glob("tokens-*.bad-*")
    assert aside.read_bytes() == scene.stored


def closed_to_others(scene: Scene) -> None:
    for path, mode in ((scene.file, 0o600), (scene.file.parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


# What makes the next call work


async def nothing(_scene: Scene) -> None:
    """The call was served."""


async def a_sign_in(scene: Scene) -> None:
    await sign_in(scene.server())


async def the_key_store(scene: Scene) -> None:
    keyring.set_keyring(scene.session)


async def room(scene: Scene) -> None:
    scene.unfinished.rmdir()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault. `becomes` is what a call ends with (None: it is served); `says` is told once, or nothing is."""

    fault: str
    happens: Callable[[Scene], object]
    becomes: type[LocalGraphError] | None
    says: str
    left: Callable[[Scene], None]
    then: Callable[[Scene], Awaitable[None]]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit of the header flips": lambda stored: stored[:5] + bytes([stored[5] ^ 1]) + stored[6:],
    "a bit of the content flips": lambda stored: stored[:-1] + bytes([stored[-1] ^ 1]),
    "truncated": lambda stored: stored[: len(stored) // 2],
    "empty": lambda _: b"",
    "somebody else's": lambda _: b"garbage",
}
ROWS = [
    *(
        Row(
            fault=f"the file: {fault}",
            happens=damaged(how),
            becomes=SignInNeeded,
            says="cannot be read; it was set aside",
            left=set_aside,
            then=a_sign_in,
        )
        for fault, how in DAMAGES.items()
    ),
    Row(
        fault="the file: a link",
        happens=linked,
        becomes=SignInNeeded,
        says="is a link",
        left=set_aside,
        then=a_sign_in,
    ),
    Row(
        fault="the file: another user's",
        happens=given_away,
        becomes=SignInNeeded,
        says="belongs to another user",
        left=set_aside,
        then=a_sign_in,
    ),
    Row(
        fault="the file: others may read it",
        happens=lambda scene: scene.file.chmod(0o644),
        becomes=None,
        says="Others could read the token cache",
        left=closed_to_others,
        then=nothing,
    ),
    Row(
        fault="the directory: others may enter it",
        happens=lambda scene: scene.file.parent.chmod(0o755),
        becomes=None,
        says="Others could enter the state directory",
        left=closed_to_others,
        then=nothing,
    ),
    Row(
        fault="the directory: cannot be written",
        happens=cannot_be_written,
        becomes=None,
        says="The token cache cannot be used",
        left=untouched,
        then=room,
    ),
    Row(
        fault="the key: another one",
        happens=under_another_key,
        becomes=SignInNeeded,
        says="",
        left=untouched,
        then=a_sign_in,
    ),
    Row(
        fault="the key store: locked",
        happens=lambda _: keyring.set_keyring(Locked()),
        becomes=KeyStoreUnavailable,
        says="",
        left=untouched,
        then=the_key_store,
    ),
    Row(
        fault="the key store: absent",
        happens=lambda _: keyring.set_keyring(NO_KEYS),
        becomes=KeyStoreUnavailable,
        says="",
        left=untouched,
        then=the_key_store,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
async def test_a_fault_of_the_token_cache(scene: Scene, caplog: pytest.LogCaptureFixture, row: Row) -> None:
    row.happens(scene)
    caplog.clear()
    server = scene.server()
    for _ in range(2):
        try:
            await server.token(BASIC)
            ended = None
        except LocalGraphError as error:
            ended = type(error)
        assert ended is row.becomes
    told = warnings(caplog)
    assert sum(row.says in warning for warning in told) == (1 if row.says else 0), told
    row.left(scene)
    await row.then(scene)
    assert await scene.server().token(BASIC)
