"""Which pairs of origins belong together."""

from __future__ import annotations

import msal.authority
import pytest

from mcp_local_graph import clouds
from mcp_local_graph.errors import SettingsError

GRAPH = "https://graph.brackwater.example"
LOGIN = "https://login.brackwater.example"


def test_microsofts_clouds_are_plain_https_origins() -> None:
    assert list(clouds.CLOUDS) == ["global", "usgov", "usgov-dod", "china"]
    for cloud in clouds.CLOUDS.values():
        assert clouds.custom(cloud.login_url, cloud.graph_url) == clouds.Cloud(
            "custom", cloud.login_url, cloud.graph_url
        )


@pytest.mark.parametrize(("login", "graph"), [(None, None), (LOGIN, None), (None, GRAPH), ("", GRAPH), (LOGIN, "")])
def test_a_cloud_of_ones_own_needs_both_addresses(login: str | None, graph: str | None) -> None:
    with pytest.raises(SettingsError, match="needs both") as raised:
        clouds.custom(login, graph)
    assert "--login-url and --graph-url" in raised.value.remedy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://login.brackwater.example", LOGIN),
        ("https://login.brackwater.example/", LOGIN),
        ("https://login.brackwater.example:443", LOGIN),
        ("HTTPS://Login.BRACKWATER.example", LOGIN),
        ("https://login.brackwater.example.", LOGIN),
        (" https://login.brackwater.example", LOGIN),
        ("https://login.brackwater.example:8443", f"{LOGIN}:8443"),
        ("https://localhost:1", "https://localhost:1"),
        ("https://127.0.0.1:8443/", "https://127.0.0.1:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_spelling(written: str, meant: str) -> None:
    assert clouds.custom(written, GRAPH).login_url == meant
    assert clouds.custom(LOGIN, written).graph_url == meant


@pytest.mark.parametrize(
    "address",
    [
        "http://login.brackwater.example",
        "login.brackwater.example",
        "//login.brackwater.example",
        "https://",
        "https:///path",
        "https://host/path",
        "https://host?x=1",
        "https://host#x",
        "https://user@host",
        "https://user:word@host",
        "https://host@",
        "https://host:port",
        "https://host:99999",
        "https://[::1]",
        "https://[",
        "https://ho st",
        "https://host\\@other",
        "https://h\u00f6st.example",
        "https://graph\u3002microsoft.com",
        "https://host..example",
        "https://-",
        "https://ho%73t",
        "https://*.example",
        "ftp://host",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_no_https_origin_is_refused_and_the_flag_is_named(address: str) -> None:
    with pytest.raises(SettingsError, match="--login-url"):
        clouds.custom(address, GRAPH)
    with pytest.raises(SettingsError, match="--graph-url") as raised:
        clouds.custom(LOGIN, address)
    assert "https://host" in raised.value.remedy


OFFICIAL = sorted({*msal.authority.WELL_KNOWN_AUTHORITY_HOSTS, "login.live.com", "contoso.ciamlogin.com"})


@pytest.mark.parametrize(
    "host", [*OFFICIAL, "eastus.login.microsoft.com", "x.b2clogin.com", "login.microsoftonline.com."]
)
@pytest.mark.parametrize(
    "graph",
    [GRAPH, "https://graph.microsoft.com.evil.example", "https://evilgraph.microsoft.com", "https://graph.windows.net"],
)
def test_microsofts_own_sign_in_is_not_joined_with_a_strangers_graph(host: str, graph: str) -> None:
    for login in (f"https://{host}", f"https://{host.upper()}:443", f"https://{host}:8443"):
        with pytest.raises(SettingsError, match="Microsoft's own sign-in") as raised:
            clouds.custom(login, graph)
        assert "--cloud" in raised.value.remedy


def test_microsofts_sign_in_with_its_own_graph_is_fine_on_its_own_port_only() -> None:
    assert clouds.custom("https://login.windows.net", "https://GRAPH.microsoft.com:443").graph_url
    for graph in ("https://graph.microsoft.com:8443", "https://graph.microsoft.us"):
        with pytest.raises(SettingsError):
            clouds.custom("https://login.windows.net", graph)


def test_a_strangers_sign_in_may_be_joined_with_any_graph() -> None:
    for login in (LOGIN, "https://notlogin.microsoftonline.com.example", "https://evillogin.microsoftonline.com"):
        assert clouds.custom(login, GRAPH).login_url == login


OWN = clouds.Cloud("custom", LOGIN, GRAPH)
AT_MICROSOFT = "https://login.microsoftonline.com/t/oauth2/v2.0/authorize"


def test_endpoints_on_the_sign_in_host_are_followed() -> None:
    clouds.check_endpoints(OWN, f"{LOGIN}/authorize", f"{LOGIN}/token", None)
    clouds.check_endpoints(clouds.CLOUDS["global"], AT_MICROSOFT, "https://login.microsoftonline.com/t/token", None)


@pytest.mark.parametrize(
    ("authorize", "token", "device"),
    [
        (AT_MICROSOFT, f"{LOGIN}/token", None),
        (f"{LOGIN}/authorize", "https://login.microsoftonline.com/t/oauth2/v2.0/token", None),
        (f"{LOGIN}/authorize", f"{LOGIN}:8443/token", None),
        (f"{LOGIN}/authorize", f"{LOGIN}/token", "https://elsewhere.example/devicecode"),
    ],
)
def test_a_discovery_document_cannot_lead_to_microsofts_sign_in_for_another_graph(
    authorize: str, token: str, device: str | None
) -> None:
    with pytest.raises(SettingsError):
        clouds.check_endpoints(OWN, authorize, token, device)


@pytest.mark.parametrize("name", clouds.CLOUDS)
def test_permissions_are_named_by_the_graph_of_the_cloud(name: str) -> None:
    cloud = clouds.CLOUDS[name]
    assert cloud.scopes({"User.Read", "Mail.Read"}) == [f"{cloud.graph_url}/Mail.Read", f"{cloud.graph_url}/User.Read"]
