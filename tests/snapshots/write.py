"""Writes tools.json: what a client is told of the tools."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from mcp_local_graph.sandbox import DemoTenant
from tests import support
from tests.server.test_build import SNAPSHOT, listed


async def main() -> None:
    with TemporaryDirectory() as name, DemoTenant(Path(name)) as tenant:
        tools = await listed(support.services(tenant, Path(name)), "2026-07-28")
    SNAPSHOT.write_text(json.dumps(tools, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
