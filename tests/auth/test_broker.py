"""The real MSAL over a stand-in for the native package that it calls: what is fake is below the last Python line."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msal
import pytest

from mcp_local_graph import tls
from mcp_local_graph.auth.attempt import Rung
from mcp_local_graph.auth.broker import (
    Broker,
    Machine,
    application,
    established,
    has_broker,
    outcome,
    redirect_uri,
    this_machine,
    why_not,
)
from mcp_local_graph.auth.flows import Settle
from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.clouds import CLOUDS, Cloud
from mcp_local_graph.errors import (
    AccountUnclear,
    BrokerUnusable,
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInDeclined,
    SignInFailed,
    SignInNeeded,
)
from tests.auth.kit import BASIC, BASIC_NEED, SOON
from tests.auth.stand_in_runtime import CANARY, CONSOLE_WINDOW, Failure, Hangs, Person, Runtime, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_local_graph.auth.accounts import Account
    from mcp_local_graph.auth.attempt import Attempt
    from mcp_local_graph.sandbox import DemoTenant

GLOBAL = CLOUDS["global"]
CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555"
WINDOW = 0x77
ALEX, BEA = Person("alex@contoso.example"), Person("bea@contoso.example")
MACHINES = {
    "windows": Machine(
        platform="win32", processor="AMD64", wsl=False, display=False, main_thread=False, runtime=lambda: None
    ),
    "mac": Machine(
        platform="darwin", processor="arm64", wsl=False, display=False, main_thread=True, runtime=lambda: None
    ),
    "linux": Machine(
        platform="linux", processor="x86_64", wsl=False, display=True, main_thread=False, runtime=lambda: None
    ),
    "wsl": Machine(
        platform="linux", processor="x86_64", wsl=True, display=False, main_thread=False, runtime=lambda: None
    ),
}
LINUX = replace(MACHINES["linux"], runtime=lambda: importlib.import_module("msal.broker"))


# Whether it can be used.


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_where_all_is_there_nothing_speaks_against_the_broker(machine: Machine) -> None:
    assert why_not(machine, GLOBAL) is None


@pytest.mark.parametrize(
    ("machine", "cloud", "reason"),
    [
        pytest.param(
            MACHINES["windows"],
            Cloud("custom", "https://login.example", "https://graph.example"),
            "Microsoft's own clouds only",
            id="custom cloud",
        ),
        pytest.param(replace(MACHINES["linux"], platform="freebsd14"), GLOBAL, "this operating system", id="freebsd"),
        pytest.param(replace(MACHINES["mac"], processor="x86_64"), GLOBAL, "Apple silicon", id="intel or rosetta"),
        pytest.param(replace(MACHINES["mac"], main_thread=False), GLOBAL, "main thread", id="mac, other thread"),
        pytest.param(replace(MACHINES["linux"], display=False), GLOBAL, "graphical session", id="no display"),
    ],
)
def test_where_it_cannot_work_its_package_is_not_even_imported(machine: Machine, cloud: Cloud, reason: str) -> None:
    imported: list[bool] = []
    said = why_not(replace(machine, runtime=lambda: imported.append(True)), cloud)
    assert said is not None
    assert reason in said
    assert not imported


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImportError("You must install dependency"), "not installed"),
        (OSError("libwebkit2gtk-4.1.so.0: cannot open shared object file"), "lacks libraries"),
        (RuntimeError("Broker cannot be initialized for MSALRuntime"), "none installed on this system"),
        (AttributeError("pymsalruntime"), "does not start"),
    ],
)
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_what_its_package_raises_becomes_a_reason(machine: Machine, error: Exception, reason: str) -> None:
    def fails() -> None:
        raise error

    said = why_not(replace(machine, runtime=fails), GLOBAL)
    assert said is not None
    assert reason in said
    assert str(error) not in said


def test_a_linux_without_a_display_says_so() -> None:
    assert "graphical session" in (why_not(this_machine(), GLOBAL) or "")


def test_a_linux_with_a_display_but_without_the_package_says_so() -> None:
    machine = this_machine()
    assert (machine.platform, machine.main_thread) == ("linux", False)
    assert "pymsalruntime" in (why_not(replace(machine, display=True), GLOBAL) or "")


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("windows", f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{CLIENT}"),
        ("wsl", f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{CLIENT}"),
        ("mac", "msauth.com.msauth.unsignedapp://auth"),
        ("linux", "https://login.microsoftonline.com/common/oauth2/nativeclient"),
    ],
)
def test_each_system_has_its_redirect_address(name: str, uri: str) -> None:
    assert redirect_uri(MACHINES[name], CLIENT) == uri


# The application.


class Makes:
    """What the service has: a way to make an application with its own options, to which others are added."""

    def __init__(self, tenant: DemoTenant) -> None:
        self._tenant = tenant
        self.cache = msal.TokenCache()

    def __call__(self, **options: bool) -> msal.PublicClientApplication:
        return msal.PublicClientApplication(
            CLIENT,
            authority=f"{self._tenant.login_url}/{self._tenant.tenant_id}",
            instance_discovery=False,
            client_capabilities=["CP1"],
            token_cache=self.cache,
            http_client=EntraClient(tls.client_context(self._tenant.ca_file)),
            **options,
        )


@pytest.fixture
def make(tenant: DemoTenant) -> Makes:
    return Makes(tenant)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime()
    for _ in installed(runtime):
        yield runtime


@pytest.fixture
def app(runtime: Runtime, make: Makes) -> msal.PublicClientApplication:
    return application(make, LINUX, GLOBAL)


def test_the_application_uses_the_broker_and_the_same_cache(app: msal.PublicClientApplication, make: Makes) -> None:
    assert has_broker(app)
    assert app.token_cache is make.cache


def test_where_something_speaks_against_it_the_application_is_a_plain_one(runtime: Runtime, make: Makes) -> None:
    assert not has_broker(application(make, replace(LINUX, display=False), GLOBAL))


def test_where_msal_drops_the_broker_the_application_is_a_plain_one(runtime: Runtime, make: Makes) -> None:
    runtime.starts = False
    assert not has_broker(application(make, MACHINES["linux"], GLOBAL))


def test_without_the_package_the_application_is_a_plain_one(make: Makes) -> None:
    assert not has_broker(application(make, LINUX, GLOBAL))


# Asking.


@dataclass
class Kept:
    """What was kept and what was dropped; `refused` are user names that the settings do not allow."""

    kept: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    judged: list[tuple[Rung, Need]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    changed: threading.Event = field(default_factory=threading.Event)

    def settle(self) -> Settle:
        def judge(rung: Rung, need: Need, error: LocalGraphError) -> LocalGraphError:
            self.judged.append((rung, need))
            return error

        def check(account: Account) -> None:
            if account.user_name in self.refused:
                raise AccountUnclear("Another account signed in than the settings name.")

        return Settle(partial(self._note, self.kept), partial(self._note, self.dropped), check, judge)

    def _note(self, place: list[str], account: Account, *_: object) -> None:
        place.append(account.home_account_id)
        self.changed.set()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def asked(
    app: msal.PublicClientApplication, kept: Kept, need: Need = BASIC_NEED, window: int | None = WINDOW, **how: bool
) -> Attempt:
    return Broker(app, LINUX).begin(need, kept.settle(), window, **how)


def account(attempt: Attempt) -> Account:
    return attempt.outcome.result(SOON)


def failure(attempt: Attempt) -> LocalGraphError:
    error = attempt.outcome.exception(SOON)
    assert isinstance(error, LocalGraphError)
    assert CANARY not in error.text()
    assert error.__cause__ is None
    return error


def expecting(person: Person) -> Need:
    return Need(BASIC, account=person.home_account_id, hint=person.name)


def test_with_no_account_expected_the_systems_own_signs_in_without_a_window(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = ALEX
    attempt = asked(app, kept)
    assert account(attempt).home_account_id == ALEX.home_account_id
    assert account(attempt).user_name == ALEX.name
    assert (attempt.shown.rung, attempt.shown.address) == (Rung.BROKER, "")
    assert kept.kept == [ALEX.home_account_id]
    assert runtime.calls == ["signin_silently"]


@pytest.mark.parametrize("status", ["InteractionRequired", "AccountUnusable"])
def test_where_that_does_not_do_the_broker_shows_its_window_before_ours(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept, status: str
) -> None:
    runtime.silent, runtime.window = Failure(status), ALEX
    assert account(asked(app, kept)).user_name == ALEX.name
    assert runtime.calls == ["signin_silently", "signin_interactively"]
    assert runtime.parent == WINDOW


def test_without_a_window_of_ours_the_broker_looks_for_the_console(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.window = ALEX
    account(asked(app, kept, window=None))
    assert runtime.parent == CONSOLE_WINDOW


def test_the_scopes_the_challenge_and_the_capability_reach_the_broker(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = ALEX
    need = Need(frozenset({"User.Read", "Mail.Read"}), claims='{"access_token": {"nbf": {"value": "1"}}}')
    account(asked(app, kept, need))
    assert runtime.asked is not None
    assert runtime.asked.scopes == ["Mail.Read", "User.Read"]
    assert "nbf" in runtime.asked.claims
    assert "CP1" in runtime.asked.claims


def test_an_expected_account_that_the_broker_knows_needs_no_window(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = ALEX
    account(asked(app, kept))
    runtime.calls.clear()
    runtime.named = ALEX
    assert account(asked(app, kept, expecting(ALEX))).user_name == ALEX.name
    assert runtime.calls == [f"acquire_token_silently {ALEX.name}"]


def test_where_another_account_is_expected_than_the_systems_own_the_window_asks_for_it(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent, runtime.window = ALEX, BEA
    assert account(asked(app, kept, expecting(BEA))).user_name == BEA.name
    assert runtime.calls == ["signin_silently", "signin_interactively"]
    assert runtime.hint == BEA.name
    assert kept.kept == [BEA.home_account_id]


def test_another_account_than_the_expected_one_is_not_kept(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.window = ALEX
    assert type(failure(asked(app, kept, expecting(BEA)))) is SignInFailed
    assert (kept.kept, kept.dropped) == ([], [ALEX.home_account_id])


def test_an_account_that_the_settings_do_not_allow_is_not_kept(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = ALEX
    kept.refused.add(ALEX.name)
    assert isinstance(failure(asked(app, kept)), AccountUnclear)
    assert (kept.kept, kept.dropped) == ([], [ALEX.home_account_id])


def test_the_ladder_judges_each_failure_as_the_brokers(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = Failure("Unexpected")
    failure(asked(app, kept))
    assert kept.judged == [(Rung.BROKER, BASIC_NEED)]


def test_who_wants_to_choose_sees_the_window_at_once(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent, runtime.window = ALEX, BEA
    assert account(asked(app, kept, Need(BASIC, hint=ALEX.name), choose=True)).user_name == BEA.name
    assert runtime.calls == ["signin_interactively"]
    assert runtime.hint is None


def test_who_closes_the_window_has_declined(app: msal.PublicClientApplication, runtime: Runtime, kept: Kept) -> None:
    error = failure(asked(app, kept))
    assert isinstance(error, SignInDeclined)
    assert "UserCanceled" in error.trace.code


@pytest.mark.parametrize("code", ["AADSTS50011", "AADSTS7000218"])
def test_a_redirect_address_that_is_not_registered_leads_to_the_browser_and_is_told(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept, code: str
) -> None:
    runtime.silent = Failure("Unexpected", f"{code}: {CANARY}")
    error = failure(asked(app, kept))
    assert isinstance(error, BrokerUnusable)
    assert redirect_uri(LINUX, CLIENT) in error.remedy
    assert "redirect address" in error.what


@pytest.mark.parametrize("raised", [RuntimeError(CANARY), OSError(CANARY), ValueError(CANARY), AssertionError(CANARY)])
def test_whatever_its_package_raises_leads_to_the_browser(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept, raised: Exception
) -> None:
    runtime.silent = raised
    error = failure(asked(app, kept))
    assert isinstance(error, BrokerUnusable)
    assert type(raised).__name__ in error.what


def test_a_window_that_asks_for_a_window_leads_to_the_browser(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.window = Failure("InteractionRequired")
    assert isinstance(failure(asked(app, kept)), BrokerUnusable)


def test_no_network_is_not_a_matter_of_signing_in(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = Failure("NoNetwork")
    assert isinstance(failure(asked(app, kept)), ServiceUnavailable)


def test_without_the_broker_nothing_is_asked(make: Makes, kept: Kept) -> None:
    with pytest.raises(BrokerUnusable, match="does not use it"):
        Broker(make(), LINUX).begin(BASIC_NEED, kept.settle(), WINDOW)


# A broker that does not answer.


def impatient(app: msal.PublicClientApplication, **changes: float) -> Broker:
    return Broker(app, LINUX, **{"patience": 0.05, **changes})


def test_a_broker_that_does_not_answer_leads_to_the_browser(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = Hangs()
    attempt = impatient(app).begin(BASIC_NEED, kept.settle(), WINDOW)
    error = failure(attempt)
    assert isinstance(error, BrokerUnusable)
    assert "does not answer" in error.what
    runtime.held.get(timeout=SOON)(ALEX)
    assert kept.changed.wait(SOON)
    assert (kept.kept, kept.dropped) == ([], [ALEX.home_account_id]), "an account that came too late was kept"


def test_no_window_opens_for_an_attempt_that_is_over(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.silent = Hangs()
    broker = impatient(app)
    failure(broker.begin(BASIC_NEED, kept.settle(), WINDOW))
    runtime.held.get(timeout=SOON)(Failure("InteractionRequired"))
    runtime.silent = ALEX
    assert account(when_free(broker, kept)).user_name == ALEX.name
    assert "signin_interactively" not in runtime.calls


def test_one_window_at_a_time(app: msal.PublicClientApplication, runtime: Runtime, kept: Kept) -> None:
    runtime.window = Hangs()
    broker = impatient(app, patience=SOON)
    attempt = broker.begin(BASIC_NEED, kept.settle(), WINDOW)
    answer = runtime.held.get(timeout=SOON)
    with pytest.raises(BrokerUnusable, match="busy"):
        broker.begin(BASIC_NEED, kept.settle(), WINDOW)
    answer(ALEX)
    assert account(attempt).user_name == ALEX.name
    account(when_free(broker, kept))
    assert runtime.calls.count("signin_interactively") == 1


def test_the_person_has_longer_than_the_broker(app: msal.PublicClientApplication, runtime: Runtime, kept: Kept) -> None:
    runtime.window = Hangs()
    attempt = impatient(app).begin(BASIC_NEED, kept.settle(), WINDOW)
    answer = runtime.held.get(timeout=SOON)
    with pytest.raises(TimeoutError):
        attempt.outcome.result(0.2)
    answer(ALEX)
    assert account(attempt).user_name == ALEX.name


def test_the_persons_time_has_an_end_too(app: msal.PublicClientApplication, runtime: Runtime, kept: Kept) -> None:
    runtime.window = Hangs()
    attempt = impatient(app, lifetime=0.05).begin(BASIC_NEED, kept.settle(), WINDOW)
    assert "in time" in failure(attempt).what


def test_the_expected_account_is_kept_even_if_it_comes_late(
    app: msal.PublicClientApplication, runtime: Runtime, kept: Kept
) -> None:
    runtime.window = Hangs()
    attempt = impatient(app).begin(expecting(ALEX), kept.settle(), WINDOW)
    answer = runtime.held.get(timeout=SOON)
    attempt.cancel()
    answer(ALEX)
    assert kept.changed.wait(SOON)
    assert kept.kept == [ALEX.home_account_id]


def when_free(broker: Broker, kept: Kept) -> Attempt:
    """Begin as soon as the earlier call has come back, which it has been told to."""
    turn = threading.Event()
    for _ in range(int(SOON / 0.01)):
        try:
            return broker.begin(BASIC_NEED, kept.settle(), WINDOW)
        except BrokerUnusable:
            turn.wait(0.01)
    raise AssertionError("the broker stays busy")


# Silent calls, and signing out.


@pytest.fixture
def signed_in(app: msal.PublicClientApplication, runtime: Runtime, kept: Kept) -> dict[str, Any]:
    """MSAL's entry of an account that the broker established."""
    runtime.silent = ALEX
    account(asked(app, kept))
    (entry,) = app.get_accounts()
    runtime.calls.clear()
    return dict(entry)


def test_an_account_says_that_the_broker_established_it(signed_in: dict[str, Any]) -> None:
    assert established(signed_in)
    assert not established({**signed_in, "account_source": "authorization_code"})


def renewed(app: msal.PublicClientApplication, entry: dict[str, Any], patience: float = SOON) -> Any:  # noqa: ANN401 - MSAL's
    return Broker(app, LINUX, patience=patience).silently(
        lambda app: app.acquire_token_silent_with_error(sorted(BASIC), entry, force_refresh=True), BASIC_NEED
    )


def test_a_silent_call_goes_to_the_broker(
    app: msal.PublicClientApplication, runtime: Runtime, signed_in: dict[str, Any]
) -> None:
    runtime.named = ALEX
    assert renewed(app, signed_in)["access_token"] == f"token of {ALEX.name}"
    assert runtime.calls == [f"acquire_token_silently {ALEX.name}"]


@pytest.mark.parametrize("status", ["InteractionRequired", "FallbackToNativeMsal", "Unexpected"])
def test_a_silent_call_that_the_broker_cannot_answer_needs_the_person(
    app: msal.PublicClientApplication, runtime: Runtime, signed_in: dict[str, Any], status: str
) -> None:
    runtime.named = Failure(status)
    with pytest.raises(SignInNeeded) as caught:
        renewed(app, signed_in)
    assert caught.value.need == BASIC_NEED
    assert CANARY not in caught.value.text()


def test_a_silent_call_that_hangs_has_a_deadline(
    app: msal.PublicClientApplication, runtime: Runtime, signed_in: dict[str, Any]
) -> None:
    runtime.named = Hangs()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        renewed(app, signed_in, patience=0.05)


def test_a_service_that_is_down_is_said_as_it_is(app: msal.PublicClientApplication) -> None:
    down = ServiceUnavailable("Microsoft's sign-in service has a fault.")

    def call(_: object) -> None:
        raise down

    with pytest.raises(ServiceUnavailable) as caught:
        Broker(app, LINUX).silently(call, BASIC_NEED)
    assert caught.value is down


def test_signing_out_reaches_the_broker_and_the_cache(
    app: msal.PublicClientApplication, runtime: Runtime, signed_in: dict[str, Any]
) -> None:
    assert Broker(app, LINUX).sign_out(signed_in)
    assert runtime.calls == [f"signout_silently {ALEX.name}"]
    assert app.get_accounts() == []


@pytest.mark.parametrize("answer", [Hangs(), RuntimeError(CANARY)], ids=["hangs", "fails"])
def test_where_the_broker_does_not_sign_out_that_is_said(
    app: msal.PublicClientApplication, runtime: Runtime, signed_in: dict[str, Any], answer: Hangs | Exception
) -> None:
    runtime.sign_out = answer
    assert not Broker(app, LINUX, patience=0.05).sign_out(signed_in)


# What the broker's errors mean.


def described(status: str) -> dict[str, str]:
    """The words of MSAL's `_convert_error`."""
    return {
        "error": "broker_error",
        "error_description": f"(pii) {CANARY}. Status: Response_Status.Status_{status}, Error code: -12, Tag: 34",
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("UserCanceled", SignInDeclined),
        ("InteractionRequired", SignInNeeded),
        ("AccountUnusable", SignInNeeded),
        ("AccountNotFound", SignInNeeded),
        ("NoNetwork", ServiceUnavailable),
        ("NetworkTemporarilyUnavailable", ServiceUnavailable),
        ("ServerTemporarilyUnavailable", ServiceUnavailable),
        ("TransientError", ServiceUnavailable),
        ("IncorrectConfiguration", BrokerUnusable),
        ("ApiContractViolation", BrokerUnusable),
        ("Unexpected", BrokerUnusable),
        ("RequiredBrokerMissing", BrokerUnusable),
        ("FallbackToNativeMsal", BrokerUnusable),
        ("DeviceNotRegistered", BrokerUnusable),
        ("AuthorityUntrusted", BrokerUnusable),
        ("ApplicationCanceled", BrokerUnusable),
        ("SomethingNew", BrokerUnusable),
    ],
)
def test_each_status_of_the_broker_has_its_class(status: str, kind: type[LocalGraphError]) -> None:
    error = outcome(described(status), BASIC_NEED)
    assert type(error) is kind
    assert error.trace.code == f"broker {status}, error -12, tag 34"
    assert CANARY not in error.text()


@pytest.mark.parametrize(
    "description",
    [
        "",
        "no words of MSAL",
        "Status: Response_Status.Status_UserCanceled, Error code: 1, Tag: 2 and more behind it",
        f"Status: {CANARY}, Error code: 1, Tag: 2",
    ],
)
def test_a_description_without_msals_ending_is_matched_by_nothing(description: str) -> None:
    error = outcome({"error": "broker_error", "error_description": description}, BASIC_NEED)
    assert isinstance(error, BrokerUnusable)
    assert CANARY not in error.text()


def test_the_brokers_own_text_cannot_pass_for_its_status() -> None:
    feigned = described("Unexpected")
    feigned["error_description"] = f"{described('UserCanceled')['error_description']}. {feigned['error_description']}"
    assert isinstance(outcome(feigned, BASIC_NEED), BrokerUnusable)
