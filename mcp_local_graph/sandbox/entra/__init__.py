"""The demo tenant as Entra: discovery, tokens, device codes, and the pages a person signs in on."""
