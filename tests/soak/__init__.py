"""The soak test: four processes share a token for minutes while everything around them fails, and lose no request."""
