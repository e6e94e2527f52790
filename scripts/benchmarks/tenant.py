# ruff: noqa: INP001 - a script, not a package
"""The demo tenant in a process of its own, so that its work is not counted as ours.

As a program: prints its addresses, answers each line with the requests to Graph since the last one, and ends with its
stdin. Takes a directory and the permissions that everybody has consented to.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mcp_local_graph.sandbox import DemoTenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What leads to a tenant elsewhere; called like the same facts of a `DemoTenant`."""

    client_id: str
    tenant_id: str
    login_url: str
    graph_url: str
    ca_file: Path
    process: subprocess.Popen[str]

    def requests(self) -> list[dict[str, Any]]:
        """The requests to Graph since the last time: url, headers without the bearer, status."""
        _say(self.process.stdin, None)
        found: list[dict[str, Any]] = _hear(self.process.stdout)
        return found


@contextlib.contextmanager
def apart(directory: Path, scopes: Iterable[str]) -> Iterator[Apart]:
    """A tenant, which ends with the block."""
    command = [sys.executable, "-P", __file__, str(directory), *scopes]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this very file
        try:
            facts = _hear(process.stdout)
            yield Apart(**{**facts, "ca_file": Path(facts["ca_file"])}, process=process)
        finally:
            process.terminate()


def main() -> None:
    """Be the tenant."""
    with DemoTenant(Path(sys.argv[1])) as tenant:
        tenant.control.grant_consent(None, sys.argv[2:])
        names = ("client_id", "tenant_id", "login_url", "graph_url", "ca_file")
        _say(sys.stdout, {name: str(getattr(tenant, name)) for name in names})
        for _ in sys.stdin:
            _say(sys.stdout, _requests(tenant))


def _requests(tenant: DemoTenant) -> list[dict[str, Any]]:
    records = tenant.control.requests("graph")
    tenant.control.clear_requests()
    left_out = {"authorization", "host"}
    return [
        {
            "url": tenant.graph_url + one.path,
            "query": one.query,
            "headers": {name: value for name, value in one.headers.items() if name not in left_out},
            "status": one.status,
        }
        for one in records
    ]


def _say(pipe: IO[str] | None, words: object) -> None:
    assert pipe  # noqa: S101 - it is one, for the type checker
    print(json.dumps(words), file=pipe, flush=True)


def _hear(pipe: IO[str] | None) -> Any:  # noqa: ANN401 - JSON
    assert pipe  # noqa: S101 - as above
    return json.loads(pipe.readline())


if __name__ == "__main__":
    main()
