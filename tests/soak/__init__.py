"""The soak: four processes share a token for minutes, everything goes wrong around them, and no request is lost."""
