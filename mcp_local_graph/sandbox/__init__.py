"""The demo tenant: a synthetic company on loopback that answers as Entra and as Graph, and refuses as they do.

It is what `demo` shows and what the tests run against. Nothing in it reaches beyond this machine.
"""

from mcp_local_graph.sandbox.company import Account
from mcp_local_graph.sandbox.control import Control
from mcp_local_graph.sandbox.faults import Fault
from mcp_local_graph.sandbox.person import Page, Person
from mcp_local_graph.sandbox.records import RequestRecord
from mcp_local_graph.sandbox.tenant import DemoTenant

__all__ = ["Account", "Control", "DemoTenant", "Fault", "Page", "Person", "RequestRecord"]
