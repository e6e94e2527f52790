"""What was written: the mails of the demo tenant, a file for each kind."""
