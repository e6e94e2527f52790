"""A local MCP server for Microsoft 365: signed in as the person at this machine, over stdio."""

__version__ = "0.1.0"
