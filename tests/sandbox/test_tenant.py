from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from mcp_local_graph.sandbox import DemoTenant
from mcp_local_graph.sandbox.listener import Listeners, bind

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from tests.sandbox.rig import Rig


def test_it_starts_quickly_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    began = time.monotonic()
    tenant = DemoTenant(tmp_path).start()
    assert time.monotonic() - began < 0.5
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(tenant.ca_file)
        # The connection stays open, as those of clients do.
        assert http.get(f"{tenant.graph_url}/v1.0/me", timeout=5).status_code == 401
        tenant.stop()
        tenant.stop()
        assert set(threading.enumerate()) == before
        with pytest.raises(requests.ConnectionError):
            http.get(f"{tenant.graph_url}/v1.0/me", timeout=5)


def test_it_stops_while_requests_are_held(tmp_path: Path) -> None:
    with DemoTenant(tmp_path) as tenant:
        tenant.control.hold("graph")

        def ask() -> None:
            with requests.Session() as http:
                http.trust_env = False
                with pytest.raises(requests.RequestException):
                    http.get(f"{tenant.graph_url}/v1.0/me", verify=str(tenant.ca_file), timeout=10).raise_for_status()

        asking = threading.Thread(target=ask)
        asking.start()
        tenant.control.wait_for_request("graph")
    asking.join(10)
    assert not asking.is_alive()


def test_it_stops_although_somebody_connected_and_said_nothing(tmp_path: Path) -> None:
    with DemoTenant(tmp_path) as tenant:
        idle = socket.create_connection(("127.0.0.1", int(tenant.login_url.rsplit(":", 1)[1])), timeout=5)
    idle.close()


def test_ports_can_be_fixed_and_a_taken_one_is_said(tmp_path: Path) -> None:
    free = [bind(0) for _ in range(3)]
    entra, graph, pages = (one.getsockname()[1] for one in free)
    for one in free:
        one.close()
    with DemoTenant(tmp_path, ports=(entra, graph, pages)) as tenant:
        assert tenant.login_url == f"https://localhost:{entra}"
        assert tenant.graph_url == f"https://localhost:{graph}"
        assert tenant.pages_url == f"http://localhost:{pages}"
    with bind(0) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            DemoTenant(tmp_path, ports=(0, 0, taken.getsockname()[1])).start()


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An app that nobody asks."""


def test_a_listener_that_cannot_listen_is_said() -> None:
    broken = bind(0)
    broken.close()
    with pytest.raises(OSError, match="descriptor"):
        Listeners([(nothing, broken, None)]).start()


def test_its_certificate_is_for_this_machine_only(rig: Rig) -> None:
    context = ssl.create_default_context(cafile=rig.tenant.ca_file)
    port = int(rig.tenant.login_url.rsplit(":", 1)[1])
    for name in ("localhost", "127.0.0.1"):
        with socket.create_connection(("127.0.0.1", port), 5) as raw, context.wrap_socket(raw, server_hostname=name):
            continue
    with socket.create_connection(("127.0.0.1", port), 5) as raw, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(raw, server_hostname="login.microsoftonline.com")


def test_its_people_are_of_every_kind(rig: Rig) -> None:
    tenant = rig.tenant
    assert tenant.person.tenant_id == tenant.tenant_id
    assert (tenant.person.is_admin, tenant.person.personal) == (False, False)
    assert {one.is_admin for one in tenant.people} == {one.personal for one in tenant.people} == {True, False}
    assert len({one.tenant_id for one in tenant.people}) == 3
    assert len({one.oid for one in tenant.people}) == len(tenant.people)


def test_the_instance_metadata_names_this_host_alone(rig: Rig) -> None:
    said = rig.http.get(f"{rig.tenant.login_url}/common/discovery/instance?api-version=1.1").json()
    host = rig.tenant.login_url.removeprefix("https://")
    assert said["metadata"] == [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
    discovery = rig.http.get(said["tenant_discovery_endpoint"]).json()
    assert "{tenantid}" in discovery["issuer"]


def test_the_pages_bring_nothing_from_elsewhere(rig: Rig) -> None:
    page = rig.http.get(rig.authorize_url())
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://localhost:49152" in page.headers["content-security-policy"]
    assert "not Microsoft" in page.text
    for path, media_type in (("/demo.css", "text/css"), ("/demo.js", "text/javascript")):
        file = rig.http.get(f"{rig.tenant.pages_url}{path}")
        assert (file.status_code, file.headers["content-type"].split(";")[0]) == (200, media_type)
