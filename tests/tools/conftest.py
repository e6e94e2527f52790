from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import services
from tests.tools import referee

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant


@pytest.fixture(autouse=True)
def _referee(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every request that a tool makes here is one that Microsoft describes."""
    tenant: DemoTenant | None = request.getfixturevalue("tenant") if "tenant" in request.fixturenames else None
    yield
    if tenant is not None and referee.DATA.is_dir():
        assert referee.problems(tenant.control.requests("graph")) == []


@pytest.fixture
async def there(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Services]:
    """Services that lead to the tenant; nobody is signed in."""
    running = services(tenant, tmp_path)
    yield running
    await running.connection.close()
