from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from mcp_local_graph.sandbox import DemoTenant
from mcp_local_graph.tools import TOOLSETS
from tests.support import services
from tests.tools.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from mcp_local_graph.app import Services

ALL_SCOPES = frozenset[str]().union(
    *(tool.scopes | tool.when_asked | tool.optional for toolset in TOOLSETS for tool in toolset.tools)
)


@pytest.fixture
async def there(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Services]:
    """Services that lead to the tenant; nobody is signed in."""
    running = services(tenant, tmp_path)
    yield running
    await running.connection.close()


@pytest.fixture
async def desk(office: Desk) -> AsyncIterator[Desk]:
    """The main person's desk with a server running."""
    async with office.open():
        yield office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The main person's desk, with every permission that a tool may use. Shared by a file's tests: they only read."""
    directory = tmp_path_factory.mktemp("desk")
    with DemoTenant(directory) as tenant:
        desk = Desk(tenant, directory)
        anyio.run(desk.sign_in, *ALL_SCOPES)
        yield desk
        leaks = tenant.control.issued_secrets()
        kept = [path for path in directory.rglob("*") if path.is_file() and path.suffix != ".json"]
        assert [path.name for path in kept if any(secret.encode() in path.read_bytes() for secret in leaks)] == []
