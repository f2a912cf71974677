"""assert_no_secrets_outside_oauth(): secrets that a client sent to the wrong place."""

import pytest

from requests_kiwoom.testing import ReceivedRequest

STK = "/api/dostk/stkinfo"


def test_secrets_in_their_places_pass(server, client):
    """Keys in the bodies of au10001 and au10002, and a token in its header, are no leak."""
    client.call()
    client.revoke(client.token)

    server.assert_no_secrets_outside_oauth()


@pytest.mark.parametrize(
    "leak, message",
    [
        (lambda client: client.call(note=client.server.appkey), "the appkey is in the body of request 2 (POST /api"),
        (lambda client: client.call(note=client.server.secretkey), "the secretkey is in the body of request 2"),
        (lambda client: client.call(note=client.token), "a token is in the body of request 2"),
        (lambda client: client.call(path=STK + "?t=" + client.token), "a token is in the URL of request 2"),
        (lambda client: client.call(headers={"x-t": client.token}), "a token is in the x-t header of request 2"),
        (lambda client: client.issue(note=client.token), "a token is in the body of request 2 (POST /oauth2/token)"),
        (
            lambda client: client.call(headers={"authorization": client.server.appkey}),
            "the appkey is in the authorization header of request 2",
        ),
    ],
)
def test_a_secret_in_another_place_fails(server, client, leak, message):
    """A secret in any other place fails the test; the message names the place and not the secret."""
    leak(client)

    with pytest.raises(AssertionError) as failure:
        server.assert_no_secrets_outside_oauth()
    assert message in str(failure.value)
    for secret in (client.token, server.appkey, server.secretkey):
        assert secret not in str(failure.value)


def test_an_escaped_token_in_a_url_is_found(server, client):
    """A percent-encoded token in a URL is found."""
    escaped = "".join(f"%{byte:02X}" for byte in client.token.encode())
    server.respond(ReceivedRequest("POST", f"{STK}?t={escaped}", {}, b"{}"))

    with pytest.raises(AssertionError, match="a token is in the URL of request 2"):
        server.assert_no_secrets_outside_oauth()


def test_a_leaked_token_that_was_revoked_later_is_found(server, client):
    """A leaked token is found even if it was revoked after the leak."""
    client.call(note=client.token)
    client.revoke(client.token)

    with pytest.raises(AssertionError, match="a token is in the body of request 2"):
        server.assert_no_secrets_outside_oauth()
