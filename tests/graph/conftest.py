from __future__ import annotations

import pytest
import trustme

from tests.graph.rig import Authority


@pytest.fixture
def authority() -> Authority:
    """A CA that the client trusts; its servers are named localhost."""
    return Authority(trustme.CA())
