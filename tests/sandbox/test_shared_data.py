"""The demo tenant against Microsoft's own descriptions, where they are at hand."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pytest

from mcp_local_graph.sandbox import scopes
from mcp_local_graph.sandbox.graph.directory import KNOWN, LISTS
from mcp_local_graph.sandbox.graph.mailbox import SETTINGS
from mcp_local_graph.sandbox.graph.service import ROUTES

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.router import Route
    from tests.sandbox.rig import Rig

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="shared data absent")
SCHEMA = {"/me/directReports": "directoryObjectCollectionResponse"}


def load(name: str) -> Any:
    with gzip.open(DATA / name) as file:
        return json.load(file)


@pytest.fixture(scope="module")
def permissions() -> Any:
    return load("graph-v1.0-permissions.json.gz")


@pytest.fixture(scope="module")
def openapi() -> Any:
    return load("graph-v1.0-openapi-subset.json.gz")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_scope_of_a_route_suffices_by_microsofts_table(route: Route, permissions: Any) -> None:
    # The table has no line for a bare count: it takes what the collection takes.
    path = route.path.lower().removesuffix("/$count")
    least, others = permissions["paths"][path][route.method]
    sufficient = {permissions["scopes"][index][0] for index in [*least, *others]}
    assert route.scopes <= sufficient
    missing = {name for name in sufficient - route.scopes if name in scopes.GRAPH_SCOPES}
    assert all(name.startswith("DeviceManagement") for name in missing)


def test_who_may_consent_agrees_with_microsofts_table(permissions: Any) -> None:
    admin = {name: needed for name, needed, *_ in permissions["scopes"]}
    assert scopes.GRAPH_SCOPES.keys() <= admin.keys()
    reserved = {name for name, who in scopes.GRAPH_SCOPES.items() if who is scopes.Consent.ADMIN}
    # The table says so of basic reading, which Microsoft's own policy for tenants lets people allow.
    assert {name for name in reserved if not admin[name]} == set()


def test_every_property_of_a_user_is_one(openapi: Any) -> None:
    known = openapi["components"]["schemas"]["microsoft.graph.user"]["properties"]
    assert {name for name in KNOWN if name not in known} == set()
    lists = {name for name in KNOWN if "array" in json.dumps(known[name].get("type", ""))}
    assert lists == set(LISTS)


def test_every_mailbox_setting_is_one(openapi: Any) -> None:
    known = openapi["components"]["schemas"]["microsoft.graph.mailboxSettings"]["properties"]
    assert set(SETTINGS) <= known.keys()


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/me", "/me"),
        ("/me?$select=*", "/me"),
        ("/users", "/users"),
        ("/users?$top=2&$select=id,displayName", "/users"),
        ("/users/marit.sandvold@brackwater.example", "/users/{user-id}"),
        ("/me/manager", "/me/manager"),
        ("/users/ines.okafor@brackwater.example/manager", "/users/{user-id}/manager"),
        ("/me/directReports", "/me/directReports"),
        ("/me/mailboxSettings", "/me/mailboxSettings"),
        ("/nowhere", "error"),
    ],
)
def test_every_answer_is_as_microsofts_description_has_it(rig: Rig, openapi: Any, path: str, template: str) -> None:
    answer = rig.graph(f"/v1.0{path}", rig.bearer(["User.Read.All", "MailboxSettings.Read"])).json()
    if template == "error":
        schema = _schema_of(openapi["components"]["responses"]["error"])
    else:
        schema = _schema_of(openapi["paths"][template]["get"]["responses"]["2XX"])
    whole = {**schema, "components": openapi["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)


def _schema_of(response: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", response["content"]["application/json"]["schema"])


def test_a_wrong_answer_would_be_noticed(openapi: Any) -> None:
    schema = _schema_of(openapi["paths"]["/me"]["get"]["responses"]["2XX"])
    validator = jsonschema.Draft202012Validator({**schema, "components": openapi["components"]})
    assert not validator.is_valid({"shoeSize": 43})
    assert re.search("shoeSize", str(next(validator.iter_errors({"shoeSize": 43}))))
