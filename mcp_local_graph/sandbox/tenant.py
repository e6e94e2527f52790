"""The demo tenant as a whole: start it, read its addresses, stop it."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Self

import trustme

from mcp_local_graph.sandbox import company, listener
from mcp_local_graph.sandbox.control import Control
from mcp_local_graph.sandbox.data.days import Days
from mcp_local_graph.sandbox.recording import Gate
from mcp_local_graph.sandbox.scopes import STORES_API
from mcp_local_graph.sandbox.sites import entra_app, graph_app, pages_app
from mcp_local_graph.sandbox.state import FOREIGN, GOOD, NIGHTLY, NO_PUBLIC_FLOWS, ONE_TENANT, State

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from mcp_local_graph.sandbox.company import Account


class DemoTenant:
    """One synthetic company on loopback, speaking as Entra and as Graph.

    Make it with a directory for its CA certificate and, if they must not change, three ports (Entra, Graph, pages).
    `moment` is what the dates of mails and meetings are counted from, where that is not the start.
    Everything is forgotten when it stops.
    """

    client_id: str = GOOD.client_id
    one_tenant_client_id: str = ONE_TENANT.client_id
    no_public_flows_client_id: str = NO_PUBLIC_FLOWS.client_id
    foreign_client_id: str = FOREIGN.client_id
    # An app that acts as itself, by this secret or by a workload's token (`control.workload_token`).
    nightly_client_id: str = NIGHTLY.client_id
    nightly_secret: str = NIGHTLY.secret
    tenant_id: str = company.TENANT_ID
    domain: str = company.DOMAIN
    # Another resource than Graph: `f"{stores_api}/Inventory.Read"` gives a token that Graph must refuse.
    stores_api: str = STORES_API
    people: tuple[Account, ...] = company.PEOPLE
    person: Account = company.INES

    def __init__(
        self, directory: Path, *, ports: tuple[int, int, int] = (0, 0, 0), moment: datetime | None = None
    ) -> None:
        self.ca_file = directory / "demo-tenant-ca.pem"
        self._ports = ports
        self._moment = moment
        self._listeners: listener.Listeners | None = None

    def start(self) -> Self:
        """Listen. The addresses are known from here on.

        Raises:
            OSError: a port is taken, or the CA certificate cannot be written.
        """
        tls = self._tls()
        with contextlib.ExitStack() as undo:
            sockets = [undo.enter_context(listener.bind(port)) for port in self._ports]
            entra, graph, pages = (bound.getsockname()[1] for bound in sockets)
            self.login_url = f"https://localhost:{entra}"
            self.graph_url = f"https://localhost:{graph}"
            self.pages_url = f"http://localhost:{pages}"
            state = State(
                login_url=self.login_url,
                graph_url=self.graph_url,
                pages_url=self.pages_url,
                days=Days.around(self._moment),
            )
            self.control = Control(state)
            self.control_key = state.control_key
            apps = (
                (Gate(entra_app(state), state, "entra"), sockets[0], tls),
                (Gate(graph_app(state), state, "graph"), sockets[1], tls),
                (Gate(pages_app(state, self.control), state, "pages"), sockets[2], None),
            )
            self._listeners = listener.Listeners(apps)
            self._listeners.start()
            undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop listening; a second time does nothing."""
        if self._listeners is not None:
            self.control.release()
            self._listeners.stop()
            self._listeners = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _tls(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        return context
