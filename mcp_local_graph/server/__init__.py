"""The MCP server: tools offered, questions asked, results and errors rendered, bytes on the wire."""
