"""Mail: mailboxes with their folders, messages and attachments, as Exchange shows them through Graph."""
