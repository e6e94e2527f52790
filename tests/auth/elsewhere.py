"""What the tests of `--credential` share: an `az` of our own, an app that acts as itself, tokens that speak."""

from __future__ import annotations

import base64
import json
import os
import shlex
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_local_graph import clouds
from mcp_local_graph.auth.credentials import CredentialTokens, Source

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from mcp_local_graph.config import Credential
    from mcp_local_graph.sandbox import DemoTenant

SCOPES = frozenset({"User.Read.All"})
CHALLENGE = '{"access_token":{"nbf":{"essential":true,"value":"1763731200"}}}'


def tokens(tenant: DemoTenant, kind: Credential, /, **changes: Any) -> CredentialTokens:  # noqa: ANN401 - any part of a source
    """A credential of the tenant's cloud."""
    there = {"cloud": clouds.custom(tenant.login_url, tenant.graph_url), "ca_file": tenant.ca_file, "tenant": ""}
    return CredentialTokens(Source(kind=kind, **{**there, **changes}))


def no_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no identity, wherever the tests run."""
    for name in os.environ:
        if name.startswith(("AZURE_", "IDENTITY_", "IMDS_", "MSI_")):
            monkeypatch.delenv(name)


def nightly(tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    """The environment of the app that acts as itself by its secret; an empty value leaves a variable out."""
    values = {
        "AZURE_TENANT_ID": tenant.tenant_id,
        "AZURE_CLIENT_ID": tenant.nightly_client_id,
        "AZURE_CLIENT_SECRET": tenant.nightly_secret,
        **changes,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def workload(tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, file: Path, **claims: object) -> None:
    """The environment of the same app as a workload in a cluster, with the token that the cluster wrote to `file`."""
    file.write_text(tenant.control.workload_token(**claims))
    nightly(tenant, monkeypatch, AZURE_CLIENT_SECRET="", AZURE_FEDERATED_TOKEN_FILE=str(file))


def jwt(**claims: object) -> str:
    """A token that says of itself what Microsoft's do."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"typ": "JWT"}, claims))
    return ".".join([*(part.decode() for part in parts), "c2lnbmVk"])


@dataclass
class FakeAz:
    """An `az` on PATH that writes down its arguments and answers with what it was told to."""

    directory: Path

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call."""
        log = self.directory / "calls"
        return [shlex.split(line) for line in log.read_text().splitlines()] if log.exists() else []

    def gives(self, token: str, lifetime: float = 3600) -> None:
        """Be signed in."""
        expires = int(time.time() + lifetime)
        said = {"accessToken": token, "expires_on": expires, "subscription": "s", "tenant": "t", "tokenType": "Bearer"}
        self.runs(f"echo {shlex.quote(json.dumps(said))}")

    def fails(self, stderr: str, code: int = 1) -> None:
        """End with an error."""
        self.runs(f"echo {shlex.quote(stderr)} >&2; exit {code}")

    def runs(self, line: str) -> None:
        """Do as this line of shell says."""
        program = self.directory / "az"
        # Put in place whole: one that is being written cannot be started.
        new = self.directory / "az.new"
        new.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(self.directory / "calls"))}\n{line}\n')
        new.chmod(0o700)
        new.replace(program)


def fake_az(directory: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAz:
    """An `az`, and nothing else on PATH."""
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return FakeAz(directory)


# In a process of its own: in which thread azure-identity is imported, and what is there before the first question.
PROBE = """
import asyncio, sys, threading
from pathlib import Path
from mcp_local_graph import clouds
from mcp_local_graph.auth.credentials import CredentialTokens, Source
from mcp_local_graph.config import Credential
asking = CredentialTokens(Source(
    kind=Credential.AZURE_CLI, cloud=clouds.CLOUDS["global"], ca_file=None, tenant="organizations"))
seen = {}
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "azure.identity":
            seen[name] = threading.current_thread()
sys.meta_path.insert(0, Finder())
print(sorted({"azure", "msal", "requests"} & set(sys.modules)))
print(asyncio.run(asking.token(set())))
print(seen["azure.identity"] is not threading.main_thread(), seen["azure.identity"].daemon)
"""
PYTHON = sys.executable
