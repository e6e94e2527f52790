"""What the demo tenant's people have written, planned and filed; invented, like the people themselves."""
