"""Mail in the signed-in person's mailbox, and in those shared with them."""

from mcp_local_graph.tools.mail import attachments, folders, read, search
from mcp_local_graph.tools.mail.toolset import MAIL

__all__ = ["MAIL", "attachments", "folders", "read", "search"]
