from __future__ import annotations

import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from mcp_local_graph import tls
from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.errors import ServiceUnavailable, SettingsError
from mcp_local_graph.threads import in_thread
from tests.auth.kit import BASIC_NEED, failure, service, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant


def discovery(tenant: DemoTenant) -> str:
    return f"{tenant.login_url}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration"


def test_a_ca_file_that_holds_no_certificate_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    no_certificate = tmp_path / "ca.pem"
    no_certificate.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(SettingsError, match="holds no certificate") as caught:
        tls.client_context(no_certificate)
    assert "PEM" in caught.value.remedy


def test_a_ca_file_that_is_not_there_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no certificate"):
        tls.client_context(tmp_path / "none.pem")


def test_certificates_and_names_are_checked_in_every_context(tenant: DemoTenant) -> None:
    for ca_file in (None, tenant.ca_file):
        context = tls.client_context(ca_file)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_ca_of_the_settings_is_trusted(tenant: DemoTenant) -> None:
    client = EntraClient(tls.client_context(tenant.ca_file))
    assert client.get(discovery(tenant)).status_code == 200
    client.close()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_cannot_add_a_ca(tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, str(tenant.ca_file))
    # The counter-proof: whoever follows the variable does trust the tenant.
    assert requests.get(discovery(tenant), timeout=5).status_code == 200
    with pytest.raises(ServiceUnavailable, match="not trusted on this machine") as caught:
        EntraClient(tls.client_context(None)).get(discovery(tenant))
    assert "--ca-file" in caught.value.remedy


def test_a_variable_cannot_take_the_ca_of_the_settings_away(
    tenant: DemoTenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.pem"
    trustme.CA().cert_pem.write_to_path(foreign)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(foreign))
    assert EntraClient(tls.client_context(tenant.ca_file)).get(discovery(tenant)).status_code == 200


@pytest.mark.anyio
async def test_a_sign_in_service_with_an_unknown_ca_gets_no_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    auth = service(tenant, tmp_path, ca_file=None)
    error = await failure(auth.begin(BASIC_NEED))
    assert isinstance(error, ServiceUnavailable)
    assert "not trusted" in error.what
    assert tenant.control.requests() == []


@pytest.mark.anyio
async def test_the_way_to_the_keys_is_not_written_to_a_file_that_a_variable_names(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "tls-keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    # The counter-proof: Python's own default context does write them, if this Python was built so.
    script = "import ssl; ssl.create_default_context().keylog_filename"
    await in_thread(subprocess.run, [sys.executable, "-c", script], check=True)
    assert keys.exists()
    keys.unlink()
    await sign_in(service(tenant, tmp_path))
    assert not keys.exists()
