"""The Microsoft clouds: where one signs in and where Graph answers.

Source: learn.microsoft.com, "Microsoft Entra authentication & national clouds", "National cloud deployments".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Cloud(NamedTuple):
    """A pair of origins (`https://host[:port]`, no path) that belong together.

    `content_hosts` are where files are downloaded from: `.host` is all below that host.
    """

    name: str
    login_url: str
    graph_url: str
    content_hosts: tuple[str, ...] = ()

    def scopes(self, names: Iterable[str]) -> list[str]:
        """Permissions of this cloud's Graph by their full names, sorted.

        Short names mean the Graph that the sign-in host takes for granted, and in the US two Graphs share one host.
        """
        return sorted(f"{self.graph_url}/{name}" for name in names)


# The tenant of all personal accounts, by name and by id: learn.microsoft.com, "OAuth 2.0 protocols", endpoints; "Access
# token claims reference", tid.
_PERSONAL = frozenset({"consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"})


def is_personal(tenant: str) -> bool:
    """Whether a tenant, by name or id, is that of all personal accounts."""
    return tenant in _PERSONAL


# SharePoint's own hosts; svc.ms turns documents into other formats; a personal OneDrive lies at one of the last two.
# Source: learn.microsoft.com, "Office 365 URLs and IP address ranges", and the pages of the other clouds.
_CONTENT = (".sharepoint.com", ".svc.ms", ".microsoftpersonalcontent.com", ".files.1drv.com")
_CONTENT_US = (".sharepoint.us", ".svc.ms")
_CONTENT_DOD = (".sharepoint-mil.us", ".sharepoint.us", ".svc.ms")
_CONTENT_CN = (".sharepoint.cn",)

CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("global", "https://login.microsoftonline.com", "https://graph.microsoft.com", _CONTENT),
        Cloud("usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us", _CONTENT_US),
        Cloud("usgov-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us", _CONTENT_DOD),
        Cloud(
            "china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn", _CONTENT_CN
        ),
    )
}

# Every host that answers as Entra, by the hosts of Graph that its tokens are for. Tokens from one of these sent to any
# other Graph host would be real tokens in a stranger's hands.
_GRAPH_OF_LOGIN_HOST = {
    "login.microsoftonline.com": {"graph.microsoft.com"},
    "login.microsoft.com": {"graph.microsoft.com"},
    "login.windows.net": {"graph.microsoft.com"},
    "login.windows-ppe.net": {"graph.microsoft.com"},
    "login.live.com": {"graph.microsoft.com"},
    "sts.windows.net": {"graph.microsoft.com"},
    "b2clogin.com": {"graph.microsoft.com"},
    "ciamlogin.com": {"graph.microsoft.com"},
    "login.microsoftonline.us": {"graph.microsoft.us", "dod-graph.microsoft.us"},
    "login-us.microsoftonline.com": {"graph.microsoft.us", "dod-graph.microsoft.us"},
    "login.usgovcloudapi.net": {"graph.microsoft.us", "dod-graph.microsoft.us"},
    "b2clogin.us": {"graph.microsoft.us", "dod-graph.microsoft.us"},
    "login.partner.microsoftonline.cn": {"microsoftgraph.chinacloudapi.cn"},
    "login.chinacloudapi.cn": {"microsoftgraph.chinacloudapi.cn"},
    "b2clogin.cn": {"microsoftgraph.chinacloudapi.cn"},
    "login.sovcloud-identity.fr": {"graph.svc.sovcloud.fr"},
    "login.sovcloud-identity.de": {"graph.svc.sovcloud.de"},
    "login.sovcloud-identity.sg": {"graph.svc.sovcloud.sg"},
    "login.microsoftonline.de": {"graph.microsoft.de"},
    "b2clogin.de": {"graph.microsoft.de"},
}


def custom(login_url: str | None, graph_url: str | None) -> Cloud:
    """Make the `custom` cloud from two https origins.

    Raises:
        SettingsError: one of the two is absent, no https origin, or they must not be joined.
    """
    if not login_url or not graph_url:
        raise SettingsError(
            "The cloud `custom` needs both addresses, and one is missing.",
            "Give --login-url and --graph-url together.",
        )
    login, graph = _origin("--login-url", login_url), _origin("--graph-url", graph_url)
    allowed = _graph_hosts(_host(login))
    if allowed is not None and (_host(graph) not in allowed or urlsplit(graph).port):
        raise SettingsError(
            f"{_host(login)} is Microsoft's own sign-in, and {_host(graph)} is not the Graph that belongs to it.",
            "Name one of Microsoft's clouds with --cloud instead.",
        )
    return Cloud("custom", login, graph)


def check_endpoints(cloud: Cloud, authorize: str, token: str, device: str | None) -> None:
    """Refuse endpoints, as discovery named them, that lead to another cloud than the settings.

    A sign-in host of somebody's own could name Microsoft's endpoints: the person would see Microsoft's pages only, and
    the real token would go to the Graph host of the settings.

    Raises:
        SettingsError: they do.
    """
    back_channel = [urlsplit(url) for url in (token, device) if url]
    if any(f"{parts.scheme}://{parts.netloc}".lower() != cloud.login_url for parts in back_channel):
        raise SettingsError(
            f"{_host(cloud.login_url)} names another host for its tokens.", "Check --login-url and --cloud."
        )
    allowed = _graph_hosts((urlsplit(authorize).hostname or "").rstrip("."))
    if allowed is not None and _host(cloud.graph_url) not in allowed:
        raise SettingsError(
            f"{_host(cloud.login_url)} leads to Microsoft's own sign-in, but {_host(cloud.graph_url)} is not Graph.",
            "Name one of Microsoft's clouds with --cloud instead.",
        )


def _graph_hosts(login_host: str) -> set[str] | None:
    """The Graph hosts of an official login host or one of its regional names; None for any other host."""
    for official, graph_hosts in _GRAPH_OF_LOGIN_HOST.items():
        if login_host == official or login_host.endswith(f".{official}"):
            return graph_hosts
    return None


def _origin(setting: str, url: str) -> str:
    """The origin of an address in its one spelling: lower case, no default port, no final dot."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{setting} is no address.", "Write it as https://host or https://host:port.") from error
    host = (parts.hostname or "").rstrip(".")
    plain = host.isascii() and all(part and part.replace("-", "").isalnum() for part in host.split("."))
    if parts.scheme != "https" or not plain or parts.path.strip("/") or parts.query or parts.fragment or "@" in url:
        raise SettingsError(
            f"{setting} must be an https address with a host and nothing behind it.",
            "Write it as https://host or https://host:port.",
        )
    return f"https://{host}" if port in {None, 443} else f"https://{host}:{port}"


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
