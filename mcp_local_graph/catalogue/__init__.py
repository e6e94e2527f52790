"""What is known of Graph without asking it."""
