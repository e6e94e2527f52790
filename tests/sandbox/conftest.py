from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from mcp_local_graph.sandbox import DemoTenant
from tests.sandbox.rig import MOMENT, Rig

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with DemoTenant(tmp_path_factory.mktemp("tenant"), moment=MOMENT) as tenant, requests.Session() as http:
        # A CA bundle named in the environment would win over the tenant's own.
        http.trust_env = False
        http.verify = str(tenant.ca_file)
        yield Rig(tenant, http)


@pytest.fixture
def rig(running: Rig) -> Rig:
    running.tenant.control.reset()
    return running
