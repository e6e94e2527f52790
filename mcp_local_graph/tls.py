"""Whom we trust on the network: the operating system's certificates and, where the settings name one, an extra CA."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import truststore

from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make the TLS context of every outgoing connection, for sign-in and Graph alike.

    `SSLKEYLOGFILE` has no effect on it: whoever can set a variable shall not be able to read tokens off the wire.

    Raises:
        SettingsError: `ca_file` holds no PEM certificate.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"--ca-file {ca_file} holds no certificate.", "Name a file in PEM form.") from error
    return context
