"""What must not get out: redaction of logs."""
