"""`mcp-local-graph` and `python -m mcp_local_graph`."""

from __future__ import annotations

from mcp_local_graph.cli.main import main

if __name__ == "__main__":
    main()
