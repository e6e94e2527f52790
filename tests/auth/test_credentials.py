"""`--credential`: what stands in the place of our own sign-in, above all by an `az` that is on PATH."""

from __future__ import annotations

import asyncio
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.credentials import Identity
from mcp_local_graph.config import Credential
from mcp_local_graph.errors import (
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SettingsError,
    SignInFailed,
)
from tests.auth.elsewhere import CHALLENGE, PROBE, PYTHON, SCOPES, FakeAz, fake_az, jwt, nightly, no_azure, tokens
from tests.auth.kit import failure

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

pytestmark = pytest.mark.anyio

PERSON = jwt(idtyp="user", scp="User.Read Mail.Read", upn="ines.okafor@brackwater.example", tid="t-1")
APP = jwt(idtyp="app", roles=["User.Read.All"], app_displayname="Nightly report", tid="t-1")
OPAQUE = "EwOpaque-token-that-says-nothing"


@pytest.fixture(autouse=True)
def _no_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    no_azure(monkeypatch)


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAz:
    return fake_az(tmp_path / "bin", monkeypatch)


def test_the_library_is_imported_at_the_first_question_only_and_in_a_daemon_thread(az: FakeAz) -> None:
    az.gives(OPAQUE)
    ran = subprocess.run([PYTHON, "-c", PROBE], check=True, capture_output=True, text=True, env=dict(os.environ))  # noqa: S603 - our own interpreter
    assert ran.stdout.splitlines() == ["[]", OPAQUE, "True True"]


async def test_az_is_asked_for_graph_of_the_chosen_cloud_and_no_tenant_unless_one_is_named(
    az: FakeAz, tenant: DemoTenant
) -> None:
    az.gives(OPAQUE)
    assert await tokens(tenant, Credential.AZURE_CLI, tenant="organizations").token(SCOPES) == OPAQUE
    assert await tokens(tenant, Credential.AZURE_CLI, tenant="brackwater.example").token(SCOPES) == OPAQUE
    plain = ["account", "get-access-token", "--output", "json", "--resource", tenant.graph_url]
    assert az.calls == [plain, [*plain, "--tenant", "brackwater.example"]]


async def test_two_hundred_calls_at_once_and_all_later_ones_share_one_question(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    auth = tokens(tenant, Credential.AZURE_CLI)
    assert set(await asyncio.gather(*(auth.token({f"Scope.{number}"}) for number in range(200)))) == {OPAQUE}
    assert await auth.token(SCOPES) == OPAQUE
    assert len(az.calls) == 1


async def test_who_comes_while_another_question_is_under_way_takes_its_answer(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    auth = tokens(tenant, Credential.AZURE_CLI)
    both = await asyncio.gather(auth.token(SCOPES, instead_of="another"), auth.token(SCOPES))
    assert set(both) == {OPAQUE}
    assert len(az.calls) == 1


async def test_a_call_that_gives_up_leaves_the_answer_to_the_others(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    auth = tokens(tenant, Credential.AZURE_CLI)
    impatient, patient = (asyncio.ensure_future(auth.token(SCOPES)) for _ in range(2))
    await asyncio.wait([impatient], timeout=0)
    impatient.cancel()
    assert await patient == OPAQUE
    assert impatient.cancelled()


@pytest.mark.parametrize("lifetime", [-60, 0])
async def test_a_token_at_its_end_is_not_kept(az: FakeAz, tenant: DemoTenant, lifetime: float) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    az.gives(OPAQUE, lifetime)
    await auth.token(SCOPES)
    az.gives("another")
    assert await auth.token(SCOPES) == "another"


async def test_a_renewed_token_replaces_the_refused_one_for_everybody(az: FakeAz, tenant: DemoTenant) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    az.gives("refused")
    await auth.token(SCOPES)
    az.gives("renewed")
    assert await auth.token(SCOPES, instead_of="refused") == "renewed"
    assert await auth.token(SCOPES, instead_of="refused") == "renewed", "for who hears of it late, too"
    assert await auth.token(SCOPES) == "renewed"
    assert len(az.calls) == 2


async def test_a_refused_token_is_not_given_again_though_a_new_one_cannot_be_had(
    az: FakeAz, tenant: DemoTenant
) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    az.gives("refused")
    await auth.token(SCOPES)
    assert isinstance(await failure(auth.token(SCOPES, CHALLENGE)), SignInFailed)
    az.fails("Please run 'az login' to setup account.")
    assert isinstance(await failure(auth.token(SCOPES)), SignInFailed)


async def test_a_challenge_becomes_the_command_that_answers_it(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES, CHALLENGE))
    assert type(error) is SignInFailed
    assert 'Run `az login --claims-challenge "eyJhY2Nlc3NfdG9rZW4iOns' in error.remedy
    assert error.remedy.endswith(f'" --scope {tenant.graph_url}/.default`.')
    assert az.calls == []


async def test_a_challenge_too_long_to_copy_becomes_a_plain_sign_in(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES, '{"a":"' + "x" * 2000 + '"}'))
    assert error.remedy == f"Run `az login --scope {tenant.graph_url}/.default`."


async def test_without_az_the_answer_says_how_to_get_it(az: FakeAz, tenant: DemoTenant) -> None:
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES))
    assert type(error) is SignInFailed
    assert "not installed" in error.what
    assert "https://aka.ms/azure-cli" in error.remedy
    az.gives(OPAQUE)
    assert await tokens(tenant, Credential.AZURE_CLI).token(SCOPES) == OPAQUE


FAILING_AZ = [
    ("ERROR: Please run 'az login' to setup account. s3cret", "Nobody is signed in", "az login --scope"),
    ("ERROR: something else, s3cret", "gave no token", "--query expiresOn` to see why"),
    ("", "gave no token", "--query expiresOn` to see why"),
    (
        "AADSTS50076: s3cret. Trace ID: x Correlation ID: 4f0c8a52-7e7e-4c8b-9a7d-0d6c8f5b1e11",
        "another",
        "az login --s",
    ),
    ("ERROR: AADSTS700016: s3cret was not found", "no app with this client id", "az login --scope"),
    ("ERROR: AADSTS90094: s3cret", "administrator", "az login --scope"),
    ("ERROR: AADSTS53003: s3cret", "conditional access", "az login --scope"),
    ("ERROR: AADSTS999888: s3cret", "refused", "error?code=999888"),
    ("ERROR: AADSTS90033: s3cret", "passing fault", "in a minute"),
]


@pytest.mark.parametrize(("stderr", "what", "remedy"), FAILING_AZ)
async def test_a_failing_az_is_explained_without_a_word_of_its_own(
    *, az: FakeAz, tenant: DemoTenant, stderr: str, what: str, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    az.fails(stderr)
    error = await failure(auth.token(SCOPES))
    assert isinstance(error, SignInFailed | ServiceUnavailable)
    assert what in error.what
    assert remedy in error.remedy
    assert "s3cret" not in error.text()
    assert error.__cause__ is None
    assert not [record for record in caplog.records if record.name.startswith("mcp_local_graph")]
    az.gives(OPAQUE)
    assert await auth.token(SCOPES) == OPAQUE


async def test_the_code_and_the_correlation_id_that_az_tells_are_kept_for_it(az: FakeAz, tenant: DemoTenant) -> None:
    az.fails(FAILING_AZ[3][0])
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES))
    assert (error.trace.code, error.trace.correlation_id) == ("AADSTS50076", "4f0c8a52-7e7e-4c8b-9a7d-0d6c8f5b1e11")


@pytest.mark.parametrize("output", ["echo no json", 'echo {\\"accessToken\\": \\"s3cret\\"}', "echo"])
async def test_an_az_that_prints_nonsense_gave_no_token(az: FakeAz, tenant: DemoTenant, output: str) -> None:
    az.runs(output)
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES))
    assert type(error) is SignInFailed
    assert "gave no token" in error.what
    assert "s3cret" not in error.text()


async def test_an_az_that_prints_json_of_another_shape_ends_with_the_name_of_an_error(
    az: FakeAz, tenant: DemoTenant
) -> None:
    az.runs("echo '[]'")
    error = await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES))
    assert error.what == "--credential azure-cli failed (TypeError)."


async def test_an_az_that_hangs_is_given_up(az: FakeAz, tenant: DemoTenant) -> None:
    os.mkfifo(az.directory / "never")
    az.runs(f"read line < '{az.directory / 'never'}'")
    error = await failure(tokens(tenant, Credential.AZURE_CLI, patience=1).token(SCOPES))
    assert type(error) is ServiceUnavailable
    assert error.what == "The Azure CLI did not answer in time."


async def test_an_az_that_cannot_be_started_is_nobody_signed_in(az: FakeAz, tenant: DemoTenant) -> None:
    program = az.directory / "az"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o700)
    assert isinstance(await failure(tokens(tenant, Credential.AZURE_CLI).token(SCOPES)), SignInFailed)


async def test_a_tenant_that_cannot_be_is_an_error_with_its_class_name(az: FakeAz, tenant: DemoTenant) -> None:
    az.gives(OPAQUE)
    error = await failure(tokens(tenant, Credential.AZURE_CLI, tenant="not a tenant").token(SCOPES))
    assert error.what == "--credential azure-cli failed (ValueError)."


@pytest.mark.parametrize(
    ("token", "identity", "name", "granted"),
    [
        (PERSON, Identity.PERSON, "ines.okafor@brackwater.example", {"User.Read", "Mail.Read"}),
        (jwt(scp="User.Read"), Identity.PERSON, None, {"User.Read"}),
        (APP, Identity.APP, "Nightly report", {"User.Read.All"}),
        (jwt(roles="odd"), Identity.UNKNOWN, None, set()),
        (OPAQUE, Identity.UNKNOWN, None, set()),
        ("a.b.c", Identity.UNKNOWN, None, set()),
        ("a.WzFd.c", Identity.UNKNOWN, None, set()),
    ],
)
async def test_whom_az_speaks_for_is_what_its_token_says(
    *, az: FakeAz, tenant: DemoTenant, token: str, identity: Identity, name: str | None, granted: set[str]
) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    az.gives(token)
    before = await auth.status()
    assert (before.identity, before.account, before.granted) == (Identity.UNKNOWN, None, frozenset())
    await auth.token(SCOPES)
    after = await auth.status()
    assert (after.identity, set(after.granted)) == (identity, granted)
    assert (after.account.user_name if after.account else None) == name
    assert token not in "\n".join(after.lines())
    assert len(az.calls) == 1


async def test_status_says_whom_the_tokens_speak_for(az: FakeAz, tenant: DemoTenant) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    assert (await auth.status()).lines() == [
        "Tokens come from --credential azure-cli; nobody signs in here.",
        "They speak for a person or an app; known after the first call.",
        "Tokens: in memory only, gone when the server stops",
    ]
    az.gives(PERSON)
    await auth.token(SCOPES)
    assert (await auth.status()).lines()[1:3] == [
        "They speak for a signed-in person (ines.okafor@brackwater.example, tenant t-1).",
        "Granted: Mail.Read, User.Read",
    ]


async def test_a_service_principal_in_az_is_refused_what_is_about_me(az: FakeAz, tenant: DemoTenant) -> None:
    auth = tokens(tenant, Credential.AZURE_CLI)
    auth.require_person()  # nobody knows yet
    az.gives(APP)
    await auth.token(SCOPES)
    with pytest.raises(SettingsError, match="no signed-in person"):
        auth.require_person()
    az.gives(PERSON)
    await auth.token(SCOPES, instead_of=APP)
    auth.require_person()


@pytest.mark.parametrize("kind", [kind for kind in Credential if kind is not Credential.AZURE_CLI])
async def test_the_other_kinds_have_nobody_signed_in_and_say_so_before_any_request(
    tenant: DemoTenant, kind: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly(tenant, monkeypatch)
    auth = tokens(tenant, kind)
    assert (await auth.status()).lines()[1] == f"They speak for {Identity.APP}."
    with pytest.raises(SettingsError) as caught:
        auth.require_person()
    assert str(caught.value) == f"There is no signed-in person: tools about me do not work with --credential {kind}."
    assert tenant.control.requests() == []


@pytest.mark.parametrize(
    ("kind", "in_", "out"),
    [
        (Credential.AZURE_CLI, "Run `az login --scope ", "Run `az logout`."),
        (Credential.MANAGED_IDENTITY, "Send these lines", "Stop the server"),
        (Credential.WORKLOAD_IDENTITY, "Send these lines", "Stop the server"),
        (Credential.ENVIRONMENT, "Send these lines", "Stop the server"),
    ],
)
async def test_signing_in_and_out_is_elsewhere(tenant: DemoTenant, kind: Credential, in_: str, out: str) -> None:
    auth = tokens(tenant, kind)
    for call, remedy in ((auth.begin(Need(SCOPES), asked=True), in_), (auth.sign_out(everyone=True), out)):
        error: LocalGraphError = await failure(call)
        assert type(error) is SignInFailed
        assert f"--credential {kind}" in error.what
        assert error.remedy.startswith(remedy)
