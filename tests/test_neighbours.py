"""Other libraries get at every session of a program; the token call works among them."""


def test_token_call_is_not_cached(server, auth):
    """The token call tells a session that caches to keep neither keys nor token."""
    auth.token()

    assert "no-store" == server.requests[0].headers["cache-control"]
