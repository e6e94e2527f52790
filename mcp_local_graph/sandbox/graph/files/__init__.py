"""OneDrive: drives, their items, downloads by addresses that need no token, and links that were shared."""
