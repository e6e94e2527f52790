"""Settings by flag, environment, file and default, and what happens when they cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.rig import here, there

if TYPE_CHECKING:
    from pathlib import Path

ID = "3d8e7011-51c6-4b2e-9f0a-7ac4d81b6e11"
OTHER = "11111111-51c6-4b2e-9f0a-7ac4d81b6e11"


def shown(*words: str) -> dict[str, Any]:
    ran = here("status", "--json", *words)
    assert ran.code == 4, ran.err
    settings: dict[str, Any] = json.loads(ran.out)["settings"]
    return settings


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    monkeypatch.setenv("MCP_LOCAL_GRAPH_STATE_DIR", str(directory))
    return directory


def test_by_default_nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    settings = shown()
    assert settings.pop("state_dir") == {"value": str(tmp_path / "xdg" / "mcp-local-graph"), "from": "default"}
    assert {each["from"] for each in settings.values()} == {"default"}
    assert {name: each["value"] for name, each in settings.items()} == {
        "client_id": None,
        "tenant": "organizations",
        "cloud": "global",
        "login_url": "https://login.microsoftonline.com",
        "graph_url": "https://graph.microsoft.com",
        "ca_file": None,
        "sign_in": "auto",
        "token_store": "auto",
        "account": None,
        "credential": None,
        "toolsets": None,
        "tools": None,
        "exclude": None,
        "scopes": None,
        "structured": "False",
        "log_level": "warning",
    }
    assert not (tmp_path / "xdg").exists()


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state / "settings.toml").write_text('tenant = "file.example"\ncloud = "china"\nlog_level = "info"\n')
    monkeypatch.setenv("MCP_LOCAL_GRAPH_TENANT", "environment.example")
    monkeypatch.setenv("MCP_LOCAL_GRAPH_LOG_LEVEL", "error")
    settings = shown("--tenant", "flag.example", "--token-store", "memory")
    assert settings["tenant"] == {"value": "flag.example", "from": "flag"}
    assert settings["log_level"] == {"value": "error", "from": "environment"}
    assert settings["cloud"] == {"value": "china", "from": "file"}
    assert settings["token_store"] == {"value": "memory", "from": "flag"}
    assert settings["sign_in"] == {"value": "auto", "from": "default"}
    assert settings["state_dir"] == {"value": str(state), "from": "environment"}


def test_every_setting_has_its_variable(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("")
    values = {
        "client_id": ID,
        "tenant": "consumers",
        "cloud": "custom",
        "login_url": "https://l.example",
        "graph_url": "https://g.example",
        "ca_file": str(tmp_path / "ca.pem"),
        "sign_in": "device",
        "token_store": "memory",
        "account": "ines@example.com",
        "toolsets": "calendar, mail",
        "tools": "people_find",
        "exclude": "mail_folders",
        "scopes": "Calendars.Read, Mail.Read",
        "structured": "True",
        "log_level": "debug",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"MCP_LOCAL_GRAPH_{name.upper()}", value)
    settings = shown()
    assert settings.pop("state_dir")["value"] == str(state)
    assert settings.pop("credential")["value"] is None
    assert settings == {name: {"value": value, "from": "environment"} for name, value in values.items()}


def test_an_empty_variable_is_as_good_as_none(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "TENANT", "CLOUD", "LOGIN_URL", "CA_FILE", "SIGN_IN", "LOG_LEVEL"):
        monkeypatch.setenv(f"MCP_LOCAL_GRAPH_{name}", "")
    settings = shown()
    assert settings.pop("state_dir")["value"] == str(state)
    assert {each["from"] for each in settings.values()} == {"default"}


def test_the_state_directory_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "settings.toml").write_text('tenant = "file.example"\n')
    assert shown("--state-dir", "~/mine")["tenant"]["value"] == "file.example"


def test_status_says_for_people_where_each_setting_came_from(state: Path) -> None:
    (state / "settings.toml").write_text('tenant = "file.example"\n')
    ran = here("status", "--client-id", ID, "--token-store", "memory")
    assert (ran.code, ran.err) == (4, "")
    assert ran.lines[0].startswith("Nobody is signed in. Sign in: run `mcp-local-graph login`")
    assert f"  client-id    {ID}  (flag)" in ran.lines
    assert "  tenant       file.example  (file)" in ran.lines
    assert f"  state-dir    {state}  (environment)" in ran.lines
    assert "  ca-file      -  (default)" in ran.lines


def test_status_without_a_client_id_says_what_is_missing(state: Path) -> None:
    ran = here("status")
    assert ran.code == 4
    assert "--client-id" in ran.out
    assert list(state.iterdir()) == []


FILE = "settings.toml"


@pytest.mark.parametrize("command", ["serve", "login", "logout", "status"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('tenent = "x"', ["tenent", "tenant"]),
        ("tenant = ", ["cannot be read: Invalid value (at end of document).", "Mend it"]),
        ('state_dir = "/x"', ["state_dir"]),
    ],
)
def test_a_file_that_is_wrong_is_named(state: Path, command: str, content: str, words: list[str]) -> None:
    (state / FILE).write_text(content)
    ran = here(command)
    assert (ran.code, ran.out) == (2, "")
    assert all(word in ran.err for word in [str(state / FILE), *words])
    assert "Traceback" not in ran.err


def test_a_file_that_cannot_be_read_is_named(state: Path) -> None:
    (state / FILE).mkdir()
    ran = here("status")
    assert ran.code == 2
    assert f"The settings file {state / FILE} cannot be read: " in ran.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--client-id", "my-app"], ["--client-id", "Application (client) ID"]),
        (["--tenant", "common"], ["--tenant common", "organizations"]),
        (["--tenant", "a b"], ["--tenant", "domain"]),
        (["--cloud", "custom"], ["--login-url and --graph-url"]),
        (["--cloud", "custom", "--login-url", "https://l.example"], ["--login-url and --graph-url"]),
        (["--cloud", "custom", "--graph-url", "https://g.example"], ["--login-url and --graph-url"]),
        (["--login-url", "https://l.example", "--graph-url", "https://g.example"], ["--cloud custom"]),
        (
            ["--cloud", "custom", "--login-url", "http://l.example", "--graph-url", "https://g.example"],
            ["--login-url must be an https address", "https://host"],
        ),
        (
            [
                "--cloud",
                "custom",
                "--login-url",
                "https://login.microsoftonline.com",
                "--graph-url",
                "https://g.example",
            ],
            ["login.microsoftonline.com", "g.example", "--cloud"],
        ),
        (["--cloud", "custom", "--login-url", "https://l:x", "--graph-url", "https://g.example"], ["--login-url"]),
        (["--cloud", "germany"], ["--cloud", "global", "usgov"]),
        (["--ca-file", "/nowhere/ca.pem"], ["--ca-file", "/nowhere/ca.pem", "PEM"]),
        (["--sign-in", "telepathy"], ["--sign-in", "device"]),
        (["--token-store", "cloud"], ["--token-store", "plaintext"]),
        (["--log-level", "loud"], ["--log-level", "debug"]),
        (["--state-dir", "~nobody-of-that-name/x"], ["home directory"]),
    ],
)
@pytest.mark.parametrize("command", ["status", "login"])
def test_a_value_that_cannot_be_says_what_to_do(state: Path, command: str, words: list[str], says: list[str]) -> None:
    ran = here(command, *words)
    assert (ran.code, ran.out) == (2, "")
    assert all(each in ran.err for each in says)
    assert "Traceback" not in ran.err
    assert list(state.iterdir()) == []


def test_a_state_directory_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = here("status", "--state-dir", str(tmp_path / "file"))
    assert ran.code == 2
    assert "--state-dir" in ran.err


def test_a_server_with_wrong_settings_ends_with_a_text_on_stderr(state: Path) -> None:
    ran = there("serve", "--tenant", "common")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: --tenant common")
    assert list(state.iterdir()) == []


def test_status_says_whose_tokens_a_credential_gives(state: Path) -> None:
    ran = here("status", "--credential", "environment")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == "Tokens come from --credential environment; nobody signs in here."
    assert json.loads(here("status", "--json", "--credential", "azure-cli").out)["credential"] == "azure-cli"


@pytest.mark.parametrize("words", [["login"], ["logout"], ["use", "ines@example.com"]])
def test_with_a_credential_nobody_signs_in_or_out_here(state: Path, words: list[str]) -> None:
    ran = here(*words, "--credential", "managed-identity")
    assert (ran.code, ran.out) == (4, "")
    assert "--credential managed-identity" in ran.err


def test_a_permission_that_is_none_is_refused_before_anything_starts(state: Path) -> None:
    ran = here("serve", "--scopes", "User.Read Mail.Raed")
    assert (ran.code, ran.out) == (2, "")
    assert "--scopes names permissions that nothing here uses: Mail.Raed. The nearest that are: Mail.Read" in ran.err
    assert not list(state.iterdir())
