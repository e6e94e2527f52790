"""What nobody else may have a hand in: the state directory, and the files that hold tokens."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph import private
from mcp_local_graph.auth import vault
from mcp_local_graph.config import own, write_file
from mcp_local_graph.errors import SettingsError
from tests.cli.rig import here, in_a_browser
from tests.support import flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
CLIENT = "7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203"
CONTENT = b'{"msal": {}}'


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def somebody_else(tmp_path: Path) -> Iterator[int]:
    """The id of another user, who owns nothing here but may pass through."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    yield 65534
    os.chown(tmp_path, 0, 0)


def test_a_directory_is_made_for_this_account_alone(tmp_path: Path) -> None:
    assert private.directory(tmp_path / "a" / "state") is False
    assert mode(tmp_path / "a" / "state") == 0o700
    assert private.directory(tmp_path / "absent", make=False) is False
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("bits", [0o777, 0o1777, 0o1755])
def test_a_directory_that_is_everybodys_is_refused_and_left_as_it_is(tmp_path: Path, bits: int) -> None:
    tmp_path.chmod(bits)
    with pytest.raises(SettingsError, match="is for everybody to write in"):
        own(tmp_path)
    assert mode(tmp_path) == bits


def test_a_directory_that_has_other_things_in_it_is_not_closed_to_those_who_need_them(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").touch()
    (tmp_path / "thesis.odt").touch()
    own(tmp_path)  # it is ours alone already
    tmp_path.chmod(0o755)
    for command in ("status", "login", "serve"):
        ran = here(command, "--state-dir", str(tmp_path))
        assert (ran.code, ran.out) == (2, "")
        assert "is open to others and has other things in it than ours, thesis.odt for one." in ran.err
        assert "--state-dir" in ran.err
    assert mode(tmp_path) == 0o755


def test_a_file_in_place_of_the_directory_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(0o644)
    with pytest.raises(SettingsError, match="Not a directory"):
        own(file)
    assert mode(file) == 0o644


def test_all_that_is_kept_there_is_known_as_ours(tenant: DemoTenant, tmp_path: Path) -> None:
    state = tmp_path / "state"
    words = flags(tenant, tmp_path)
    assert here("login", *words, help_with=in_a_browser()).code == 0
    assert here("logout", *words).code == 0
    state.chmod(0o755)
    assert own(state) is True


@pytest.mark.parametrize("bits", [0o755, 0o770, 0o701])
def test_a_directory_that_others_could_enter_is_closed_to_them_and_that_is_told_once(tmp_path: Path, bits: int) -> None:
    tmp_path.chmod(bits)
    assert private.directory(tmp_path) is True
    assert mode(tmp_path) == 0o700
    assert private.directory(tmp_path) is False


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_directory_whose_mode_cannot_be_changed_will_do_where_others_may_only_look() -> None:
    assert private.directory(Path("/proc/self"), make=False) is False


def test_a_command_says_that_it_closed_the_state_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ran = here("status", "--state-dir", str(tmp_path), "--client-id", CLIENT)
    assert "Others could enter the state directory; it is for this account alone now" in ran.err
    assert mode(tmp_path) == 0o700
    assert "Others could" not in here("status", "--state-dir", str(tmp_path), "--client-id", CLIENT).err


def test_somebody_elses_state_directory_is_refused_by_every_command(tmp_path: Path, somebody_else: int) -> None:
    write_file(tmp_path, {"client_id": CLIENT})
    os.chown(tmp_path, somebody_else, -1)
    for command in ("status", "login", "serve", "consent"):
        ran = here(command, "--state-dir", str(tmp_path))
        assert (ran.code, ran.out) == (2, "")
        assert f"The state directory {tmp_path} belongs to another user." in ran.err
        assert "--state-dir" in ran.err


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be used"):
        own(tmp_path / "file" / "state")


def kept(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    vault.plain(path).save(CONTENT)
    return path


def test_a_cache_that_others_could_read_is_closed_to_them_and_still_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = kept(tmp_path)
    path.chmod(0o644)
    assert vault.plain(path).load() == CONTENT
    assert mode(path) == 0o600
    assert "Others could read the token cache tokens.json" in caplog.text
    caplog.clear()
    assert vault.plain(path).load() == CONTENT
    assert caplog.text == ""


def test_a_cache_that_is_a_link_is_set_aside_and_what_it_leads_to_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(CONTENT)
    path = tmp_path / "tokens.json"
    path.symlink_to(elsewhere)
    place = vault.plain(path)
    assert place.load() is None
    assert "tokens.json is a link" in caplog.text
    (aside,) = tmp_path.glob("tokens.bad-*")
    assert aside.is_symlink()
    place.save(b"{}")
    assert not path.is_symlink()
    assert elsewhere.read_bytes() == CONTENT


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "tokens.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"tokens\.lock"), vault.plain(tmp_path / "tokens.json").locked():
        pytest.fail("the lock was taken")
    assert not (tmp_path / "elsewhere").exists()


def test_somebody_elses_cache_is_set_aside(
    tmp_path: Path, somebody_else: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = kept(tmp_path)
    os.chown(path, somebody_else, -1)
    assert vault.plain(path).load() is None
    assert "tokens.json belongs to another user" in caplog.text
    assert [aside.read_bytes() for aside in tmp_path.glob("tokens.bad-*")] == [CONTENT]


def test_what_is_no_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name in ("pipe", "directory"):
        with pytest.raises(OSError, match="Is no file"):
            private.read(tmp_path / name)


def test_a_file_that_is_not_there_is_just_that(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        private.read(tmp_path / "absent")
