"""Settings: what they may be, and the file they are kept in."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import clouds, config
from mcp_local_graph.config import SETTINGS_FILE, SignIn, TokenStore
from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

ID = "3d8e7011-51c6-4b2e-9f0a-7ac4d81b6e11"


def settings(tmp_path: Path, **values: object) -> config.Settings:
    raw = {
        "client_id": ID,
        "tenant": "organizations",
        "cloud": "global",
        "sign_in": "auto",
        "token_store": "auto",
        "state_dir": tmp_path,
        "log_level": "warning",
        **values,
    }
    return config.settings(raw, dict.fromkeys(raw, "flag"))


def test_values_become_settings(tmp_path: Path) -> None:
    made = settings(tmp_path, client_id=ID.upper(), tenant="Brackwater.Example", sign_in="device", token_store="memory")
    assert (made.client_id, made.tenant) == (ID, "brackwater.example")
    assert (made.sign_in, made.token_store) == (SignIn.DEVICE, TokenStore.MEMORY)
    assert made.cloud == clouds.CLOUDS["global"]
    assert (made.ca_file, made.state_dir) == (None, tmp_path)
    assert made.origins["tenant"] == "flag"


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_client_id_there_is_none(tmp_path: Path, nothing: str | None) -> None:
    assert settings(tmp_path, client_id=nothing).client_id is None


@pytest.mark.parametrize("wrong", ["x", ID[:-1], f"{ID}0", f"{{{ID}}}", f"{ID}\n", f"api://{ID}", "my app"])
def test_a_client_id_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="--client-id") as raised:
        settings(tmp_path, client_id=wrong)
    assert "Application (client) ID" in raised.value.remedy


@pytest.mark.parametrize(
    "right", ["organizations", "consumers", ID, "contoso.onmicrosoft.com", "a.b", "xn--bcher-kva.example"]
)
def test_a_tenant_is_an_id_a_domain_or_one_of_two_words(tmp_path: Path, right: str) -> None:
    assert settings(tmp_path, tenant=right).tenant == right


def test_common_is_refused_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="common does not hold") as raised:
        settings(tmp_path, tenant="common")
    assert "organizations" in raised.value.remedy


@pytest.mark.parametrize(
    "wrong", ["", "contoso", "a b.c", "../x", "contoso.com/", "contoso.com?x", "https://contoso.com", "a.b\n", ".com"]
)
def test_a_tenant_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="--tenant"):
        settings(tmp_path, tenant=wrong)


def test_addresses_are_for_the_custom_cloud_only(tmp_path: Path) -> None:
    custom = settings(tmp_path, cloud="custom", login_url="https://l.example", graph_url="https://g.example")
    assert custom.cloud == clouds.Cloud("custom", "https://l.example", "https://g.example")
    for name in ("login_url", "graph_url"):
        with pytest.raises(SettingsError, match="cloud `custom` only"):
            settings(tmp_path, **{name: "https://g.example"})
        with pytest.raises(SettingsError, match="needs both"):
            settings(tmp_path, cloud="custom", **{name: "https://g.example"})


def test_a_ca_file_is_absolute_wherever_it_was_named_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings(tmp_path, ca_file="ca.pem").ca_file == tmp_path / "ca.pem"
    assert settings(tmp_path, ca_file="~/ca.pem").ca_file == tmp_path / "ca.pem"
    assert settings(tmp_path, ca_file="").ca_file is None


def test_a_ca_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for wrong in (tmp_path / "no.pem", tmp_path):
        with pytest.raises(SettingsError, match="--ca-file"):
            settings(tmp_path, ca_file=wrong)


def test_a_home_that_is_unknown_is_refused(tmp_path: Path) -> None:
    for name in ("ca_file", "state_dir"):
        with pytest.raises(SettingsError, match="home directory"):
            settings(tmp_path, **{name: "~nobody-of-that-name/x"})


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert config.read_file(tmp_path) == {}
    assert config.read_file(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_file_is_read_with_or_without_the_mark_of_an_editor(tmp_path: Path, start: bytes) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(start + b'tenant = "consumers" # mine\n')
    assert config.read_file(tmp_path) == {"tenant": "consumers"}


@pytest.mark.parametrize(
    "content", [b"tenant", b"tenant = ", b"\xff\xfe", b"[[[", b'tenant = "a"\ntenant = "b"', b"tenant = 'a\x00'"]
)
def test_a_file_that_is_no_toml_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / SETTINGS_FILE
    file.write_bytes(content)
    for use in (lambda: config.read_file(tmp_path), lambda: config.write_file(tmp_path, {"tenant": "x"})):
        with pytest.raises(SettingsError, match="cannot be read") as raised:
            use()
        assert str(file) in raised.value.what
    assert file.read_bytes() == content


def test_a_file_that_is_a_directory_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        config.read_file(tmp_path)


def test_a_key_that_is_none_is_named_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text('tenent = "x"\nstate_dir = "y"\ncloud = "global"\n')
    with pytest.raises(SettingsError, match="state_dir, tenent") as raised:
        config.read_file(tmp_path)
    assert "tenant" in raised.value.remedy


def test_names_may_be_a_list_or_one_text(tmp_path: Path) -> None:
    file = tmp_path / SETTINGS_FILE
    file.write_text('scopes = ["User.Read", "Mail.Read"]\ntoolsets = "mail, people"\ntools = []\nstructured = true\n')
    values = config.read_file(tmp_path)
    assert values == {"scopes": "User.Read,Mail.Read", "toolsets": "mail, people", "tools": "", "structured": True}
    read = settings(tmp_path, **values)
    assert read.scopes == {"User.Read", "Mail.Read"}
    assert read.toolsets == {"mail", "people"}
    assert not read.tools


@pytest.mark.parametrize(
    ("line", "write"),
    [
        ("scopes = [1]", 'scopes = ["one", "two"]'),
        ("tools = 5", 'tools = ["one", "two"]'),
        ('structured = "yes"', "structured = true"),
        ("client_id = 7", 'client_id = "..."'),
        ('tenant = ["x"]', 'tenant = "..."'),
        ("account = true", 'account = "..."'),
        ('[cloud]\nname = "x"', 'cloud = "..."'),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_key_with_what_to_write(
    tmp_path: Path, line: str, write: str
) -> None:
    (tmp_path / SETTINGS_FILE).write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=write.split(maxsplit=1)[0]) as raised:
        config.read_file(tmp_path)
    assert raised.value.remedy == f"Write {write}."


def test_writing_keeps_the_other_keys(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text('log_level = "debug"\ntenant = "old.example"\n')
    path = config.write_file(tmp_path, {"tenant": "new.example", "client_id": ID})
    assert path == tmp_path / SETTINGS_FILE
    assert config.read_file(tmp_path) == {"client_id": ID, "log_level": "debug", "tenant": "new.example"}


HOSTILE = [
    'a"b',
    "a'b",
    "back\\slash",
    "C:\\Users\\new\\table",
    "line\nbreak\r\n",
    "tab\tnul\x00bell\x07del\x7f",
    "Zoë",
    "\u2028\u2029\x85",
    "\U0001f600 \U0010ffff",
    'x"\nclient_id = "other',
    "#",
    '"""',
    "",
    " ",
    "\\u0041",
    "\ufeff",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_any_text_comes_back_as_it_went_in(tmp_path: Path, value: str) -> None:
    config.write_file(tmp_path, {"ca_file": value, "tenant": "t"})
    assert config.read_file(tmp_path) == {"ca_file": value, "tenant": "t"}
    config.write_file(tmp_path, {"cloud": "global"})
    assert tomllib.loads((tmp_path / SETTINGS_FILE).read_text("utf-8"))["ca_file"] == value


def test_a_name_that_is_no_text_at_all_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    config.write_file(tmp_path, {"tenant": "t"})
    with pytest.raises(SettingsError, match="cannot be written"):
        config.write_file(tmp_path, {"ca_file": os.fsdecode(b"ca\xff.pem")})
    assert config.read_file(tmp_path) == {"tenant": "t"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_the_person_can_read_or_write_what_was_kept(tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    file = config.write_file(state, {"tenant": "t"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    file.chmod(0o666)
    config.write_file(state, {"tenant": "u"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == [SETTINGS_FILE]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no symbolic links for everybody")
def test_a_link_that_waits_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "settings.new").symlink_to(victim)
    config.write_file(tmp_path, {"tenant": "t"})
    assert victim.read_text() == "precious"
    assert config.read_file(tmp_path) == {"tenant": "t"}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be") as raised:
        config.write_file(tmp_path / "file" / "state", {"tenant": "t"})
    assert "settings.toml" in raised.value.what
