from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant


@pytest.fixture
async def there(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Services]:
    """Services that lead to the tenant; nobody is signed in."""
    running = services(tenant, tmp_path)
    yield running
    await running.connection.close()
