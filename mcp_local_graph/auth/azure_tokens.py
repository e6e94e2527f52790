"""One question to azure-identity, and what it can answer, in one table. Import it in a thread: it brings that library.

LocalGraphError among the causes      itself: a refusal, a pause, a stranger's answer, read off the wire below
requests' exceptions                  ServiceUnavailable; no connection to a managed identity: SignInFailed
subprocess.TimeoutExpired             ServiceUnavailable: `az` hangs
ClientAuthenticationError             with an AADSTS number: what auth.remedies says of it
    CredentialUnavailableError        SignInFailed: there is nothing to take a token from; says what is missing
    any other                         SignInFailed
azure-core's other errors             ServiceUnavailable
OSError, ValueError                   SettingsError: a variable of the environment names what cannot be used;
                                      from a managed identity: SignInFailed, what answered is none
any other                             SignInFailed with the name of its class
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import (
    AzureCliCredential,
    CredentialUnavailableError,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from mcp_local_graph import tls
from mcp_local_graph.auth.remedies import BY_CODE, codes_of, error_for
from mcp_local_graph.auth.wire import Trusting, refuse_strangers, seconds, unreachable
from mcp_local_graph.clouds import is_personal
from mcp_local_graph.config import Credential
from mcp_local_graph.errors import (
    LocalGraphError,
    Need,
    RegistrationWrong,
    ServiceUnavailable,
    SettingsError,
    SignInFailed,
    SignInNeeded,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.core.credentials import AccessToken

    from mcp_local_graph.auth.credentials import Source

    AnyCredential = AzureCliCredential | EnvironmentCredential | ManagedIdentityCredential | WorkloadIdentityCredential

# Seconds to connect and to read; a managed identity's service is on the machine itself, or is not there at all.
_CONNECT, _CONNECT_HERE, _READ = 10, 2, 20
# More than any challenge that Entra or Graph send; a longer one is not a command to copy.
_LONGEST_CHALLENGE = 2000
_AGAIN = "Try again in a minute."

_REQUIRED = {
    Credential.WORKLOAD_IDENTITY: ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
    Credential.ENVIRONMENT: ("AZURE_TENANT_ID", "AZURE_CLIENT_ID"),
}
# azure-identity would also take a person's name and password out of the environment: a way without a second factor.
_ONE_OF = {Credential.ENVIRONMENT: ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")}


class _Remedy(NamedTuple):
    """What a code means for an app that proves who it is, where auth.remedies speaks of a person's sign-in."""

    cause: str
    action: str


_FOR_APPS = {
    700016: _Remedy("The tenant has no app with this client id.", "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."),
    90002: _Remedy(
        "There is no such tenant in this cloud.", "Check AZURE_TENANT_ID; or choose the cloud with --cloud."
    ),
    7000215: _Remedy("The client secret is wrong.", "Set AZURE_CLIENT_SECRET to the secret's value, not to its id."),
    7000222: _Remedy("The client secret has expired.", "Make a new one, and set AZURE_CLIENT_SECRET to its value."),
    700027: _Remedy("The app registration does not know this certificate.", "Upload it to the app registration."),
    700024: _Remedy("The workload's token has expired.", "See why AZURE_FEDERATED_TOKEN_FILE is not renewed."),
    **dict.fromkeys(
        (70021, 700211, 700212, 700213),
        _Remedy(
            "The app registration does not trust this workload.",
            "Add a federated credential to it, with the issuer, subject and audience of the workload's token.",
        ),
    ),
}


def fetch(source: Source, claims: str | None) -> AccessToken:
    """A new token for Graph; `claims` is a claims challenge as JSON text.

    Raises:
        LocalGraphError: as the table of the module says.
    """
    try:
        # A new credential each time: what one remembers is an old token, or an old refusal.
        with contextlib.closing(_credential(source)) as credential:
            return credential.get_token(source.scope, claims=claims, enable_cae=True)
    except Exception as error:  # noqa: BLE001 - the table has a row for any other
        # Without its cause: that holds what `az` printed, or the text of an answer.
        raise _Answer(source, claims).ours(error) from None


def _credential(source: Source) -> AnyCredential:
    _check_environment(source.kind)
    if source.kind is Credential.AZURE_CLI:
        tenant = "" if source.tenant == "organizations" or is_personal(source.tenant) else source.tenant
        return AzureCliCredential(tenant_id=tenant, process_timeout=source.patience)
    # No retries of azure-core's: they sleep for as long as a service says, and our caller has a deadline.
    options: dict[str, Any] = {"transport": _transport(source), "retry_total": 0}
    if source.kind is Credential.MANAGED_IDENTITY:
        return ManagedIdentityCredential(
            client_id=os.environ.get("AZURE_CLIENT_ID") or None,  # as DefaultAzureCredential has it
            # Else the environment could turn it into a workload identity, at a login host of the environment's choice.
            _exclude_workload_identity_credential=True,
            **options,
        )
    options["authority"] = source.cloud.login_url
    if source.kind is Credential.WORKLOAD_IDENTITY:
        return WorkloadIdentityCredential(**options)
    # The host is from our own table or the person's setting: nobody else is to be asked about it.
    return EnvironmentCredential(disable_instance_discovery=True, **options)


def _check_environment(kind: Credential) -> None:
    missing = [name for name in _REQUIRED.get(kind, ()) if not os.environ.get(name)]
    one_of = _ONE_OF.get(kind, ())
    if one_of and not any(os.environ.get(name) for name in one_of):
        missing.append(" or ".join(one_of))
    if missing:
        raise SettingsError(
            f"--credential {kind} needs variables that this server's environment lacks: {', '.join(missing)}.",
            "Set them where the server is started.",
        )


def _transport(source: Source) -> RequestsTransport:
    """Azure's way to the network, with our trust.

    What its hook raises passes through azure-core and MSAL as the cause of theirs: neither retries nor remembers it.
    """
    session = requests.Session()
    session.mount("https://", Trusting(tls.client_context(source.ca_file)))
    if source.kind is Credential.MANAGED_IDENTITY:
        session.trust_env = False  # what is on this machine is not asked through a proxy: the header is a secret
        session.hooks["response"].append(_check_here)
        return RequestsTransport(session=session, connection_timeout=_CONNECT_HERE, read_timeout=_READ)
    answer = _Answer(source, None)
    session.hooks["response"].append(lambda response, **_: answer.check_entra(response))
    return RequestsTransport(session=session, connection_timeout=_CONNECT, read_timeout=_READ)


def _check_here(response: requests.Response, **_: object) -> None:
    """A managed identity's service: 404 and 410 mean `later` there. A 401 may be a step of its protocol (Azure Arc)."""
    response.content  # noqa: B018 - read it, so that the connection is free whatever comes next
    status = response.status_code
    if status == 429:  # noqa: PLR2004 - HTTP
        pause = seconds(response.headers.get("Retry-After"))
        what, remedy = "This machine's identity service asks for a pause.", f"Try again in {pause:.0f} seconds."
        raise Throttled(what, remedy, retry_after=pause)
    if status in {404, 410} or status >= 500:  # noqa: PLR2004 - HTTP
        raise ServiceUnavailable(f"This machine's identity service has a fault (HTTP {status}).", _AGAIN)


class _Answer:
    """Reads what a source answered to one question."""

    def __init__(self, source: Source, claims: str | None) -> None:
        self._source = source
        self._kind = source.kind
        self._claims = claims

    def check_entra(self, response: requests.Response) -> None:
        """Let only a token, or a step towards one, through."""
        refuse_strangers(response)
        if response.status_code >= 400:  # noqa: PLR2004 - HTTP's line between yes and no
            raise self._refused(response.json())

    def ours(self, error: Exception) -> LocalGraphError:
        """The first row of the module's table that fits the error or one of its causes."""
        slow = ServiceUnavailable("The Azure CLI did not answer in time.", _AGAIN)
        down = ServiceUnavailable("Microsoft's sign-in service cannot be used now.", _AGAIN)
        rows: tuple[tuple[Any, Callable[[Any], LocalGraphError]], ...] = (
            (LocalGraphError, lambda ours: ours),
            (requests.RequestException, self._lost),
            (subprocess.TimeoutExpired, lambda _: slow),
            (ClientAuthenticationError, self._no_token),
            (AzureError, lambda _: down),
            ((OSError, ValueError), self._unusable),
            (Exception, self._unknown),
        )
        chain = list(_causes(error))
        return next(ours(each) for kind, ours in rows for each in chain if isinstance(each, kind))

    def _lost(self, error: requests.RequestException) -> LocalGraphError:
        if self._kind is not Credential.MANAGED_IDENTITY:
            return ServiceUnavailable(*unreachable(error))
        if isinstance(error, requests.ConnectionError):
            return _nothing_here()
        return ServiceUnavailable("This machine's identity service did not finish its answer.", _AGAIN)

    def _no_token(self, error: ClientAuthenticationError) -> LocalGraphError:
        _, found, described = error.message.partition("AADSTS")
        if found:
            return self._refused({"error_description": found + described})
        if self._kind is Credential.MANAGED_IDENTITY:
            return _nothing_here()
        if self._kind is Credential.AZURE_CLI:
            return self._no_cli(unavailable=isinstance(error, CredentialUnavailableError))
        return SignInFailed(f"--credential {self._kind} gave no token.", self._source.mend)

    def _no_cli(self, *, unavailable: bool) -> SignInFailed:
        if shutil.which("az") is None:
            return SignInFailed(
                "The Azure CLI is not installed, or this server's PATH does not lead to `az`.",
                f"Install it (https://aka.ms/azure-cli), then run `az login --scope {self._source.scope}`.",
            )
        if self._claims and len(self._claims) <= _LONGEST_CHALLENGE:
            challenge = base64.b64encode(self._claims.encode()).decode()
            return SignInFailed(
                "Your organisation asks for a fresh sign-in to the Azure CLI.",
                f'Run `az login --claims-challenge "{challenge}" --scope {self._source.scope}`.',
            )
        if unavailable:
            return SignInFailed("Nobody is signed in to the Azure CLI, or not freshly enough.", self._source.mend)
        why = f"az account get-access-token --resource {self._source.cloud.graph_url} --query expiresOn"
        return SignInFailed("The Azure CLI gave no token.", f"Run `{why}` to see why.")

    def _unusable(self, error: Exception) -> LocalGraphError:
        if self._kind is Credential.MANAGED_IDENTITY:  # something answered there, and not in JSON
            return _nothing_here()
        names = (*_REQUIRED.get(self._kind, ()), *_ONE_OF.get(self._kind, ()))
        if not names:
            return self._unknown(error)
        return SettingsError(
            f"What the environment names for --credential {self._kind} cannot be used ({type(error).__name__}).",
            f"Check {', '.join(names)}.",
        )

    def _unknown(self, error: Exception) -> SignInFailed:
        return SignInFailed(f"--credential {self._kind} failed ({type(error).__name__}).", self._source.mend)

    def _refused(self, answer: dict[str, Any]) -> LocalGraphError:
        """Entra's refusal, with a remedy for those who sign in elsewhere."""
        error, codes = error_for(answer, Need(frozenset())), codes_of(answer)
        own = next((_FOR_APPS[code] for code in codes if code in _FOR_APPS), None)
        if own and self._kind is not Credential.AZURE_CLI:
            return RegistrationWrong(own.cause, own.action, trace=error.trace)
        strange = bool(codes) and not any(code in BY_CODE for code in codes)
        if isinstance(error, ServiceUnavailable) or strange:  # these remedies hold for everybody
            return error
        kind = SignInFailed if isinstance(error, SignInNeeded) else type(error)
        return kind(error.what, self._source.mend, trace=error.trace)


def _nothing_here() -> SignInFailed:
    return SignInFailed(
        "This machine has no managed identity that gives tokens for Microsoft Graph.",
        "Assign one to it in Azure, or choose another --credential.",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it, through the wrappings of azure-core and azure-identity."""
    while error is not None:
        yield error
        error = getattr(error, "inner_exception", None) or error.__cause__ or error.__context__
