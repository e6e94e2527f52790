"""Signing in and out from a terminal, and what `status` says before and after."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import stat
import sys
import time
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import config
from tests import browser
from tests.cli.rig import SECONDS, Ran, here, in_a_browser, started, there, with_a_code
from tests.support import flags

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

INES, MARIT = "ines.okafor@brackwater.example", "marit.sandvold@brackwater.example"


UNUSED = "Signed in, but not used with these settings"


def by_code(tenant: DemoTenant, tmp_path: Path, *words: str, account: str | None = None) -> Ran:
    tenant.control.set_device_code_interval(0)
    words = ("login", *flags(tenant, tmp_path, sign_in="device"), *words)
    return here(*words, help_with=with_a_code(tenant, account=account))


def who(tenant: DemoTenant, tmp_path: Path) -> tuple[int, str | None, list[str]]:
    ran = here("status", "--json", *flags(tenant, tmp_path))
    facts = json.loads(ran.out)
    return ran.code, facts["account"], [account["user_name"] for account in facts["accounts"]]


def test_a_browser_opens_by_itself_and_the_sign_in_lasts(tenant: DemoTenant, tmp_path: Path) -> None:
    report = tmp_path / "report"
    words = flags(tenant, tmp_path, sign_in="auto")
    ran = there("login", *words, BROWSER=browser.COMMAND, PERSON_REPORT=str(report))
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"A browser window opens\. If it does not, open http://localhost:\d+/start/[\w-]+\n"
        rf"Signed in as {INES}\.\n"
        r"Tokens: /.*/tokens-\w+\.json \(.*\)\n"
        r"Settings kept in .*settings\.toml\n",
        ran.out,
    )
    assert report.read_text() == "200 You are signed in\n"
    assert who(tenant, tmp_path) == (0, INES, [INES])


def test_where_no_browser_can_be_opened_the_address_is_shown(tenant: DemoTenant, tmp_path: Path) -> None:
    ran = here("login", *flags(tenant, tmp_path), help_with=in_a_browser())
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].startswith("Open http://localhost:")
    assert ran.lines[0].endswith(" in a browser on this computer. Waiting ...")
    assert ran.lines[1] == f"Signed in as {INES}."


def test_a_browser_that_does_not_start_is_no_end(tenant: DemoTenant, tmp_path: Path) -> None:
    process = started("login", *flags(tenant, tmp_path), BROWSER="/nowhere/browser %s")
    assert process.stdout is not None
    first = process.stdout.readline()
    with contextlib.suppress(OSError, HTTPException):  # the last page may be cut off: the process ends before it
        in_a_browser()(first)
    out, err = process.communicate(timeout=SECONDS)
    assert first.startswith("Open http://localhost:")
    assert (process.returncode, err) == (0, "")
    assert f"Signed in as {INES}." in out


def test_a_code_is_shown_where_there_is_no_browser(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_device_code_interval(0)
    ran = here("login", *flags(tenant, tmp_path, sign_in="auto"), help_with=with_a_code(tenant))
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"Open http://localhost:\d+/\S+ in any browser and enter the code \w+", ran.lines[0])
    assert ran.lines[1] == "Enter it only if you have just started this yourself. Waiting ..."
    assert ran.lines[2] == f"Signed in as {INES}."


def test_who_is_signed_in_is_not_asked_again(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    tenant.control.clear_requests()
    ran = here("login", *flags(tenant, tmp_path))
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[:2] == [
        f"Already signed in as {INES}.",
        "To sign in as somebody else: mcp-local-graph login --again",
    ]
    assert {record.endpoint for record in tenant.control.requests()} <= {"discovery"}


def test_again_lets_somebody_else_sign_in(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    ran = by_code(tenant, tmp_path, "--again", account=MARIT)
    assert (ran.code, ran.err) == (0, "")
    assert f"Signed in as {MARIT}." in ran.lines
    assert who(tenant, tmp_path) == (0, MARIT, [INES, MARIT])


def test_a_sign_in_that_was_ended_is_asked_for_again(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_token_lifetime(0)
    by_code(tenant, tmp_path)
    tenant.control.revoke_sign_in(INES)
    ran = by_code(tenant, tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert f"Signed in as {INES}." in ran.lines


@pytest.mark.parametrize("code", [53003, 50057, 700016])
def test_what_microsoft_refuses_silently_is_tried_with_the_person(
    tenant: DemoTenant, tmp_path: Path, code: int
) -> None:
    tenant.control.set_token_lifetime(0)
    by_code(tenant, tmp_path)
    tenant.control.queue_entra_error(code)
    ran = by_code(tenant, tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert f"Signed in as {INES}." in ran.lines


def test_a_person_who_declines_is_told_so(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.set_device_code_interval(0)
    words = flags(tenant, tmp_path, sign_in="device")
    ran = here("login", *words, help_with=with_a_code(tenant, accept=False))
    assert ran.code == 4
    assert ran.err.startswith("Error: The sign-in was cancelled.")
    assert "Signed in" not in ran.out
    assert who(tenant, tmp_path) == (4, None, [])
    assert not (tmp_path / "state" / "settings.toml").exists()


def test_a_person_who_cancels_in_the_browser_is_told_so(tenant: DemoTenant, tmp_path: Path) -> None:
    ran = here("login", *flags(tenant, tmp_path), help_with=in_a_browser(cancel=True))
    assert ran.code == 4
    assert ran.err.startswith("Error: ")
    assert len(ran.err.splitlines()) >= 2


def test_a_refusal_has_its_remedy_and_the_ids_for_it(tenant: DemoTenant, tmp_path: Path) -> None:
    tenant.control.queue_entra_error(53003, "devicecode")
    ran = here("login", *flags(tenant, tmp_path, sign_in="device"))
    assert (ran.code, ran.out) == (4, "")
    what, remedy, ids = ran.err.splitlines()
    assert what.startswith("Error: A conditional access policy")
    assert "--sign-in browser" in remedy
    assert re.fullmatch(r"code AADSTS53003; correlation id [0-9a-f-]{36}; \d{4}-\d\d-\d\d .*Z", ids)


def test_where_one_way_turns_out_to_be_closed_that_is_said_and_the_next_is_tried(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.control.set_device_code_interval(0)

    def read(text: str) -> None:
        if "enter the code" in text:
            monkeypatch.setenv("BROWSER", browser.COMMAND)
            tenant.control.queue_entra_error(53003)

    ran = here("login", *flags(tenant, tmp_path, sign_in="auto"), help_with=read)
    assert (ran.code, ran.err) == (0, "")
    closed = [line for line in ran.lines if line.startswith("A conditional access policy")]
    assert len(closed) == 1
    assert "`mcp-local-graph login --sign-in browser`" in closed[0]
    assert ran.lines.index(closed[0]) < ran.lines.index(f"Signed in as {INES}.")


def test_a_way_of_signing_in_that_is_not_there_is_said(tenant: DemoTenant, tmp_path: Path) -> None:
    for way, words, code in (("never", "may not ask", 4), ("broker", "cannot be used", 4)):
        ran = here("login", *flags(tenant, tmp_path, sign_in=way))
        assert (ran.code, ran.out) == (code, "")
        assert words in ran.err


def test_without_a_client_id_login_says_how_to_get_one(tmp_path: Path) -> None:
    ran = here("login", "--state-dir", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert "Register an app" in ran.err


def test_what_was_given_by_flag_is_kept_and_serves_a_command_without_flags(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = by_code(tenant, tmp_path)
    state = tmp_path / "state"
    assert ran.lines[-1] == f"Settings kept in {state / 'settings.toml'}"
    assert config.read_file(state) == {
        "client_id": tenant.client_id,
        "tenant": tenant.tenant_id,
        "cloud": "custom",
        "login_url": tenant.login_url,
        "graph_url": tenant.graph_url,
        "ca_file": str(tenant.ca_file),
        "token_store": "plaintext",
    }
    monkeypatch.setenv("MCP_LOCAL_GRAPH_STATE_DIR", str(state))
    status = here("status")
    assert (status.code, status.err) == (0, "")
    assert f"  client-id    {tenant.client_id}  (file)" in status.lines


def test_what_was_not_given_by_flag_is_not_kept(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = flags(tenant, tmp_path, sign_in="device")
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    tenant.control.set_device_code_interval(0)
    for flag in ("--client-id", "--login-url", "--graph-url", "--cloud", "--ca-file"):
        monkeypatch.setenv(f"MCP_LOCAL_GRAPH_{flag[2:].upper().replace('-', '_')}", pairs.pop(flag))
    ran = here("login", *(word for pair in pairs.items() for word in pair), help_with=with_a_code(tenant))
    assert ran.code == 0
    assert config.read_file(tmp_path / "state") == {"tenant": tenant.tenant_id, "token_store": "plaintext"}
    del pairs["--tenant"]
    monkeypatch.setenv("MCP_LOCAL_GRAPH_TENANT", tenant.tenant_id)
    monkeypatch.setenv("MCP_LOCAL_GRAPH_TOKEN_STORE", pairs.pop("--token-store"))
    (tmp_path / "state" / "settings.toml").unlink()
    ran = here("login", *(word for pair in pairs.items() for word in pair))
    assert (ran.code, len(ran.lines)) == (0, 2)
    assert not (tmp_path / "state" / "settings.toml").exists()


def test_an_empty_flag_is_not_kept_as_a_word(
    tenant: DemoTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tenant's CA by another way, so that the flag can be empty.
    monkeypatch.setenv("SSL_CERT_FILE", str(tenant.ca_file))
    tenant.control.set_device_code_interval(0)
    words = flags(tenant, tmp_path, sign_in="device", ca_file="")
    ran = here("login", *words, help_with=with_a_code(tenant))
    assert (ran.code, ran.err) == (0, "")
    assert "ca_file" not in config.read_file(tmp_path / "state")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_the_person_can_read_what_a_sign_in_leaves(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    state = tmp_path / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    left = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.iterdir()}
    assert "settings.toml" in left
    assert any(name.startswith("tokens-") for name in left)
    assert set(left.values()) == {0o600}


def test_status_tells_who_is_signed_in_and_needs_no_network(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    words = flags(tenant, tmp_path)
    tenant.stop()
    ran = here("status", *words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == f"Signed in: {INES} (tenant {tenant.tenant_id}), in use"
    assert any(line.startswith("  Granted: ") and "User.Read" in line for line in ran.lines)
    assert any(line.startswith("Tokens: ") for line in ran.lines)
    facts = json.loads(here("status", "--json", *words).out)
    assert (facts["account"], facts["tenant_id"]) == (INES, tenant.tenant_id)
    assert "User.Read" in facts["accounts"][0]["granted"]
    assert not [name for name in facts if "token" in name and name != "token_store"]


def test_use_chooses_between_the_signed_in_accounts(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    nobody = here("use", "nobody@example.com", *flags(tenant, tmp_path))
    assert (nobody.code, nobody.out) == (4, "")
    assert "nobody@example.com" in nobody.err
    chosen = here("use", INES.upper(), *flags(tenant, tmp_path))
    assert (chosen.code, chosen.out) == (0, f"In use: {INES}\n")


def test_add_asks_for_the_permissions_of_a_workload_and_once_is_enough(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    words = flags(tenant, tmp_path, sign_in="device")
    assert here("login", "--add", "files", *words, help_with=with_a_code(tenant)).code == 0
    (granted,) = (line for line in here("status", *words).lines if line.startswith("  Granted: "))
    assert {"Files.Read", "User.Read"} <= set(granted.removeprefix("  Granted: ").split(", "))
    again = here("login", "--add", "files", *words)
    assert again.lines[0] == f"Already signed in as {INES}."


@pytest.mark.parametrize("at", ["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"])
def test_add_asks_a_personal_account_for_what_it_can_have(tenant: DemoTenant, tmp_path: Path, at: str) -> None:
    words = flags(tenant, tmp_path, tenant=at)
    personal = next(one.user_name for one in tenant.people if one.personal)
    assert here("login", "--add", "people", *words, help_with=in_a_browser(personal)).code == 0
    (granted,) = (line for line in here("status", *words).lines if line.startswith("  Granted: "))
    assert {"People.Read", "Contacts.Read"} <= set(granted.removeprefix("  Granted: ").split(", "))
    wrong = here("login", "--add", "chats", *words)
    assert wrong.code == 2
    assert "chats is for work and school accounts; a personal account cannot grant it" in wrong.err


def test_add_takes_a_permission_by_its_name_and_nothing_else(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    words = flags(tenant, tmp_path, sign_in="device")
    assert here("login", "--add", "presence.read", *words, help_with=with_a_code(tenant)).code == 0
    (granted,) = (line for line in here("status", *words).lines if line.startswith("  Granted: "))
    assert "Presence.Read" in granted
    wrong = here("login", "--add", "Mail.Raed", *words)
    assert wrong.code == 2
    assert "Mail.Raed is neither a permission known here nor one of" in wrong.err


def test_logout_forgets_the_account_in_use_and_all_forgets_everybody(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    by_code(tenant, tmp_path, "--again", account=MARIT)
    words = flags(tenant, tmp_path)
    one = here("logout", *words)
    assert (one.code, one.err, one.lines[0]) == (0, "", f"Signed out: {MARIT}")
    assert who(tenant, tmp_path)[2] == [INES]
    by_code(tenant, tmp_path, "--again", account=MARIT)
    everybody = here("logout", "--all", *words)
    assert (everybody.code, everybody.err) == (0, "")
    assert everybody.lines[:2] == [f"Signed out: {INES}", f"Signed out: {MARIT}"]
    assert everybody.lines[3:] == ["  https://mysignins.microsoft.com (Sign out everywhere), or ask your administrator"]
    assert here("logout", "--all", *words) == Ran(0, "Nobody was signed in.\n", "")
    assert here("logout", *words) == Ran(0, "Nobody was signed in.\n", "")
    assert who(tenant, tmp_path) == (4, None, [])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, f"Several accounts are signed in and none is chosen: {INES}, {MARIT}."),
        ({"account": "x@y.example"}, f"x@y.example is not signed in yet. {UNUSED}: {INES}, {MARIT}."),
    ],
    ids=["none chosen", "another pinned"],
)
def test_where_no_account_is_in_use_logout_and_status_say_why_and_who_is_there(
    tenant: DemoTenant, tmp_path: Path, settings: dict[str, str], why: str
) -> None:
    olav = tenant.people[3].user_name
    for account in (INES, MARIT, olav):
        by_code(tenant, tmp_path, "--again", account=account)
    words = flags(tenant, tmp_path, **settings)
    assert here("logout", *flags(tenant, tmp_path)).lines[0] == f"Signed out: {olav}"
    out = here("logout", *words)
    assert (out.code, out.out) == (4, "")
    assert out.err == (
        f"Error: {why}\nTo sign out one: `mcp-local-graph logout --account <account>`; "
        "all of them: `mcp-local-graph logout --all`.\n"
    )
    assert here("status", *words).lines[0].startswith(f"{why} ")
    assert here("logout", *flags(tenant, tmp_path, account=MARIT)).lines[0] == f"Signed out: {MARIT}"
    assert who(tenant, tmp_path) == (0, INES, [INES])


def test_accounts_of_another_tenant_than_the_settings_are_told_apart_from_nobody(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    by_code(tenant, tmp_path)
    elsewhere = flags(tenant, tmp_path, tenant="11111111-2222-4333-8444-555555555555")
    why = f"Nobody is signed in yet. {UNUSED}: {INES}."
    assert here("status", *elsewhere).lines[0].startswith(why)
    assert why in here("logout", *elsewhere).err


def test_a_personal_account_is_revoked_at_a_place_of_its_own(tenant: DemoTenant, tmp_path: Path) -> None:
    words = flags(tenant, tmp_path, tenant="consumers")
    personal = next(one.user_name for one in tenant.people if one.personal)
    assert here("login", *words, help_with=in_a_browser(personal)).code == 0
    assert here("logout", *words).lines[-1] == "  https://account.microsoft.com/security (Sign me out)"


def test_logout_needs_no_network_and_leaves_no_token(tenant: DemoTenant, tmp_path: Path) -> None:
    by_code(tenant, tmp_path)
    words = flags(tenant, tmp_path)
    secrets = tenant.control.issued_secrets()
    tenant.stop()
    assert here("logout", *words).code == 0
    left = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert not [secret for secret in secrets if secret.encode() in left]


def test_where_nothing_can_be_kept_nobody_is_asked(tenant: DemoTenant, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    ran = here("login", *flags(tenant, tmp_path), "--state-dir", str(tmp_path / "file" / "state"))
    assert (ran.code, ran.out) == (2, "")
    assert re.search(r"The state directory .* cannot be used \(.*\)\.\nName another with --state-dir\.", ran.err)
    assert tenant.control.requests() == []


@pytest.mark.parametrize("way", ["browser", "device"])
def test_interrupting_a_sign_in_ends_it_at_once(tenant: DemoTenant, tmp_path: Path, way: str) -> None:
    process = started("login", *flags(tenant, tmp_path, sign_in=way))
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("Open ")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    assert err.strip() == "Interrupted."
    assert "Traceback" not in out + err
    assert who(tenant, tmp_path) == (4, None, [])


@pytest.mark.parametrize("endpoint", ["discovery", "devicecode"])
def test_interrupting_while_microsoft_is_slow_ends_it_at_once(
    tenant: DemoTenant, tmp_path: Path, endpoint: str
) -> None:
    tenant.control.hold(endpoint)
    process = started("login", *flags(tenant, tmp_path, sign_in="device"))
    tenant.control.wait_for_request(endpoint)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert time.monotonic() - began < 2
    assert (process.returncode, out, err.strip()) == (130, "", "Interrupted.")


def test_nothing_secret_is_printed_even_where_everything_is_logged(tenant: DemoTenant, tmp_path: Path) -> None:
    report = tmp_path / "report"
    words = [*flags(tenant, tmp_path), "--log-level", "debug"]
    printed = ""
    for command in ("login", "status", "login", "logout"):
        ran = there(command, *words, BROWSER=browser.COMMAND, PERSON_REPORT=str(report))
        assert ran.code == 0
        assert all(re.match(r"\d{4}-\d\d-\d\d ", line) for line in ran.err.splitlines())
        printed += ran.out + ran.err
    assert " DEBUG " in printed
    assert not [secret for secret in tenant.control.issued_secrets() if secret in printed]
    # The one-time path is for the person's eyes, on stdout; the log does not have it.
    (path,) = set(re.findall(r"/start/([\w-]+)", printed))
    assert printed.count(path) == 1


def test_a_settings_file_that_cannot_be_written_is_said_and_the_sign_in_stays(
    tenant: DemoTenant, tmp_path: Path
) -> None:
    tenant.control.set_device_code_interval(0)
    (tmp_path / "state" / "settings.new").mkdir(parents=True)
    ran = by_code(tenant, tmp_path)
    assert ran.code == 2
    assert f"Signed in as {INES}." in ran.lines
    assert "settings.toml cannot be written" in ran.err
    with contextlib.suppress(OSError):
        (tmp_path / "state" / "settings.new").rmdir()
    assert who(tenant, tmp_path) == (0, INES, [INES])
