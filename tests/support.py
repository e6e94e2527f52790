"""What tests of several rooms share: settings that lead to a demo tenant, services, and hosts of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_local_graph import app, clouds
from mcp_local_graph.config import Settings, SignIn, TokenStore
from mcp_local_graph.graph.retry import Pace
from mcp_local_graph.sandbox import Page, Person

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant


# As patient with Graph as the product, and quicker to try again.
QUICK = Pace(first=0.01)


def settings(tenant: DemoTenant, directory: Path, /, **changes: Any) -> Settings:  # noqa: ANN401 - any setting
    """The settings that lead to the tenant; tokens in memory and sign-in in the browser, unless changed."""
    there = Settings(
        client_id=tenant.client_id,
        tenant=tenant.tenant_id,
        cloud=clouds.custom(tenant.login_url, tenant.graph_url),
        ca_file=tenant.ca_file,
        sign_in=SignIn.BROWSER,
        token_store=TokenStore.MEMORY,
        state_dir=directory / "state",
        log_level="debug",
        origins={},
    )
    return there._replace(**changes)


def services(tenant: DemoTenant, directory: Path, /, **changes: Any) -> app.Services:  # noqa: ANN401 - any setting
    """The services behind those settings."""
    return app.services(settings(tenant, directory, **changes), pace=QUICK)


def flags(tenant: DemoTenant, directory: Path, /, **changes: str) -> list[str]:
    """The same settings as flags of the command line, the token store in plain text."""
    values = {
        "client_id": tenant.client_id,
        "tenant": tenant.tenant_id,
        "cloud": "custom",
        "login_url": tenant.login_url,
        "graph_url": tenant.graph_url,
        "ca_file": str(tenant.ca_file),
        "sign_in": "browser",
        "token_store": "plaintext",
        "state_dir": str(directory / "state"),
        **changes,
    }
    return [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", value)]


def without_consent(address: str, account: str | None = None) -> Page:
    """A person who comes to `Need admin approval` and goes back from there; the page they end on."""
    person = Person(account)
    page = person.sign_in(address)
    assert page.title.startswith("Need admin approval")
    return person.submit(person.submit(page, "back"))


def approve(tenant: DemoTenant, link: str) -> Page:
    """An administrator opens a link and accepts; the answer that leads back to the app."""
    assert link.startswith(f"{tenant.login_url}/")
    return Person("rui.castellane@brackwater.example").sign_in(link.replace(tenant.login_url, tenant.pages_url))
