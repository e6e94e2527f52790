"""Where the key of the token cache lives: a store of the person's own session, one for each system."""
