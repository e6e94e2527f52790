"""Whether the broker can be used on a machine, and what its errors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.auth.broker.failures import outcome
from mcp_local_graph.auth.broker.machine import Machine, redirect_uri, this_machine, why_not
from mcp_local_graph.clouds import CLOUDS, Cloud
from mcp_local_graph.errors import BrokerUnusable, ServiceUnavailable, SignInDeclined, SignInNeeded
from tests.auth.broker_rig import CLIENT, MACHINES
from tests.auth.kit import BASIC_NEED
from tests.auth.stand_in_runtime import CANARY

if TYPE_CHECKING:
    from mcp_local_graph.errors import LocalGraphError

GLOBAL = CLOUDS["global"]

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
        pytest.param(MACHINES["linux"]._replace(platform="freebsd14"), GLOBAL, "this operating system", id="freebsd"),
        pytest.param(MACHINES["mac"]._replace(processor="x86_64"), GLOBAL, "Apple silicon", id="intel or rosetta"),
        pytest.param(MACHINES["mac"]._replace(main_thread=False), GLOBAL, "main thread", id="mac, other thread"),
        pytest.param(MACHINES["linux"]._replace(display=False), GLOBAL, "graphical session", id="no display"),
    ],
)
def test_where_it_cannot_work_its_package_is_not_even_imported(machine: Machine, cloud: Cloud, reason: str) -> None:
    imported: list[bool] = []
    said = why_not(machine._replace(runtime=lambda: imported.append(True)), cloud)
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

    said = why_not(machine._replace(runtime=fails), GLOBAL)
    assert said is not None
    assert reason in said
    assert str(error) not in said


def test_a_linux_without_a_display_says_so() -> None:
    assert "graphical session" in (why_not(this_machine(), GLOBAL) or "")


def test_a_linux_with_a_display_but_without_the_package_says_so() -> None:
    machine = this_machine()
    assert (machine.platform, machine.main_thread) == ("linux", False)
    assert "pymsalruntime" in (why_not(machine._replace(display=True), GLOBAL) or "")


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
