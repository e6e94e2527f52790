"""What is planned: the meetings and appointments of the demo tenant, a file for each kind."""
