"""The page on which an administrator approves permissions for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mcp_local_graph.sandbox import Page, Person

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

ADMIN, INES = "rui.castellane@brackwater.example", "ines.okafor@brackwater.example"


def address(rig: Rig, tenant: str | None = None, **changed: str) -> str:
    query = {
        "client_id": rig.tenant.client_id,
        "scope": "https://graph.microsoft.com/Mail.Read",
        "redirect_uri": "http://localhost",
        "state": "s-1",
    } | changed
    kept = urlencode({name: value for name, value in query.items() if value})
    return f"{rig.tenant.pages_url}/{tenant or rig.tenant.tenant_id}/v2.0/adminconsent?{kept}"


def told(page: Page) -> dict[str, list[str]]:
    """What the app's address is told at the end."""
    assert page.status == 302
    assert page.headers["location"].startswith("http://localhost?")
    return parse_qs(urlsplit(page.headers["location"]).query)


@pytest.mark.parametrize("tenant", [None, "organizations", "brackwater.example"])
def test_what_an_administrator_accepts_everybody_has(rig: Rig, tenant: str | None) -> None:
    end = told(Person(ADMIN).sign_in(address(rig, tenant)))
    assert end == {
        "admin_consent": ["True"],
        "tenant": [rig.tenant.tenant_id],
        "scope": ["https://graph.microsoft.com/Mail.Read"],
        "state": ["s-1"],
    }
    rig.tenant.control.grant_consent(INES, [])
    app = rig.app()
    assert "Mail.Read" in rig.sign_in(app, ["Mail.Read"], INES)["scope"].split()


def test_what_an_administrator_cancels_nobody_has(rig: Rig) -> None:
    end = told(Person(ADMIN).sign_in(address(rig), consent=False))
    assert end["error"] == ["permission_denied"]
    assert end["state"] == ["s-1"]
    page = Person(INES).sign_in(rig.authorize_url(scope="Mail.Read openid"))
    assert page.title.startswith("Need admin approval")


def test_who_is_no_administrator_is_told_so_and_may_use_another_account(rig: Rig) -> None:
    person = Person(INES)
    page = person.sign_in(address(rig, state=""))
    assert page.title.startswith("Need an administrator")
    page = person.submit(person.submit(page, "other"), ADMIN)
    assert page.title.startswith("Permissions requested")
    assert "Mail.Read" in page.text
    assert "state" not in told(person.submit(page, "accept"))


@pytest.mark.parametrize(
    ("tenant", "changed", "code"),
    [
        ("common", {}, 9002313),
        ("consumers", {}, 9002313),
        ("nowhere.example", {}, 90002),
        (None, {"client_id": "00000000-0000-0000-0000-000000000001"}, 700016),
        (None, {"client_id": ""}, 900144),
        (None, {"redirect_uri": "http://localhost:8080"}, 50011),
        (None, {"redirect_uri": "http://localhost/"}, 50011),
        (None, {"redirect_uri": ""}, 900144),
        (None, {"scope": "Mail.Read"}, 70011),
        (None, {"scope": "https://graph.microsoft.com/Mail.Everything"}, 650053),
        (None, {"scope": ""}, 900144),
    ],
)
def test_a_link_that_is_not_right_is_refused(rig: Rig, tenant: str | None, changed: dict[str, str], code: int) -> None:
    page = Person(ADMIN).browse(address(rig, tenant, **changed))
    assert page.status == 400
    assert f"AADSTS{code}:" in page.text


def test_a_form_from_elsewhere_is_refused(rig: Rig) -> None:
    person = Person(ADMIN)
    page = person.browse(address(rig))
    assert "AADSTS9002313" in person.submit(page, ADMIN, {"csrf": "forged"}).text


def test_the_host_of_the_api_leads_to_the_page(rig: Rig) -> None:
    page = address(rig)
    there = page.replace(rig.tenant.pages_url, rig.tenant.login_url)
    assert rig.http.get(there, allow_redirects=False, timeout=10).headers["location"] == page
