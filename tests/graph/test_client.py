"""What a tool is given, against hand-made servers and against the demo tenant."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anyio
import pytest

from mcp_local_graph.config import Credential
from mcp_local_graph.errors import (
    NotFound,
    PermissionMissing,
    ServiceUnavailable,
    SettingsError,
    SignInNeeded,
    Throttled,
)
from mcp_local_graph.graph.client import Connection, Graph
from tests.auth.elsewhere import nightly, no_azure
from tests.graph.rig import USER_READ, Authority, Peer, Server, Tokens, caller, http
from tests.support import QUICK, services
from tests.tools.rig import sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mcp_local_graph.app import Services
    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio
MAILBOX = "MailboxSettings.Read"


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.ca.cert_pem.write_to_path(str(path))
    return path


async def graph_at(
    server: Server, ca_file: Path, tokens: Tokens | None = None, granted: frozenset[str] = frozenset()
) -> tuple[Connection, Graph]:
    connection = Connection(server.origin, tokens or Tokens(), ca_file, pace=QUICK)
    return connection, await connection.graph(caller(granted=granted))


async def test_an_object_comes_as_graphs_own_json(authority: Authority, ca_file: Path) -> None:
    with authority.answering(http(200, '{"displayName":"Zoë","x":null}'.encode())) as server:
        connection, graph = await graph_at(server, ca_file)
        assert await graph.get(graph.me, select=("displayName", "x")) == {"displayName": "Zoë", "x": None}
        await connection.close()


async def test_what_a_tool_asks_is_what_arrives(authority: Authority, ca_file: Path) -> None:
    with authority.answering(http(200, b"{}")) as server:
        connection, graph = await graph_at(server, ca_file)
        await graph.get(graph.me)
        await graph.get(graph.me.messages.by_message_id("a/b=+ü"), select=["id"])
        await connection.close()
    assert [head[0] for head in server.heads] == [
        "GET /v1.0/me HTTP/1.1",
        "GET /v1.0/me/messages/a%2Fb%3D%2B%C3%BC?$select=id HTTP/1.1",
    ]


async def test_a_request_asks_for_the_scopes_of_its_tool_and_its_own(authority: Authority, ca_file: Path) -> None:
    tokens = Tokens()
    with authority.answering(http(200, b"{}")) as server:
        connection, graph = await graph_at(server, ca_file, tokens, frozenset({MAILBOX}))
        await graph.get(graph.me)
        await graph.get(graph.me.mailbox_settings, scope=MAILBOX)
        await connection.close()
    assert [scopes for scopes, *_ in tokens.asked] == [USER_READ, USER_READ | {MAILBOX}]
    assert graph.may(MAILBOX)
    assert not graph.may("Mail.Read")


async def test_the_sdks_builders_name_whatever_graph_has(authority: Authority, ca_file: Path) -> None:
    with authority.answering(http(200, b"{}")) as server:
        connection, graph = await graph_at(server, ca_file)
        await graph.get(graph.sdk.users.by_user_id("support@brackwater.example").mailbox_settings)
        await graph.get(graph.sdk.users)
        await connection.close()
    assert [head[0].split()[1] for head in server.heads] == [
        "/v1.0/users/support%40brackwater.example/mailboxSettings",
        "/v1.0/users",
    ]
    assert not graph.personal


async def test_a_path_is_written_as_it_is_meant(authority: Authority, ca_file: Path) -> None:
    paths = {
        ("me", "drive", "root:", "a b", "ü.docx:", "content"): "me/drive/root:/a%20b/%C3%BC.docx:/content",
        ("me", "messages", "AA/+=", "$value"): "me/messages/AA%2F%2B=/$value",
        ("me", "drive", "root", "search(q='x&y#z')"): "me/drive/root/search(q='x%26y%23z')",
        ("chats", "19:a@thread.v2"): "chats/19:a@thread.v2",
        ("users", "x?$select=id"): "users/x%3F$select=id",
    }
    with authority.answering(http(200, b"{}")) as server:
        connection, graph = await graph_at(server, ca_file)
        for path in paths:
            await graph.get(path)
        await graph.get(("me", "calendarView"), startDateTime="2026-11-21T00:00:00Z", top=3, filter="")
        for nothing in ("", ".", ".."):
            with pytest.raises(NotFound):
                graph.ask(("users", nothing, "messages"))
        await connection.close()
    *asked, last = (head[0].split()[1].removeprefix("/v1.0/") for head in server.heads)
    assert asked == list(paths.values())
    assert last == "me/calendarView?startDateTime=2026-11-21T00%3A00%3A00Z&$top=3"


async def test_mistakes_of_ours_are_not_sent(authority: Authority, ca_file: Path) -> None:
    with authority.answering(http(200, b"{}")) as server:
        connection, graph = await graph_at(server, ca_file)
        with pytest.raises(ValueError, match="takes no top"):
            await graph.get(graph.me, top=1)
        with pytest.raises(ValueError, match="no pages"):
            await graph.page(("search", "query"), limit=1, body={"requests": []})
        await connection.close()
    assert server.connections == 0


@pytest.mark.parametrize(
    "body", [b"", b"<html>Guest Wi-Fi</html>", b"[]", b"null", b'{"a":', b"\xff", b"[" * 100_000, b"9" * 5000]
)
async def test_an_answer_that_is_no_object_is_an_error_without_its_words(
    authority: Authority, ca_file: Path, body: bytes
) -> None:
    with authority.answering(http(200, body)) as server:
        connection, graph = await graph_at(server, ca_file)
        with pytest.raises(ServiceUnavailable) as raised:
            await graph.get(graph.me)
        await connection.close()
    assert "Wi-Fi" not in raised.value.text()


async def test_nothing_is_connected_before_the_first_request(authority: Authority, ca_file: Path) -> None:
    with authority.answering(http(200, b"{}")) as server:
        connection = Connection(server.origin, Tokens(), ca_file)
        await connection.close()
        await connection.open()
        await connection.close()
    assert server.connections == 0


async def test_callers_at_the_same_time_share_one_client(authority: Authority, ca_file: Path) -> None:
    opened: list[object] = []
    with authority.answering(http(200, b"{}")) as server:
        connection = Connection(server.origin, Tokens(), ca_file)

        async def one() -> None:
            opened.append(await connection.open())

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
        await connection.close()
    assert len(opened) == 5
    assert len({id(each) for each in opened}) == 1


async def test_a_ca_file_that_is_none_is_a_setting_to_mend(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(SettingsError, match="--ca-file"):
        await Connection("https://localhost:1", Tokens(), wrong).open()


async def test_what_the_sdk_would_send_by_itself_is_under_the_same_rules(authority: Authority, ca_file: Path) -> None:
    # The SDK knows no scopes: without them nothing is sent at all.
    with authority.answering(http(200, b"{}")) as server:
        connection = Connection(server.origin, Tokens(), ca_file)
        sdk = (await connection.open()).sdk
        with pytest.raises(KeyError):
            await sdk.me.get()
        await connection.close()
    assert server.connections == 0


# Against the demo tenant, with real tokens.


@pytest.fixture
async def there(tenant: DemoTenant, tmp_path: Path) -> AsyncIterator[Services]:
    running = services(tenant, tmp_path)
    yield running
    await running.connection.close()


async def me(there: Services) -> dict[str, object]:
    graph = await there.graph(USER_READ)
    return await graph.get(graph.me, select=("displayName",))


async def test_the_demo_tenant_answers(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    assert (await me(there))["displayName"] == tenant.person.display_name


async def test_an_expired_token_is_renewed_without_anybody_being_asked(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.expire_access_tokens()
    assert (await me(there))["displayName"] == tenant.person.display_name
    assert [record.status for record in tenant.control.requests("graph")] == [401, 200]
    assert len(tenant.control.requests("authorize")) == 1


async def test_a_challenge_of_the_demo_tenant_is_answered_silently(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.challenge_access_tokens(tenant.person.user_name)
    assert (await me(there))["displayName"] == tenant.person.display_name
    assert [record.status for record in tenant.control.requests("graph")] == [401, 200]
    assert "nbf" in tenant.control.requests("token")[-1].form["claims"]


async def test_a_revoked_sign_in_needs_the_person(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    tenant.control.revoke_sign_in(tenant.person.user_name)
    with pytest.raises(SignInNeeded) as raised:
        await me(there)
    assert raised.value.trace.code == "AADSTS50173"
    assert "nbf" in (raised.value.need.claims or "")


async def test_a_permission_that_was_not_granted_is_named(tenant: DemoTenant, there: Services) -> None:
    await sign_in(there)
    graph = await there.graph(USER_READ)
    with pytest.raises(PermissionMissing, match="refuses") as raised:
        await graph.get(graph.me.manager)
    assert raised.value.trace.request_id
    assert raised.value.trace.correlation_id == tenant.control.requests("graph")[0].headers["client-request-id"]


async def test_what_an_app_may_not_is_for_the_administrator_of_the_app(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_azure(monkeypatch)
    nightly(tenant, monkeypatch)
    by_app = services(tenant, tmp_path, credential=Credential.ENVIRONMENT)
    graph = await by_app.graph(frozenset({"Mail.Read"}))
    with pytest.raises(PermissionMissing, match=r"needs the permission Mail\.Read") as raised:
        await graph.page(("users", tenant.person.user_name, "messages"), limit=1)
    assert raised.value.remedy == "Send these lines to the administrator of the app."
    await by_app.connection.close()


async def test_nobody_above_is_not_found(tenant: DemoTenant, there: Services) -> None:
    tenant.control.grant_consent(None, ["User.Read", "User.Read.All"])
    await sign_in(there, "User.Read", "User.Read.All", account="marit.sandvold@brackwater.example")
    graph = await there.graph(frozenset({"User.Read.All"}))
    with pytest.raises(NotFound):
        await graph.get(graph.me.manager)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (503, ServiceUnavailable),
        ("html", ServiceUnavailable),
        ("503-html", ServiceUnavailable),
        ("empty", ServiceUnavailable),
        ("list", ServiceUnavailable),
        ("truncated", ServiceUnavailable),
        ("reset", ServiceUnavailable),
        ("cut", ServiceUnavailable),
        (429, Throttled),
    ],
)
async def test_after_bad_luck_that_lasts_the_next_call_works(
    tenant: DemoTenant, there: Services, fault: int | str, kind: type[Exception]
) -> None:
    await sign_in(there)
    tenant.control.queue_graph_fault(fault, times=QUICK.attempts if fault not in {"html", "list"} else 1)
    with pytest.raises(kind):
        await me(there)
    assert (await me(there))["displayName"] == tenant.person.display_name


async def test_a_cancelled_call_reaches_the_wire(authority: Authority, ca_file: Path) -> None:
    left = threading.Event()
    arrived = threading.Event()

    def silent(peer: Peer) -> None:
        peer.head()
        arrived.set()
        if peer.gone(5):
            left.set()

    with Server(silent, authority.server()) as server:
        connection, graph = await graph_at(server, ca_file)
        async with anyio.create_task_group() as group:
            group.start_soon(graph.get, graph.me)
            await anyio.to_thread.run_sync(arrived.wait, 5)
            group.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(left.wait, 5)
        await connection.close()
