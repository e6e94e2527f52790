from __future__ import annotations

import base64
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.auth import vault
from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.auth.cache import AccountCache, Newest, Place, open_vault
from mcp_local_graph.config import TokenStore
from mcp_local_graph.errors import KeyStoreUnavailable
from tests.auth.kit import BASIC, service, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

KEY = bytes(range(32))
CLIENT_ID = "7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203"
RT = "1.AdDemo-refresh-token-of-"


def coded(content: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def signing_in(name: str, scopes: str = "User.Read openid profile") -> dict[str, Any]:
    """What MSAL hands to its cache when somebody has signed in."""
    return {
        "client_id": CLIENT_ID,
        "scope": scopes.split(),
        "token_endpoint": "https://localhost:1/tenant/oauth2/v2.0/token",
        "grant_type": "authorization_code",
        "response": {
            "access_token": f"EwDemo-access-token-of-{name}",
            "refresh_token": f"{RT}{name}",
            "id_token": f".{coded({'sub': name, 'preferred_username': f'{name}@brackwater.example'})}.",
            "client_info": coded({"uid": name, "utid": "tenant"}),
            "expires_in": 3600,
            "token_type": "Bearer",
        },
    }


def sealed(directory: Path, key: bytes = KEY) -> AccountCache:
    return AccountCache(vault.sealed(directory / "tokens.bin", key, "sealed"), "organizations")


def plain(directory: Path) -> AccountCache:
    return AccountCache(vault.plain(directory / "tokens.json"), "organizations")


def tokens(cache: AccountCache) -> list[str]:
    return sorted(entry["secret"] for entry in cache.search(cache.CredentialType.REFRESH_TOKEN))


def names(cache: AccountCache) -> list[str]:
    return [account.user_name.partition("@")[0] for account in cache.accounts()]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_everything_about_an_account_outlives_the_process(tmp_path: Path) -> None:
    cache = sealed(tmp_path)
    cache.add(signing_in("ines"))
    cache.note_token("ines.tenant", Newest(""), asked=(), granted={"User.Read", "Mail.Read"})
    cache.use("ines.tenant")
    later = sealed(tmp_path)
    assert later.accounts() == (Account("ines.tenant", "ines@brackwater.example", "tenant"),)
    assert later.in_use == "ines.tenant"
    assert later.granted("ines.tenant") == {"User.Read", "Mail.Read"}
    assert tokens(later) == [f"{RT}ines"]


def test_no_part_of_the_state_is_on_the_disk_in_the_clear(tmp_path: Path) -> None:
    cache = sealed(tmp_path)
    cache.add(signing_in("ines"))
    cache.use("ines.tenant")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for word in (RT, "EwDemo", "ines", "Bearer", "secret", "in_use"):
        assert word.encode() not in stored


def test_a_reader_sees_what_another_wrote_meanwhile(tmp_path: Path) -> None:
    mine, others = sealed(tmp_path), sealed(tmp_path)
    assert names(mine) == []
    others.add(signing_in("marit"))
    others.use("marit.tenant")
    assert (names(mine), mine.in_use, tokens(mine)) == (["marit"], "marit.tenant", [f"{RT}marit"])
    others.remove("marit.tenant")
    assert (names(mine), mine.in_use, tokens(mine)) == ([], None, [])


def test_a_writer_keeps_what_another_wrote_meanwhile(tmp_path: Path) -> None:
    mine, others = sealed(tmp_path), sealed(tmp_path)
    mine.add(signing_in("ines"))
    others.add(signing_in("marit"))
    mine.add(signing_in("rui"))
    assert names(sealed(tmp_path)) == names(mine) == ["ines", "marit", "rui"]


def test_scopes_grow_and_are_retired(tmp_path: Path) -> None:
    cache = sealed(tmp_path)
    cache.note_token("ines.tenant", Newest(""), asked=(), granted={"User.Read"})
    cache.note_token("ines.tenant", Newest(""), asked=(), granted={"Mail.Read"})
    cache.note_token("marit.tenant", Newest(""), asked=(), granted={"Files.Read"})
    assert cache.granted("ines.tenant") == {"User.Read", "Mail.Read"}
    cache.retire("ines.tenant", {"Mail.Read", "Never.Granted"})
    cache.retire("nobody.tenant", {"Mail.Read"})
    assert sealed(tmp_path).granted("ines.tenant") == {"User.Read"}
    assert sealed(tmp_path).granted("marit.tenant") == {"Files.Read"}


def test_what_is_known_already_is_not_written_again(tmp_path: Path) -> None:
    cache = sealed(tmp_path)
    cache.note_used("ines.tenant", {"User.Read"})
    written = vault.sealed(tmp_path / "tokens.bin", KEY, "").signature()
    cache.note_used("ines.tenant", {"User.Read"})
    cache.note_used("ines.tenant", set())
    assert tokens(cache) == []
    assert vault.sealed(tmp_path / "tokens.bin", KEY, "").signature() == written


def test_one_token_answer_is_one_write(tmp_path: Path) -> None:
    """MSAL makes five changes of it; a reader in between would see an account without tokens."""
    writes = []

    class Counting(vault.FileVault):
        def save(self, content: bytes) -> None:
            writes.append(json.loads(content)["msal"])
            super().save(content)

    AccountCache(Counting(tmp_path / "tokens.json", "plain", bytes, bytes), "organizations").add(signing_in("ines"))
    assert [sorted(write) for write in writes] == [
        ["AccessToken", "Account", "AppMetadata", "IdToken", "RefreshToken"],
    ]


def test_an_account_that_leaves_takes_its_tokens_and_scopes_along_and_nothing_else(tmp_path: Path) -> None:
    cache = plain(tmp_path)
    for name in ("ines", "marit"):
        cache.add(signing_in(name))
        cache.note_token(f"{name}.tenant", Newest(""), asked=(), granted={"User.Read"})
        cache.use(f"{name}.tenant")
    cache.remove("ines.tenant")
    assert (names(cache), cache.in_use) == (["marit"], "marit.tenant")
    cache.add(signing_in("ines"))
    cache.remove("marit.tenant")
    assert (names(cache), cache.in_use) == (["ines"], None)
    stored = (tmp_path / "tokens.json").read_text()
    assert "marit" not in stored
    assert RT + "ines" in stored


def test_expired_tokens_are_left_out_without_a_write(tmp_path: Path) -> None:
    cache = sealed(tmp_path)
    event = signing_in("ines")
    event["response"]["expires_in"] = -10
    cache.add(event)
    before = (tmp_path / "tokens.bin").read_bytes()
    assert list(cache.search(cache.CredentialType.ACCESS_TOKEN)) == []
    assert (tmp_path / "tokens.bin").read_bytes() == before


def test_a_damaged_file_means_signed_out_and_a_new_sign_in_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = sealed(tmp_path)
    cache.add(signing_in("ines"))
    cache.use("ines.tenant")
    path = tmp_path / "tokens.bin"
    path.write_bytes(path.read_bytes()[:-3])
    assert (names(cache), cache.in_use) == ([], None)
    assert len(list(tmp_path.glob("tokens.bad-*"))) == 1
    cache.add(signing_in("marit"))
    assert names(sealed(tmp_path)) == ["marit"]
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("content", ["{}", '{"msal": {}}', '{"granted": {}, "in_use": null}'])
def test_a_file_that_lacks_parts_is_read_as_far_as_it_goes(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokens.json").write_text(content)
    cache = plain(tmp_path)
    assert (names(cache), cache.in_use, cache.granted("ines.tenant")) == ([], None, frozenset())
    cache.add(signing_in("ines"))
    assert names(plain(tmp_path)) == ["ines"]


# Where the disk does not take part


def blocked(directory: Path) -> Path:
    """A state directory that can be neither made nor written, not even by root: its parent is a file."""
    (directory / "file").write_text("no directory")
    return directory / "file" / "state"


def test_a_call_is_served_from_memory_where_the_disk_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = plain(blocked(tmp_path))
    assert names(cache) == []
    cache.add(signing_in("ines"))
    cache.note_token("ines.tenant", Newest(""), asked=(), granted={"User.Read"})
    cache.use("ines.tenant")
    assert (names(cache), cache.in_use, tokens(cache)) == (["ines"], "ines.tenant", [f"{RT}ines"])
    (warning,) = warnings(caplog)
    assert "Not a directory" in warning
    assert RT not in warning


def test_a_file_that_cannot_be_read_is_left_alone_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tokens.json").mkdir()  # which root cannot read either
    cache = plain(tmp_path)
    cache.add(signing_in("ines"))
    assert names(cache) == ["ines"]
    assert (tmp_path / "tokens.json").is_dir()
    assert len(warnings(caplog)) == 1


def test_a_write_that_fails_keeps_the_new_token_in_memory_and_the_old_one_on_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = plain(tmp_path)
    cache.add(signing_in("ines"))
    (tmp_path / "tokens.new").mkdir()  # where the next write begins
    cache.add(signing_in("marit"))
    cache.add(signing_in("rui"))
    assert names(cache) == ["ines", "marit", "rui"]
    assert names(plain(tmp_path)) == ["ines"]
    assert len(warnings(caplog)) == 1


def test_a_lock_that_is_not_given_does_not_lose_a_token_that_was_given_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Impatient(vault.FileVault):
        @contextmanager
        def locked(self, patience: float = 0.02) -> Iterator[None]:
            with super().locked(patience):
                yield

    held = vault.plain(tmp_path / "tokens.json")
    cache = AccountCache(Impatient(tmp_path / "tokens.json", "plain", bytes, bytes), "organizations")
    with held.locked():
        cache.add(signing_in("ines"))
        assert tokens(cache) == [f"{RT}ines"]
        with pytest.raises(KeyStoreUnavailable):
            cache.remove("ines.tenant")
    assert "for too long" in warnings(caplog)[0]


def test_nobody_is_told_that_a_sign_in_was_removed_that_is_still_on_the_disk(tmp_path: Path) -> None:
    cache = plain(tmp_path)
    cache.add(signing_in("ines"))
    (tmp_path / "tokens.new").mkdir()
    with pytest.raises(KeyStoreUnavailable, match="cannot be changed") as caught:
        cache.remove("ines.tenant")
    assert str(tmp_path / "tokens.json") in caught.value.what
    assert RT + "ines" in (tmp_path / "tokens.json").read_text()


def test_memory_lets_an_account_go(tmp_path: Path) -> None:
    cache = AccountCache(vault.MemoryVault("a test"), "organizations")
    cache.add(signing_in("ines"))
    cache.use("ines.tenant")
    cache.remove("ines.tenant")
    assert (names(cache), cache.in_use, list(tmp_path.iterdir())) == ([], None, [])


# Which file


def place(directory: Path, store: TokenStore = TokenStore.PLAINTEXT, **changes: str) -> Place:
    there = {"login_url": "https://localhost:1", "client_id": CLIENT_ID, **changes}
    return Place(directory, there["login_url"], there["client_id"], store)


def test_each_login_origin_and_each_app_has_a_file_of_its_own(tmp_path: Path) -> None:
    places = [
        place(tmp_path),
        place(tmp_path, login_url="https://localhost:2"),
        place(tmp_path, login_url="https://login.microsoftonline.com"),
        place(tmp_path, client_id="86c1b7e4-5d09-4f23-9ab8-e20f6d417c95"),
    ]
    assert len({one.file(".bin") for one in places}) == 4
    assert place(tmp_path).file(".bin") == places[0].file(".bin")
    for one in places:
        AccountCache(open_vault(one), "organizations").add(signing_in("ines"))
    assert len(list(tmp_path.glob("tokens-*.json"))) == 4


@pytest.mark.anyio
async def test_a_refresh_token_is_not_offered_to_another_port(
    tenant: DemoTenant, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    auth = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    await sign_in(auth)
    with type(tenant)(tmp_path_factory.mktemp("other")) as other:
        elsewhere = service(other, tmp_path, token_store=TokenStore.PLAINTEXT)
        assert (await elsewhere.status()).accounts == ()
        assert other.control.requests() == []


@pytest.mark.anyio
async def test_a_second_process_is_silent_after_the_first_has_signed_in(tenant: DemoTenant, tmp_path: Path) -> None:
    await sign_in(service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT))
    second = service(tenant, tmp_path, token_store=TokenStore.PLAINTEXT)
    assert await second.token(BASIC) == await second.token(BASIC)
    assert len(tenant.control.requests("token")) == 1


@pytest.mark.parametrize(
    ("store", "words"), [(TokenStore.MEMORY, "in memory only"), (TokenStore.PLAINTEXT, "PLAIN TEXT, by your setting")]
)
def test_the_setting_decides_where_tokens_are_kept_and_status_says_so(
    tmp_path: Path, store: TokenStore, words: str
) -> None:
    assert words in AccountCache(open_vault(place(tmp_path, store)), "organizations").describe()


def test_nothing_is_on_the_disk_before_somebody_signs_in(tmp_path: Path) -> None:
    cache = AccountCache(open_vault(place(tmp_path / "state")), "organizations")
    assert (names(cache), cache.in_use) == ([], None)
    assert list(tmp_path.iterdir()) == []
