"""MSAL's applications and the cache they share, for one registration. Everything here blocks: call it in a thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msal

from mcp_local_graph import __version__, clouds, tls
from mcp_local_graph.auth.broker import machine
from mcp_local_graph.auth.broker.asking import Broker
from mcp_local_graph.auth.cache import AccountCache, Place, open_vault
from mcp_local_graph.auth.wire import EntraClient
from mcp_local_graph.errors import ClientIdMissing, ServiceUnavailable

if TYPE_CHECKING:
    from mcp_local_graph.auth.registration import Registration


class Entra:
    """One registration's way to Entra."""

    def __init__(self, registration: Registration) -> None:
        if registration.client_id is None:
            raise ClientIdMissing
        self.registration = registration
        self.client_id = registration.client_id
        self.place = Place(
            registration.state_dir, registration.cloud.login_url, self.client_id, registration.token_store
        )
        self.cache = AccountCache(open_vault(self.place), registration.tenant)
        self._connecting = threading.Lock()
        self._broker: Broker | None = None
        self._application: msal.PublicClientApplication | None = None
        self._http: EntraClient | None = None
        self._discovered: dict[str, Any] = {}  # shared, so that the second application asks Entra nothing again

    @property
    def realm(self) -> str | None:
        """What MSAL files tokens under: the tenant as Entra spells it. None until Entra was asked, for a domain."""
        if self._application is not None:
            return str(self._application.authority.tenant)
        return None if "." in self.registration.tenant else self.registration.tenant

    def application(self) -> msal.PublicClientApplication:
        """MSAL's application. Making one asks Entra for its endpoints; a failure is not kept."""
        with self._connecting:
            if self._application is None:
                self._application = self._made()
            return self._application

    def broker(self) -> Broker:
        """The operating system's broker, for a second application on the same cache."""
        with self._connecting:
            if self._broker is None:
                here = machine.this_machine()
                application = machine.application(self._made, here, self.registration.cloud)
                self._broker = Broker(application, here, self.registration.cloud)
            return self._broker

    def _made(self, **more: Any) -> msal.PublicClientApplication:  # noqa: ANN401 - MSAL's
        self._http = self._http or EntraClient(tls.client_context(self.registration.ca_file))
        try:
            application = msal.PublicClientApplication(
                self.client_id,
                authority=f"{self.registration.cloud.login_url}/{self.registration.tenant}",
                # The host is from our own table or the person's setting: asking Microsoft whether it is one of theirs
                # would be a request to a third place.
                instance_discovery=False,
                client_capabilities=["CP1"],
                token_cache=self.cache,
                http_client=self._http,
                http_cache=self._discovered,
                app_name="mcp-local-graph",
                app_version=__version__,
                **more,
            )
        except (KeyError, ValueError) as error:  # JSON, but no discovery document
            self._discovered.clear()
            raise ServiceUnavailable(
                "What answered in place of Microsoft's sign-in service does not describe one.",
                "Check --tenant and the network, then try again.",
            ) from error
        authority = application.authority
        endpoints = (
            authority.authorization_endpoint,
            authority.token_endpoint,
            authority.device_authorization_endpoint,
        )
        clouds.check_endpoints(self.registration.cloud, *endpoints)
        return application
