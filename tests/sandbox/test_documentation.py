"""The demo tenant against Microsoft's own descriptions, where they are at hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from mcp_local_graph.sandbox import scopes
from mcp_local_graph.sandbox.graph.directory import KNOWN, LISTS
from mcp_local_graph.sandbox.graph.mailbox import SETTINGS
from mcp_local_graph.sandbox.graph.service import ROUTES
from tests import microsoft

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.router import Route

    Json = dict[str, Any]

pytestmark = pytest.mark.skipif(not microsoft.DATA.is_dir(), reason=microsoft.ABSENT)


@pytest.fixture(scope="module")
def permissions() -> Json:
    return cast("Json", microsoft.load("permissions"))


@pytest.fixture(scope="module")
def openapi() -> Json:
    return cast("Json", microsoft.load("openapi-subset"))


# Where the table says nothing of a path, another one of the same thing speaks for it.
_SPOKEN_FOR = (
    ("/$count", ""),
    ("/$value", ""),
    ("/messages/{id}/attachments/{id}", "/messages/{id}/attachments"),
    ("/events/{id}/attachments/{id}", "/events/{id}/attachments"),
    ("/childfolders/{id}", "/childfolders"),
    ("/delta()", "/delta"),
    ("/me/calendarview", "/me/calendar/calendarview"),
    ("/me/calendar", "/me/calendars"),
    ("/users/{id}/calendar", "/users/{id}/calendars"),
    ("/calendars/{id}", "/calendars"),
    ("/drives/{id}/root", "/me/drive/root"),
    ("/drives/{id}/root/children", "/me/drive/root/children"),
    ("/root:/{path}:/children", "/items/{id}/children"),
    ("/root:/{path}:/content", "/items/{id}/content"),
    ("/drives/{id}/root:/{path}", "/me/drive/root:/{id}"),
    ("/me/drive/root:/{path}", "/me/drive/root:/{id}"),
    ("/items/{id}/search(q='{id}')", "/root/search(q={value})"),
    ("/root/search(q='{id}')", "/root/search(q={value})"),
    ("/search(q='{id}')", "/root/search(q={value})"),
    ("/driveitem/content", "/driveitem"),
)


def table_path(path: str) -> str:
    path = path.lower()
    for end, instead in _SPOKEN_FOR:
        if path.endswith(end):
            path = path.removesuffix(end) + instead
    return path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_scope_of_a_route_suffices_by_microsofts_table(route: Route, permissions: Json) -> None:
    least, others = permissions["paths"][table_path(route.path)][route.method]
    sufficient = {permissions["scopes"][index][0] for index in [*least, *others]}
    # Mailboxes of others need a permission that the table names at few of the paths where it is needed. What may write
    # may read, though the table does not always say so.
    writing = {name.replace(".Read", ".ReadWrite") for name in sufficient}
    assert {name for name in route.scopes if not name.endswith(".Shared")} <= sufficient | writing
    missing = {name for name in sufficient - route.scopes if name in scopes.GRAPH_SCOPES}
    # Bytes and bodies are not for the basic permission, whatever the table says of the message around them.
    expected = {"Mail.ReadBasic"} if route.path.endswith("/$value") else set()
    assert {name for name in missing if not name.startswith("DeviceManagement")} <= expected


def test_who_may_consent_agrees_with_microsofts_table(permissions: Json) -> None:
    admin = {name: needed for name, needed, *_ in permissions["scopes"]}
    # The names that the policy for new tenants has beyond the table, which goes by path.
    assert scopes.GRAPH_SCOPES.keys() - admin.keys() == {"Mail.ReadBasic.Shared"}
    personal = {name for name, _, works, *_ in permissions["scopes"] if works}
    assert scopes.GRAPH_SCOPES.keys() & personal == scopes.PERSONAL_SCOPES
    reserved = {name for name, who in scopes.GRAPH_SCOPES.items() if who is scopes.Consent.ADMIN}
    assert {name for name in reserved if not admin[name]} == set()


def test_every_property_of_a_user_is_one(openapi: Json) -> None:
    known = openapi["components"]["schemas"]["microsoft.graph.user"]["properties"]
    assert {name for name in KNOWN if name not in known} == set()
    lists = {name for name in KNOWN if "array" in json.dumps(known[name].get("type", ""))}
    assert lists == set(LISTS)


def test_every_mailbox_setting_is_one(openapi: Json) -> None:
    known = openapi["components"]["schemas"]["microsoft.graph.mailboxSettings"]["properties"]
    assert SETTINGS.properties.keys() <= known.keys()
